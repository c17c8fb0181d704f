"""The stages of match counts: a census and the engine's history, from free replies to their tables.

Matches of queries are as the search engine counts them, by its own country, decoys included; never banners, hosts or
devices. A maker's total is the sum of its disjoint queries; others are in the table and in no sum.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any

import pyarrow as pa

from camcensus.aggregate.counts import about
from camcensus.aggregate.stage import count_facts, method_inputs
from camcensus.core import parquet
from camcensus.core.countries import canonical_code
from camcensus.core.manifest import Manifest, SentQuery, Window
from camcensus.core.stage_record import Flow
from camcensus.core.tables import CENSUS, COUNTS, TRENDS, UNKNOWN_COUNTRY, Table
from camcensus.geolocate.database import ENGINE
from camcensus.identify.catalogue_version import catalogue_version, study_catalogue
from camcensus.raw.collected import replies_of
from camcensus.raw.ledger_rows import FreeReply
from camcensus.raw.snapshot import Snapshot
from camcensus.raw.stage_base import RunContext, Stage, StageResult, checksum

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


COUNTS_FILE = "counts.parquet"
Rows = Callable[[list[Reply], dict[str, str | None]], pa.Table]


def _census(snapshot: Snapshot, context: RunContext) -> StageResult:
    """Write the replies of a census, and counts of matches where the snapshot holds nothing else."""
    collection = snapshot.manifest.collection
    sent = collection.queries if collection else {}
    table, result = _written(snapshot, context, CENSUS, lambda replies, makers: census_rows(replies, sent, makers))
    if snapshot.manifest.inputs:
        return result
    manifest, study = snapshot.manifest, context.study
    facts = {
        **count_facts(snapshot, context, "none: matches", ENGINE),
        "basis": "census",
        "window": Window.model_validate({"start": None, "end": None, "days": study.window_days}),
    }
    same = about(manifest.model_copy(update=facts))
    counts = census_counts(table, same | {"simulated": study.simulated}, study.countries_left_out)
    parquet.write_table(snapshot.path(COUNTS_FILE), counts, COUNTS, {"snapshot": snapshot.id, "basis": "census"})
    return StageResult(result.flow, {**result.files, COUNTS_FILE: counts.num_rows}, facts=facts, is_count=True)


def _written(snapshot: Snapshot, context: RunContext, to: Table, rows: Rows) -> tuple[pa.Table, StageResult]:
    """Write and return the table of a mode's replies."""
    replies = replies_of(snapshot.folder, to.name)
    catalogue = context.load(study_catalogue)
    table = rows(replies, {reply.query: catalogue.maker_of(reply.query) for reply, _ in replies})
    file = f"{to.name}.parquet"
    parquet.write_table(snapshot.path(file), table, to, {"snapshot": snapshot.id})
    flow = Flow(unit="replies", rows_in=len(replies), rows_out=len(replies))
    return table, StageResult(flow, {file: table.num_rows})


def _stage(
    mode: str, run: Callable[[Snapshot, RunContext], StageResult], writes: tuple[str, ...], version: int
) -> Stage:
    def applies(manifest: Manifest) -> bool:
        return manifest.collection is not None and mode in manifest.collection.modes

    def inputs(snapshot: Snapshot, context: RunContext) -> dict[str, str]:
        collection = snapshot.manifest.collection
        queries = {n: q.model_dump_json() for n, q in collection.queries.items()} if collection else {}
        return {
            **method_inputs(snapshot, context),
            "replies": checksum([reply.sha256 for reply, _ in replies_of(snapshot.folder, mode)]),
            "queries": checksum(queries),
            "catalogue": context.load(catalogue_version),
        }

    return Stage(
        name=mode,
        reads=("replies", "queries", "catalogue"),
        writes=writes,
        settings=("countries_left_out", "simulated"),
        version=version,
        is_private=False,
        run=run,
        inputs=inputs,
        applies=applies,
    )


CENSUS_STAGE = _stage("census", _census, ("census.parquet", COUNTS_FILE), 2)
HISTORY_STAGE = _stage(
    "trends", lambda snapshot, context: _written(snapshot, context, TRENDS, trend_rows)[1], ("trends.parquet",), 1
)
