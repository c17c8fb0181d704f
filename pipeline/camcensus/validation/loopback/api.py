"""Endpoints of the loopback Shodan: a path and its parameters to a reply, without a network."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from camcensus.core.errors import QueryError, UnknownFilterError
from camcensus.core.query import DATA, FIELDS, FILTERS, Query, parse
from camcensus.validation.loopback import replies
from camcensus.validation.loopback.account import Account
from camcensus.validation.loopback.faults import Fault
from camcensus.validation.loopback.index import Index, Mask
from camcensus.validation.loopback.replies import Reply, encode, failure
from camcensus.validation.loopback.trends import NO_FACET, TREND_FACETS, History

PAGE = 100
DEFAULT_FACET = 5
FACETS = tuple(name for name in FILTERS if name not in NO_FACET)
Params = Mapping[str, str]


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(text)


class Api:
    """The endpoints over one index and one account."""

    def __init__(self, index: Index, account: Account) -> None:
        self._index = index
        self._account = account
        self._limits = account.limits
        self._requests = itertools.count()
        self._history = History(index)
        self._paths: dict[str, Callable[[Params, Fault | None], Reply]] = {
            "/shodan/host/search": self._search,
            "/shodan/host/count": self._count,
            "/shodan/host/search/tokens": self._tokens,
            "/api-info": lambda *_: _json(self._info()),
            "/shodan/ports": lambda *_: _json(self._ports()),
            "/api/v1/search": self._trends,
        }

    def answer(self, path: str, params: Params, fault: Fault | None = None) -> Reply:
        """Return the reply to a request with a valid key; `fault`: one that changes a page of results."""
        try:
            if path in self._paths:
                return self._paths[path](params, fault)
        except Refused as error:
            return failure(error.status, error.text)
        except QueryError:
            return failure(*replies.INVALID)
        return Reply(404, b"<html><head><title>404 Not Found</title></head></html>", replies.HTML)

    def _count(self, params: Params, _: Fault | None) -> Reply:
        query = self._query(params)
        if (query.filters or params.get("facets")) and not self._account.plan.filters:
            raise Refused(*replies.UPGRADE)
        mask = self._window(self._index.mask(query))
        return Reply(200, _page([], int(mask.sum()), self._facets(params, mask)))

    def _search(self, params: Params, fault: Fault | None) -> Reply:
        if not self._account.plan.search:
            raise Refused(*replies.MEMBERS)
        query = self._query(params)
        page = _positive(params.get("page", "1"))
        fields = [name for name in params.get("fields", "").split(",") if name]
        if fields and not self._account.plan.fields:
            raise Refused(*replies.UPGRADE)
        if self._limits.deepest is not None and page > self._limits.deepest:
            raise Refused(*replies.CURSOR)
        price = 1 if query.filters or page > 1 else 0
        mask = self._window(self._index.mask(query))
        facets = self._facets(params, mask)
        if not self._account.charge(price):
            raise Refused(*replies.NO_CREDITS)
        found = np.flatnonzero(mask)
        total, rows = page_of(found, page, fault)
        shown = [replies.only(self._index.rows[i], fields) if fields else self._index.rows[i] for i in rows]
        return Reply(200, _page(shown, total, facets), credits=price, results=len(shown))

    def _query(self, params: Params) -> Query:
        """Return the parsed query, if the plan allows its filters."""
        query = parse(params.get("query", ""))
        plan = self._account.plan
        if ("tag" in query.filters and not plan.tag) or ("vuln" in query.filters and not plan.vuln):
            raise Refused(*replies.UPGRADE)
        return query

    def _window(self, mask: Mask) -> Mask:
        """Return the rows in the moving window: the newest enter one by one, the oldest leave."""
        if not self._limits.drift:
            return mask
        size = len(mask)
        reserve = size // 10
        moved = min(reserve, next(self._requests) * self._limits.drift)
        at = np.arange(size)
        return mask & (at >= reserve - moved) & (at < size - moved)

    def _facets(self, params: Params, mask: Mask) -> dict[str, list[dict[str, Any]]]:
        return {
            name: [{"count": count, "value": value} for value, count in self._index.facet(name, mask)[:size]]
            for name, size in wanted_facets(params, FACETS, self._limits.facet)
        }

    def _tokens(self, params: Params, _: Fault | None) -> Reply:
        """Return the filters of a query. A query that does not parse is not an error here; `errors` explains it."""
        text = params.get("query", "")
        try:
            query = parse(text)
        except UnknownFilterError as error:
            return _json({"attributes": {}, "errors": [f"Invalid filter: {error.name}"], "string": "", "filters": []})
        except QueryError as error:
            return _json({"attributes": {}, "errors": [error.reason], "string": text, "filters": []})
        attributes: dict[str, list[str | int]] = {}
        for term in query.terms:
            if term.name != DATA:
                number = FIELDS[term.name].kind == "number"
                key = "ports" if term.name == "port" else term.name
                attributes.setdefault(key, []).extend(int(v) if number else v for v in term.values)
        string = " ".join(term.values[0] for term in query.terms if term.name == DATA)
        return _json({"attributes": attributes, "errors": [], "string": string, "filters": list(query.filters)})

    def _trends(self, params: Params, _: Fault | None) -> Reply:
        if not self._account.plan.trends:
            raise Refused(*replies.MEMBERS)
        query = self._query(params)
        if query.not_in_trends:
            raise Refused(*replies.INVALID)
        facets = wanted_facets(params, TREND_FACETS, self._limits.facet)
        return _json(self._history.reply(self._index.mask(query), facets))

    def _info(self) -> dict[str, Any]:
        left, plan = self._account.credits, self._account.plan
        return {
            "scan_credits": 0,
            "usage_limits": {"scan_credits": 0, "query_credits": plan.credits, "monitored_ips": 0},
            "plan": plan.reported, "https": False, "unlocked": plan.search, "query_credits": left,
            "monitored_ips": 0, "unlocked_left": left, "telnet": False,
        }  # fmt: skip

    def _ports(self) -> list[int]:
        found = {value for values in self._index.columns["port"].distinct for value in values}
        return sorted(value for value in found if type(value) is int and 0 < value < 65536)


def wanted_facets(params: Params, known: tuple[str, ...], most: int) -> list[tuple[str, int]]:
    """Return the requested facets with their sizes. Raises `Refused` for an unknown one."""
    found: list[tuple[str, int]] = []
    for part in filter(None, params.get("facets", "").split(",")):
        name, _, size = part.partition(":")
        if name not in known:
            raise Refused(*replies.INVALID)
        found.append((name, min(most, _positive(size)) if size else DEFAULT_FACET))
    return found


def page_of(found: "np.ndarray[Any, Any]", page: int, fault: Fault | None) -> tuple[int, list[int]]:
    """Return the total and the rows of a page, as the fault changes them."""
    kind, by = (fault.kind, fault.by) if fault else ("", 0)
    start = max(0, (page - 1) * PAGE - (by if kind == "duplicates" else 0))
    rows: list[int] = found[start : start + PAGE].tolist()
    if kind in ("short-page", "empty-page"):
        rows = rows[: max(0, len(rows) - by)] if kind == "short-page" else []
    return max(0, len(found) + (by if kind == "moved-total" else 0)), rows


def _positive(text: str) -> int:
    """Return a number of at least 1. Raises `Refused`."""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise Refused(*replies.INVALID)
    return int(text)


def _page(rows: list[bytes], total: int, facets: dict[str, Any]) -> bytes:
    """Rows are inserted unchanged, so the client receives the bytes of the file."""
    tail = {"facets": facets, "total": total} if facets else {"total": total}
    return b'{"matches":[' + b",".join(rows) + b"]," + encode(tail)[1:]


def _json(value: Any) -> Reply:
    return Reply(200, encode(value))
