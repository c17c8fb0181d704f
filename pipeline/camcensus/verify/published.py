"""The verification of one published report: its files, record, data package and figures, and no private data.

Addresses and identities are searched for by names and types of columns, and by patterns.
"""

import csv
import ipaddress
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from camcensus.core.errors import CamcensusError, IntegrityError
from camcensus.core.tables import (
    CENSUS,
    COUNTS,
    DEVICE_HOSTS,
    DEVICES,
    ESTIMATES,
    IDENTIFIED,
    LINKS,
    NETWORKS,
    OBSERVATIONS,
    SAMPLE_BLOCKS,
    TRENDS,
)  # fmt: skip
from camcensus.report.report_manifest import RECORD, Report, load_report
from camcensus.verify.figures import check_figures
from camcensus.verify.verdict import Expected, Verdict, check_files

_PUBLIC = {name for table in (COUNTS, NETWORKS, ESTIMATES, CENSUS, TRENDS) for name in table.names}
PRIVATE = {
    name for t in (OBSERVATIONS, IDENTIFIED, LINKS, DEVICES, DEVICE_HOSTS, SAMPLE_BLOCKS) for name in t.names
} - _PUBLIC
TYPES = {pa.string(), pa.int64(), pa.float64(), pa.bool_()}
TEXTS = (".html", ".md", ".svg", ".json", ".csv")
_SUSPECTS = {
    "an IPv4 address": r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]|\.\d)",
    "an IPv6 address": r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])",
    "a MAC address": r"(?<![\w:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])",
    # Keyed hashes of identities have 32 digits; checksums of files have 64, versions 12.
    "a hashed identity": r"(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z])",
}


def check_private(path: Path, verdict: Verdict) -> None:
    """Add to `verdict` what a published file holds and must not."""
    verdict.count("files searched for addresses and identities")
    if path.suffix == ".parquet":
        _check_parquet(path, verdict)
    elif path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            for name in book.namelist():
                _search(path, book.read(name).decode("utf-8", "replace"), verdict)
    elif path.suffix in TEXTS:
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".csv":
            _columns(path, next(csv.reader(text.splitlines()), []), verdict)
        _search(path, text, verdict)
    elif path.suffix != ".png":
        verdict.wrong(path, "is of a kind that no report has; its content was not searched")


def _check_parquet(path: Path, verdict: Verdict) -> None:
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        table = file.read()
    _columns(path, table.column_names, verdict)
    for name, column in zip(table.column_names, table.columns, strict=True):
        if column.type not in TYPES:
            verdict.wrong(path, f"column {name} is {column.type}; published columns are text, numbers and booleans")
        elif pa.types.is_string(column.type):
            _search(path, "\n".join(pc.unique(column).drop_null().to_pylist()), verdict)


def _columns(path: Path, names: list[str], verdict: Verdict) -> None:
    for name in names:
        if name in PRIVATE:
            verdict.wrong(path, f"has a column {name}, which only private tables have")


def _search(path: Path, text: str, verdict: Verdict) -> None:
    suspects = {(kind, found[0]) for kind, pattern in _SUSPECTS.items() for found in re.finditer(pattern, text)}
    for kind, found in sorted(suspects):
        if "IP" not in kind or _is_address(found):
            verdict.wrong(path, f"holds what looks like {kind}: {found}")


def _is_address(text: str) -> bool:
    """Return whether it is an IP address, and not a version, `::` of a style sheet or a time of day."""
    if "." in text:
        return all(int(part) < 256 for part in text.split("."))
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return sum(c != ":" for c in text) >= 4


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
