"""Which answers the catalogue's search queries return: Shodan's query language as far as the catalogue uses it."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from camcensus.core.resources import bundled
from camcensus.identify.catalogue import Query, load_catalogue
from camcensus.validation.simulate.texts import Text

_TERM = re.compile(r'(?:([a-z][\w.]*):)?(?:"([^"]*)"|(\S+))')
Banner = dict[str, Any]


@dataclass(frozen=True)
class Search:
    """A query made ready: pairs of filter (None: the text of the answer) and what must be in it."""

    terms: tuple[tuple[str | None, str], ...]

    def asks(self, name: str) -> bool:
        """Whether it has this filter."""
        return any(term == name for term, _ in self.terms)

    def returns(self, banner: Banner) -> bool:
        """Whether the query returns this banner; all its terms must hold."""
        return all(_holds(banner, name, wanted) for name, wanted in self.terms)


@dataclass
class Asked:
    """Queries of a catalogue, and which answers they were found to return. `texts`: as they are sent."""

    texts: tuple[str, ...]
    searches: list[Search]
    _known: dict[tuple[int, int], bool] = field(default_factory=dict)

    def returns(self, text: Text, port: int) -> bool:
        """Whether any query returns an answer on this port. `text` must live on, as those of `text_of` do."""
        plain = (id(text), -1)
        if plain not in self._known:
            banner = {**text.answer.sample, "_shodan": {"module": text.answer.module}}
            self._known[plain] = any(q.returns(banner) for q in self.searches if not q.asks("port"))
        if self._known[plain] or not self._with_port:
            return self._known[plain]
        if (id(text), port) not in self._known:
            banner = {**text.answer.sample, "port": port, "_shodan": {"module": text.answer.module}}
            self._known[id(text), port] = any(q.returns(banner) for q in self._with_port)
        return self._known[id(text), port]

    @cached_property
    def _with_port(self) -> list[Search]:
        return [query for query in self.searches if query.asks("port")]


@functools.cache
def builtin_queries(without: tuple[str, ...] = ()) -> Asked:
    """Those of the built-in catalogue but for these ids. Raises `KeyError` for an id that is not there."""
    queries = {query.id: query for query in load_catalogue(bundled("queries")).queries}
    for name in without:
        del queries[name]
    return Asked(tuple(query.text for query in queries.values()), searches(list(queries.values())))


def searches(queries: Sequence[Query]) -> list[Search]:
    """All queries of a catalogue. Raises `KeyError` for a filter that is not known here."""
    found = []
    for query in queries:
        terms = [(m[1], (m[2] if m[2] is not None else m[3]).lower()) for m in _TERM.finditer(query.text)]
        if unknown := [name for name, _ in terms if name and name not in _FILTERS]:
            raise KeyError(f"{query.id}: no such filter here: {unknown[0]}")
        found.append(Search(tuple(terms)))
    return found


def _holds(banner: Banner, name: str | None, wanted: str) -> bool:
    if name is None:
        return wanted in str(banner.get("data") or "").lower()
    return any(_matches(name, value, wanted) for value in _FILTERS[name](banner) if value is not None)


def _matches(name: str, value: Any, wanted: str) -> bool:
    exact = name in ("port", "http.favicon.hash", "device", "shodan.module")
    return str(value).lower() == wanted if exact else wanted in str(value).lower()


def _http(banner: Banner) -> dict[str, Any]:
    return banner.get("http") or {}


def _name(banner: Banner, part: str) -> dict[str, Any]:
    return ((banner.get("ssl") or {}).get("cert") or {}).get(part) or {}


_FILTERS: dict[str, Any] = {
    "product": lambda b: [b.get("product")],
    "device": lambda b: [b.get("devicetype")],
    "port": lambda b: [b.get("port")],
    "cpe": lambda b: [*(b.get("cpe23") or []), *(b.get("cpe") or [])],
    "http.title": lambda b: [_http(b).get("title")],
    "http.html": lambda b: [_http(b).get("html")],
    "http.favicon.hash": lambda b: [(_http(b).get("favicon") or {}).get("hash")],
    "shodan.module": lambda b: [(b.get("_shodan") or {}).get("module")],
    "ssl": lambda b: [*_name(b, "subject").values(), *_name(b, "issuer").values()],
    "ssl.cert.subject.cn": lambda b: [_name(b, "subject").get("CN")],
    "ssl.cert.issuer.cn": lambda b: [_name(b, "issuer").get("CN")],
}
