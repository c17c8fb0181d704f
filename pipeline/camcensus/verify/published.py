"""One published report: every file against its record, its data package, its counts, and what must not be in it."""

import json
from pathlib import Path
from typing import Any

from camcensus.core.errors import CamcensusError, IntegrityError
from camcensus.report.report_manifest import RECORD, Report, load_report
from camcensus.verify.figures import check_figures
from camcensus.verify.files import Expected, check_files
from camcensus.verify.private import check_private
from camcensus.verify.verdict import Verdict

_AGAIN = "draw it again with camcensus report, or fetch it again from its publisher"


def check_report(folder: Path, verdict: Verdict) -> Report | None:
    """Enters into `verdict` what is wrong with the report in `folder`; its record, if it is sound."""
    try:
        record = load_report(folder)
    except IntegrityError as error:
        verdict.wrong(folder / RECORD, error.reason)
        return None
    files = {folder / name: Expected(out.sha256, out.bytes, _AGAIN) for name, out in record.outputs.items()}
    good = check_files(files, verdict)
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path not in files and path != folder / RECORD:
            verdict.wrong(path, "is in the folder, and not of the report")
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
    """What `datapackage.json` tells of each file is so, and it tells of every file."""
    path = folder / "datapackage.json"
    if not path.is_file():
        return
    package: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for resource in package["resources"]:
        verdict.count("entries of the data package")
        held = record.outputs.get(resource["path"])
        if held is None or resource["hash"] != f"sha256:{held.sha256}" or resource["bytes"] != held.bytes:
            verdict.wrong(path, f"what it tells of {resource['path']} is not so")
    for name in record.outputs.keys() - {r["path"] for r in package["resources"]} - {path.name}:
        verdict.wrong(path, f"does not tell of {name}")
    for told in package["snapshots"]:
        if record.snapshots[told["snapshot"]].run != told["run"]:
            verdict.wrong(path, f"names another run of {told['snapshot']} than the report's record")
