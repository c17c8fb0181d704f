"""The ingest stage: raw files to observations, and what is not a banner to the quarantine."""

import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from camcensus.core import storage
from camcensus.core.console import Reporter
from camcensus.core.errors import SHOWN, CamcensusError
from camcensus.core.manifest import Manifest
from camcensus.core.stage_record import Fields, Flow
from camcensus.ingest.acceptance import shows_no_camera, summary, unknown_fields, why_nothing
from camcensus.ingest.evidence_version import EVIDENCE_VERSION
from camcensus.raw.completeness import lost_records
from camcensus.raw.snapshot import Snapshot
from camcensus.raw.stage_base import Parts, RunContext, Stage, StageResult, checksum
from camcensus.readers.registry import Source

if TYPE_CHECKING:
    from camcensus.ingest.records import Ingested, IngestTask

QUARANTINE = "quarantine.jsonl.gz"


def _run(snapshot: Snapshot, context: RunContext) -> StageResult:
    from camcensus.engines.engine import call
    from camcensus.ingest.records import UNKNOWN_FIELD

    inputs = snapshot.manifest.inputs
    parts = Parts(snapshot, "ingest", STAGE.depends_on(snapshot, context), "raw", snapshot.made_from(), ingested)
    tasks = [_task(snapshot, name) for name in parts.stale]
    sizes = [inputs[name].bytes for name in parts.stale]
    with context.reporter.progress(f"{snapshot.id}: ingest", sum(sizes), "bytes") as progress:
        results = context.engine.map_streams(call, tasks, sizes, progress)
    for name, result in zip(parts.stale, results, strict=True):
        damage = result.damage or (
            None if result.accepted else _why_fruitless(name, snapshot.sources[inputs[name].source], result)
        )
        read = {"rows": result.lines, "repaired": dict(sorted(result.repaired.items())), "damage": damage}
        inputs[name] = inputs[name].model_copy(update=read)
        parts.made(name, result.tally(), result.accepted)
    parts.remove_gone()
    _join_quarantine(snapshot, {name: parts.outputs[ingested(name)[1]].sha256 for name in sorted(parts.parts)})
    parts.outputs[QUARANTINE] = snapshot.output(QUARANTINE)
    total = parts.total()
    is_simulated = total.pop("synthetic", 0) > 0
    assets_cut, telling = total.pop("assets_cut", 0), total.pop("telling", 0)
    unknown = {name.removeprefix(UNKNOWN_FIELD): total.pop(name) for name in [*total] if name.startswith(UNKNOWN_FIELD)}
    unit = "records" if any(item.mapping for item in inputs.values()) else "lines"
    flow = Flow(unit=unit, rows_in=total.pop("lines", 0), rows_out=total.pop("accepted", 0), dropped=total)
    snapshot.check_completeness()
    _report(snapshot, flow.check("ingest"), unknown, context.reporter, is_simulated)
    fields = _fields(snapshot, parts, flow.rows_out).model_copy(update={"assets_cut": assets_cut, "telling": telling})
    details = {"unknown_fields": unknown, "fields": fields}
    return StageResult(flow, parts=parts, details=details, facts={"simulated": is_simulated})


def _inputs(snapshot: Snapshot, _: RunContext) -> dict[str, str]:
    return {"raw": checksum(sorted(snapshot.made_from().items())), "evidence": str(EVIDENCE_VERSION)}


def has_banners(manifest: Manifest) -> bool:
    """Return whether a snapshot holds files or pages of banners, and not only a collection's free counts."""
    return bool(manifest.inputs) or manifest.collection is None


STAGE = Stage(
    name="ingest",
    reads=("raw", "evidence"),
    writes=("observations.parquet", ".quarantine", QUARANTINE),
    settings=(),
    version=2,
    is_private=True,
    run=_run,
    inputs=_inputs,
    applies=has_banners,
    parts_of="raw",
    rows="rows_out",
)


def ingested(name: str) -> tuple[str, ...]:
    """Return the files that ingest makes of one raw file."""
    return f"observations.parquet/{name}.parquet", f".quarantine/{name}.gz"


def _task(snapshot: Snapshot, name: str) -> "IngestTask":
    from camcensus.ingest.fields import A_DAY
    from camcensus.ingest.records import IngestTask

    # Not the clock: the same data folder gives the same tables on any day.
    latest = int(datetime.fromisoformat(snapshot.received(name)).timestamp()) + A_DAY
    raw = snapshot.raw_part(name)
    if not raw.pages:
        raw.source.check(raw.path)
    observations, quarantine = (snapshot.path(output) for output in ingested(name))
    return IngestTask(raw, observations, quarantine, latest)


def _fields(snapshot: Snapshot, parts: Parts, rows: int) -> Fields:
    """Return what the engine sent. In exports read with a mapping, unread fields are counted as unknown."""
    from camcensus.ingest.sent_fields import count_filled, sample_fields

    read = count_filled(snapshot.path(name) for name in sorted(parts.outputs) if name.endswith(".parquet"))
    own = (name for name, item in sorted(snapshot.manifest.inputs.items()) if not item.mapping)
    n_sampled, raw = sample_fields(snapshot.raw_part(name).reader for name in own)
    return Fields(rows=rows, read=read, sampled=n_sampled, raw=raw)


def _join_quarantine(snapshot: Snapshot, sums: dict[str, str]) -> None:
    """Join the quarantines of raw files (name to checksum, in order): gzip members in a row are one gzip file."""
    with storage.atomic(snapshot.path(QUARANTINE)) as joined:
        for name, digest in sums.items():
            member = snapshot.path(ingested(name)[1])
            storage.require(member, digest, "is not what ingest wrote; run again with --rehash")
            joined.write(member.read_bytes())
        if not sums:
            joined.write(gzip.compress(b"", mtime=0))


def _why_fruitless(name: str, source: Source, result: "Ingested") -> str:
    unit = "records" if source.mapping else "lines"
    return f"{name} gives nothing: {why_nothing(result.flow(unit), result.quarantined, source.mapping)}"


def require_banners(snapshot: Snapshot) -> None:
    """Raise `CamcensusError` when nothing was accepted that can show a camera: its count is not a count of zero."""
    record = snapshot.manifest.stages["ingest"]
    rows, fields = record.flow.rows_out, record.fields
    mappings = [source.mapping for source in snapshot.sources.values() if source.mapping]
    n_telling = rows if fields is None or fields.telling is None else fields.telling
    # What was collected has the fields that are read.
    why = shows_no_camera(n_telling, rows, mappings[0] if mappings else None)
    if why and not snapshot.manifest.collection:
        raise CamcensusError(f"{snapshot.id}: {why}")
    if not rows:
        damage = "; ".join(item.damage for item in snapshot.manifest.inputs.values() if item.damage)
        raise CamcensusError(
            f"{snapshot.id}: there is no banner in it ({damage or 'it holds no file'}); "
            f"{snapshot.path(QUARANTINE)} has each bad line with its reason"
        )


def _report(snapshot: Snapshot, flow: Flow, unknown: dict[str, int], reporter: Reporter, is_simulated: bool) -> None:
    from camcensus.readers.lines import repairs_text

    reporter.info(summary(flow), snapshot.id, "ingest")
    if repaired := repairs_text(sum((Counter(i.repaired) for i in snapshot.manifest.inputs.values()), Counter[str]())):
        reporter.info(f"repaired: {repaired}", snapshot.id, "ingest")
    for warning in _warnings(snapshot, unknown):
        reporter.warning(warning, snapshot.id, "ingest")
    lost = lost_records(flow, snapshot.max_quarantined)
    if lost or (flow.quarantined and not is_simulated):
        text = f"{lost}; the snapshot is partial" if lost else f"{flow.quarantined:,} {flow.unit} are not banners"
        reporter.warning(f"{text}; each is in {snapshot.path(QUARANTINE)} with its reason", snapshot.id, "ingest")


def _warnings(snapshot: Snapshot, unknown: dict[str, int]) -> Iterator[str]:
    if text := unknown_fields(unknown):
        yield text
    for item in snapshot.manifest.inputs.values():
        if item.damage:
            yield f"{item.damage}; the snapshot is partial"
    if collection := snapshot.manifest.collection:
        yield from (f"not collected: {line}" for line in collection.missing[:SHOWN])
    for name in snapshot.manifest.missing:
        yield (
            f"raw/{name} was imported and is missing; the snapshot is counted without it, and partial. "
            "Put it back, or import its replacement with --replace"
        )
