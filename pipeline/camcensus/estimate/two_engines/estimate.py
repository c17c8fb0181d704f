"""The estimate from two engines: hosts (and identities) reachable from the Internet, by country and kind of network.

Chapman's estimator says how many of a population are on neither of two lists. It assumes a closed population, correct
matching, equal chances within a stratum in at least one list, and independent lists. Two lists cannot show whether they
are independent, so that is varied: with an odds ratio of r between the lists, r times as many hosts are on neither.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import pandas as pd

from camcensus.estimate.two_engines.lists import Lists

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


WHAT = "hosts reachable from the Internet, never cameras in the country"
WHY_NOT_ONE = (
    "An estimate of what no engine saw needs a second engine: one alone does not show how much it misses. Give the "
    "same window of a second engine (camcensus estimate engines --with)."
)
ASSUMPTIONS = (
    "the population does not change within the window (addresses that change within it break this)",
    "a host on both lists is recognised as the same (matched by address; also by serial number or MAC address)",
    "within a country and kind of network, at least one engine finds all hosts with the same chance",
    "whether one engine finds a host does not depend on the other; the band shows odds ratios of 1 to 10",
    "both lists use the same evidence, ports and window; decoys graded likely or certain are left out",
)
STRATUM = ["country", "network_kind"]
COLUMNS = [*STRATUM, "first_only", "second_only", "both", "estimate", "low", "high", "at_odds_10"]


@dataclass(frozen=True)
class Engines:
    """The estimates: a row per country and kind of network (`strata`), and the sums (None: too little overlap)."""

    strata: pd.DataFrame
    hosts: Estimate | None
    identities: Estimate | None


def estimate(lists: Lists) -> Engines:
    """Estimate hosts by stratum and in total, and identities in total."""
    overlaps = overlaps_of(lists, "host")
    rows = []
    for stratum, overlap in overlaps.items():
        found = chapman(overlap)
        figures = (found.point, found.low, found.high, found.band[-1][1]) if found else (None,) * 4
        rows.append((*stratum, overlap.first, overlap.second, overlap.both, *figures))
    strata = pd.DataFrame(rows, columns=COLUMNS)
    return Engines(strata, chapman(*overlaps.values()), chapman(*overlaps_of(lists, "identity").values()))


def overlaps_of(lists: Lists, unit: str) -> dict[tuple[str, str], Overlap]:
    """Return the overlap in each stratum; the first engine's stratum is used where the engines differ."""
    first, second = (_placed(frame, unit) for frame in (lists.first, lists.second))
    places = pd.concat([first, second[~second.index.isin(first.index)]])
    # Looked up for all hosts at once: once for each stratum is quadratic.
    places = places.assign(one=places.index.isin(first.index), two=places.index.isin(second.index))
    found: dict[tuple[str, str], Overlap] = {}
    for (country, kind), each in places.groupby(STRATUM, sort=True):
        one, two = each["one"], each["two"]
        overlap = Overlap(int((one & ~two).sum()), int((~one & two).sum()), int((one & two).sum()))
        found[str(country), str(kind)] = overlap
    return found


def _placed(frame: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return each host or identity once, by its latest banner."""
    latest = frame.dropna(subset=[unit]).sort_values(["seen_at", "host", "port"]).drop_duplicates(unit, keep="last")
    return latest.set_index(unit)[STRATUM]


def describe(found: Engines, lists: Lists) -> str:
    """Return the estimate as text, with its assumptions."""
    lines = [f"Estimated: {WHAT}.", "Assumptions:", *(f"  - {text}" for text in ASSUMPTIONS)]
    lines.append(f"Window: {(lists.end - lists.start + 1) // 86_400} days; {lists.ports} common ports.")
    for name, each in (("matched by address", found.hosts), ("matched by identity", found.identities)):
        if each is None:
            lines.append(f"{name}: no estimate; no stratum has an overlap of {LEAST_OVERLAP}")
            continue
        lines.append(
            f"{name}: {each.point:,.0f} (95% interval if independent: {each.low:,.0f} to {each.high:,.0f}); "
            f"on either list {each.seen:,}, of these {each.left_out:,} in strata without an estimate"
        )
        band = ", ".join(f"{ratio:g}: {point:,.0f}" for ratio, point in each.band)
        lines.append(f"  by odds ratio between the lists: {band}")
    return "\n".join(lines)
