"""Shares found by hand: Wilson's interval and the stratified bootstrap."""

import numpy as np
import pytest

from camcensus.estimate.audits.proportions import Stratum, bootstrap, wilson


def stratum(size: int, counted: int, cameras: int, labelled: int, uncounted_cameras: int = 0) -> Stratum:
    """`counted` of the labelled hosts are counted; of these `cameras` are one, of the others `uncounted_cameras`."""
    is_counted = np.arange(labelled) < counted
    is_camera = (np.arange(labelled) < cameras) | (~is_counted & (np.arange(labelled) < counted + uncounted_cameras))
    return Stratum(size, is_counted, is_camera)


def test_wilson_as_published() -> None:
    # Brown, Cai and DasGupta 2001: 15 of 15, and 5 of 10.
    assert wilson(15, 15) == pytest.approx((0.7961, 1.0), abs=1e-3)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_stratum_that_was_labelled_whole_has_no_doubt_left() -> None:
    found = bootstrap([stratum(40, counted=40, cameras=30, labelled=40)], seed=1)
    assert found.interval("cameras") == pytest.approx((30, 30, 30))
    assert found.interval("precision") == pytest.approx((0.75, 0.75, 0.75))


def test_strata_weigh_by_their_size() -> None:
    strata = [stratum(9_000, 50, 49, 50), stratum(1_000, 50, 4, 50)]
    mean, low, high = bootstrap(strata, seed=1).interval("precision")
    assert low < 0.9 < high
    assert mean == pytest.approx(0.9 * 0.98 + 0.1 * 0.08, abs=0.01)


def test_unanimous_labels_still_leave_doubt() -> None:
    _, low, high = bootstrap([stratum(1_000, 20, 20, 20)], seed=1).interval("precision")
    assert low < 0.97
    assert high > 0.99


def test_cameras_that_were_not_counted_lower_the_recall() -> None:
    strata = [stratum(800, 40, 40, 40), stratum(400, 0, 0, 40, uncounted_cameras=10)]
    mean, low, high = bootstrap(strata, seed=1).interval("recall")
    assert low < 800 / 900 < high
    assert mean == pytest.approx(800 / 900, abs=0.03)
    assert bootstrap(strata, seed=1).interval("cameras")[0] == pytest.approx(900, rel=0.05)


def test_the_same_seed_gives_the_same_interval() -> None:
    strata = [stratum(800, 40, 30, 40), stratum(400, 0, 0, 40, uncounted_cameras=10)]
    assert bootstrap(strata, seed=5).interval("cameras") == bootstrap(strata, seed=5).interval("cameras")
    assert bootstrap(strata, seed=5).interval("cameras") != bootstrap(strata, seed=6).interval("cameras")
