"""The stages in order. Whoever has read this has read the pipeline."""

from dataclasses import dataclass, field
from pathlib import Path

from camcensus import stages
from camcensus.core import storage
from camcensus.core.config import Study, check_vendors
from camcensus.core.console import Reporter
from camcensus.core.errors import CamcensusError
from camcensus.core.manifest import load_manifest
from camcensus.core.run_log import Entry, logged
from camcensus.engines.engine import Engine
from camcensus.engines.local import Local
from camcensus.estimate.area_sampling.stage import estimate_sample
from camcensus.geolocate.editions import sources_of
from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.catalogue_diff import require_meanings
from camcensus.raw.bundles import collected_folders
from camcensus.raw.snapshot import Snapshot, open_snapshot
from camcensus.report.stage import bring_report_up_to_date
from camcensus.stages import Tools
from camcensus.trends import match_stage
from camcensus.trends.stage import bring_series_up_to_date, has_counts, is_current
from camcensus.verify.purge import overdue, purge, was_purged

ONE_PROCESS = Local()


@dataclass
class Outcome:
    """What a run did: stages done by snapshot (none: all was up to date), the page, what is partial, and what was held
    back because it is (snapshot to what is missing)."""

    done: list[str] = field(default_factory=list)
    page: Path | None = None
    partial: list[str] = field(default_factory=list)
    held_back: dict[str, list[str]] = field(default_factory=dict)


def run(
    study: Study, reporter: Reporter, snapshots: list[str] | None = None, engine: Engine = ONE_PROCESS,
    rehash: bool = False, report: bool = True, allow_partial: bool = False,
) -> Outcome:  # fmt: skip
    """Brings every snapshot (or those named) up to date, then the report. The caller holds the study's lock.

    A collection that is not whole is held back, and no report is drawn, unless `allow_partial`.
    """
    storage.remove_leftovers(study.data, collected_folders(study))
    ids = _wanted(study, snapshots, reporter)
    tools = _tools(study, engine, reporter)
    with logged(study.data, engine.workers, engine.name) as entry:
        outcome = Outcome()
        for name in ids:
            if was_purged(load_manifest(study.data / name)):
                continue  # its counts are what is left of it
            snapshot = open_snapshot(study, name, rehash)
            if not allow_partial and snapshot.manifest.collection and snapshot.manifest.collection.missing:
                outcome.held_back[name] = snapshot.manifest.collection.missing
                continue
            before = snapshot.manifest.run
            done = bring_up_to_date(snapshot, tools)
            outcome.done.extend(f"{name}: {stage}" for stage in done)
            entry.did(name, snapshot.manifest.run, before, done)
            if not snapshot.manifest.complete:
                outcome.partial.append(name)
        if not outcome.held_back:
            outcome.done.extend(_over_all(study, tools))
        if report and not outcome.held_back:
            outcome.page, drawn = bring_report_up_to_date(study, reporter)
            outcome.done.extend(["report"] if drawn else [])
            entry.report = str(outcome.page) if drawn else None
        if not outcome.held_back:
            _retain(study, ids, reporter, entry)
    return outcome


def bring_up_to_date(snapshot: Snapshot, tools: Tools) -> list[str]:
    """Every stage of one snapshot that is not up to date, in order; the names of those that were run."""
    done = [match_stage.census(snapshot, tools), match_stage.trends(snapshot, tools)]
    if snapshot.manifest.inputs or not snapshot.manifest.collection:
        done.append(stages.ingest(snapshot, tools))
        stages.require_banners(snapshot)
        done.append(stages.identify_and_locate(snapshot, tools))
        done.append(stages.dedupe_banners(snapshot, tools))
        done.append(stages.count_devices(snapshot, tools))
        done.append(estimate_sample(snapshot, tools))
    snapshot.close()
    return [name for name in done if name]


def _over_all(study: Study, tools: Tools) -> list[str]:
    """What is made over all counted snapshots; one that is being collected waits. What was done."""
    counted = []
    for name in study.snapshot_ids():
        found = load_manifest(study.data / name)
        if has_counts(found) and not was_purged(found) and not storage.is_locked(study.data / name / "raw"):
            snapshot = open_snapshot(study, name)
            counted += [snapshot] if is_current(snapshot) else []
    return bring_series_up_to_date(counted, tools)


def _retain(study: Study, ids: list[str], reporter: Reporter, entry: Entry) -> None:
    """Reminds of raw files that have lain longer than the study lets them, or purges them, as it says."""
    for name in ids:
        days = overdue(study.data / name, study.retention.days)
        if days is None:
            continue
        if study.retention.action == "purge":
            gone = purge(study.data / name)
            entry.did(name, "", "", ["purge"])
            text = f"{gone.files:,} files with addresses, {days:,} days old, were removed; counts are kept"
            reporter.warning(text, name, "purge")
        else:
            reporter.warning(
                f"the raw files are {days:,} days old and the study keeps them for {study.retention.days:,}; "
                f"run: camcensus purge --study {study.path.name} --snapshot {name} --raw",
                name,
            )


def _tools(study: Study, engine: Engine, reporter: Reporter) -> Tools:
    catalogue = load_catalogue(study.catalogue_path)
    require_meanings(study.catalogue_path, catalogue)
    check_vendors(study, list(catalogue.makers))
    reporter.info("opening the country database")
    return Tools(
        study, catalogue, sources_of(study), storage.identity_key(study.key_path, study.simulated), engine, reporter
    )


def _wanted(study: Study, snapshots: list[str] | None, reporter: Reporter) -> list[str]:
    found = study.snapshot_ids()
    if not found:
        raise CamcensusError(
            f"{study.data} holds no snapshot; bring one in with: "
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
