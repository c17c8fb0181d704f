"""Words for changes, their ranges, and ranks that overlap."""

import numpy as np
import pandas as pd
import pytest

from camcensus.estimate.audits.proportions import Audited
from camcensus.estimate.change import WORD_FROM, Span, audited, correlation, rank_intervals, sensitivity


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


def test_few_hosts_are_never_called_up_or_down() -> None:
    for before, after in ((WORD_FROM - 1, 5_000), (5_000, WORD_FROM - 1), (1, 2)):
        assert sensitivity(counts(before, before), counts(after, after)).word == "not distinguishable"
    assert sensitivity(counts(WORD_FROM, WORD_FROM), counts(5_000, 5_000)).word == "up"
    assert sensitivity(counts(5_000, 5_000), counts(WORD_FROM, WORD_FROM)).word == "down"


def test_another_share_of_late_sights_widens_the_range() -> None:
    plain = sensitivity(counts(1_000, 950), counts(1_200, 1_150))
    for window in (0.8, 1.25):
        found = sensitivity(counts(1_000, 950), counts(1_200, 1_150), window=window)
        assert (found.low < plain.low) == (window < 1)
        assert (found.high > plain.high) == (window > 1)
    assert sensitivity(counts(1_000, 950), counts(1_200, 1_150), window=0.8).word == "not distinguishable"


def replicates(cameras: float, spread: float, seed: int = 3) -> Audited:
    draw = np.random.default_rng(seed).normal(cameras, spread, 2_000)
    return Audited(draw, draw, draw)


COUNTED = (Span(1_000, 1_000, 1_000), Span(1_100, 1_100, 1_100))


def test_an_audit_tells_a_change_apart_and_pairs_the_years() -> None:
    audits = (replicates(900, 90), replicates(990, 99, seed=4))
    apart, paired = audited(COUNTED, audits), audited(COUNTED, audits, correlation=1.0)
    # What one year overstates, so does the other.
    assert paired.word == "up"
    assert paired.high - paired.low < 0.06
    assert paired.change == pytest.approx(0.1, abs=0.01)
    assert apart.word == "not distinguishable"
    assert apart.high - apart.low == pytest.approx(2 * 1.96 * 1.1 * 0.1 * 2**0.5, rel=0.15)


def test_disagreement_on_the_country_widens_the_interval() -> None:
    audits = (replicates(900, 20), replicates(990, 22, seed=4))
    narrow = audited(COUNTED, audits)
    wide = audited((Span(1_000, 900, 1_100), Span(1_100, 1_000, 1_200)), audits)
    assert wide.low < narrow.low < narrow.high < wide.high
    assert wide.word == "not distinguishable"
    late = audited(COUNTED, audits, window=0.9)
    assert late.low == pytest.approx((1 + narrow.low) * 0.9 - 1)
    assert late.high == narrow.high


def labelled(answers: list[bool], first: int = 0) -> pd.DataFrame:
    codes = [f"c{n}" for n in range(first, first + len(answers))]
    return pd.DataFrame({"code": codes, "stratum": "s", "stratum_size": 1_000, "answer": answers})


def test_errors_of_hosts_labelled_in_both_years_go_together() -> None:
    some = [n % 5 > 0 for n in range(50)]
    assert correlation(labelled(some), labelled(some)) == pytest.approx(1)
    assert correlation(labelled(some), labelled([not a for a in some])) == pytest.approx(-1)
    assert correlation(labelled(some), labelled(some, first=50)) == 0
    assert 0.3 < correlation(labelled(some), labelled(some, first=25)) < 0.7
    assert correlation(labelled([True] * 9), labelled(some)) == 0


def test_ranks_are_ranges_where_intervals_overlap() -> None:
    assert rank_intervals([90, 70, 75, 10], [110, 85, 95, 20]) == [(1, 2), (2, 3), (1, 3), (4, 4)]
    assert rank_intervals([3, 2, 1], [3, 2, 1]) == [(1, 1), (2, 2), (3, 3)]
