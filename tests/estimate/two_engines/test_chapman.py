"""Chapman's estimator on tables whose answers are known, and where it gives none."""

import math

import numpy as np
import pytest

from camcensus.estimate.two_engines.estimate import LEAST_OVERLAP, ODDS_RATIOS, Overlap, chapman


def test_a_textbook_case() -> None:
    # 200 marked, 300 caught, 60 of them marked: (201 * 301) / 61 - 1.
    found = chapman(Overlap(first=140, second=240, both=60))
    assert found is not None
    assert found.point == pytest.approx(201 * 301 / 61 - 1)
    assert found.low < found.point < found.high
    assert found.seen == 440


def test_no_estimate_under_ten_in_both() -> None:
    assert chapman(Overlap(100, 100, LEAST_OVERLAP - 1)) is None
    assert chapman(Overlap(100, 100, 0)) is None


def test_strata_without_an_estimate_add_what_was_seen() -> None:
    sound, thin = Overlap(140, 240, 60), Overlap(7, 8, 2)
    found, alone = chapman(sound, thin), chapman(sound)
    assert found is not None
    assert alone is not None
    assert found.left_out == thin.seen
    assert found.point == pytest.approx(alone.point + thin.seen)


def test_the_band_grows_with_the_odds_ratio() -> None:
    found = chapman(Overlap(140, 240, 60))
    assert found is not None
    assert [ratio for ratio, _ in found.band] == list(ODDS_RATIOS)
    missed = [point - found.seen for _, point in found.band]
    assert missed == pytest.approx([ratio * missed[0] for ratio in ODDS_RATIOS])
    assert found.band[0][1] == pytest.approx(found.point)


def test_nothing_missed_where_all_are_on_both() -> None:
    found = chapman(Overlap(0, 0, 50), Overlap(0, 0, 40))
    assert found is not None
    assert (found.point, found.low, found.high) == (90, 90, 90)


@pytest.mark.parametrize("strata", [1, 5])
def test_the_interval_holds_a_known_population_as_often_as_it_says(strata: int) -> None:
    draw = np.random.default_rng(1)
    held, tries, size = 0, 400, 600
    for _ in range(tries):
        overlaps = []
        for _ in range(strata):
            one, two = draw.random(size) < 0.5, draw.random(size) < 0.4
            overlaps.append(Overlap(int((one & ~two).sum()), int((~one & two).sum()), int((one & two).sum())))
        found = chapman(*overlaps)
        assert found is not None
        held += found.low <= strata * size <= found.high
    # Three standard deviations of a share of 0.95 in so many tries.
    assert abs(held / tries - 0.95) < 3 * math.sqrt(0.95 * 0.05 / tries)
