"""The trends stages: query replay on raw files, and the series that every snapshot can be compared in.

Every run replays older banners with today's catalogue and rules. What that cannot mend is which queries were sent: so
only banners that the queries of every snapshot would have returned are counted here, and of these once more those on
ports that the engine scanned in every snapshot. Where the queries of a snapshot are not known or cannot be replayed, or
raw files are gone, it has a reason in place of counts, and the others do not wait for it.
"""

from typing import TYPE_CHECKING, Any

from camcensus.aggregate.stage import has_counts, is_counted, method_inputs
from camcensus.core.errors import ReconciliationError
from camcensus.core.stage_record import Flow
from camcensus.core.tables import QUERY_REPLAY, SERIES
from camcensus.raw.snapshot import Snapshot
from camcensus.raw.stage_base import Parts, RunContext, Stage, StageResult, checksum
from camcensus.trends.query_sets import CommonQueries, QuerySet, common, query_set_of

if TYPE_CHECKING:
    from camcensus.trends.query_replay import Replayed

FILE = f"{SERIES.name}.parquet"
QUERIES, PORTS = "queries", "ports"
NO_PORTS = "which ports the engine scanned is not known of every snapshot"
Row = dict[str, Any]


def _compared(snapshot: Snapshot, context: RunContext) -> tuple[QuerySet, CommonQueries]:
    """Return the snapshot's query set, and what it shares with those of all counted snapshots."""
    return query_set_of(snapshot.manifest), common([query_set_of(one.manifest) for one in context.counted])


def _must_replay(snapshot: Snapshot, context: RunContext) -> bool:
    own, shared = _compared(snapshot, context)
    return shared.differ and not own.reason


def _replay(snapshot: Snapshot, context: RunContext) -> StageResult:
    from camcensus.engines.engine import call
    from camcensus.trends.query_replay import ReplayTask

    own, shared = _compared(snapshot, context)
    inputs = snapshot.manifest.inputs
    sources = {name: item.sha256 for name, item in inputs.items()}
    parts = Parts(snapshot, REPLAY.name, REPLAY.depends_on(snapshot, context), "raw", sources, replayed)
    place = shared.sets.index(own.queries)
    tasks = [
        ReplayTask(snapshot.raw_part(name), snapshot.path(replayed(name)[0]), shared.sets, place)
        for name in parts.stale
    ]
    sizes = [inputs[name].bytes for name in parts.stale]
    with context.reporter.progress(f"{snapshot.id}: trends", sum(sizes), "bytes") as progress:
        results: list[Replayed] = context.engine.map_parts(call, tasks, sizes, progress)
    for name, result in zip(parts.stale, results, strict=True):
        parts.made(name, {"banners": result.banners, "own": result.own, "returned": result.rows}, result.rows)
    parts.remove_gone()
    total = parts.total()
    lost = {
        "not returned by its own queries, as they are read here": total["banners"] - total["own"],
        "not returned by the queries of some other snapshot": total["own"] - total["returned"],
    }
    dropped = {reason: n for reason, n in lost.items() if n}
    flow = Flow(unit="banners", rows_in=total["banners"], rows_out=total["returned"], dropped=dropped)
    text = f"{flow.rows_out:,} of {flow.rows_in:,} banners match the queries of every snapshot"
    context.reporter.info(text, snapshot.id, "trends")
    return StageResult(flow, parts=parts)


def _replay_inputs(snapshot: Snapshot, context: RunContext) -> dict[str, str]:
    own, shared = _compared(snapshot, context)
    return {
        "raw": checksum(sorted((name, item.sha256) for name, item in snapshot.manifest.inputs.items())),
        "query sets": checksum(own, shared.sets),
    }


REPLAY = Stage(
    name="query_replay",
    reads=("raw", "query sets"),
    writes=(f"{QUERY_REPLAY.name}.parquet",),
    settings=(),
    version=1,
    is_private=True,
    run=_replay,
    inputs=_replay_inputs,
    applies=is_counted,
    is_needed=_must_replay,
    parts_of="raw",
    rows="rows_out",
    compares=True,
)


def replayed(name: str) -> tuple[str, ...]:
    """Return the file of `query_replay` that is made of one raw file."""
    return (f"{QUERY_REPLAY.name}.parquet/{name}.parquet",)


def _series(snapshot: Snapshot, context: RunContext) -> StageResult:
    """Count a snapshot's series, with the flow from the headline's banners to those of every query set."""
    from camcensus.aggregate.headline import headline_counts

    own, shared = _compared(snapshot, context)
    counted = headline_counts(snapshot, context.study)
    if not own.reason and (shared.differ or (shared.ports_known and shared.ports_differ)):
        rows = _count(snapshot, shared, context, counted)
    else:  # nothing of the headline has to be left out: all series are the headline
        rows = [{"series": n, "manufacturer": m} | row for n in ("all", QUERIES, PORTS) for m, row in counted.items()]
    reasons = _reasons(own, shared)
    rows = [row for row in rows if row["series"] not in reasons]
    rows += [{"series": name, "reason": reason} for name, reason in reasons.items()]
    _write(snapshot, rows)
    whole = counted[None]["n_banners"]
    left = sum(r["n_banners"] for r in rows if r["series"] == QUERIES and "n_banners" in r and not r["manufacturer"])
    dropped = {} if left == whole else {own.reason or "not returned by every snapshot's queries": whole - left}
    flow = Flow(unit="banners of the headline", rows_in=whole, rows_out=left, dropped=dropped)
    return StageResult(flow, files={FILE: len(rows)})


def _series_inputs(snapshot: Snapshot, context: RunContext) -> dict[str, str]:
    return {**method_inputs(snapshot, context), "query sets": checksum(_compared(snapshot, context))}


STAGE = Stage(
    name="series",
    reads=(
        "counts.parquet", "links.parquet", "devices.parquet", "identified.parquet", f"{QUERY_REPLAY.name}.parquet",
        "query sets",
    ),
    writes=(FILE,),
    settings=("min_confidence", "countries_left_out"),
    version=1,
    is_private=False,
    run=_series,
    inputs=_series_inputs,
    applies=is_counted,
    compares=True,
)  # fmt: skip


def is_comparable(snapshot: Snapshot) -> bool:
    """Return whether a snapshot takes part in trends: counted, of the raw files that it holds, and not purged."""
    manifest = snapshot.manifest
    if not has_counts(manifest) or manifest.purged:
        return False
    return snapshot.made_from() == {name: part.made_from for name, part in manifest.stages["ingest"].parts.items()}


def _reasons(own: QuerySet, shared: CommonQueries) -> dict[str, str]:
    """Series that this snapshot does not have, and why."""
    if own.reason:
        return {QUERIES: own.reason, PORTS: own.reason}
    return {} if shared.ports_known else {PORTS: NO_PORTS}


def _count(snapshot: Snapshot, shared: CommonQueries, context: RunContext, counted: dict[str | None, Row]) -> list[Row]:
    """Count the series in SQL. Raise `ReconciliationError` if the one on all banners is not the headline."""
    import pyarrow as pa

    from camcensus.aggregate.headline import UNITS, opened

    has_port_list = shared.ports_known and shared.ports_differ
    with opened(snapshot, context.study, context.engine, "identified", "links", "devices") as db:
        if shared.differ:
            db.parquet("query_replay", snapshot.verified(QUERY_REPLAY.name))
        else:
            db.rows("query_replay", QUERY_REPLAY.schema.empty_table())
        one = {"has_one_query_set": not shared.differ, "has_one_port_list": not has_port_list}
        db.rows("common", pa.Table.from_pylist([one]))
        db.rows("ports", pa.table({"port": pa.array(shared.ports, pa.int64())}))
        rows: list[Row] = db.query("series").to_pylist()
    found = {row["manufacturer"]: {unit: row[unit] for unit in UNITS} for row in rows if row["series"] == "all"}
    if found != {maker: row for maker, row in counted.items() if row["n_banners"] or row["n_devices"]}:
        raise ReconciliationError(f"{snapshot.id}: series: counted on all banners, the series is not the headline")
    return rows


def _write(snapshot: Snapshot, rows: list[Row]) -> None:
    import pyarrow as pa

    from camcensus.aggregate.counts import about
    from camcensus.core import parquet

    order = ("all", QUERIES, PORTS)
    rows = sorted(rows, key=lambda row: (order.index(row["series"]), row.get("manufacturer") or ""))
    same = about(snapshot.manifest)
    table = pa.Table.from_pylist([same | row for row in rows], SERIES.schema)
    parquet.write_table(snapshot.path(FILE), table, SERIES)
