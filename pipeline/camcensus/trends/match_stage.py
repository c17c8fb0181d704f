"""The stages of match counts: a census and the engine's history, from free replies to their tables.

Matches of queries are as the search engine counts them, by its own country, decoys included; never banners, hosts or
devices. A maker's total is the sum of its disjoint queries; others are in the table and in no sum.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from camcensus.aggregate.stage import count_facts, method_inputs
from camcensus.core.manifest import Manifest, Window
from camcensus.core.stage_record import Flow
from camcensus.core.tables import CENSUS, COUNTS, TRENDS, Table
from camcensus.geolocate.description import ENGINE
from camcensus.identify.catalogue_version import catalogue_version, study_catalogue
from camcensus.raw.collected import replies_of
from camcensus.raw.snapshot import Snapshot
from camcensus.raw.stage_base import RunContext, Stage, StageResult, checksum

if TYPE_CHECKING:
    import pyarrow as pa

    from camcensus.trends.match_rows import Reply

COUNTS_FILE = "counts.parquet"
Rows = Callable[["list[Reply]", dict[str, str | None]], "pa.Table"]


def _census(snapshot: Snapshot, context: RunContext) -> StageResult:
    """Write the replies of a census, and counts of matches where the snapshot holds nothing else."""
    from camcensus.aggregate.counts import about
    from camcensus.core import parquet
    from camcensus.trends.match_rows import census_counts, census_rows

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


def _written(snapshot: Snapshot, context: RunContext, to: Table, rows: Rows) -> "tuple[pa.Table, StageResult]":
    """Write and return the table of a mode's replies."""
    from camcensus.core import parquet

    replies = replies_of(snapshot.folder, to.name)
    catalogue = context.load(study_catalogue)
    table = rows(replies, {reply.query: catalogue.maker_of(reply.query) for reply, _ in replies})
    file = f"{to.name}.parquet"
    parquet.write_table(snapshot.path(file), table, to, {"snapshot": snapshot.id})
    flow = Flow(unit="replies", rows_in=len(replies), rows_out=len(replies))
    return table, StageResult(flow, {file: table.num_rows})


def _history(snapshot: Snapshot, context: RunContext) -> StageResult:
    """Write the replies of the engine's history."""
    from camcensus.trends.match_rows import trend_rows

    return _written(snapshot, context, TRENDS, trend_rows)[1]


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
HISTORY_STAGE = _stage("trends", _history, ("trends.parquet",), 1)
