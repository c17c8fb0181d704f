"""The report as a run sees it: is it up to date; if not, draw it and write down what was drawn from what."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.console import Reporter
from camcensus.core.errors import CamcensusError, IntegrityError
from camcensus.core.fingerprints import code_hash, digest_of
from camcensus.core.manifest import Manifest, Output, load_manifest, made_by
from camcensus.core.resources import BORDERS, COUNTRIES, PRIOR, TEMPLATES, bundled
from camcensus.core.tables import (
    CENSUS,
    CONCENTRATION,
    COUNTS,
    ESTIMATES,
    FIRMWARE,
    NETWORKS,
    SERIES,
    TRENDS,
    Table,
)
from camcensus.quality.gates import check_gates, stop_at_fatal
from camcensus.report.report_manifest import RECORD, Report, drawn_from, load_report

if TYPE_CHECKING:
    from camcensus.report import Result

# Tables beside the counts, and the stage that makes them; `Result` has them under their names.
BESIDE = (("aggregate", NETWORKS), ("series", SERIES), ("details", CONCENTRATION), ("details", FIRMWARE))
MATCHES = {CENSUS.name, TRENDS.name}  # stages whose tables have a page of their own


def bring_report_up_to_date(study: Study, reporter: Reporter) -> tuple[Path, bool]:
    """The page's path, and whether it had to be drawn: not where all of it stands and nothing it depends on changed.

    Raises `CamcensusError` when no snapshot has been counted, `IntegrityError` when counts are not what was counted,
    `GateError` when they must not be published; the report is then as it was.
    """
    manifests = {name: load_manifest(study.data / name) for name in study.snapshot_ids()}
    counted = [(name, found) for name, found in manifests.items() if found and _has(found, "aggregate", COUNTS)]
    matched = [(name, found) for name, found in manifests.items() if found and found.stages.keys() & MATCHES]
    sampled = [(name, found) for name, found in manifests.items() if found and _has(found, ESTIMATES.name, ESTIMATES)]
    if not counted and not matched and not sampled:
        raise CamcensusError(f"nothing has been counted yet; run: camcensus run --study {study.path.name}")
    audits = _audits(study, [name for name, _ in counted])
    made_from = [found.model_dump_json() for _, found in (*counted, *matched, *sampled)]
    key = digest_of(_drawn_with(), study.settings(), made_from, {of: table.to_csv() for of, table in audits.items()})
    page = study.report / "index.html"
    if _stands(study.report, key):
        return page, False
    if study.report.is_dir():
        storage.remove_leftovers(study.report)
    # Here and not above: matplotlib and pandas take a second, which a run with nothing to draw need not wait for.
    from camcensus.report import Audits, Estimated, Matches, draw_report

    results = [_result(study, name, manifest) for name, manifest in counted]
    warnings = stop_at_fatal(check_gates(study, ((r.manifest, r.counts) for r in results)))
    simulated = {name for name, found in manifests.items() if found and found.simulated}
    for finding in warnings:
        # Fields of simulated data change by design.
        is_expected = finding.gate == "fields" and finding.snapshot in simulated
        log = reporter.info if is_expected else reporter.warning
        log(f"gate {finding.gate}: {finding.text}", finding.snapshot)
    matches = [
        Matches(name, found, _table(study, name, found, CENSUS), _table(study, name, found, TRENDS))
        for name, found in matched
    ]
    samples = [Estimated(name, found, _estimates(study, name, found).to_pylist()) for name, found in sampled]
    scores = {name: table for (kind, name), table in audits.items() if kind == "audit"}
    held = Audits(audits.get(("changes", "")), scores)
    page = draw_report(study, results, [str(finding) for finding in warnings], matches, samples, held)
    shown = {name: drawn_from(found) for name, found in (*counted, *matched, *sampled)}
    made = made_by("camcensus report", study.settings())
    Report(key=key, made=made, snapshots=shown, outputs=_outputs(study.report)).save(study.report)
    reporter.info(f"report: {len(shown):,} snapshots")
    return page, True


def counted_results(study: Study) -> list["Result"]:
    """The counted snapshots, oldest first, every table held against its checksum. Raises `CamcensusError` when there
    are none, `IntegrityError` when a table is not what was counted."""
    manifests = {name: load_manifest(study.data / name) for name in study.snapshot_ids()}
    counted = [(name, found) for name, found in manifests.items() if found and _has(found, "aggregate", COUNTS)]
    if not counted:
        raise CamcensusError(f"nothing has been counted yet; run: camcensus run --study {study.path.name}")
    return [_result(study, name, manifest) for name, manifest in counted]


def _result(study: Study, name: str, manifest: Manifest) -> "Result":
    from camcensus.report import Result

    return Result(name, manifest, _counts(study, name, manifest), **_beside(study, name, manifest))


def _outputs(folder: Path) -> dict[str, Output]:
    """Every file of the report but its record."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p != folder / RECORD)
    rows = {p: pq.read_metadata(p).num_rows for p in files if p.suffix == ".parquet"}
    return {
        p.relative_to(folder).as_posix(): Output(bytes=p.stat().st_size, sha256=storage.sha256(p), rows=rows.get(p))
        for p in files
    }


def _drawn_with() -> tuple[object, ...]:
    """What the drawing depends on besides the counts: code, templates, names of countries, borders."""
    files = [*sorted(TEMPLATES.iterdir()), bundled(COUNTRIES), bundled(BORDERS), bundled(PRIOR)]
    return code_hash("camcensus.report", "camcensus.quality.gates"), [storage.sha256(path) for path in files]


def _counts(study: Study, name: str, manifest: Manifest) -> pa.Table:
    return _read(study.data / name / "counts.parquet", manifest, "aggregate", COUNTS)


def _beside(study: Study, name: str, manifest: Manifest) -> dict[str, Any]:
    """The tables beside the counts, by name; without those that the snapshot does not have."""
    return {
        to.name: _read(study.data / name / f"{to.name}.parquet", manifest, stage, to)
        for stage, to in BESIDE
        if _has(manifest, stage, to)
    }


def _audits(study: Study, snapshots: list[str]) -> dict[tuple[str, str], Any]:
    """What `camcensus audit` and `camcensus estimate` left of these counts: tables by kind and snapshot."""
    if not (study.data / "estimates").is_dir():
        return {}
    from camcensus.estimate.saved import CHANGES, kept  # pandas: not where there is nothing to read

    files = {("changes", ""): CHANGES} | {("audit", name): f"audit-{name}.csv" for name in snapshots}
    return {of: table for of, file in files.items() if (table := kept(study, file)) is not None}


def _has(manifest: Manifest, stage: str, to: Table) -> bool:
    """Whether a stage made a table. A sample has no counts: what was counted in its blocks is a total of nothing."""
    return stage in manifest.stages and f"{to.name}.parquet" in manifest.stages[stage].outputs


def _estimates(study: Study, name: str, manifest: Manifest) -> pa.Table:
    return _read(study.data / name / "estimates.parquet", manifest, ESTIMATES.name, ESTIMATES)


def _table(study: Study, name: str, manifest: Manifest, to: Table) -> pa.Table | None:
    """The table of a census or of history; None when the snapshot has none."""
    if to.name not in manifest.stages:
        return None
    return _read(study.data / name / f"{to.name}.parquet", manifest, to.name, to)


def _read(path: Path, manifest: Manifest, stage: str, to: Table) -> pa.Table:
    digest = manifest.stages[stage].outputs[path.name].sha256
    storage.require(path, digest, "is not what was counted; run again with --rehash")
    return storage.read_table(path, to)


def _stands(folder: Path, key: str) -> bool:
    try:
        record = load_report(folder)
    except IntegrityError:
        return False  # what cannot be read is drawn anew
    files = {folder / name: output.sha256 for name, output in record.outputs.items()}
    return record.key == key and all(
        path.is_file() and storage.sha256(path) == digest for path, digest in files.items()
    )
