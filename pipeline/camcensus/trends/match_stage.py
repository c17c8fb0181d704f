"""The stages of matches, as a run sees them: census and history, from free replies to their tables."""

from collections.abc import Callable

import pyarrow as pa

from camcensus.core import storage
from camcensus.core.fingerprints import code_hash, digest_of, package_version
from camcensus.core.manifest import Flow, Instrument, Stage, Window
from camcensus.core.tables import CENSUS, COUNTS, TRENDS, Table
from camcensus.raw.collected import replies_of
from camcensus.raw.snapshot import Snapshot
from camcensus.stages import Tools
from camcensus.trends.match_tables import Reply, census_counts, census_rows, trend_rows

ENGINE = "engine"
COUNTS_FILE = "counts.parquet"
Makers = dict[str, str | None]


def census(snapshot: Snapshot, tools: Tools) -> str | None:
    """Replies of a census to `census.parquet`, and to counts where the snapshot holds nothing else; "census" if it had
    to be done."""

    def rows(replies: list[Reply], makers: Makers) -> pa.Table:
        sent = snapshot.manifest.collection.queries if snapshot.manifest.collection else {}
        return census_rows(replies, sent, makers)

    found = _written(snapshot, tools, "census", CENSUS, rows)
    if found is not None and not snapshot.manifest.inputs:
        _only_census(snapshot, tools, found)
        snapshot.save()
    return "census" if found is not None else None


def trends(snapshot: Snapshot, tools: Tools) -> str | None:
    """Replies with history to `trends.parquet`; "trends" if it had to be done."""
    return "trends" if _written(snapshot, tools, "trends", TRENDS, trend_rows) is not None else None


def _written(
    snapshot: Snapshot, tools: Tools, mode: str, to: Table, rows: Callable[[list[Reply], Makers], pa.Table]
) -> pa.Table | None:
    """The table of a mode, written; None when it stands, or when there is nothing of that mode."""
    collection = snapshot.manifest.collection
    if collection is None or mode not in collection.modes:
        return None
    replies = replies_of(snapshot.folder, mode)
    key = digest_of(
        code_hash("camcensus.trends.match_tables"),
        [reply.sha256 for reply, _ in replies],
        {name: query.model_dump_json() for name, query in collection.queries.items()},
        (tools.study.countries_left_out, tools.study.simulated, snapshot.manifest.complete),
    )
    if snapshot.stands(mode, key):
        return None
    table = rows(replies, {query.id: query.manufacturer for query in tools.catalogue.queries})
    file = f"{mode}.parquet"
    storage.write_table(snapshot.path(file), table, to, {"snapshot": snapshot.id})
    flow = Flow(unit="replies", rows_in=len(replies), rows_out=len(replies))
    snapshot.record(mode, Stage(key=key, outputs={file: snapshot.output(file, table.num_rows)}, flow=flow))
    return table


def _only_census(snapshot: Snapshot, tools: Tools, census_table: pa.Table) -> None:
    """Counts of a snapshot that is a census and nothing else."""
    manifest, study = snapshot.manifest, tools.study
    stage = manifest.stages["census"]
    manifest.basis = "census"
    manifest.simulated = study.simulated
    manifest.window = Window(
        start=None, end=None, days=study.window_days if isinstance(study.window_days, int) else "all"
    )
    manifest.instrument = Instrument(
        query_set=manifest.query_set, catalogue=tools.catalogue.version, rules="none: matches", geo_db=ENGINE
    )
    manifest.version = package_version()
    manifest.run = digest_of(stage.key, study.settings())[:12]
    same = {
        "snapshot": snapshot.id,
        "engine": manifest.engine,
        "basis": manifest.basis,
        "complete": manifest.complete,
        "simulated": manifest.simulated,
        **manifest.instrument.model_dump(),
    }
    table = census_counts(census_table, same, study.countries_left_out)
    storage.write_table(snapshot.path(COUNTS_FILE), table, COUNTS, {"snapshot": snapshot.id, "basis": "census"})
    stage.outputs[COUNTS_FILE] = snapshot.output(COUNTS_FILE, table.num_rows)
