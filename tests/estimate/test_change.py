"""Words for changes, their ranges, and ranks that overlap."""

import numpy as np
import pandas as pd
import pytest

from pipeline.estimate.change import audited, rank_intervals, sensitivity
from pipeline.estimate.proportions import Audited


def counts(hosts: int, without_decoys: int, geo: tuple[int | None, int | None] = (None, None)) -> pd.DataFrame:
    """Headline cells of the world: all, and with likely decoys left out."""
    rows = [("none", hosts + 10), ("certain", hosts), ("likely", without_decoys)]
    return pd.DataFrame([
        {
            "level": "world", "scope": "study", "ip_version": "4", "min_confidence": "medium", "decoys_left_out": grade,
            "n_hosts": n, "n_hosts_geo_min": geo[0], "n_hosts_geo_max": geo[1], "country": None,
        }
        for grade, n in rows
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        (counts(1_000, 950), counts(1_200, 1_150), "up"),
        (counts(1_200, 1_150), counts(1_000, 950), "down"),
        (counts(1_000, 950), counts(1_030, 980), "not distinguishable"),
        (counts(1_000, 950, (600, 1_300)), counts(1_200, 1_150, (700, 1_500)), "not distinguishable"),
    ],
)
def test_ranges_that_touch_say_nothing(before: pd.DataFrame, after: pd.DataFrame, word: str) -> None:
    found = sensitivity(before, after)
    assert found.word == word
    assert found.low <= found.change <= found.high
    assert found.basis == "sensitivity range"


def replicates(cameras: float, spread: float) -> Audited:
    draw = np.random.default_rng(3).normal(cameras, spread, 2_000)
    return Audited(draw, draw, draw)


def test_an_audit_tells_a_change_apart_and_pairs_the_years() -> None:
    # The same draws in both years: what one year overstates, so does the other.
    found = audited((1_000, 1_100), (replicates(900, 90), replicates(990, 99)))
    assert found.word == "up"
    assert found.high - found.low < 0.01
    assert found.change == pytest.approx(0.1)


def test_disagreement_on_the_country_widens_the_interval() -> None:
    audits = (replicates(900, 20), replicates(990, 22))
    narrow = audited((1_000, 1_100), audits)
    wide = audited((1_000, 1_100), audits, geo=((900, 1_100), (1_000, 1_200)))
    assert wide.low < narrow.low < narrow.high < wide.high
    assert wide.word == "not distinguishable"


def test_ranks_are_ranges_where_intervals_overlap() -> None:
    assert rank_intervals([90, 70, 75, 10], [110, 85, 95, 20]) == [(1, 2), (2, 3), (1, 3), (4, 4)]
    assert rank_intervals([3, 2, 1], [3, 2, 1]) == [(1, 1), (2, 2), (3, 3)]
