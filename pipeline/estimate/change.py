"""Change of a count between two years: a range or interval, and a word for it.

With audits of both years: an interval of the corrected counts' ratio, widened by how far the location sources disagree.
Without: the range over decoys left out or not, the location sources and the window; how the two years' ranges lie to
each other decides the word, since nothing is known of precision and recall.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.estimate.proportions import Audited

Word = Literal["up", "down", "not distinguishable"]


@dataclass(frozen=True)
class Change:
    """A change, as a share of the year before. `basis`: audit, or sensitivity range."""

    before: int
    after: int
    change: float
    low: float
    high: float
    basis: Literal["audit", "sensitivity range"]
    word: Word


def sensitivity(before: pd.DataFrame, after: pd.DataFrame, level: str = "world", country: str | None = None) -> Change:
    """The change of headline hosts between the counts of two years (frames of `tables.COUNTS`), over their ranges."""
    one, two = (_range(cells, level, country) for cells in (before, after))
    # The narrowest and the widest change that both years' ranges allow.
    low, high = two[1] / one[2] - 1.0, two[2] / one[1] - 1.0
    word: Word = "up" if two[1] > one[2] else "down" if two[2] < one[1] else "not distinguishable"
    return Change(one[0], two[0], two[0] / one[0] - 1.0, low, high, "sensitivity range", word)


def _range(cells: pd.DataFrame, level: str, country: str | None) -> tuple[int, int, int]:
    """Headline hosts, and the least and most that decoys and location sources allow (at medium confidence)."""
    own = cells[
        (cells["level"] == level) & (cells["scope"] == "study") & (cells["ip_version"] == "4")
        & (cells["min_confidence"] == "medium")
    ]  # fmt: skip
    if country is not None:
        own = own[own["country"] == country]
    hosts = own.set_index("decoys_left_out")["n_hosts"]
    headline = own[own["decoys_left_out"] == "certain"].iloc[0]
    count = int(headline["n_hosts"])
    located = [int(v) for v in (headline["n_hosts_geo_min"], headline["n_hosts_geo_max"]) if pd.notna(v)]
    all_ways = [int(v) for v in hosts] + located
    return count, max(1, min(all_ways)), max(all_ways)


def audited(
    counts: tuple[int, int], audits: tuple[Audited, Audited], geo: tuple[tuple[int, int], tuple[int, int]] | None = None
) -> Change:  # fmt: skip
    """The change of corrected counts. `counts`: as counted, both years; `audits`: replicates, drawn with one seed, so
    that they pair; `geo`: least and most hosts by the location sources, for both years."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = audits[1].cameras / audits[0].cameras
    ratio = ratio[np.isfinite(ratio)]
    low, middle, high = np.quantile(ratio, [0.025, 0.5, 0.975])
    for (least, most), side in zip(geo or (), (0, 1), strict=False):
        # What one year's sources leave open, the other's may too: each widens the interval on its own side.
        shrink, grow = least / counts[side], most / counts[side]
        low, high = (low / grow, high / shrink) if side == 0 else (low * shrink, high * grow)
    word: Word = "up" if low > 1.0 else "down" if high < 1.0 else "not distinguishable"
    return Change(counts[0], counts[1], float(middle) - 1.0, float(low) - 1.0, float(high) - 1.0, "audit", word)


def rank_intervals(low: Sequence[float], high: Sequence[float]) -> list[tuple[int, int]]:
    """The best and worst rank (1: largest) that each of these intervals allows beside the others."""
    lows, highs = np.asarray(low), np.asarray(high)
    best = [1 + int((lows > mine).sum()) for mine in highs]
    worst = [int((highs >= mine).sum()) for mine in lows]
    return list(zip(best, worst, strict=True))
