"""Each stage as a run sees it: is it up to date; if not, do it, reconcile it, and write down what was done."""

import gzip
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import pyarrow.parquet as pq

from camcensus.aggregate import earlier_runs
from camcensus.aggregate.counts import FILES as COUNT_FILES
from camcensus.aggregate.counts import QUERIES as COUNT_QUERIES
from camcensus.aggregate.counts import aggregate
from camcensus.aggregate.details import FILES as DETAIL_FILES
from camcensus.aggregate.details import QUERIES as DETAIL_QUERIES
from camcensus.aggregate.details import describe
from camcensus.aggregate.headline import opened
from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.console import Reporter
from camcensus.core.errors import SHOWN, CamcensusError, IntegrityError
from camcensus.core.fingerprints import code_hash, digest_of, package_version
from camcensus.core.manifest import Fields, Flow, Input, Instrument, Output, Stage, made_by
from camcensus.core.resources import COUNTRIES, NETWORKS, bundled
from camcensus.core.tables import UNKNOWN
from camcensus.dedupe.churn import FILE as CHURN_FILE
from camcensus.dedupe.devices import COUNTED_FROM, Deduped, Rules, dedupe, key_id_of
from camcensus.dedupe.devices import FILES as DEDUPE_FILES
from camcensus.dedupe.devices import QUERIES as DEDUPE_QUERIES
from camcensus.engines.engine import Engine, call, text_of
from camcensus.estimate.area_sampling.blocks import FILE as SAMPLE_BLOCKS_FILE
from camcensus.estimate.area_sampling.blocks import QUERIES as SAMPLE_QUERIES
from camcensus.estimate.area_sampling.blocks import count_blocks
from camcensus.geolocate.editions import SnapshotGeo, Sources, day_of
from camcensus.identify.batches import IdentifiedRows
from camcensus.identify.catalogue import Catalogue, checksum_of
from camcensus.ingest.records import UNKNOWN_FIELD, Ingested
from camcensus.ingest.sent_fields import count_filled, sample_fields
from camcensus.raw.parts import Parts
from camcensus.raw.snapshot import Snapshot
from camcensus.tasks import IngestTask, LabelTask

QUARANTINE = "quarantine.jsonl.gz"
A_DAY = 86400
A_MONTH = 31 * A_DAY
TOLD = 20


@dataclass(frozen=True)
class Tools:
    """What the stages of every snapshot share."""

    study: Study
    catalogue: Catalogue
    sources: Sources
    key: bytes
    engine: Engine
    reporter: Reporter


def ingest(snapshot: Snapshot, tools: Tools) -> str | None:
    """Raw files that are new or changed, to their parts of observations; "ingest" if there were any."""
    inputs = snapshot.manifest.inputs
    sources = {name: snapshot.sources[item.source].made_from(item.sha256) for name, item in inputs.items()}
    parts = Parts(
        snapshot, "ingest", code_hash("camcensus.ingest.records", "camcensus.readers.search_pages"), sources, ingested
    )
    if parts.up_to_date:
        return None
    tasks = [_ingest_task(snapshot, name) for name in parts.stale]
    sizes = [inputs[name].bytes for name in parts.stale]
    with tools.reporter.progress(f"{snapshot.id}: ingest", sum(sizes), "bytes") as progress:
        results = tools.engine.map_streams(call, tasks, sizes, progress)
    for name, result in zip(parts.stale, results, strict=True):
        inputs[name].rows = result.lines
        inputs[name].damage = result.damage or (None if result.accepted else fruitless(name, inputs[name], result))
        parts.made(name, result.tally(), result.accepted)
    parts.remove_gone()
    _join_quarantine(snapshot, {name: parts.outputs[ingested(name)[1]].sha256 for name in sorted(parts.parts)})
    parts.outputs[QUARANTINE] = snapshot.output(QUARANTINE)
    total = parts.total()
    snapshot.manifest.simulated = total.pop("synthetic", 0) > 0
    snapshot.judge()
    unknown = {name.removeprefix(UNKNOWN_FIELD): total.pop(name) for name in [*total] if name.startswith(UNKNOWN_FIELD)}
    unit = "records" if any(item.mapping for item in inputs.values()) else "lines"
    flow = Flow(unit=unit, rows_in=total.pop("lines", 0), rows_out=total.pop("accepted", 0), dropped=total)
    stage = Stage(key=parts.key, outputs=parts.outputs, parts=parts.parts, flow=flow.check("ingest"))
    stage.unknown_fields = unknown
    stage.fields = _fields(snapshot, stage)
    snapshot.record("ingest", stage)
    _say_ingested(snapshot, stage, tools.reporter)
    return "ingest"


def _fields(snapshot: Snapshot, stage: Stage) -> Fields:
    """What the engine sent. Of exports that a mapping reads, what is not read is counted as unknown fields."""
    read = count_filled(snapshot.path(name) for name in sorted(stage.outputs) if name.endswith(".parquet"))
    own = (name for name, item in sorted(snapshot.manifest.inputs.items()) if not item.mapping)
    rows, raw = sample_fields(snapshot.raw_part(name).reader for name in own)
    return Fields(rows=stage.flow.rows_out, read=read, sampled=rows, raw=raw)


def ingested(name: str) -> tuple[str, ...]:
    """The files that ingest makes of one raw file."""
    return f"observations.parquet/{name}.parquet", f".quarantine/{name}.gz"


def _ingest_task(snapshot: Snapshot, name: str) -> IngestTask:
    latest = int(datetime.fromisoformat(snapshot.received(name)).timestamp()) + A_DAY
    raw = snapshot.raw_part(name)
    if not raw.pages:
        raw.source.check(raw.path)
    observations, quarantine = (snapshot.path(output) for output in ingested(name))
    return IngestTask(raw, observations, quarantine, latest)


def _join_quarantine(snapshot: Snapshot, sums: dict[str, str]) -> None:
    """The quarantine as one file: gzip members one after the other are one gzip file. `sums`: raw files to checksums of
    their members, in order."""
    with storage.atomic(snapshot.path(QUARANTINE)) as joined:
        for name, digest in sums.items():
            member = snapshot.path(ingested(name)[1])
            storage.require(member, digest, "is not what ingest wrote; run again with --rehash")
            joined.write(member.read_bytes())
        if not sums:
            joined.write(gzip.compress(b"", mtime=0))


def fruitless(name: str, item: Input, result: Ingested) -> str:
    """What is said of a raw file that gave no banner at all."""
    unit, hint = "lines", "a file holds one JSON banner a line, not a list or a page of results"
    if item.mapping:
        unit, hint = "records", f"look whether it is what the mapping {item.source} describes"
    why = f"none of its {result.lines:,} {unit} is a banner" if result.lines else "it is empty"
    return f"{name} gives nothing: {why}; {hint}"


def require_banners(snapshot: Snapshot) -> None:
    """Raises `CamcensusError` when nothing was accepted: a count of nothing is not a count of zero cameras."""
    if not snapshot.manifest.stages["ingest"].flow.rows_out:
        told = "; ".join(item.damage for item in snapshot.manifest.inputs.values() if item.damage)
        raise CamcensusError(
            f"{snapshot.id}: there is no banner in it ({told or 'it holds no file'}); "
            f"{snapshot.path(QUARANTINE)} has each bad line with its reason"
        )


def _say_ingested(snapshot: Snapshot, stage: Stage, reporter: Reporter) -> None:
    flow = stage.flow
    bad = sum(n for reason, n in flow.dropped.items() if reason.startswith("quarantined"))
    quarantined = f", {bad:,} in quarantine" if bad else ""
    text = f"{flow.rows_in:,} {flow.unit}, {flow.rows_out:,} banners accepted{quarantined}"
    reporter.info(text, snapshot.id, "ingest")
    if stage.unknown_fields:
        often = sorted(stage.unknown_fields.items(), key=lambda found: (-found[1], found[0]))
        told = ", ".join(f"{name} ({n:,} {'row' if n == 1 else 'rows'})" for name, n in often[:TOLD])
        more = f" and {len(often) - TOLD:,} more" if len(often) > TOLD else ""
        reporter.warning(f"unexpected fields: {told}{more}", snapshot.id, "ingest")
    for item in snapshot.manifest.inputs.values():
        if item.damage:
            reporter.warning(f"{item.damage}; the snapshot is partial", snapshot.id, "ingest")
    if collection := snapshot.manifest.collection:
        for line in collection.missing[:SHOWN]:
            reporter.warning(f"not collected: {line}", snapshot.id, "ingest")
    for name in snapshot.manifest.missing:
        reporter.warning(
            f"raw/{name} was imported and is missing; the snapshot is counted without it, and partial. "
            "Put it back, or import its replacement with --replace",
            snapshot.id,
            "ingest",
        )
    quarantine = snapshot.path(QUARANTINE)
    if bad and not snapshot.manifest.simulated:
        text = f"{bad:,} {flow.unit} are not banners; each is in {quarantine} with its reason"
        reporter.warning(text, snapshot.id, "ingest")


def identify_and_locate(snapshot: Snapshot, tools: Tools) -> str | None:
    """Parts of observations that are new, or all when the catalogue, the database or the key is another one."""
    made = snapshot.manifest.stages["ingest"]
    tables = {name: made.outputs[ingested(name)[0]] for name in made.parts}
    used = tools.sources.on(day_of(snapshot, tools.study))
    _same_edition(snapshot, used)
    snapshot.manifest.geo, snapshot.manifest.geo_credit = used.record, used.credit
    if used.warning and not (snapshot.manifest.simulated or tools.study.simulated):
        tools.reporter.warning(used.warning, snapshot.id, "identify")
    reference = [storage.sha256(bundled(name)) for name in (COUNTRIES, NETWORKS)]
    versions = (tools.catalogue.version, used.checksums, reference, storage.key_id(tools.key))
    key = digest_of(code_hash("camcensus.identify.batches"), versions)
    parts = Parts(snapshot, "identify", key, {name: table.sha256 for name, table in tables.items()}, identified)
    if parts.up_to_date:
        return None
    tasks = [
        LabelTask(
            snapshot.path(ingested(name)[0]),
            tables[name].sha256,
            snapshot.path(identified(name)[0]),
            tools.catalogue,
            used.locator,
            used.second,
            tools.key,
        )
        for name in parts.stale
    ]
    rows = [tables[name].rows or 0 for name in parts.stale]
    with tools.reporter.progress(f"{snapshot.id}: identify", sum(rows), "banners") as progress:
        results = tools.engine.map_rows(tasks, rows, snapshot.folder / ".scratch", progress)
    for name, result in zip(parts.stale, results, strict=True):
        unplaced = {"nowhere": result.n_unlocated, "special": result.n_special}
        parts.made(name, {**result.outcomes, **unplaced}, sum(result.outcomes.values()))
    parts.remove_gone()
    _record_identified(snapshot, parts, tools, used)
    return "identify"


def _same_edition(snapshot: Snapshot, used: SnapshotGeo) -> None:
    """Raises `IntegrityError` when an edition is not the file that it was when the snapshot was located before."""
    before, now = snapshot.manifest.geo, used.record
    if before is None or (before.edition, before.second) != (now.edition, now.second):
        return
    if (before.sha256, before.second_sha256) != (now.sha256, now.second_sha256):
        raise IntegrityError(
            snapshot.folder,
            f"was located with another file of {now.edition} (SHA-256 {before.sha256[:12]}, now {now.sha256[:12]}): "
            "put a copy of that one back. If this is the right one, delete the snapshot's manifest.json and run again",
        )


def identified(name: str) -> tuple[str, ...]:
    """The file that identify and locate make of one part of observations."""
    return (f"identified.parquet/{name}.parquet",)


def _record_identified(snapshot: Snapshot, parts: Parts, tools: Tools, used: SnapshotGeo) -> None:
    fates = parts.total()
    nowhere, special = fates.pop("nowhere", 0), fates.pop("special", 0)
    flow = IdentifiedRows(Counter(fates)).flow()
    everywhere = Flow(unit="banners", rows_in=flow.rows_in, rows_out=flow.rows_in)
    unplaced = f"{nowhere} banners are in no known country (ZZ), {special} of them in private or reserved address space"
    notes = [unplaced, f"located with {used.locator.edition}"]
    snapshot.manifest.key_id = storage.key_id(tools.key)
    snapshot.manifest.stages["locate"] = Stage(key=parts.key, outputs={}, flow=everywhere, notes=notes)
    snapshot.record("identify", Stage(key=parts.key, outputs=parts.outputs, parts=parts.parts, flow=flow))
    text = f"{flow.rows_in:,} banners, {flow.rows_out:,} of cameras and recorders"
    tools.reporter.info(text, snapshot.id, "identify")


def dedupe_banners(snapshot: Snapshot, tools: Tools) -> str | None:
    """Which banner is which device, when what that depends on has changed."""
    study, manifest = tools.study, snapshot.manifest
    end = study.snapshots[snapshot.id].date if snapshot.id in study.snapshots else None
    # In order of name: a part that was made later stands last until the manifest is read again.
    made = sorted((name, output.sha256) for name, output in manifest.stages["identify"].outputs.items())
    collections = {name: item.collection for name, item in manifest.inputs.items()}
    rules = Rules(study.window_days, end, study.dedupe, study.decoys, collections, manifest.complete)
    key = digest_of(_dedupe_rules(study), made, rules.days, rules.end, sorted(collections.items()), rules.whole)
    if snapshot.stands("dedupe", key):
        return None
    with tools.engine.sql(snapshot.folder / ".scratch") as db:
        parts = snapshot.verified("identify", ".parquet")
        db.parquet("identified", parts)
        deduped = dedupe(db, rules, snapshot.folder, key_id_of(parts))
    manifest.window = deduped.window
    _say_window(snapshot, deduped, tools.reporter)
    _record_deduped(snapshot, key, deduped)
    kept = f"{deduped.flow.rows_out:,} of {deduped.flow.rows_in:,} counted banners kept"
    tools.reporter.info(kept, snapshot.id, "dedupe")
    return "dedupe"


def _dedupe_rules(study: Study) -> str:
    """The version of the rules that say which banner is which device."""
    queries = [text_of(name) for name in DEDUPE_QUERIES]
    on = (study.dedupe.model_dump_json(), study.decoys.model_dump_json())
    return digest_of(code_hash("camcensus.dedupe.devices"), queries, *on)


def count_devices(snapshot: Snapshot, tools: Tools) -> str | None:
    """Counts and details, when what they are made from or how they are counted has changed."""
    study, manifest = tools.study, snapshot.manifest
    counting = [code_hash("camcensus.aggregate.counts"), *map(text_of, COUNT_QUERIES)]
    manifest.simulated = manifest.simulated or study.simulated
    manifest.instrument = Instrument(
        query_set=manifest.query_set,
        catalogue=tools.catalogue.version,
        rules=digest_of(_dedupe_rules(study), counting)[:12],
        geo_db=manifest.geo.edition if manifest.geo else UNKNOWN,
    )
    made = sorted((name, output.sha256) for name, output in manifest.stages["dedupe"].outputs.items())
    window = manifest.window.model_dump_json() if manifest.window else ""
    settings = (study.min_confidence, study.countries_left_out, manifest.simulated)
    known = (manifest.complete, manifest.engine, window, manifest.instrument.model_dump_json())
    sample = manifest.collection.sample if manifest.collection else None
    blocks = (
        (sample.prefix_length, code_hash("camcensus.estimate.area_sampling.blocks"), *map(text_of, SAMPLE_QUERIES))
        if sample
        else ()
    )
    details = (code_hash("camcensus.aggregate.details"), *map(text_of, DETAIL_QUERIES))
    key = digest_of(counting, made, settings, known, blocks, details)
    files = {"aggregate": (SAMPLE_BLOCKS_FILE,)} if sample else {"aggregate": COUNT_FILES, "details": DETAIL_FILES}
    if all(snapshot.stands(stage, key) for stage in files):
        return None
    earlier_runs.keep(snapshot.folder, snapshot.earlier)
    count = partial(count_blocks, prefix_length=sample.prefix_length) if sample else aggregate
    with opened(snapshot, study, tools.engine, *COUNTED_FROM) as db:
        flows = {"aggregate": count(db, manifest, study.min_confidence, study.countries_left_out, snapshot.folder)}
        if "details" in files:
            flows["details"] = describe(db, manifest, study.min_confidence, study.countries_left_out, snapshot.folder)
    manifest.version = package_version()
    manifest.made = made_by("camcensus run", study.settings(), checksum_of(study.catalogue_path))
    manifest.run = digest_of(key, sorted((n, i.sha256) for n, i in manifest.inputs.items()), study.settings())[:12]
    for stage, names in files.items():
        manifest.stages[stage] = Stage(key=key, outputs=_outputs(snapshot, names), flow=flows[stage])
    snapshot.save()
    devices = manifest.stages["dedupe"].outputs["devices.parquet"].rows
    tools.reporter.info(f"{devices:,} devices; run {manifest.run}", snapshot.id, "aggregate")
    return "aggregate"


def _say_window(snapshot: Snapshot, deduped: Deduped, reporter: Reporter) -> None:
    """Warns when the window misses most of what was collected, or ends long after it: a wrong date does both."""
    end, newest = deduped.window.end, deduped.newest
    if newest is None or end is None:
        return
    first, last, seen = (datetime.fromtimestamp(t, UTC).date() for t in (deduped.window.start or 0, end, newest))
    outside = deduped.flow.dropped.get("outside the window", 0)
    if 2 * outside > deduped.flow.rows_in:
        reporter.warning(
            f"{outside:,} of {deduped.flow.rows_in:,} counted banners lie outside the window, "
            f"{first} to {last}; the newest banner is of {seen}. Check window_days and the date in the study",
            snapshot.id,
            "dedupe",
        )
    elif end - newest > A_MONTH:
        reporter.warning(f"the study dates it {last}, but its newest banner is of {seen}", snapshot.id, "dedupe")


def _record_deduped(snapshot: Snapshot, key: str, deduped: Deduped) -> None:
    made = [*DEDUPE_FILES, *([CHURN_FILE] if snapshot.path(CHURN_FILE).is_file() else [])]
    placed = [f"{n} counted banners by rule {rule}" for rule, n in sorted(deduped.rules.items())]
    stage = Stage(
        key=key,
        outputs=_outputs(snapshot, made),
        flow=deduped.flow,
        notes=placed,
        merges=deduped.merges,
        identities=deduped.identities,
        decoy_rules=deduped.decoy_rules,
        ages=deduped.ages,
        churn=deduped.churn,
    )
    snapshot.record("dedupe", stage)


def _outputs(snapshot: Snapshot, files: Iterable[str]) -> dict[str, Output]:
    """Tables with how many rows each has."""
    return {name: snapshot.output(name, int(pq.read_metadata(snapshot.path(name)).num_rows)) for name in files}
