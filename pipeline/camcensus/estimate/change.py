"""Change of a count between two years: a range or interval, and a word for it; ranks as ranges.

With audits of both years: an interval of the ratio of the corrected counts, widened by how far the location sources
disagree and by how much the change depends on the window. Without audits: the range over decoys left out or not, the
location sources and the window; the word depends on whether the two years' ranges overlap, since precision and recall
are unknown. Small counts get no word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from camcensus.estimate.audits.proportions import Audited

Word = Literal["up", "down", "not distinguishable"]
NO_WORD: Word = "not distinguishable"
Floats = npt.NDArray[np.float64]
SEED = 20261101
# Hosts that both years need for a word. The ranges do not contain chance, which is most of what moves a small count: in
# two simulated worlds (20,000 and 100,000 devices, three years, 2026-11-25) 138 of 191 words on fewer hosts had the
# direction of what the engine held, and 21 of 21 on more.
WORD_FROM = 200


@dataclass(frozen=True)
class Change:
    """A change, as a share of the year before."""

    before: int
    after: int
    change: float
    low: float
    high: float
    basis: Literal["audit", "sensitivity range"]
    word: Word


@dataclass(frozen=True)
class Span:
    """Headline hosts, and their least and most over decoys left out or not and the location sources."""

    hosts: int
    low: int
    high: int


def sensitivity(
    before: pd.DataFrame, after: pd.DataFrame, country: str | None = None, window: float = 1.0,
    confidence: str = "medium",
) -> Change:  # fmt: skip
    """Return the change of headline hosts between two years' counts (frames of `tables.COUNTS`), over their ranges.

    `country`: None is the world without the countries left out. `window`: the ratio of the years over the last 7 days
    of their windows, to their ratio over the complete windows. `confidence`: the headline's. Both years need a host.
    """
    one, two = (span(cells, country, confidence) for cells in (before, after))
    least, most = two.low * min(1.0, window), two.high * max(1.0, window)
    # The narrowest and the widest change that both years' ranges allow.
    low, high = least / one.high - 1.0, most / one.low - 1.0
    word: Word = "up" if least > one.high else "down" if most < one.low else NO_WORD
    if min(one.hosts, two.hosts) < WORD_FROM:
        word = NO_WORD
    return Change(one.hosts, two.hosts, two.hosts / one.hosts - 1.0, low, high, "sensitivity range", word)


def span(cells: pd.DataFrame, country: str | None = None, confidence: str = "medium") -> Span:
    """Return the range of the world, or of a country that has a headline."""
    level, scope = ("world", "study") if country is None else ("country", "all")
    for name, value in (("level", level), ("scope", scope), ("ip_version", "4"), ("min_confidence", confidence)):
        cells = cells[cells[name] == value]
    own = cells if country is None else cells[cells["country"] == country]
    headline = own[own["decoys_left_out"] == "certain"].iloc[0]
    located = [int(v) for v in (headline["n_hosts_geo_min"], headline["n_hosts_geo_max"]) if pd.notna(v)]
    variants = [int(v) for v in own["n_hosts"]] + located
    return Span(int(headline["n_hosts"]), max(1, min(variants)), max(variants))


def audited(
    counts: tuple[Span, Span], audits: tuple[Audited, Audited], correlation: float = 0.0, window: float = 1.0
) -> Change:  # fmt: skip
    """Return the change of corrected counts.

    `counts`: as counted, both years, with the range of the location sources; `audits`: replicates; `correlation`: of
    their errors, from hosts labelled in both years; `window`: as in `sensitivity`.
    """
    one, two = _paired(audits[0].cameras, audits[1].cameras, correlation)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = two / one
    low, middle, high = map(float, np.quantile(ratio[np.isfinite(ratio)], [0.025, 0.5, 0.975]))
    low, high = low * min(1.0, window), high * max(1.0, window)
    # The disagreement of one year's sources may exist in the other's too: each widens the interval on its own side.
    before, after = counts
    low = low / (before.high / before.hosts) * (after.low / after.hosts)
    high = high / (before.low / before.hosts) * (after.high / after.hosts)
    word: Word = "up" if low > 1.0 else "down" if high < 1.0 else NO_WORD
    return Change(before.hosts, after.hosts, middle - 1.0, low - 1.0, high - 1.0, "audit", word)


def _paired(one: Floats, two: Floats, correlation: float) -> tuple[Floats, Floats]:
    """Order the replicates of two years so that their ranks have this correlation (Iman and Conover 1982)."""
    draw = np.random.default_rng(SEED)
    shared, own = draw.standard_normal((2, min(len(one), len(two))))
    own = correlation * shared + np.sqrt(max(0.0, 1.0 - correlation**2)) * own
    pair = [np.sort(each[: len(shared)])[np.argsort(np.argsort(z))] for each, z in ((one, shared), (two, own))]
    return pair[0], pair[1]


def correlation(before: pd.DataFrame, after: pd.DataFrame) -> float:
    """Return the correlation of two audits' errors, from the hosts (`code`) that were labelled in both."""
    one, two = (_error_parts(rows) for rows in (before, after))
    both = one.index.intersection(two.index)
    spread = float(np.sqrt((one**2).sum() * (two**2).sum()))
    return float((one[both] * two[both]).sum() / spread) if spread else 0.0


def _error_parts(rows: pd.DataFrame) -> pd.Series:
    """Return what each labelled host adds to the error of the total, by code."""
    strata = rows.groupby("stratum")["answer"]
    weight = rows["stratum_size"] / strata.transform("size")
    parts = weight * (rows["answer"].astype(float) - strata.transform("mean").astype(float))
    return parts.set_axis(rows["code"])


def rank_intervals(low: Sequence[float], high: Sequence[float]) -> list[tuple[int, int]]:
    """Return the best and worst rank (1: largest) that each interval allows among the others."""
    lows, highs = np.asarray(low), np.asarray(high)
    return [(1 + int((lows > most).sum()), int((highs >= least).sum())) for least, most in zip(low, high, strict=True)]
