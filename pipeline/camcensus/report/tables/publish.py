"""What of a snapshot's counts may be published. The page and `counts_public.parquet` both show this and no more.

- World and country totals are published, in every variant, however small: they name no maker.
- Finer cells are published at the headline values only, and only where `suppression` does not hide them. With a country
  they are counted everywhere, without one they leave out the countries of the study: no cell is in both scopes.
- Devices, banners and prefixes are published for the world, countries, makers and kinds. A cell that crosses two
  columns has hosts only: devices and banners add up across everything, and would open every hidden cell.
- Brands and models by country alone, and models without their maker, are other names for cells that are published
  elsewhere; they are left out, so that a cell that is hidden under one name is not shown under another.
"""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from camcensus.core.config import Study
from camcensus.core.tables import GROUPS, UNITS, UNKNOWN_COUNTRY
from camcensus.report.inputs import WORLD, Result, cells_of
from camcensus.report.tables.suppression import Cell, hidden_cells

OTHER = "other"
TOTALS = (WORLD, "country")
# Levels whose cells have all units: each splits the world once.
ONE_WAY = ("manufacturer", "product_type")
LEVELS = (
    *ONE_WAY,
    "brand",
    "country+manufacturer",
    "country+product_type",
    "manufacturer+brand",
    "manufacturer+product_type",
    "manufacturer+model",
    "country+manufacturer+product_type",
    "country+manufacturer+model",
)
LONGEST_NAME = 80  # characters
Units = dict[str, int | None]


@dataclass(frozen=True)
class HiddenPart:
    """How much is hidden: cells of a country and a maker, and their share of the hosts of such cells in percent."""

    cells: int
    of: int
    share: float | None


class Published:
    """The cells of one snapshot at the headline values that may be published."""

    def __init__(self, cells: dict[Cell, Units], left_out: tuple[str, ...], min_hosts: int) -> None:
        """Hide what may not be published. `cells`: all of `LEVELS` and `TOTALS`, with their units."""
        self._cells = cells
        self._left_out = left_out
        self._hidden = hidden_cells({c: u["n_hosts"] or 0 for c, u in cells.items()}, left_out, min_hosts)
        self._by_level: defaultdict[str, dict[Cell, Units]] = defaultdict(dict)
        for cell, units in cells.items():
            self._by_level[_level(cell)][cell] = units
        self._bare: dict[str, set[str]] = {}  # column to countries none of whose makers (or kinds) are published
        for column in ONE_WAY:
            own = self._by_level[f"country+{column}"]
            self._bare[column] = {str(c[0]) for c in own} - {str(c[0]) for c in own if c not in self._hidden}

    def count(self, unit: str = "n_hosts", **values: str) -> int | None:
        """Return the count of a cell, such as of `country="DE", manufacturer="Axis"`: 0 where none was seen.

        None where it is hidden, or the country shows no cell of that column. Without a country (or with country ""),
        it is outside the countries left out.
        """
        cell = cell_of(**values)
        if cell in self._cells:
            return None if cell in self._hidden else self._cells[cell][unit]
        return None if any(values.get("country") in self._bare[c] for c in ONE_WAY if c in values) else 0

    def cells(self, level: str) -> dict[Cell, Units]:
        """Return the published cells of a level with their published units (hosts alone if two columns cross)."""
        units = UNITS if level in (*TOTALS, *ONE_WAY) else ("n_hosts",)
        found = self._by_level[level]
        return {c: {unit: own[unit] for unit in units} for c, own in found.items() if c not in self._hidden}

    def shown(self, level: str) -> dict[str, Units]:
        """Return the published cells of a level of one column: value to units."""
        place = GROUPS.index(level)
        return {str(cell[place]): units for cell, units in self.cells(level).items()}

    def ordered(self, level: str, unit: str) -> list[tuple[str, int]]:
        """Return the same with their counts in a unit, the largest first."""
        cells = [(name, units[unit] or 0) for name, units in self.shown(level).items()]
        return sorted(cells, key=lambda cell: (-cell[1], cell[0]))

    def n_hidden(self, level: str) -> int:
        """Return how many cells of a level are hidden."""
        return sum(cell in self._hidden for cell in self._by_level[level])

    def hidden_by_country(self) -> dict[str, int]:
        """Return how many makers of each country are hidden."""
        return Counter(str(c[0]) for c in self._by_level["country+manufacturer"] if c in self._hidden)

    def hidden_part(self, makers: tuple[str, ...] = ()) -> HiddenPart:
        """Return how much of the makers (none named: of all) is hidden in the countries of the headline."""
        own = {
            cell: units["n_hosts"] or 0
            for cell, units in self._by_level["country+manufacturer"].items()
            if cell[0] not in self._left_out
            if not makers or cell[1] in makers
        }
        gone = [n for cell, n in own.items() if cell in self._hidden]
        return HiddenPart(len(gone), len(own), 100 * sum(gone) / sum(own.values()) if own else None)

    def finer(self) -> list[dict[str, Any]]:
        """Return sorted rows (columns `level`, `GROUPS`, `UNITS`) of what is finer than a country.

        A row `other` is in the place of hidden cells.
        """
        rows: list[tuple[str, Cell, Units]] = []
        for level in LEVELS:
            shown = ("n_devices", "n_banners") if level in ONE_WAY else ()
            others: dict[Cell, Units] = {}
            for cell, units in self._by_level[level].items():
                if cell not in self._hidden:
                    rows.append((level, cell, units if shown else {"n_hosts": units["n_hosts"]}))
                elif _with_last(cell, None) not in self._hidden:
                    other = others.setdefault(_with_last(cell, OTHER), {})
                    other |= {unit: (other.get(unit) or 0) + (units[unit] or 0) for unit in shown}
            rows += [(level, cell, units) for cell, units in others.items()]
        rows.sort(key=lambda row: (*(v is None for v in row[1]), *(v or "" for v in row[1])))
        blank = dict.fromkeys(UNITS)
        return [{"level": level} | dict(zip(GROUPS, cell, strict=True)) | blank | own for level, cell, own in rows]


def published(study: Study, result: Result) -> Published:
    """Return what of a snapshot may be published."""
    asked = (study.publication.min_hosts, study.min_confidence, study.countries_left_out)
    if asked not in result.memo:
        cells: dict[Cell, Units] = {}
        own = {"min_confidence": study.min_confidence, "ip_version": "4", "decoys_left_out": "certain"}
        for level in (*TOTALS, *LEVELS):
            found = cells_of(result, level, scope_of(level), own)
            # A column outside the level is null in every row.
            keys = zip(*([safe_name(v) for v in found[group].to_pylist()] for group in GROUPS), strict=True)
            counts = zip(*(found[unit].to_pylist() for unit in UNITS), strict=True)
            cells |= {
                key: dict(zip(UNITS, own_counts, strict=True)) for key, own_counts in zip(keys, counts, strict=True)
            }
        result.memo[asked] = Published(cells, study.countries_left_out, study.publication.min_hosts)
    known: Published = result.memo[asked]
    return known


@cache
def safe_name(text: str | None) -> str | None:
    """Return a name as it may be published: the catalogue's names unchanged.

    A name with control characters, one that turns the direction of text and an endless one are cut to what is
    harmless, with a hash that keeps them apart from others.
    """
    if text is None or (text.isprintable() and len(text) <= LONGEST_NAME):
        return text
    digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:6]
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: LONGEST_NAME - 12])
    return f"{shown}\N{HORIZONTAL ELLIPSIS} #{digest}"


def scope_of(level: str) -> Any:
    """Return the one scope in which a level is published (world and country totals are in both)."""
    return "all" if "country" in level.split("+") else "study"


def cell_of(**values: str) -> Cell:
    """Return the cell that has these values (none where one is "")."""
    return tuple(values.get(group) or None for group in GROUPS)


def _level(cell: Cell) -> str:
    return "+".join(group for group, value in zip(GROUPS, cell, strict=True) if value is not None) or WORLD


def _with_last(cell: Cell, value: str | None) -> Cell:
    """Return the cell with another value in the last of its columns."""
    last = max(i for i, own in enumerate(cell) if own is not None)
    return (*cell[:last], value, *cell[last + 1 :])


def is_ranked(country: str, left_out: tuple[str, ...]) -> bool:
    """Return whether a country takes part in the ranking: it is known, and the study does not leave it out."""
    return country != UNKNOWN_COUNTRY and country not in left_out


def ranked(cells: pd.DataFrame, left_out: tuple[str, ...]) -> pd.DataFrame:
    """Return the cells of countries that take part in the ranking."""
    return cells[~cells["country"].isin([*left_out, UNKNOWN_COUNTRY])]
