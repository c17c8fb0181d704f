"""The aggregate stage: devices to counts, with concentration, age of firmware, coverage and kinds of makers' hosts."""

from typing import Any

from camcensus.core.config import Study
from camcensus.core.fingerprints import digest_of
from camcensus.core.manifest import Instrument, Manifest, build_info
from camcensus.core.stage_record import Flow
from camcensus.core.tables import COUNTED_FROM, IDENTIFIED, UNKNOWN
from camcensus.dedupe.stage import STAGE as DEDUPE
from camcensus.identify.catalogue_files import checksum_of
from camcensus.identify.catalogue_version import catalogue_version
from camcensus.ingest.evidence_version import EVIDENCE_VERSION
from camcensus.ingest.stage import has_banners
from camcensus.raw.snapshot import Snapshot
from camcensus.raw.stage_base import RunContext, Stage, StageResult, checksum

OTHER_INPUTS = ("collection", "is complete", "method", "window")
COVERAGE_FILES = ("coverage.parquet", "maker_kinds.parquet", "reliance.parquet")
# What these are made from.
COVERED_FROM = ("version", "setting min_confidence", "setting countries_left_out", "identified.parquet", "window")


def _run(snapshot: Snapshot, context: RunContext) -> StageResult:
    from camcensus.aggregate import earlier_runs
    from camcensus.aggregate.counts import aggregate, flow_of
    from camcensus.aggregate.coverage import compare
    from camcensus.aggregate.details import describe
    from camcensus.aggregate.headline import headline_of, opened
    from camcensus.core.parquet import rows_of

    study = context.study
    earlier_runs.keep(snapshot.folder, snapshot.earlier)
    facts = count_facts(snapshot, context, rules_of(snapshot, study))
    manifest = snapshot.manifest.model_copy(update=facts)
    with opened(snapshot, study, context.engine, *COUNTED_FROM) as db:
        counts = aggregate(db, manifest, study.min_confidence, snapshot.folder)
        headline = headline_of(counts, study.min_confidence)[None]
        firmware = describe(db, manifest, headline, snapshot.folder)
    coverage = _kept_coverage(snapshot, context) or _cover(snapshot, context, manifest)
    compare(manifest, study.min_confidence, headline, snapshot.folder)
    flow = flow_of(counts, study.min_confidence)
    files = rows_of(snapshot.folder, STAGE.writes)
    context.reporter.info(f"{flow.rows_out:,} banners in the headline", snapshot.id, "aggregate")
    more_flows = {"firmware": firmware, "coverage": coverage}
    return StageResult(flow, files=files, details={"more_flows": more_flows}, facts=facts, is_count=True)


def _kept_coverage(snapshot: Snapshot, context: RunContext) -> Flow | None:
    """Return the flow of the tables of coverage if they need not be made again: no rule of dedupe changes them."""
    before, now = snapshot.manifest.stages.get(STAGE.name), STAGE.depends_on(snapshot, context)
    if before is None or any(before.depends_on.get(name) != now[name] for name in COVERED_FROM):
        return None
    is_there = all(snapshot.holds(name, before.outputs[name]) for name in COVERAGE_FILES)
    return before.more_flows["coverage"] if is_there else None


def _cover(snapshot: Snapshot, context: RunContext, manifest: Manifest) -> Flow:
    from camcensus.aggregate.coverage import cover
    from camcensus.aggregate.headline import opened
    from camcensus.aggregate.maker_kinds import describe_makers
    from camcensus.aggregate.reliance import rest

    study = context.study
    with opened(snapshot, study, context.engine, IDENTIFIED.name) as db:
        coverage = cover(db, manifest, snapshot.folder)
        describe_makers(db, snapshot.id, snapshot.folder)
        rest(db, snapshot.id, study.min_confidence, snapshot.folder)
    return coverage


def count_facts(snapshot: Snapshot, context: RunContext, rules: str, geo_db: str | None = None) -> dict[str, Any]:
    """Return the manifest's fields that say by which method a snapshot is counted, and what counts it."""
    study = context.study
    return {
        "simulated": snapshot.manifest.simulated or study.simulated,
        "instrument": _instrument(snapshot, context, rules, geo_db),
        "build": build_info("camcensus run", study.settings(), checksum_of(study.catalogue_path)),
    }


def _instrument(snapshot: Snapshot, context: RunContext, rules: str, geo_db: str | None = None) -> Instrument:
    manifest = snapshot.manifest
    used = Instrument(
        query_set=manifest.query_set,
        catalogue=context.load(catalogue_version),
        rules=rules,
        geo_db=geo_db or (manifest.geo.edition if manifest.geo else UNKNOWN),
    )
    return used.model_copy(update={"evidence": EVIDENCE_VERSION}) if has_banners(manifest) else used


def rules_of(snapshot: Snapshot, study: Study) -> str:
    """Return the version of the counting rules: of each stage, and of settings that are not the defaults."""
    versions = [f"{stage.name} v{snapshot.manifest.stages[stage.name].version}" for stage in DEDUPE.chain]
    changed = [s for s in (study.dedupe, study.decoys) if s != type(s).model_validate({})]
    settings = [f"settings {digest_of([s.model_dump_json() for s in changed])[:8]}"] if changed else []
    return ", ".join([*versions, f"aggregate v{STAGE.version}", *settings])


def method_inputs(snapshot: Snapshot, _: RunContext) -> dict[str, str]:
    """Return versions that counts carry in each row, besides those of the tables that they are made from."""
    manifest = snapshot.manifest
    described = (manifest.engine, manifest.basis, manifest.query_set)
    return {"collection": checksum(described), "is complete": str(manifest.complete)}


def is_counted(manifest: Manifest) -> bool:
    """Return whether a snapshot is counted whole: it has banners, and is not a sample of address blocks."""
    return has_banners(manifest) and not (manifest.collection and manifest.collection.sample)


def _inputs(snapshot: Snapshot, context: RunContext) -> dict[str, str]:
    if "dedupe" not in snapshot.manifest.stages:
        return {}
    used = _instrument(snapshot, context, rules_of(snapshot, context.study))
    window = snapshot.manifest.window
    return {
        **method_inputs(snapshot, context),
        "method": checksum(used.model_dump_json()),
        "window": checksum(window.model_dump_json() if window else ""),
    }


STAGE = Stage(
    name="aggregate",
    reads=(*(f"{table}.parquet" for table in (IDENTIFIED.name, *COUNTED_FROM)), *OTHER_INPUTS),
    writes=("counts.parquet", "networks.parquet", "concentration.parquet", "firmware.parquet", *COVERAGE_FILES),
    settings=("min_confidence", "countries_left_out", "simulated"),
    version=4,
    is_private=False,
    run=_run,
    inputs=_inputs,
    applies=is_counted,
    follows=DEDUPE,
)


def has_counts(manifest: Manifest | None) -> bool:
    """Return whether the banners of a snapshot were counted."""
    return manifest is not None and "aggregate" in manifest.stages and "counts.parquet" in manifest.outputs
