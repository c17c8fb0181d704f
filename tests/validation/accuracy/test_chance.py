"""Draws hang on seed, name and ids alone, and look even and independent."""

import numpy as np
import pytest

from camcensus.validation.simulate.chance import Chance

IDS = np.arange(200_000)


def test_a_draw_is_the_same_alone_and_among_others() -> None:
    chance = Chance(7)
    together = chance.uniform("name", IDS, 3)
    assert [chance.uniform("name", n, 3)[0] for n in (0, 1, 77, 199_999)] == together[[0, 1, 77, 199_999]].tolist()


@pytest.mark.parametrize("other", [Chance(8).uniform("name", IDS), Chance(7).uniform("names", IDS)])
def test_another_seed_or_name_gives_other_draws(other: np.ndarray) -> None:
    mine = Chance(7).uniform("name", IDS)
    assert not (mine == other).any()
    assert abs(np.corrcoef(mine, other)[0, 1]) < 0.01


def test_shares_are_even_and_neighbours_independent() -> None:
    drawn = Chance(7).uniform("even", IDS)
    counts = np.bincount((drawn * 100).astype(int), minlength=100)
    assert counts.min() > 1_800
    assert counts.max() < 2_200
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.01


def test_normal_draws_have_mean_nought_and_deviation_one() -> None:
    drawn = Chance(7).normal("normal", IDS)
    assert abs(drawn.mean()) < 0.01
    assert abs(drawn.std() - 1) < 0.01


def test_picks_follow_their_weights_and_never_take_a_weight_of_nought() -> None:
    picked = np.bincount(Chance(7).choice("pick", np.array([1.0, 0.0, 3.0]), IDS), minlength=3)
    assert picked[1] == 0
    assert picked[2] / picked[0] == pytest.approx(3, rel=0.05)


def test_below_stays_below() -> None:
    drawn = Chance(7).integers("below", np.full(len(IDS), 6), IDS)
    assert set(drawn.tolist()) == set(range(6))
