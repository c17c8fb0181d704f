"""The verification of published figures: the tables of a report against each other, and against the snapshots."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from camcensus.core import parquet
from camcensus.core.config import Study
from camcensus.core.errors import CamcensusError
from camcensus.core.tables import COUNTS, GROUPS, UNITS, UNKNOWN_COUNTRY
from camcensus.report.inputs import Result
from camcensus.report.tables import country_table, counts_public
from camcensus.verify.verdict import Verdict

TABLE = "country_table.parquet"
Row = dict[str, Any]


def check_figures(folder: Path, verdict: Verdict) -> None:
    """Compare the tables of a report with each other."""
    if not (folder / counts_public.NAME).is_file():
        verdict.notes.append(f"{folder}: has no counts (a sample, or matches of queries)")
        return
    rows = parquet.read_table(folder / counts_public.NAME, counts_public.SCHEMA).to_pylist()
    table = parquet.read_any(folder / TABLE).to_pylist()
    _table_against_counts(folder / TABLE, table, rows, verdict)
    _csv_against_table(folder / "country_table.csv", table, verdict)
    _page_against_table(folder / "index.html", table, verdict)


def check_against_snapshots(folder: Path, counts: dict[str, pa.Table], verdict: Verdict) -> None:
    """Compare published cells with the counts of the snapshots: the same number, or merged into `other`."""
    path = folder / counts_public.NAME
    if not path.is_file():
        return
    rows = parquet.read_table(path, counts_public.SCHEMA).to_pylist()
    for name, own in counts.items():
        cells = {_key(row): row for row in own.to_pylist()}
        faults = []
        for row in (row for row in rows if row["snapshot"] == name):
            cell = cells.get(_key(row))
            verdict.count("published cells against counts")
            if cell is None and "other" not in [row[group] for group in GROUPS]:
                faults.append(f"{_name(row)} was never counted")
            elif cell is not None and any(row[u] is not None and row[u] != cell[u] for u in UNITS):
                faults.append(f"{_name(row)} has {_units(row)}, was counted as {_units(cell)}")
        verdict.wrong_all(path, faults)


def check_against_study(folder: Path, study: Study, results: list[Result], verdict: Verdict) -> None:
    """Compute the country table and the public counts again from the counts, and compare them."""
    if not results or not (folder / counts_public.NAME).is_file():
        return
    pairs: tuple[tuple[str, Callable[[], pa.Table]], ...] = (
        (counts_public.NAME, lambda: counts_public.table(study, results)),
        (TABLE, lambda: country_table.table(study, results)),
    )
    for name, make in pairs:
        verdict.count("published tables computed again")
        try:
            again = make()
        except CamcensusError as error:
            verdict.wrong(folder / name, f"does not follow from the counts: {error}")
            continue
        if again.to_pylist() != parquet.read_any(folder / name).to_pylist():
            verdict.wrong(folder / name, "does not follow from the counts with this study; run camcensus report")


def _table_against_counts(path: Path, table: list[Row], counts: list[Row], verdict: Verdict) -> None:
    """Compare hosts, devices and banners of each country and the world at the headline values."""
    finer = {row["snapshot"]: row["min_confidence"] for row in counts if row["level"] == "manufacturer"}
    totals = {}
    for row in counts:
        headline = (row["ip_version"], row["decoys_left_out"]) == ("4", "certain")
        if headline and row["min_confidence"] == finer.get(row["snapshot"], row["min_confidence"]):
            totals[row["snapshot"], row["level"], row["scope"], row["country"]] = row
    faults = []
    for row in table:
        place = ("world", "study", None) if row["country"] is None else ("country", "all", row["country"])
        cell = totals.get((row["snapshot"], *place))
        verdict.count("rows of the country table against counts")
        wanted = [cell[f"n_{unit}"] if cell else 0 for unit in ("hosts", "devices", "banners")]
        found = [row[f"n_{unit}"] for unit in ("hosts", "devices", "banners")]
        if found != wanted and (cell or row["country"] != UNKNOWN_COUNTRY or any(found)):
            faults.append(f"{row['snapshot']} {row['name']} has {found}, the counts {wanted}")
    verdict.wrong_all(path, faults)


def _csv_against_table(path: Path, table: list[Row], verdict: Verdict) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    wanted = [{name: "" if value is None else str(value) for name, value in row.items()} for row in table]
    verdict.count("the CSV against the table")
    if len(found) != len(wanted):
        verdict.wrong(path, f"has {len(found):,} rows, the table {len(wanted):,}")
    faults = [f"row {n}: {one} is not {two}" for n, (one, two) in enumerate(zip(found, wanted, strict=False), 1)
              if not _same(one, two)]  # fmt: skip
    verdict.wrong_all(path, faults)


def _same(one: dict[str, str], two: dict[str, str]) -> bool:
    """Return whether two rows are equal, however fractions are written."""
    return one.keys() == two.keys() and all(one[k] == two[k] or _number(one[k]) == _number(two[k]) for k in one)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text.removeprefix("'")


def _page_against_table(path: Path, table: list[Row], verdict: Verdict) -> None:
    """Compare the numbers that the page's table, map and switches show."""
    found = re.search(r'id="view">(.*?)</script>', path.read_text(encoding="utf-8"), re.DOTALL)
    if found is None:
        verdict.notes.append(f"{path}: has no numbers for its switches; only its checksum was checked")
        return
    view = json.loads(found[1])
    rows = {(row["snapshot"], row["country"] or ""): row for row in table}
    codes = [*view["codes"], ""]
    faults = []
    for year in view["years"]:
        for unit in ("hosts", "devices", "banners"):
            for code, text in zip(codes, year["views"][unit]["count"].split("|"), strict=True):
                verdict.count("numbers of the page against the table")
                number = int(text.replace(",", ""))
                if number != (row[f"n_{unit}"] if (row := rows.get((year["id"], code))) else 0):
                    faults.append(f"{year['id']} {code or 'World'}: {unit} {number}, not as in the table")
    verdict.wrong_all(path, faults)


def counts_of(folder: Path) -> pa.Table | None:
    """Return the counts of a snapshot, if it has sound ones."""
    path = folder / "counts.parquet"
    try:
        return parquet.read_table(path, COUNTS) if path.is_file() else None
    except CamcensusError:
        return None  # reported with the snapshot


_VALUES = ("level", *GROUPS, "scope", "ip_version", "min_confidence", "decoys_left_out")


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _VALUES)


def _name(row: Row) -> str:
    return f"{row['snapshot']} " + ("+".join(str(row[g]) for g in GROUPS if row[g] is not None) or "World")


def _units(row: Row) -> str:
    return ", ".join(f"{unit} {row[unit]}" for unit in UNITS)
