"""Which figures a sample gives: world, countries, makers, makers in countries, in each unit; and for each its estimate,
or the reason why there is none.

A maker that has queries of its own is held against the matches of those, all else against the matches of all queries.
Countries are held against what the engine announces in them: its own idea of where an address is, which the ratio takes
along as far as it shows in the sampled blocks.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from camcensus.estimate.area_sampling.ratio import Floats, Ratio, Vector, ratio, resample

UNITS = ("n_hosts", "n_devices", "n_banners")
ALL, STUDY = "all", "study"
# As many sampled blocks must have matches of a cell, and as many must hold what is counted.
LEAST_BLOCKS = 10
PPM = 1_000_000
_INTERVAL = ("estimate", "low", "high")
_SHARE = ("share_ppm", "share_low_ppm", "share_high_ppm")


@dataclass(frozen=True)
class Matches:
    """Matches of a maker's queries (None: of queries of no one maker) in a country, as the engine announces them; in a
    block, by its number in the sample, or everywhere (None)."""

    block: int | None
    maker: str | None
    country: str
    n: int


@dataclass(frozen=True)
class Counted:
    """What was counted in a block and a country: of one maker, or of all (None)."""

    block: int
    country: str
    maker: str | None
    units: Mapping[str, int]


@dataclass(frozen=True)
class Sampled:
    """A sample: how many blocks it has, of how many, drawn by which seed, and what there is in them and everywhere."""

    n_blocks: int
    n_frame: int
    seed: int
    matches: tuple[Matches, ...]
    counted: tuple[Counted, ...]


@dataclass(frozen=True)
class Cell:
    """What a figure is of. `place`: a country, or a scope (all, study: without the countries left out)."""

    place: str
    maker: str | None = None

    @property
    def country(self) -> str | None:
        """The country, if it is one's."""
        return None if self.place in (ALL, STUDY) else self.place

    @property
    def level(self) -> str:
        """What it groups by, as in the counts."""
        named = [name for name, value in (("country", self.country), ("manufacturer", self.maker)) if value]
        return "+".join(named) or "world"

    @property
    def whole(self) -> "Cell":
        """What it is a share of: a maker of its place, a country of the world."""
        return Cell(self.place if self.maker else ALL)

    def order(self) -> tuple[str, ...]:
        """Where it stands in the table."""
        levels = ("world", "country", "manufacturer", "country+manufacturer")
        return str(levels.index(self.level)), self.place, self.maker or ""


Sums = dict[Cell, dict[int, int]]


class Figures:
    """The figures of one sample."""

    def __init__(self, sampled: Sampled, left_out: tuple[str, ...], vendors: tuple[str, ...]) -> None:
        """left_out: countries that the scope "study" leaves out; vendors: makers that have a row in any case."""
        self._sampled = sampled
        self._left_out = left_out
        self._own = {m.maker for m in sampled.matches if m.block is None and m.maker}
        self._everywhere: dict[Cell, int] = defaultdict(int)
        self._matches: Sums = {}
        self._counted: dict[str, Sums] = {unit: {} for unit in UNITS}
        self._add_matches()
        self._add_counted()
        self._cells = sorted(self._wanted(vendors), key=Cell.order)

    def rows(self) -> list[dict[str, Any]]:
        """A row for each cell and unit, in order, with the columns of `tables.ESTIMATES` that differ between them."""
        given = [(cell, unit) for cell in self._cells for unit in UNITS if not self._reason(cell, unit)]
        found = self._ratios(given) if given else {}
        return [self._row(cell, unit, found) for cell in self._cells for unit in UNITS]

    def _places(self, country: str) -> Iterator[str]:
        yield from (ALL, country)
        if country not in self._left_out:
            yield STUDY

    def _add_matches(self) -> None:
        for found in self._sampled.matches:
            for place in self._places(found.country):
                for maker in {None, found.maker}:
                    if found.block is None:
                        self._everywhere[Cell(place, maker)] += found.n
                    else:
                        _add(self._matches, Cell(place, maker), found.block, found.n)

    def _add_counted(self) -> None:
        for found in self._sampled.counted:
            for place in self._places(found.country):
                for unit in UNITS:
                    _add(self._counted[unit], Cell(place, found.maker), found.block, found.units[unit])

    def _wanted(self, vendors: tuple[str, ...]) -> set[Cell]:
        counted = {cell for unit in UNITS for cell in self._counted[unit]}
        places = {cell.place for cell in (*self._everywhere, *counted)} | {ALL, STUDY}
        makers = {Cell(scope, vendor) for scope in (ALL, STUDY) for vendor in vendors}
        return counted | {Cell(place) for place in places} | makers

    def _held_against(self, cell: Cell) -> Cell:
        """The cell whose matches stand under the ratio."""
        return cell if cell.maker in self._own else Cell(cell.place)

    def _reason(self, cell: Cell, unit: str) -> str:
        """Why there is no estimate; empty: there is one."""
        against = self._held_against(cell)
        of = f"of {self._sampled.n_blocks:,} sampled blocks"
        least = f"an estimate needs {LEAST_BLOCKS}"
        if self._sampled.n_blocks < LEAST_BLOCKS:
            return f"{self._sampled.n_blocks:,} blocks were sampled; {least}"
        if not self._everywhere[against]:
            return "the engine announces no match here"
        if (there := len(self._matches.get(against, {}))) < LEAST_BLOCKS:
            return f"matches in {there} {of}; {least}"
        if (there := len(self._counted[unit].get(cell, {}))) < LEAST_BLOCKS:
            return f"counted in {there} {of}; {least}"
        return ""

    def _ratios(self, given: list[tuple[Cell, str]]) -> dict[tuple[Cell, str], Ratio]:
        """The estimate of each of these figures."""
        occupied = {m.block for m in self._sampled.matches if m.block is not None}
        blocks = sorted(occupied | {c.block for c in self._sampled.counted})
        place = {block: n for n, block in enumerate(blocks)}
        against = list(dict.fromkeys(self._held_against(cell) for cell, _ in given))
        matches = {cell: _vector(self._matches[cell], place) for cell in against}
        counted = {(cell, unit): _vector(self._counted[unit][cell], place) for cell, unit in given}
        drawn = resample(
            [*matches.values(), *counted.values()],
            len(blocks), self._sampled.n_blocks, self._sampled.n_frame, self._sampled.seed,
        )  # fmt: skip
        below: dict[Cell, Floats] = dict(zip(matches, drawn.sums[: len(matches)], strict=True))
        above: dict[tuple[Cell, str], Floats] = dict(zip(counted, drawn.sums[len(matches) :], strict=True))
        return {
            (cell, unit): ratio(
                counted[cell, unit],
                matches[held],
                self._everywhere[held],
                (above[cell, unit], below[held]),
                drawn.added,
            )
            for cell, unit in given
            for held in [self._held_against(cell)]
        }

    def _row(self, cell: Cell, unit: str, found: Mapping[tuple[Cell, str], Ratio]) -> dict[str, Any]:
        against = self._held_against(cell)
        inside = self._counted[unit].get(cell, {})
        counted = sum(inside.values())
        row: dict[str, Any] = dict.fromkeys((*_INTERVAL, *_SHARE)) | {
            "level": cell.level,
            "scope": ALL if cell.country else cell.place,
            "country": cell.country,
            "manufacturer": cell.maker,
            "unit": unit,
            "in_sample": counted,
            "n_matches": self._everywhere[against],
            "blocks_with_matches": len(self._matches.get(against, {})),
            "blocks_counted": len(inside),
            "reason": self._reason(cell, unit) or None,
        }
        own, whole = found.get((cell, unit)), found.get((cell.whole, unit))
        if own:
            row |= dict(zip(_INTERVAL, _rounded(own, 1, counted), strict=True))
        if own and whole and cell != cell.whole:
            share = _rounded(own.over(whole), PPM, 0)
            row |= dict(zip(_SHARE, share, strict=True))
        return row


def _add(sums: Sums, cell: Cell, block: int, n: int) -> None:
    if n:
        own = sums.setdefault(cell, {})
        own[block] = own.get(block, 0) + n


def _vector(sums: Mapping[int, int], place: Mapping[int, int]) -> Vector:
    found = sorted((place[block], n) for block, n in sums.items())
    return Vector(np.array([b for b, _ in found], np.int64), np.array([n for _, n in found], np.int64))


def _rounded(found: Ratio, times: int, least: int) -> tuple[int, int, int]:
    """Estimate, low and high as whole numbers, each rounded once: the interval outwards. There is at least what was
    counted in the sample."""
    low, high = found.interval()
    numbers = round(found.point * times), math.floor(low * times), math.ceil(high * times)
    estimate, lowest, highest = (max(number, least) for number in numbers)
    return estimate, lowest, highest
