"""Free replies to rows: of a census, of the engine's history, and of the counts of matches that a census gives."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import pyarrow as pa

from camcensus.core.countries import canonical_code
from camcensus.core.manifest import SentQuery
from camcensus.core.tables import CENSUS, COUNTS, TRENDS, UNKNOWN_COUNTRY
from camcensus.raw.ledger_rows import FreeReply

Row = dict[str, Any]
Reply = tuple[FreeReply, Row]


def census_rows(
    replies: Iterable[Reply], queries: Mapping[str, SentQuery], makers: Mapping[str, str | None]
) -> pa.Table:
    """Return `tables.CENSUS` of the replies: for each query its total, its countries and its facets.

    Each has a row for what the facet does not cover (value null, or country ZZ). `queries`: as they were sent;
    `makers`: query to maker.
    """
    asked = {
        name: {"query": name, "manufacturer": makers.get(name), "sent": query.sent, "is_disjoint": not query.note}
        for name, query in queries.items()
    }
    totals: dict[str, int] = {}
    countries: dict[str, Counter[str]] = defaultdict(Counter)
    rows: list[Row] = []
    for reply, value in replies:
        if not reply.part:
            totals[reply.query] = value["total"]
        facets: dict[str, list[Row]] = dict(value.get("facets") or {})
        # The countries of the whole query, or those that its first facet had no room for.
        for found in facets.pop("country", []):
            countries[reply.query][canonical_code(str(found["value"]))] += found["count"]
        place = canonical_code(reply.part) if reply.part else None
        for name, values in facets.items():
            counts: list[tuple[str | None, int]] = [(str(found["value"]), found["count"]) for found in values]
            if (rest := value["total"] - sum(n for _, n in counts)) > 0:
                counts.append((None, rest))
            same = asked[reply.query] | {"country": place, "facet": name}
            rows += [same | {"value": each, "n_matches": n} for each, n in counts]
    for name, total in totals.items():
        by_country = countries[name]
        if (rest := total - by_country.total()) > 0:
            by_country[UNKNOWN_COUNTRY] += rest
        rows += [asked[name] | {"country": code, "n_matches": n} for code, n in [(None, total), *by_country.items()]]
    return pa.Table.from_pylist(sorted(rows, key=_order), CENSUS.schema)


def _order(row: Row) -> list[str]:
    found = [row.get(name) for name in ("query", "country", "facet", "value")]
    return ["" if value is None else f" {value}" for value in found]


def trend_rows(replies: Iterable[Reply], makers: Mapping[str, str | None]) -> pa.Table:
    """Return `tables.TRENDS` of the replies: matches of each query by month; `makers`: query to maker."""
    rows: list[Row] = []
    for reply, value in replies:
        same = {"query": reply.query, "manufacturer": makers.get(reply.query), "sent": reply.sent}
        rows += [
            same | {"country": None, "month": each["month"], "n_matches": each["count"]} for each in value["matches"]
        ]
        for month in (value.get("facets") or {}).get("country", []):
            rows += [
                same | {"country": canonical_code(str(v["value"])), "month": month["key"], "n_matches": v["count"]}
                for v in month["values"]
            ]
    rows.sort(key=lambda row: (row["query"], row["country"] or "", row["month"]))
    return pa.Table.from_pylist(rows, TRENDS.schema)


def census_counts(census: pa.Table, same: Row, left_out: tuple[str, ...]) -> pa.Table:
    """Return the rows of `tables.COUNTS` of a census: makers, and countries by maker.

    If all queries are of one maker, also the world and countries; with several makers a banner may be counted twice.
    `same`: the columns that all rows share.
    """
    sums: Counter[tuple[str, str | None, str | None]] = Counter()
    rows = [row for row in census.to_pylist() if row["facet"] is None and row["is_disjoint"] and row["country"]]
    makers = {row["manufacturer"] for row in rows}
    for row in rows:
        scopes = ("all",) if row["country"] in left_out else ("all", "study")
        # A query without a maker counts in the world alone, and there once.
        summed_makers = {row["manufacturer"], None} if len(makers) == 1 else {row["manufacturer"]} - {None}
        for scope, country, maker in product(scopes, (None, row["country"]), summed_makers):
            sums[scope, country, maker] += row["n_matches"]
    # A census counts every match: of either kind of address, of any confidence, decoys too.
    same = same | {"ip_version": "all", "min_confidence": "medium", "decoys_left_out": "none"}
    found = [
        same | {"scope": scope, "level": _level(country, maker), "country": country, "manufacturer": maker,
                "n_matches": n}
        for (scope, country, maker), n in sums.items()
    ]  # fmt: skip
    found.sort(key=lambda row: (row["scope"], row["level"], row["country"] or "", row["manufacturer"] or ""))
    return pa.Table.from_pylist(found, COUNTS.schema)


def _level(country: str | None, maker: str | None) -> str:
    named = [name for name, value in (("country", country), ("manufacturer", maker)) if value is not None]
    return "+".join(named) or "world"
