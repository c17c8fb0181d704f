"""The run: each stage of `STAGES` that is not up to date, for each snapshot, then the report."""

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.console import Reporter
from camcensus.core.errors import CamcensusError
from camcensus.core.manifest import Manifest, load_manifest
from camcensus.core.run_log import Entry, logged
from camcensus.core.stage_record import StageRecord
from camcensus.engines.engine import Engine
from camcensus.engines.local import Local
from camcensus.geolocate.editions import sources_of
from camcensus.identify.catalogue_version import catalogue_version, remember_version, study_catalogue
from camcensus.identify.stage import identity_key
from camcensus.ingest.stage import require_banners
from camcensus.raw.collected import collected_folders
from camcensus.raw.purge import overdue, purge, was_purged
from camcensus.raw.snapshot import Snapshot, open_snapshot
from camcensus.raw.stage_base import RunContext, Stage
from camcensus.report.stage import bring_report_up_to_date
from camcensus.stages import STAGES
from camcensus.trends.stage import is_comparable

ONE_PROCESS = Local()


@dataclass
class Outcome:
    """What a run did.

    `done`: the stages by snapshot (empty: all were up to date). `page`: the report's page. `partial`: partial
    snapshots, and `why_partial` the reasons of each. `held_back`: snapshots that were not counted because they are
    partial, with what is missing.
    """

    done: list[str] = field(default_factory=list)
    page: Path | None = None
    partial: list[str] = field(default_factory=list)
    why_partial: dict[str, list[str]] = field(default_factory=dict)
    held_back: dict[str, list[str]] = field(default_factory=dict)

    def note_partial(self, manifest: Manifest) -> None:
        """Add a snapshot if it is partial."""
        if not manifest.complete:
            self.partial.append(manifest.snapshot)
            self.why_partial[manifest.snapshot] = manifest.partial


def run(
    study: Study, reporter: Reporter, snapshots: list[str] | None = None, engine: Engine = ONE_PROCESS,
    rehash: bool = False, report: bool = True, allow_partial: bool = False,
) -> Outcome:  # fmt: skip
    """Run the stages of each snapshot (or of those named), then those that compare all snapshots, then the report.

    An incomplete collection is not counted, and nothing is compared or drawn, unless `allow_partial`. The caller holds
    the study's lock.
    """
    storage.remove_leftovers(study.data, collected_folders(study))
    wanted = _wanted(study, snapshots, reporter)
    context = RunContext(study, reporter, engine)
    for loader in (sources_of, identity_key):
        context.load(loader)  # what cannot be read is reported before any work
    remember_version(study, study_catalogue(study).version if rehash else context.load(catalogue_version))
    outcome = Outcome()
    with logged(study.data, engine.workers, engine.name) as entry, ExitStack() as closing:
        opened = {}
        for name in wanted:
            if (snapshot := _open(study, name, rehash, closing)) and not _is_held_back(
                snapshot, allow_partial, outcome
            ):
                opened[name] = snapshot
                _run_stages(snapshot, context, entry, outcome)
        if outcome.held_back:
            return outcome
        every = [opened.get(name) or _open(study, name, rehash, closing) for name in study.snapshot_ids()]
        counted = tuple(snapshot for snapshot in every if snapshot and is_comparable(snapshot))
        for snapshot in counted:
            done = _bring_up_to_date(snapshot, replace(context, counted=counted), compares=True)
            outcome.done += [f"{snapshot.id}: {stage}" for stage in done]
        if report:
            outcome.page, is_drawn = bring_report_up_to_date(study, reporter)
            outcome.done.extend(["report"] if is_drawn else [])
            entry.report = str(outcome.page) if is_drawn else None
        _retain(study, wanted, reporter, entry)
    return outcome


def _run_stages(snapshot: Snapshot, context: RunContext, entry: Entry, outcome: Outcome) -> None:
    before = snapshot.manifest.run
    done = _bring_up_to_date(snapshot, context, compares=False)
    entry.did(snapshot.id, snapshot.manifest.run, before, done)
    outcome.done += [f"{snapshot.id}: {stage}" for stage in done]
    outcome.note_partial(snapshot.manifest)


def _bring_up_to_date(snapshot: Snapshot, context: RunContext, *, compares: bool) -> list[str]:
    """Run the stages that a snapshot has and that are not up to date; their names. The one place that records them."""
    done = []
    for stage in STAGES:
        if stage.compares != compares or not stage.applies(snapshot.manifest) or not stage.is_needed(snapshot, context):
            continue
        depends_on = stage.depends_on(snapshot, context)
        if not snapshot.is_current(stage.name, depends_on):
            _run_stage(stage, snapshot, context, depends_on)
            done.append(stage.name)
        if stage.name == "ingest":
            require_banners(snapshot)
        for warning in stage.warnings(snapshot, context):
            context.reporter.warning(warning, snapshot.id, stage.name)
    return done


def _run_stage(stage: Stage, snapshot: Snapshot, context: RunContext, depends_on: dict[str, str]) -> None:
    result = stage.run(snapshot, context)
    parts = result.parts
    record = StageRecord(
        version=stage.version,
        depends_on=depends_on,
        outputs=parts.outputs if parts else {name: snapshot.output(name, n) for name, n in result.files.items()},
        flow=result.flow.check(stage.name),
        parts=parts.parts if parts else {},
        notes=result.notes,
        **result.details,
    )
    snapshot.record(stage.name, record, result.facts, is_count=result.is_count)


def _open(study: Study, name: str, rehash: bool, closing: ExitStack) -> Snapshot | None:
    """Open a snapshot. Return None if it was purged or is being collected."""
    folder = study.data / name
    found = load_manifest(folder)
    if was_purged(found) or storage.is_locked(folder / "raw"):
        return None
    snapshot = open_snapshot(study, name, rehash, found)
    closing.callback(snapshot.stats.save)
    return snapshot


def _is_held_back(snapshot: Snapshot, allow_partial: bool, outcome: Outcome) -> bool:
    collection = snapshot.manifest.collection
    if allow_partial or not collection or not collection.missing:
        return False
    outcome.held_back[snapshot.id] = collection.missing
    return True


def _retain(study: Study, ids: list[str], reporter: Reporter, entry: Entry) -> None:
    """Remind of raw files that are older than the study allows, or purge them, as it says."""
    for name in ids:
        days = overdue(study.data / name, study.retention.days)
        if days is None:
            continue
        if study.retention.action == "purge":
            gone = purge(study.data / name, STAGES)
            entry.did(name, "", "", ["purge"])
            text = f"{gone.files:,} files with addresses, {days:,} days old, were removed; counts are kept"
            reporter.warning(text, name, "purge")
        else:
            reporter.warning(
                f"the raw files are {days:,} days old and the study keeps them for {study.retention.days:,}; "
                f"run: camcensus purge --study {study.path.name} --snapshot {name} --raw",
                name,
            )


def _wanted(study: Study, snapshots: list[str] | None, reporter: Reporter) -> list[str]:
    found = study.snapshot_ids()
    if not found:
        raise CamcensusError(
            f"{study.data}: no snapshot yet; import one: "
            f"camcensus import FILE... --study {study.path.name} --snapshot ID"
        )
    for name in sorted(set(study.snapshots) - set(found)):
        reporter.warning(f"the study has a date for snapshot {name}, which is not in {study.data}")
    if missing := [name for name in snapshots or [] if name not in found]:
        raise CamcensusError(f"no snapshot {', '.join(missing)} in {study.data}; there are: {', '.join(found)}")
    wanted = snapshots or found
    busy = [name for name in wanted if storage.is_locked(study.data / name / "raw")]
    for name in busy:
        reporter.warning("is being collected right now; left out of this run", name)
    return [name for name in wanted if name not in busy]
