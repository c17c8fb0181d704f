"""Chapman's estimator: how many of a population are on neither of two lists.

It assumes a closed population, correct matching, equal chances within a stratum in at least one list, and independent
lists. Two lists cannot show whether they are independent, so that is varied: with an odds ratio of r between the lists,
r times as many hosts are on neither.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

LEAST_OVERLAP = 10
ODDS_RATIOS = (1.0, 2.0, 5.0, 10.0)
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Overlap:
    """How many are on the first list alone, on the second alone, and on both."""

    first: int
    second: int
    both: int

    @property
    def seen(self) -> int:
        """Return how many are on either list."""
        return self.first + self.second + self.both


@dataclass(frozen=True)
class Estimate:
    """A population: point and 95% interval if the lists are independent, and the point at each odds ratio (`band`).

    `seen`: on either list; `left_out`: of these, in strata without an estimate, which add only what was seen.
    """

    seen: int
    left_out: int
    point: float
    low: float
    high: float
    band: tuple[tuple[float, float], ...]


def chapman(*overlaps: Overlap) -> Estimate | None:
    """Estimate strata and sum over them; None if none has an overlap of `LEAST_OVERLAP`.

    One stratum has the transformed logit interval of Sadinle (2009), which is valid in small samples. Several have a
    log-normal interval of what is on neither list, with Chapman's variances added.
    """
    used = [o for o in overlaps if o.both >= LEAST_OVERLAP]
    left_out = sum(o.seen for o in overlaps if o.both < LEAST_OVERLAP)
    if not used:
        return None
    seen = sum(o.seen for o in used)
    missed = sum(o.first * o.second / (o.both + 1) for o in used)
    low, high = _logit(used[0]) if len(used) == 1 else _lognormal(seen, missed, sum(map(_variance, used)))
    band = tuple((ratio, seen + left_out + ratio * missed) for ratio in ODDS_RATIOS)
    return Estimate(seen + left_out, left_out, seen + left_out + missed, left_out + low, left_out + high, band)


def _variance(o: Overlap) -> float:
    one, two = o.first + o.both, o.second + o.both
    return (one + 1) * (two + 1) * o.first * o.second / ((o.both + 1) ** 2 * (o.both + 2))


def _lognormal(seen: int, missed: float, variance: float) -> tuple[float, float]:
    if missed <= 0:
        return float(seen), float(seen)
    factor = math.exp(_Z * math.sqrt(math.log1p(variance / missed**2)))
    return seen + missed / factor, seen + missed * factor


def _logit(o: Overlap) -> tuple[float, float]:
    first, second, both = o.first + 0.5, o.second + 0.5, o.both + 0.5
    deviation = math.sqrt(1 / both + 1 / first + 1 / second + both / (first * second))
    centre = first * second / both
    start, factor = o.seen - 0.5, math.exp(_Z * deviation)
    return start + centre / factor, start + centre * factor
