"""The report as a run sees it: is it up to date; if not, draw it and write down what was drawn from what."""

from pathlib import Path

import pyarrow as pa

from pipeline import store
from pipeline.errors import CamcensusError, IntegrityError
from pipeline.gates import check_gates, stop_at_fatal
from pipeline.manifest import Manifest, load_manifest
from pipeline.progress import Reporter
from pipeline.resources import BORDERS, COUNTRIES, bundled
from pipeline.study import Study
from pipeline.tables import COUNTS
from pipeline.versions import code_hash, digest_of

RECORD = "manifest.json"


def bring_report_up_to_date(study: Study, reporter: Reporter, again: bool = False) -> tuple[Path, bool]:
    """The page's path, and whether it had to be drawn. `again` draws it in any case.

    Raises `CamcensusError` when no snapshot has been counted, `IntegrityError` when counts are not what was counted,
    `GateError` when they must not be published; the report is then as it was.
    """
    counted = [(name, manifest) for name in study.snapshot_ids() if (manifest := _counted(study, name))]
    if not counted:
        raise CamcensusError(f"nothing has been counted yet; run: camcensus run --study {study.path.name}")
    key = digest_of(_drawn_with(), study.settings(), [manifest.model_dump_json() for _, manifest in counted])
    page = study.report / "index.html"
    if not again and _stands(study.report, key):
        return page, False
    if study.report.is_dir():
        store.remove_leftovers(study.report)
    # Here and not above: matplotlib and pandas take a second, which a run with nothing to draw need not wait for.
    from pipeline.report import Result, draw_report

    reporter.say("drawing the report")
    results = [Result(name, manifest, _counts(study, name, manifest)) for name, manifest in counted]
    warnings = stop_at_fatal(check_gates(study, ((r.manifest, r.counts) for r in results)))
    for finding in warnings:
        reporter.warn(str(finding))
    page = draw_report(study, results, [str(finding) for finding in warnings])
    files = [p for p in study.report.rglob("*") if p.is_file() and p != study.report / RECORD]
    outputs = {p.relative_to(study.report).as_posix(): store.sha256(p) for p in files}
    runs = {name: manifest.run for name, manifest in counted}
    store.write_json(study.report / RECORD, {"format": 1, "key": key, "runs": runs, "outputs": outputs})
    return page, True


def _drawn_with() -> tuple[object, ...]:
    """What the drawing depends on besides the counts: code, templates, names of countries, borders."""
    files = [*sorted(bundled("reports/templates").iterdir()), bundled(COUNTRIES), bundled(BORDERS)]
    return code_hash("pipeline.report", "pipeline.gates"), [store.sha256(path) for path in files]


def _counted(study: Study, name: str) -> Manifest | None:
    manifest = load_manifest(study.data / name)
    return manifest if manifest and "aggregate" in manifest.stages else None


def _counts(study: Study, name: str, manifest: Manifest) -> pa.Table:
    path = study.data / name / "counts.parquet"
    if store.sha256(path) != manifest.stages["aggregate"].outputs[path.name].sha256:
        raise IntegrityError(path, "is not what was counted; run again with --rehash")
    return store.read_table(path, COUNTS)


def _stands(folder: Path, key: str) -> bool:
    if not (folder / RECORD).is_file():
        return False
    record = store.read_json(folder / RECORD)
    if record.get("format") != 1 or record.get("key") != key:
        return False
    return all((folder / n).is_file() and store.sha256(folder / n) == s for n, s in record["outputs"].items())
