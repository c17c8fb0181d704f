"""Trend over one instrument: the headline once more, on what can be held against every other snapshot.

Older banners are replayed with today's catalogue and rules by every run. What that cannot mend is what was asked: so
only banners that the queries of every snapshot would have returned are counted here, and of these once more those of
ports that the engine looked at in every snapshot. Where the queries of a snapshot are not known or cannot be held
against banners, or raw files are gone, it has a reason in place of counts, and the others do not wait for it.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from camcensus.aggregate.headline import STAGES, UNITS, checksums, headline_counts, opened
from camcensus.core import storage
from camcensus.core.errors import ReconciliationError
from camcensus.core.fingerprints import code_hash, digest_of
from camcensus.core.manifest import Flow, Manifest, Stage
from camcensus.core.tables import RETURNED, SERIES
from camcensus.engines.engine import call, text_of
from camcensus.raw.parts import Parts
from camcensus.raw.snapshot import Snapshot
from camcensus.stages import Tools
from camcensus.trends.query_replay import Returned, ReturnedTask
from camcensus.trends.query_sets import Asked, Common, asked_of, common

NAME = SERIES.name
FILE = f"{NAME}.parquet"
QUERY = "series"
QUERIES, PORTS = "queries", "ports"
NO_PORTS = "which ports the engine looked at is not known of every snapshot"
Row = dict[str, Any]


def has_counts(manifest: Manifest | None) -> bool:
    """Whether a snapshot takes part: its banners were counted."""
    stage = manifest.stages.get("aggregate") if manifest else None
    return stage is not None and "counts.parquet" in stage.outputs


def is_current(snapshot: Snapshot) -> bool:
    """Whether the raw files are those that its banners were counted from; if not, it must be run first."""
    manifest = snapshot.manifest
    now = {name: snapshot.sources[item.source].made_from(item.sha256) for name, item in manifest.inputs.items()}
    return now == {name: part.made_from for name, part in manifest.stages["ingest"].parts.items()}


def bring_series_up_to_date(snapshots: Sequence[Snapshot], tools: Tools) -> list[str]:
    """The series of every counted snapshot that is not up to date; what was done."""
    asked = [asked_of(snapshot.manifest) for snapshot in snapshots]
    shared = common(asked)
    done = []
    for snapshot, one in zip(snapshots, asked, strict=True):
        if shared.differ and not one.why and _match(snapshot, one, shared, tools):
            done.append(f"{snapshot.id}: {RETURNED.name}")
        if _series(snapshot, one, shared, tools):
            done.append(f"{snapshot.id}: {NAME}")
        snapshot.close()
    return done


def _match(snapshot: Snapshot, asked: Asked, shared: Common, tools: Tools) -> bool:
    """Raw files that are new, or all if the query sets are others, to their parts of `returned`."""
    inputs = snapshot.manifest.inputs
    key = digest_of(code_hash("camcensus.trends.query_replay", "camcensus.readers.search_pages"), shared.sets)
    parts = Parts(snapshot, RETURNED.name, key, {name: item.sha256 for name, item in inputs.items()}, returned)
    if parts.up_to_date:
        return False
    tasks = [_task(snapshot, name, asked, shared) for name in parts.stale]
    sizes = [inputs[name].bytes for name in parts.stale]
    with tools.reporter.progress(f"{snapshot.id}: trends", sum(sizes), "bytes") as progress:
        results: list[Returned] = tools.engine.map_parts(call, tasks, sizes, progress)
    for name, result in zip(parts.stale, results, strict=True):
        parts.made(name, {"banners": result.banners, "own": result.own, "returned": result.rows}, result.rows)
    parts.remove_gone()
    total = parts.total()
    lost = {
        "not returned by its own queries, as they are read here": total["banners"] - total["own"],
        "not returned by the queries of some other snapshot": total["own"] - total["returned"],
    }
    flow = Flow(
        unit="banners",
        rows_in=total["banners"],
        rows_out=total["returned"],
        dropped={k: n for k, n in lost.items() if n},
    )
    stage = Stage(key=key, outputs=parts.outputs, parts=parts.parts, flow=flow.check(RETURNED.name))
    snapshot.record(RETURNED.name, stage)
    tools.reporter.info(
        f"{flow.rows_out:,} of {flow.rows_in:,} banners match the queries of every snapshot", snapshot.id, "trends"
    )
    return True


def returned(name: str) -> tuple[str, ...]:
    """The file of `returned` that is made of one raw file."""
    return (f"{RETURNED.name}.parquet/{name}.parquet",)


def _task(snapshot: Snapshot, name: str, asked: Asked, shared: Common) -> ReturnedTask:
    own = shared.sets.index(asked.queries)
    return ReturnedTask(snapshot.raw_part(name), snapshot.path(returned(name)[0]), shared.sets, own)


def _series(snapshot: Snapshot, asked: Asked, shared: Common, tools: Tools) -> bool:
    """Counts of a snapshot's series, written with the flow from the headline's banners to those of every query set."""
    study = tools.study
    settings = (study.min_confidence, study.countries_left_out, asked, shared)
    matched = [RETURNED.name] if shared.differ and not asked.why else []
    made = checksums(snapshot, *STAGES, *matched)
    key = digest_of(code_hash("camcensus.trends.stage"), text_of(QUERY), settings, made)
    if snapshot.stands(NAME, key):
        return False
    counted = headline_counts(snapshot, study)
    rows = _counted(snapshot, shared, tools, counted) if _must_count(asked, shared) else _copies(counted)
    rows = [row for row in rows if row["series"] not in _reasons(asked, shared)]
    rows += [{"series": name, "reason": why} for name, why in _reasons(asked, shared).items()]
    _write(snapshot, rows)
    whole, left = counted[None]["n_banners"], _total(rows, QUERIES)
    dropped = {} if left == whole else {asked.why or "not returned by every snapshot's queries": whole - left}
    flow = Flow(unit="banners of the headline", rows_in=whole, rows_out=left, dropped=dropped).check(NAME)
    snapshot.record(NAME, Stage(key=key, outputs={FILE: snapshot.output(FILE, len(rows))}, flow=flow))
    return True


def _must_count(asked: Asked, shared: Common) -> bool:
    """Whether something of the headline may have to be left out."""
    return not asked.why and (shared.differ or (shared.ports_known and shared.ports_moved))


def _reasons(asked: Asked, shared: Common) -> dict[str, str]:
    """Series that this snapshot does not have, and why."""
    if asked.why:
        return {QUERIES: asked.why, PORTS: asked.why}
    return {} if shared.ports_known else {PORTS: NO_PORTS}


def _copies(counted: dict[str | None, Row]) -> list[Row]:
    """All series are the headline: one query set, one list of ports."""
    return [{"series": name, "manufacturer": m} | row for name in ("all", QUERIES, PORTS) for m, row in counted.items()]


def _counted(snapshot: Snapshot, shared: Common, tools: Tools, counted: dict[str | None, Row]) -> list[Row]:
    """The series, counted in SQL. Raises `ReconciliationError` when on all banners they are not the headline."""
    moved = shared.ports_known and shared.ports_moved
    with opened(snapshot, tools.study, tools.engine, "identified", "links", "devices") as db:
        if shared.differ:
            db.parquet("returned", snapshot.verified(RETURNED.name, ".parquet"))
        else:
            db.rows("returned", RETURNED.schema.empty_table())
        db.rows("common", pa.table({"one_query_set": [not shared.differ], "one_port_list": [not moved]}))
        db.rows("ports", pa.table({"port": pa.array(shared.ports, pa.int64())}))
        rows: list[Row] = db.query(QUERY).to_pylist()
    found = {row["manufacturer"]: {unit: row[unit] for unit in UNITS} for row in rows if row["series"] == "all"}
    if found != {maker: row for maker, row in counted.items() if row["n_banners"] or row["n_devices"]}:
        raise ReconciliationError(f"{snapshot.id}: series: counted on all banners, the series is not the headline")
    return rows


def _total(rows: Sequence[Row], series: str) -> int:
    """Banners of all makers in a series; 0 where it has none."""
    return sum(r.get("n_banners") or 0 for r in rows if r["series"] == series and r.get("manufacturer") is None)


def _write(snapshot: Snapshot, rows: list[Row]) -> None:
    manifest = snapshot.manifest
    window, used = manifest.window, manifest.instrument
    same = {
        "snapshot": snapshot.id,
        "window_start": window.start if window else None,
        "window_end": window.end if window else None,
        "complete": manifest.complete,
        "simulated": manifest.simulated,
        **(used.model_dump() if used else {}),
    }
    order = {name: place for place, name in enumerate(("all", QUERIES, PORTS))}
    rows = sorted(rows, key=lambda row: (order[row["series"]], row.get("manufacturer") or ""))
    columns = [pa.array([(same | row).get(c.name) for row in rows], c.type) for c in SERIES.columns]
    storage.write_table(snapshot.path(FILE), pa.Table.from_arrays(columns, schema=SERIES.schema), SERIES)
