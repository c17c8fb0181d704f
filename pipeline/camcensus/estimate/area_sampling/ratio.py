"""Cluster ratio estimates: a total from what was counted in blocks drawn at random, with a 95% interval.

A block is a cluster: its hosts are alike. An estimate is the sum counted in the sampled blocks, divided by the matches
that the engine announced in them, times the matches that it announces everywhere, which cost no credits. The ratio of
sums allows for blocks of very different sizes.

The interval comes from percentiles of resampled blocks (Rao and Wu 1988, which accounts for the share of the frame that
was drawn). With few effective blocks percentiles are too narrow, so the interval is stretched, on a logarithmic scale,
by Student's t over the normal quantile. Its degrees of freedom are the effective blocks (Kish: a sum squared over the
sum of the squares; of the matches or of what was counted, whichever are fewer) minus one.

What happens in few blocks may have happened in none of those drawn: if every match was counted, no resample shows
another. So for the lower end a block is added that has the average number of matches, none of which counts.
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
    """Counts (not zero) of one quantity by block; blocks are numbered among those that contain anything."""

    blocks: Ints
    values: Ints

    @property
    def total(self) -> int:
        """Return the sum."""
        return int(self.values.sum())

    @property
    def effective(self) -> float:
        """Return how many equally large blocks would give the same precision."""
        squares = float((self.values.astype(np.float64) ** 2).sum())
        return self.total**2 / squares if squares else 0.0


@dataclass(frozen=True)
class Resamples:
    """Sums in each resample, by vector, and the size of the added block in each, in average blocks."""

    sums: list[Floats]
    added: Floats


@dataclass(frozen=True)
class Ratio:
    """An estimated total: point, resamples (nan: no matches), resamples with the added block, and stretch."""

    point: float
    resampled: Floats
    cautious: Floats
    stretch: float

    def over(self, whole: "Ratio") -> "Ratio":
        """Return the share of this total in another one."""
        with np.errstate(invalid="ignore", divide="ignore"):
            resampled, cautious = self.resampled / whole.resampled, self.cautious / whole.resampled
        return Ratio(self.point / whole.point, resampled, cautious, self.stretch)

    def interval(self) -> tuple[float, float]:
        """Return the 95% interval."""
        known = [found[np.isfinite(found)] for found in (self.cautious, self.resampled)]
        if not (self.point and len(known[0]) and len(known[1])):
            return self.point, self.point
        low, high = (float(np.quantile(found, tail)) for found, tail in zip(known, _TAILS, strict=True))
        return (
            self.point * (min(low, self.point) / self.point) ** self.stretch,
            self.point * (max(high, self.point) / self.point) ** self.stretch,
        )


def resample(vectors: Sequence[Vector], n_occupied: int, n_blocks: int, n_frame: int, seed: int) -> Resamples:
    """Sum each vector in each resample of the `n_blocks` sampled blocks, drawn from `n_frame`.

    `n_occupied` of the blocks contain anything. A resample draws one block less than there are, with replacement; sums
    move towards the sample's own by the share of the frame that was drawn. Counts are whole numbers under 2**53, so
    their sums are exact in any order.
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
    scale = n_blocks / less
    return Resamples(
        [v.total + pull * (np.concatenate(found) * scale - v.total) for v, found in zip(vectors, sums, strict=True)],
        np.asarray(pull * scale * random.poisson(1.0, RESAMPLES), np.float64),
    )


def ratio(counted: Vector, matches: Vector, everywhere: int, sums: tuple[Floats, Floats], added: Floats) -> Ratio:
    """Estimate what was `counted` over `matches` in blocks, times those `everywhere`; `sums`: of both, resampled."""
    above, below = sums
    point = everywhere * counted.total / matches.total
    average = matches.total / len(matches.values)
    with np.errstate(invalid="ignore", divide="ignore"):
        resampled = np.where(below > 0, everywhere * above / below, np.nan)
        cautious = np.where(below > 0, everywhere * above / (below + average * added), np.nan)
    return Ratio(point, resampled, cautious, stretch(min(matches.effective, counted.effective)))


def stretch(effective: float) -> float:
    """Return Student's t over the normal quantile for a number of effective blocks."""
    degrees = max(effective - 1.0, 1.0)
    at, t = zip((0.0, _NORMAL), *sorted((1.0 / n, t) for n, t in _T.items()), strict=True)
    return float(np.interp(1.0 / degrees, at, t)) / _NORMAL
