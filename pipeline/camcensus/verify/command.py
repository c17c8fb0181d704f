"""The verification of data folders, snapshots and reports, or of everything that a study has."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pyarrow.compute as pc

from camcensus.core.config import Study
from camcensus.core.errors import CamcensusError, IntegrityError
from camcensus.core.manifest import Manifest
from camcensus.core.tables import UNKNOWN
from camcensus.estimate import saved
from camcensus.geolocate.editions import sources_of
from camcensus.identify.catalogue import Catalogue, load_catalogue
from camcensus.identify.catalogue_files import checksum_of
from camcensus.identify.models import is_closed
from camcensus.report.inputs import Result
from camcensus.report.report_manifest import RECORD, Report
from camcensus.verify.figures import check_against_snapshots, check_against_study, counts_of
from camcensus.verify.published import check_report
from camcensus.verify.snapshot import check_snapshot
from camcensus.verify.verdict import Expected, Verdict, check_files

SHOWN = 50


def verify_folder(folder: Path, verdict: Verdict) -> None:
    """Verify a report, a snapshot or a folder of snapshots. Raises `CamcensusError` for another folder."""
    if (folder / "raw").is_dir():
        check_snapshot(folder, verdict)
    elif snapshots := sorted(path.parent for path in folder.glob("*/raw") if path.is_dir()):
        for snapshot in snapshots:
            check_snapshot(snapshot, verdict)
        _estimates(folder, verdict)
    elif (folder / RECORD).is_file() or (folder / "index.html").is_file():
        check_report(folder, verdict)
    else:
        raise CamcensusError(f"{folder}: is not a data folder, a snapshot or a report; name one of these")


def verify_study(study: Study, verdict: Verdict) -> None:
    """Verify a study: its snapshots, catalogue, databases and report, and that this follows from the counts."""
    manifests: dict[str, Manifest] = {}
    for name in study.snapshot_ids():
        manifest = check_snapshot(study.data / name, verdict)
        if manifest:
            manifests[name] = manifest
    _estimates(study.data, verdict)
    _instrument(study, manifests, verdict)
    if not study.report.is_dir():
        verdict.notes.append(f"{study.report}: no report yet")
        return
    if record := check_report(study.report, verdict):
        _report_of(study, record, manifests, verdict)


def _estimates(data: Path, verdict: Verdict) -> None:
    """Check that tables of estimates are unchanged."""
    try:
        checksums = {data / saved.FOLDER / name: entry["sha256"] for name, entry in saved.entries(data).items()}
    except IntegrityError as error:
        verdict.wrong(error.path, error.reason)
        return
    check_files({path: Expected(digest, remedy=saved.REMEDY) for path, digest in checksums.items()}, verdict)


def _report_of(study: Study, record: Report, manifests: dict[str, Manifest], verdict: Verdict) -> None:
    results = []
    order = {name: n for n, name in enumerate(study.snapshot_ids())}  # the report's order
    for name, published in sorted(record.snapshots.items(), key=lambda item: order.get(item[0], -1)):
        manifest = manifests.get(name)
        if manifest is None or manifest.run != published.run:
            run = manifest.run if manifest else "missing"
            verdict.wrong(study.report, f"shows run {published.run} of {name}, the data has another ({run})")
            continue
        counts = counts_of(study.data / name)
        if counts is not None and "aggregate" in manifest.stages:
            results.append(Result(name, manifest, counts))
    if verdict.sound:
        check_against_snapshots(study.report, {r.snapshot: r.counts for r in results}, verdict)
        check_against_study(study.report, study, results, verdict)


def _instrument(study: Study, manifests: dict[str, Manifest], verdict: Verdict) -> None:
    """Check that catalogue and country databases are those that the snapshots were counted with."""
    try:
        catalogue, sources = load_catalogue(study.catalogue_path), sources_of(study)
    except CamcensusError as error:
        verdict.wrong(study.path, str(error))
        return
    for name, manifest in manifests.items():
        if manifest.instrument is None or manifest.geo is None:
            continue
        verdict.count("catalogues and country databases")
        if manifest.instrument.catalogue != catalogue.version:
            text = f"{name} was counted with version {manifest.instrument.catalogue}, this is {catalogue.version}"
            verdict.wrong(study.catalogue_path, f"{text}; if it was changed on purpose, run camcensus run")
        elif manifest.build and manifest.build.catalogue != checksum_of(study.catalogue_path):
            verdict.notes.append(f"{study.catalogue_path}: its comments or examples changed since {name} was counted")
        if manifest.instrument.catalogue == catalogue.version:
            _closed_names(study.data / name, catalogue, verdict)
        try:
            used = sources.on(date.fromisoformat(manifest.geo.snapshot)).record
        except CamcensusError as error:
            verdict.wrong(study.path, str(error))
            continue
        before = (manifest.geo.sha256, manifest.geo.second_sha256)
        if before != (used.sha256, used.second_sha256):
            text = f"{name} was located with another file of {used.edition}"
            verdict.wrong(study.path, f"{text} (SHA-256 {before[0][:12]}, now {used.sha256[:12]}); run camcensus run")


def _closed_names(snapshot: Path, catalogue: Catalogue, verdict: Verdict) -> None:
    """Check that each counted model is a name of the catalogue and no text of a device."""
    counts = counts_of(snapshot)
    if counts is None:
        return
    named = counts.select(["manufacturer", "model"]).filter(pc.is_valid(counts["manufacturer"])).drop_null()
    written = {signature.model for signature in catalogue.signatures if signature.model}
    for row in named.group_by(["manufacturer", "model"]).aggregate([]).to_pylist():
        maker, model = row["manufacturer"], row["model"]
        verdict.count("names of models")
        rules = [rule for rule in catalogue.models if rule.manufacturer == maker]
        if model != UNKNOWN and model not in written and not is_closed(model, rules):
            verdict.wrong(snapshot / "counts.parquet", f"{maker} {model!r} is no model of the catalogue")


def verdict_text(verdict: Verdict, as_json: bool) -> str:
    """Return what was checked, and every problem."""
    if as_json:
        problems = [{"path": str(p.path), "problem": p.text} for p in verdict.problems]
        return json.dumps({**asdict(verdict), "problems": problems, "sound": verdict.sound}, sort_keys=True)
    lines = [f"note: {note}" for note in verdict.notes]
    lines += [f"WRONG  {problem}" for problem in verdict.problems[:SHOWN]]
    lines += [f"and {len(verdict.problems) - SHOWN:,} more"] if len(verdict.problems) > SHOWN else []
    checks = ", ".join(f"{what}: {n:,}" for what, n in verdict.checked.items())
    lines.append(f"{verdict.files:,} files, {verdict.bytes:,} bytes, all read; {checks}")
    lines.append("sound" if verdict.sound else f"NOT SOUND: {len(verdict.problems):,} problems")
    return "\n".join(lines)
