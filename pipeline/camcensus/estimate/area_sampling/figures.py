"""Figures of a sample by world, country, maker and unit: an estimate, or why there is none.

The ratio of a maker with own queries uses the matches of these queries; all others use the matches of all queries. The
ratio of a country uses what the engine announces there, so the engine's location errors enter as far as they show in
the sampled blocks.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from camcensus.estimate.area_sampling.ratio import Ratio, Vector, ratio, resample

UNITS = ("n_hosts", "n_devices", "n_banners")
ALL, STUDY = "all", "study"
# Sampled blocks that must have matches of a cell, and that must have what is counted.
LEAST_BLOCKS = 10
PPM = 1_000_000
_INTERVAL = ("estimate", "low", "high")
_SHARE = ("share_ppm", "share_low_ppm", "share_high_ppm")


@dataclass(frozen=True)
class Matches:
    """Matches that the engine announces for a maker's queries (None: of no one maker) in a country."""

    block: int | None  # its number in the sample; None: everywhere
    maker: str | None
    country: str
    n: int


@dataclass(frozen=True)
class Counted:
    """What was counted in a block and a country, of one maker or of all (None)."""

    block: int
    country: str
    maker: str | None
    units: Mapping[str, int]


@dataclass(frozen=True)
class Sampled:
    """A sample: its blocks, the blocks of the frame, the seed of the draw, matches and counts."""

    n_blocks: int
    n_frame: int
    seed: int
    matches: tuple[Matches, ...]
    counted: tuple[Counted, ...]


@dataclass(frozen=True)
class Cell:
    """The place and maker of a figure. `place`: a country, or a scope (all; study: without the countries left out)."""

    place: str
    maker: str | None = None

    @property
    def country(self) -> str | None:
        """Return the country, if the place is one."""
        return None if self.place in (ALL, STUDY) else self.place

    @property
    def level(self) -> str:
        """Return what it groups by, as in the counts."""
        named = [name for name, value in (("country", self.country), ("manufacturer", self.maker)) if value]
        return "+".join(named) or "world"

    @property
    def base(self) -> "Cell":
        """Return what it is a share of: the place of a maker, the world of a country."""
        return Cell(self.place if self.maker else ALL)

    def order(self) -> tuple[str, ...]:
        """Return the sort key of the table."""
        levels = ("world", "country", "manufacturer", "country+manufacturer")
        return str(levels.index(self.level)), self.place, self.maker or ""


Sums = defaultdict[Cell, Counter[int]]  # cell to block to number


class Figures:
    """The figures of one sample."""

    def __init__(self, sampled: Sampled, left_out: tuple[str, ...], vendors: tuple[str, ...]) -> None:
        """`left_out`: countries outside the scope "study"; `vendors`: makers that always have a row."""
        self._sampled = sampled
        self._left_out = left_out
        self._own = {m.maker for m in sampled.matches if m.block is None and m.maker}
        self._everywhere: Counter[Cell] = Counter()
        self._matches: Sums = defaultdict(Counter)
        self._counted: dict[str, Sums] = {unit: defaultdict(Counter) for unit in UNITS}
        self._add()
        self._cells = sorted(self._wanted(vendors), key=Cell.order)

    def rows(self) -> list[dict[str, Any]]:
        """Return a row per cell and unit, with the columns of `tables.ESTIMATES` that differ between them."""
        given = [(cell, unit) for cell in self._cells for unit in UNITS if not self._reason(cell, unit)]
        found = self._ratios(given) if given else {}
        return [self._row(cell, unit, found) for cell in self._cells for unit in UNITS]

    def _places(self, country: str) -> Iterator[str]:
        yield from (ALL, country)
        if country not in self._left_out:
            yield STUDY

    def _add(self) -> None:
        for found in self._sampled.matches:
            for place in self._places(found.country):
                for maker in {None, found.maker}:
                    if found.block is None:
                        self._everywhere[Cell(place, maker)] += found.n
                    elif found.n:
                        self._matches[Cell(place, maker)][found.block] += found.n
        for each in self._sampled.counted:
            for place, unit in product(self._places(each.country), UNITS):
                if each.units[unit]:
                    self._counted[unit][Cell(place, each.maker)][each.block] += each.units[unit]

    def _wanted(self, vendors: tuple[str, ...]) -> set[Cell]:
        counted = {cell for unit in UNITS for cell in self._counted[unit]}
        places = {cell.place for cell in (*self._everywhere, *counted)} | {ALL, STUDY}
        return counted | {Cell(place) for place in places} | {Cell(*each) for each in product((ALL, STUDY), vendors)}

    def _matched_by(self, cell: Cell) -> Cell:
        """Return the cell whose matches are the denominator of the ratio."""
        return cell if cell.maker in self._own else Cell(cell.place)

    def _reason(self, cell: Cell, unit: str) -> str:
        """Return why there is no estimate; empty if there is one."""
        against = self._matched_by(cell)
        of = f"of {self._sampled.n_blocks:,} sampled blocks"
        least = f"an estimate needs {LEAST_BLOCKS}"
        if self._sampled.n_blocks < LEAST_BLOCKS:
            return f"{self._sampled.n_blocks:,} blocks were sampled; {least}"
        if not self._everywhere[against]:
            return "the engine announces no match here"
        for what, blocks in (("matches", self._matches.get(against)), ("counted", self._counted[unit].get(cell))):
            if len(blocks or ()) < LEAST_BLOCKS:
                return f"{what} in {len(blocks or ())} {of}; {least}"
        return ""

    def _ratios(self, given: list[tuple[Cell, str]]) -> dict[tuple[Cell, str], Ratio]:
        """Return the estimate of each of these figures."""
        occupied = {m.block for m in self._sampled.matches if m.block is not None}
        blocks = sorted(occupied | {c.block for c in self._sampled.counted})
        place = {block: n for n, block in enumerate(blocks)}
        against = list(dict.fromkeys(self._matched_by(cell) for cell, _ in given))
        matches = {cell: _vector(self._matches[cell], place) for cell in against}
        counted = {(cell, unit): _vector(self._counted[unit][cell], place) for cell, unit in given}
        drawn = resample(
            [*matches.values(), *counted.values()],
            len(blocks), self._sampled.n_blocks, self._sampled.n_frame, self._sampled.seed,
        )  # fmt: skip
        below = dict(zip(matches, drawn.sums, strict=False))
        above = dict(zip(counted, drawn.sums[len(matches) :], strict=True))
        found = {}
        for figure in given:
            base = self._matched_by(figure[0])
            sums = above[figure], below[base]
            found[figure] = ratio(counted[figure], matches[base], self._everywhere[base], sums, drawn.added)
        return found

    def _row(self, cell: Cell, unit: str, found: Mapping[tuple[Cell, str], Ratio]) -> dict[str, Any]:
        against = self._matched_by(cell)
        inside = self._counted[unit].get(cell, Counter[int]())
        counted = inside.total()
        row: dict[str, Any] = dict.fromkeys((*_INTERVAL, *_SHARE)) | {
            "level": cell.level, "scope": ALL if cell.country else cell.place, "country": cell.country,
            "manufacturer": cell.maker, "unit": unit, "in_sample": counted, "n_matches": self._everywhere[against],
            "blocks_with_matches": len(self._matches.get(against, {})), "blocks_counted": len(inside),
            "reason": self._reason(cell, unit) or None,
        }  # fmt: skip
        own, base = found.get((cell, unit)), found.get((cell.base, unit))
        if own:
            row |= dict(zip(_INTERVAL, _rounded(own, 1, counted), strict=True))
        if own and base and cell != cell.base:
            row |= dict(zip(_SHARE, _rounded(own.over(base), PPM, 0), strict=True))
        return row


def _vector(sums: Mapping[int, int], place: Mapping[int, int]) -> Vector:
    found = sorted((place[block], n) for block, n in sums.items())
    return Vector(np.array([b for b, _ in found], np.int64), np.array([n for _, n in found], np.int64))


def _rounded(found: Ratio, times: int, least: int) -> list[int]:
    """Round estimate, low and high, the interval outwards; each is at least what was counted in the sample."""
    low, high = found.interval()
    numbers = round(found.point * times), math.floor(low * times), math.ceil(high * times)
    return [max(number, least) for number in numbers]
