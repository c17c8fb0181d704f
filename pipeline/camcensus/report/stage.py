"""The report stage: counts and manifests of all snapshots to the report folder, after the gates."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from camcensus.aggregate.stage import has_counts
from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.console import Reporter
from camcensus.core.errors import CamcensusError, IntegrityError
from camcensus.core.fingerprints import digest_of
from camcensus.core.manifest import Manifest, build_info, load_manifest
from camcensus.core.resources import BORDERS, COUNTRIES, PRIOR, TEMPLATES, bundled
from camcensus.core.stage_record import Output
from camcensus.core.tables import (
    CENSUS,
    CONCENTRATION,
    COUNTS,
    COVERAGE,
    ESTIMATES,
    FIRMWARE,
    MAKER_KINDS,
    NETWORKS,
    RELIANCE,
    SERIES,
    TRENDS,
    Table,
)
from camcensus.report.report_manifest import RECORD, DrawnFrom, Report, load_report

if TYPE_CHECKING:
    import pyarrow as pa

    from camcensus.report.inputs import Result

# Raised whenever the same counts give another report.
VERSION = 3
# Tables that a report shows next to the counts; `Result` has them under their names.
NEXT_TO_COUNTS = (NETWORKS, SERIES, CONCENTRATION, FIRMWARE, COVERAGE, MAKER_KINDS, RELIANCE)
MATCHES = (CENSUS, TRENDS)
READS = tuple(f"{table.name}.parquet" for table in (COUNTS, *NEXT_TO_COUNTS, ESTIMATES, *MATCHES))


def bring_report_up_to_date(study: Study, reporter: Reporter) -> tuple[Path, bool]:
    """Return the page's path, and whether it had to be drawn: not if nothing that it depends on has changed.

    Raises `CamcensusError` when no snapshot has been counted, `IntegrityError` when counts are not what was counted,
    `GateError` when they must not be published; the report is then as it was.
    """
    shown = {name: found for name, found in _manifests(study).items() if found.outputs.keys() & set(READS)}
    if not shown:
        raise CamcensusError(f"nothing has been counted yet; run: camcensus run --study {study.path.name}")
    audits = _audits(study, [name for name, found in shown.items() if has_counts(found)])
    depends_on = _depends_on(study, shown, audits)
    page = study.report / "index.html"
    if _is_current(study.report, depends_on):
        return page, False
    if study.report.is_dir():
        storage.remove_leftovers(study.report)
    _draw(study, shown, audits, reporter)
    snapshots = {}
    for name, found in shown.items():
        inputs = {file: found.outputs[file] for file in READS if file in found.outputs}
        snapshots[name] = DrawnFrom(run=found.run, build=found.build, inputs=inputs)
    build, outputs = build_info("camcensus report", study.settings()), _outputs(study.report)
    record = Report(depends_on=depends_on, build=build, snapshots=snapshots, outputs=outputs)
    record.save(study.report)
    reporter.info("report: 1 snapshot" if len(shown) == 1 else f"report: {len(shown):,} snapshots")
    return page, True


def _draw(study: Study, shown: dict[str, Manifest], audits: dict[tuple[str, str], Any], reporter: Reporter) -> None:
    from camcensus.quality.gates import check_gates, stop_at_fatal
    from camcensus.report.draw import draw_report
    from camcensus.report.pages.matches_page import Matches
    from camcensus.report.pages.sample_page import Estimated
    from camcensus.report.tables.audits import Audits

    results = [_result(study, name, found) for name, found in shown.items() if has_counts(found)]
    simulated = {name for name, found in shown.items() if found.simulated}
    warnings = stop_at_fatal(check_gates(study, ((r.manifest, r.counts) for r in results)))
    for finding in warnings:
        # Fields of simulated data change by design.
        is_expected = finding.gate == "fields" and finding.snapshot in simulated
        log = reporter.info if is_expected else reporter.warning
        log(f"gate {finding.gate}: {finding.text}", finding.snapshot)
    matches = [
        Matches(name, found, *(_read(study, name, found, table) for table in MATCHES))
        for name, found in shown.items()
        if any(f"{table.name}.parquet" in found.outputs for table in MATCHES)
    ]
    samples = [
        Estimated(name, found, table.to_pylist())
        for name, found in shown.items()
        if (table := _read(study, name, found, ESTIMATES)) is not None
    ]
    scores, makers = ({of[1]: found for of, found in audits.items() if of[0] == kind} for kind in ("audit", "makers"))
    tables = Audits(audits.get(("changes", "")), scores, makers)
    draw_report(study, results, [str(finding) for finding in warnings], matches, samples, tables)


def _manifests(study: Study) -> dict[str, Manifest]:
    return {name: found for name in study.snapshot_ids() if (found := load_manifest(study.data / name))}


def _depends_on(study: Study, shown: dict[str, Manifest], audits: dict[tuple[str, str], Any]) -> dict[str, str]:
    """Return what a report depends on: version, study, snapshots' counts, audits, templates, reference tables."""
    files = [*sorted(TEMPLATES.iterdir()), bundled(COUNTRIES), bundled(BORDERS), bundled(PRIOR)]
    return {
        "version": str(VERSION),
        "study": digest_of(study.settings()),
        "files": digest_of([storage.sha256(path) for path in files]),
        "audits": digest_of({of: table.to_csv() for of, table in audits.items()}),
        **{f"snapshot {name}": digest_of(found.model_dump_json()) for name, found in shown.items()},
    }


def counted_results(study: Study) -> list["Result"]:
    """Return the counted snapshots, oldest first, with every table checked.

    Raise `CamcensusError` if there are none, and `IntegrityError` if a table is not what was counted.
    """
    counted = {name: found for name, found in _manifests(study).items() if has_counts(found)}
    if not counted:
        raise CamcensusError(f"nothing has been counted yet; run: camcensus run --study {study.path.name}")
    return [_result(study, name, manifest) for name, manifest in counted.items()]


def _result(study: Study, name: str, manifest: Manifest) -> "Result":
    from camcensus.report.inputs import Result

    tables = {to.name: _read(study, name, manifest, to) for to in (COUNTS, *NEXT_TO_COUNTS)}
    return Result(name, manifest, **{key: table for key, table in tables.items() if table is not None})


def _read(study: Study, name: str, manifest: Manifest, to: Table) -> "pa.Table | None":
    """Return a checked table of a snapshot, or None if the snapshot does not have it."""
    from camcensus.core import parquet

    path = study.data / name / f"{to.name}.parquet"
    if path.name not in manifest.outputs:
        return None
    storage.require(path, manifest.outputs[path.name].sha256, "is not what was counted; run again with --rehash")
    return parquet.read_table(path, to)


def _outputs(folder: Path) -> dict[str, Output]:
    """Every file of the report except its record."""
    import pyarrow.parquet as pq

    files = sorted(p for p in folder.rglob("*") if p.is_file() and p != folder / RECORD)
    rows = {p: pq.read_metadata(p).num_rows for p in files if p.suffix == ".parquet"}
    return {
        p.relative_to(folder).as_posix(): Output(bytes=p.stat().st_size, sha256=storage.sha256(p), rows=rows.get(p))
        for p in files
    }


def _audits(study: Study, snapshots: list[str]) -> dict[tuple[str, str], Any]:
    """Return the tables of `camcensus audit` and `camcensus estimate` for these counts, by kind and snapshot."""
    if not (study.data / "estimates").is_dir():
        return {}
    from camcensus.estimate.saved import CHANGES, MAKERS, kept  # pandas: not where there is nothing to read

    files = {("changes", ""): CHANGES} | {("audit", name): f"audit-{name}.csv" for name in snapshots}
    files |= {("makers", name): MAKERS.format(name) for name in snapshots}
    return {of: table for of, file in files.items() if (table := kept(study, file)) is not None}


def _is_current(folder: Path, depends_on: dict[str, str]) -> bool:
    try:
        record = load_report(folder)
    except IntegrityError:
        return False  # what cannot be read is drawn again
    files = {folder / name: output.sha256 for name, output in record.outputs.items()}
    return record.depends_on == depends_on and all(
        path.is_file() and storage.sha256(path) == digest for path, digest in files.items()
    )
