"""The country table as the page shows it: the newest snapshot, with the change since the one before."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.report import facts, words
from pipeline.report.country_table import vendor_columns
from pipeline.report.inputs import Result
from pipeline.study import Study
from pipeline.tables import UNKNOWN_COUNTRY

MISSING = "n/a"
HIDDEN = "\N{EN DASH}"


@dataclass(frozen=True)
class Heading:
    """A column: its name, what stands below it, and how it sorts (text, up or down first)."""

    name: str
    note: str
    sort: str


@dataclass(frozen=True)
class Cell:
    """What is shown, and the number it sorts by (None: missing, always last)."""

    text: str
    value: float | None = None


@dataclass(frozen=True)
class Row:
    """A row: kind is country, out (left out), unknown or world; `tail` are the cells after name and code."""

    kind: str
    code: str
    name: str
    rank: Cell
    tail: list[Cell]


def columns(study: Study, before: Result | None) -> list[Heading]:
    """Headings in the order of the cells."""
    since = f"since {before.snapshot}" if before else "no earlier snapshot"
    return [
        Heading("Rank", f"by {study.headline_unit}", "up"),
        Heading("Country or territory", "", "text"),
        Heading("Code", "ISO", "text"),
        Heading("Hosts", "", "down"),
        Heading("Devices", "", "down"),
        Heading("Banners", "", "down"),
        Heading("Share", f"% of {study.headline_unit}", "down"),
        Heading("Rate", "hosts per 100,000 people", "down"),
        Heading("Agreement", "% of hosts, two location sources", "down"),
        *(Heading(vendor, "hosts", "down") for vendor in study.vendors),
        Heading("Change", f"{study.headline_unit} {since}", "down"),
        Heading("Change, %", since, "down"),
    ]


def country_rows(study: Study, table: pd.DataFrame, before: Result | None, now: Result) -> list[Row]:
    """Rows of the newest snapshot in the order of the country table."""
    earlier = _earlier(study, table, before, now)
    rows = []
    for values in table[table["snapshot"] == now.snapshot].to_dict("records"):
        row = {str(k): None if pd.isna(v) else v for k, v in values.items()}
        code = row["alpha2"] or ""
        rows.append(
            Row(_kind(study, code), code, _name(study, row), _count(row["rank"], ""), _tail(study, row, earlier))
        )
    return rows


def _tail(study: Study, row: dict[str, Any], earlier: dict[str, int] | None) -> list[Cell]:
    """Counts, share, rate, vendors and change of one row."""
    counts = [_count(row[unit]) for unit in ("hosts", "devices", "banners")]
    share = Cell(MISSING) if row["share"] is None else Cell(_share(row["share"]), row["share"])
    rate = Cell(MISSING) if row["hosts_per_100k"] is None else Cell(_rate(row["hosts_per_100k"]), row["hosts_per_100k"])
    agreed = row["geo_agreement"]
    agreement = Cell(MISSING) if agreed is None else Cell(f"{100 * agreed:.1f}", agreed)
    vendors = [_count(row[name], HIDDEN) for name in vendor_columns(study)]
    moved = facts.Change()
    if earlier is not None:
        moved = facts.change(earlier.get(row["alpha2"] or "", 0), row[study.headline_unit])
    change = [_signed(moved.absolute, "{:+,}"), _signed(moved.percent, "{:+,.1f}")]
    return [*counts, share, rate, agreement, *vendors, *change]


def _earlier(study: Study, table: pd.DataFrame, before: Result | None, now: Result) -> dict[str, int] | None:
    """Code ("" for World) to count in the snapshot before; None when it cannot be compared."""
    if before is None or facts.not_comparable(before, now):
        return None
    rows = table[table["snapshot"] == before.snapshot]
    codes = rows["alpha2"].fillna("")
    return {str(c): int(n) for c, n in zip(codes, rows[study.headline_unit], strict=True)}


def _kind(study: Study, code: str) -> str:
    if not code:
        return "world"
    if code == UNKNOWN_COUNTRY:
        return "unknown"
    return "out" if code in study.countries_left_out else "country"


def _name(study: Study, row: dict[str, Any]) -> str:
    """The name to show; World and Unknown say what they are."""
    kind = _kind(study, row["alpha2"] or "")
    if kind == "world":
        return f"World {words.outside(study.countries_left_out)}" if study.countries_left_out else "World"
    return "Unknown" if kind == "unknown" else str(row["name"])


def _count(n: int | None, missing: str = MISSING) -> Cell:
    return Cell(missing) if n is None else Cell(f"{n:,}", n)


def _share(n: float) -> str:
    shown = f"{n:.2f}"
    return "<0.01" if n > 0 and float(shown) == 0 else shown


def _rate(n: float) -> str:
    shown = f"{n:,.1f}"
    return "<0.1" if n > 0 and shown == "0.0" else shown


def _signed(n: float | None, form: str) -> Cell:
    if n is None:
        return Cell(MISSING)
    return Cell(form.format(n).replace("-", "\N{MINUS SIGN}") if n else "0", n)
