"""Cluster ratio estimates: a total from what was counted in blocks drawn at random, with a 95 % interval.

A block is a cluster: what lies in it is alike. So an estimate is the sum counted in the sampled blocks, over the sum of
matches that the engine announced in them, times the matches that it announces everywhere, which are free to ask for.
Blocks are of very different sizes, and the ratio of sums takes that out.

The interval comes from resampling whole blocks (Rao and Wu 1988: so that a sample of many of all blocks is known to be
surer), as percentiles. With few blocks that count, percentiles are too narrow: the interval is stretched, on the scale
of logarithms, by Student's t over the normal quantile, at as many degrees of freedom as there are effective blocks
(Kish: a sum squared over the sum of the squares; of the matches or of what was counted, whichever are fewer) but one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RESAMPLES = 2000
_AT_ONCE = 250
_TAILS = (0.025, 0.975)
# Student's t at 0.975 by degrees of freedom (any table of it); between them along 1 / degrees.
_T = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 8: 2.306, 10: 2.228, 15: 2.131, 30: 2.042}
_NORMAL = 1.960


@dataclass(frozen=True)
class Vector:
    """What some blocks hold of one thing: places of blocks among those that hold anything, and counts (not zero)."""

    blocks: Ints
    values: Ints

    @property
    def total(self) -> int:
        """The sum."""
        return int(self.values.sum())

    @property
    def effective(self) -> float:
        """How many equally large blocks would be as good."""
        squares = float((self.values.astype(np.float64) ** 2).sum())
        return self.total**2 / squares if squares else 0.0


@dataclass(frozen=True)
class Ratio:
    """A total that was estimated: `point`, the same for each resample (nan: its blocks held no matches) and by how much
    an interval from them is stretched."""

    point: float
    resampled: Floats
    stretch: float

    def over(self, whole: "Ratio") -> "Ratio":
        """The share of this total in another one."""
        with np.errstate(invalid="ignore", divide="ignore"):
            resampled = self.resampled / whole.resampled
        return Ratio(self.point / whole.point, resampled, self.stretch)

    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        known = self.resampled[np.isfinite(self.resampled)]
        if not self.point or not len(known):
            return self.point, self.point
        low, high = (float(q) for q in np.quantile(known, _TAILS))
        return (
            self.point * (min(low, self.point) / self.point) ** self.stretch,
            self.point * (max(high, self.point) / self.point) ** self.stretch,
        )


def resampled_sums(vectors: Sequence[Vector], n_occupied: int, n_blocks: int, n_frame: int, seed: int) -> list[Floats]:
    """The sum of each vector in each resample of the `n_blocks` sampled blocks, of which `n_occupied` hold anything;
    they were drawn from `n_frame`.

    A resample draws one block less than there are, with replacement; sums are pulled towards the sample's own by the
    share of the frame that was drawn. Counts are whole numbers under 2**53, so their sums are exact in any order.
    """
    less = n_blocks - 1
    chances = [*[1.0 / n_blocks] * n_occupied, max(1.0 - n_occupied / n_blocks, 0.0)]
    random = np.random.default_rng(seed)
    sums: list[list[Floats]] = [[] for _ in vectors]
    for _ in range(RESAMPLES // _AT_ONCE):
        times = random.multinomial(less, chances, size=_AT_ONCE).T.astype(np.float64)
        for vector, found in zip(vectors, sums, strict=True):
            found.append(vector.values.astype(np.float64) @ times[vector.blocks])
    pull = math.sqrt(1.0 - n_blocks / n_frame)
    return [
        vector.total + pull * (np.concatenate(found) * n_blocks / less - vector.total)
        for vector, found in zip(vectors, sums, strict=True)
    ]


def ratio(counted: Vector, matches: Vector, everywhere: int, sums: tuple[Floats, Floats]) -> Ratio:
    """The total of what was `counted` in blocks: over their `matches`, times the matches `everywhere`. `sums`: of both
    in the resamples."""
    above, below = sums
    resampled = np.full(len(above), np.nan)
    there = below > 0
    resampled[there] = everywhere * above[there] / below[there]
    effective = min(matches.effective, counted.effective)
    return Ratio(everywhere * counted.total / matches.total, resampled, stretch(effective))


def stretch(effective: float) -> float:
    """Student's t over the normal quantile, for so many effective blocks."""
    degrees = max(effective - 1.0, 1.0)
    known = sorted((1.0 / n, t) for n, t in _T.items())
    at, t = [0.0, *(x for x, _ in known)], [_NORMAL, *(y for _, y in known)]
    return float(np.interp(1.0 / degrees, at, t)) / _NORMAL
