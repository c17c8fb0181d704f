"""The tables of census and history, made from replies with counts.

Matches of queries are as the search engine counts them, by its own country, decoys included; never banners, hosts or
devices. A maker's total is the sum of its disjoint queries; others are in the table and in no sum.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from camcensus.core.countries import canonical_code
from camcensus.core.manifest import SentQuery
from camcensus.core.tables import CENSUS, COUNTS, TRENDS, UNKNOWN_COUNTRY, Table
from camcensus.raw.ledger_rows import FreeReply

Reply = tuple[FreeReply, dict[str, Any]]


@dataclass(frozen=True)
class Asked:
    """A query of a collection.

    Its id, its maker (None: several), what was sent, and why it overlaps ("": it does not).
    """

    id: str
    manufacturer: str | None
    sent: str
    note: str


def census_rows(
    replies: Iterable[Reply], queries: Mapping[str, SentQuery], makers: Mapping[str, str | None]
) -> pa.Table:
    """Return `tables.CENSUS` of the replies: for each query its total, its countries and its facets.

    Each has a row for what the facet does not cover (value null, or country ZZ). `queries`: as they were sent;
    `makers`: query to maker.
    """
    asked = {name: Asked(name, makers.get(name), query.sent, query.note) for name, query in queries.items()}
    totals: dict[str, int] = {}
    countries: dict[str, dict[str, int]] = {}
    rows: list[dict[str, Any]] = []
    for reply, value in replies:
        query = asked[reply.query]
        if not reply.part:
            totals[query.id] = value["total"]
        facets: dict[str, list[dict[str, Any]]] = dict(value.get("facets") or {})
        # The countries of the whole query, or those that its first facet had no room for.
        mine = countries.setdefault(query.id, {})
        for found in facets.pop("country", []):
            code = canonical_code(str(found["value"]))
            mine[code] = mine.get(code, 0) + found["count"]
        for name in sorted(facets):
            rows += _facet(query, reply.part, name, facets[name], value["total"])
    for name, total in totals.items():
        rows.append(_row(asked[name], None, None, None, total))
        by_country = countries.get(name, {})
        if (rest := total - sum(by_country.values())) > 0:
            by_country[UNKNOWN_COUNTRY] = by_country.get(UNKNOWN_COUNTRY, 0) + rest
        rows += [_row(asked[name], code, None, None, n) for code, n in sorted(by_country.items())]
    return _table(sorted(rows, key=_order), CENSUS)


def _facet(
    query: Asked, country: str, name: str, found: list[dict[str, Any]], total: int
) -> Iterator[dict[str, Any]]:  # fmt: skip
    place = canonical_code(country) if country else None
    covered = 0
    for value in found:
        covered += value["count"]
        yield _row(query, place, name, str(value["value"]), value["count"])
    if total > covered:
        yield _row(query, place, name, None, total - covered)


def _row(query: Asked, country: str | None, facet: str | None, value: str | None, n: int) -> dict[str, Any]:
    return {
        "query": query.id,
        "manufacturer": query.manufacturer,
        "sent": query.sent,
        "is_disjoint": not query.note,
        "country": country,
        "facet": facet,
        "value": value,
        "n_matches": n,
    }


def _order(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple("" if row[name] is None else f" {row[name]}" for name in ("query", "country", "facet", "value"))


def trend_rows(replies: Iterable[Reply], makers: Mapping[str, str | None]) -> pa.Table:
    """Return `tables.TRENDS` of the replies: matches of each query by month, of the world and of each country.

    `makers`: query to maker.
    """
    rows = []
    for reply, value in replies:
        months: list[tuple[str | None, str, int]] = [
            (None, month["month"], month["count"]) for month in value["matches"]
        ]
        for month in (value.get("facets") or {}).get("country", []):
            months += [(canonical_code(str(v["value"])), month["key"], v["count"]) for v in month["values"]]
        rows += [
            {
                "query": reply.query, "manufacturer": makers.get(reply.query), "sent": reply.sent, "month": month,
                "country": country, "n_matches": n,
            }
            for country, month, n in months
        ]  # fmt: skip
    order = ("query", "country", "month")
    return _table(sorted(rows, key=lambda row: tuple(row[name] or "" for name in order)), TRENDS)


def _table(rows: list[dict[str, Any]], to: Table) -> pa.Table:
    columns = [pa.array([row[c.name] for row in rows], c.type) for c in to.columns]
    return pa.Table.from_arrays(columns, schema=to.schema)


def census_counts(census: pa.Table, same: dict[str, Any], left_out: tuple[str, ...]) -> pa.Table:
    """Return the rows of `tables.COUNTS` of a census: makers, and countries by maker.

    If all queries are of one maker, also the world and countries; with several makers a banner may be counted twice.
    `same`: the columns that all rows share.
    """
    sums: dict[tuple[str, str | None, str | None], int] = {}
    rows = [row for row in census.to_pylist() if row["facet"] is None and row["is_disjoint"] and row["country"]]
    makers = {row["manufacturer"] for row in rows}
    for row in rows:
        for scope in ("all", "study"):
            if scope == "study" and row["country"] in left_out:
                continue
            levels = [(None, row["manufacturer"]), (row["country"], row["manufacturer"])]
            levels += [(None, None), (row["country"], None)] if len(makers) == 1 else []
            for country, maker in levels:
                key = (scope, country, maker)
                sums[key] = sums.get(key, 0) + row["n_matches"]
    found = [
        same | _VARIANT | {"scope": scope, "level": _level(country, maker), "country": country, "manufacturer": maker}
        | {"n_matches": n}
        for (scope, country, maker), n in sums.items()
    ]  # fmt: skip
    found.sort(key=lambda row: (row["scope"], row["level"], row["country"] or "", row["manufacturer"] or ""))
    return _table([{c.name: row.get(c.name) for c in COUNTS.columns} for row in found], COUNTS)


# A census counts every match: of either kind of address, of any confidence, decoys too.
_VARIANT = {"ip_version": "all", "min_confidence": "medium", "decoys_left_out": "none"}


def _level(country: str | None, maker: str | None) -> str:
    named = [name for name, value in (("country", country), ("manufacturer", maker)) if value is not None]
    return "+".join(named) or "world"
