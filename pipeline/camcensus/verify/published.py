"""The verification of one published report: its files, record, data package and figures, and no private data."""

import json
from pathlib import Path
from typing import Any

from camcensus.core.errors import CamcensusError, IntegrityError
from camcensus.report.report_manifest import RECORD, Report, load_report
from camcensus.verify.figures import check_figures
from camcensus.verify.private import check_private
from camcensus.verify.verdict import Expected, Verdict, check_files

_REMEDY = "write it again with camcensus report, or download it again from its publisher"


def check_report(folder: Path, verdict: Verdict) -> Report | None:
    """Add to `verdict` what is wrong with the report in `folder`; return its record, if it is sound."""
    try:
        record = load_report(folder)
    except IntegrityError as error:
        verdict.wrong(folder / RECORD, error.reason)
        return None
    files = {folder / name: Expected(out.sha256, out.bytes, _REMEDY) for name, out in record.outputs.items()}
    good = check_files(files, verdict)
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path not in files and path != folder / RECORD:
            verdict.wrong(path, "is in the folder, but not in the report's record")
        elif path in good or path == folder / RECORD:
            check_private(path, verdict)
    if len(good) == len(files):
        _check_package(folder, record, verdict)
        try:
            check_figures(folder, verdict)
        except CamcensusError as error:
            verdict.wrong(folder, str(error))
    return record


def _check_package(folder: Path, record: Report, verdict: Verdict) -> None:
    """Check that `datapackage.json` describes every file, with its checksum and size."""
    path = folder / "datapackage.json"
    if not path.is_file():
        return
    package: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for resource in package["resources"]:
        verdict.count("entries of the data package")
        output = record.outputs.get(resource["path"])
        if output is None or resource["hash"] != f"sha256:{output.sha256}" or resource["bytes"] != output.bytes:
            verdict.wrong(path, f"its entry of {resource['path']} is wrong")
    for name in record.outputs.keys() - {r["path"] for r in package["resources"]} - {path.name}:
        verdict.wrong(path, f"has no entry of {name}")
    for entry in package["snapshots"]:
        if record.snapshots[entry["snapshot"]].run != entry["run"]:
            verdict.wrong(path, f"names another run of {entry['snapshot']} than the report's record")
