"""The dedupe stage: identified banners to links (which banner is of which device) and devices."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from camcensus.core.console import Reporter
from camcensus.core.tables import CHURN, COUNTED_FROM, DEVICES, LINKS
from camcensus.identify.stage import STAGE as IDENTIFY
from camcensus.ingest.stage import has_banners
from camcensus.raw.snapshot import Snapshot
from camcensus.raw.stage_base import RunContext, Stage, StageResult, checksum

if TYPE_CHECKING:
    from camcensus.dedupe.devices import Deduped

A_MONTH = 31 * 86400
FILES = tuple(f"{name}.parquet" for name in (LINKS.name, DEVICES.name, *COUNTED_FROM))
CHURN_FILE = f"{CHURN.name}.parquet"  # only of several collections


def _run(snapshot: Snapshot, context: RunContext) -> StageResult:
    from camcensus.core.parquet import rows_of
    from camcensus.dedupe.devices import Rules, dedupe, key_id_of

    study, manifest = context.study, snapshot.manifest
    end = study.snapshots[snapshot.id].date if snapshot.id in study.snapshots else None
    collections = {name: item.collection for name, item in manifest.inputs.items()}
    rules = Rules(study.window_days, end, study.dedupe, study.decoys, collections, manifest.complete)
    with context.engine.sql(snapshot.folder / ".scratch") as db:
        parts = snapshot.verified("identified")
        db.parquet("identified", parts)
        deduped = dedupe(db, rules, snapshot.folder, key_id_of(parts))
    _report_window(snapshot, deduped, context.reporter)
    details = {name: getattr(deduped, name) for name in ("merges", "identities", "decoy_rules", "ages", "churn")}
    notes = [f"{n} counted banners by rule {rule}" for rule, n in sorted(deduped.rules.items())]
    written = [*FILES, *([CHURN_FILE] if snapshot.path(CHURN_FILE).is_file() else [])]
    files = rows_of(snapshot.folder, written)
    kept = f"{deduped.flow.rows_out:,} of {deduped.flow.rows_in:,} counted banners kept"
    context.reporter.info(f"{kept}, {files['devices.parquet']:,} devices", snapshot.id, "dedupe")
    return StageResult(deduped.flow, files=files, notes=notes, details=details, facts={"window": deduped.window})


def _inputs(snapshot: Snapshot, _: RunContext) -> dict[str, str]:
    manifest = snapshot.manifest
    collections = sorted((name, item.collection) for name, item in manifest.inputs.items())
    return {"collections": checksum(collections), "is complete": str(manifest.complete)}


STAGE = Stage(
    name="dedupe",
    reads=("identified.parquet", "collections", "is complete"),
    writes=(*FILES, CHURN_FILE),
    settings=("window_days", "date", "dedupe", "decoys"),
    version=1,
    is_private=True,
    run=_run,
    inputs=_inputs,
    applies=has_banners,
    follows=IDENTIFY,
    rows="rows_in",
)


def _report_window(snapshot: Snapshot, deduped: "Deduped", reporter: Reporter) -> None:
    """Warn when the window misses most of what was collected, or ends long after it: a wrong date does both."""
    end, newest = deduped.window.end, deduped.newest
    if newest is None or end is None:
        return
    first, last, seen = (datetime.fromtimestamp(t, UTC).date() for t in (deduped.window.start or 0, end, newest))
    outside = deduped.flow.dropped.get("outside the window", 0)
    if 2 * outside > deduped.flow.rows_in:
        reporter.warning(
            f"{outside:,} of {deduped.flow.rows_in:,} counted banners are outside the window, "
            f"{first} to {last}; the newest banner is of {seen}. Check window_days and the date in the study",
            snapshot.id,
            "dedupe",
        )
    elif end - newest > A_MONTH:
        reporter.warning(f"the study dates it {last}, but its newest banner is of {seen}", snapshot.id, "dedupe")
