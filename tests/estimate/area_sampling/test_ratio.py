"""The ratio of sums over blocks: right by hand, near the truth over many samples; an interval that knows its limits."""

import math

import numpy as np
import pytest

from camcensus.estimate.area_sampling.ratio import Ratio, Vector, ratio, resample, stretch
from camcensus.raw.address_blocks import Frame

FRAME = Frame(12)


def vector(values: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Vector:
    """The blocks that hold anything."""
    return Vector(np.flatnonzero(values), values[values > 0])


def estimate(counted: list[int], matches: list[int], everywhere: int, frame: int, seed: int = 1) -> Ratio:
    """The estimate from what was counted in each sampled block, and its matches."""
    y, x = vector(np.array(counted)), vector(np.array(matches))
    drawn = resample([y, x], len(counted), len(counted), frame, seed)
    return ratio(y, x, everywhere, (drawn.sums[0], drawn.sums[1]), drawn.added)


def test_an_estimate_is_the_ratio_of_sums_times_all_matches() -> None:
    found = estimate([1, 0, 8, 3], [2, 1, 9, 4], 1600, 100)
    assert found.point == 1600 * 12 / 16
    low, high = found.interval()
    assert low < found.point < high


def test_where_every_block_was_drawn_nothing_is_left_to_chance() -> None:
    assert estimate([1, 0, 8, 3], [2, 1, 9, 4], 16, 4).interval() == pytest.approx((12, 12))


def test_what_was_never_seen_to_fail_may_fail_elsewhere_the_less_the_more_blocks_there_are() -> None:
    lows = []
    for blocks in (10, 40, 160):
        low, high = estimate([3] * blocks, [3] * blocks, 1000, 10_000).interval()
        assert high == pytest.approx(1000)
        lows.append(low)
    # Of n things that never failed, 3 / n may fail (the rule of three); a block is one thing here.
    assert lows == sorted(lows)
    assert all(1 - 5 / n < low / 1000 < 1 - 1.5 / n for n, low in zip((10, 40, 160), lows, strict=True))


def test_resamples_vary_as_a_simple_random_sample_of_blocks_does() -> None:
    values = np.random.default_rng(3).integers(0, 50, 40)
    n, frame = len(values), 100
    (sums,) = resample([vector(values)], n, n, frame, seed=1).sums
    assert sums.mean() == pytest.approx(values.sum(), rel=0.02)
    assert sums.var() == pytest.approx(n * values.var(ddof=1) * (1 - n / frame), rel=0.15)


def test_the_same_seed_gives_the_same_resamples_whatever_else_is_asked() -> None:
    first, second = vector(np.array([5, 0, 7, 1])), vector(np.array([0, 2, 0, 9]))
    alone = resample([second], 4, 10, 50, seed=4)
    both = resample([first, second], 4, 10, 50, seed=4)
    assert np.array_equal(both.sums[1], alone.sums[0])
    assert np.array_equal(both.added, alone.added)
    assert not np.array_equal(resample([second], 4, 10, 50, seed=5).sums[0], alone.sums[0])


def test_the_fewer_blocks_really_count_the_wider_the_interval() -> None:
    assert stretch(1e9) == pytest.approx(1.0)
    assert stretch(11) == pytest.approx(2.228 / 1.96)
    assert stretch(3) == pytest.approx(4.303 / 1.96)
    assert stretch(1) == stretch(0) == pytest.approx(12.706 / 1.96)
    assert all(stretch(n) > stretch(n + 0.5) for n in np.arange(2, 60, 0.5))
    assert vector(np.array([4, 4, 4])).effective == pytest.approx(3)
    assert vector(np.array([1000, 1, 1])).effective == pytest.approx(1, abs=0.01)


def test_estimates_of_many_samples_lie_around_the_truth() -> None:
    # Blocks as they are: most of them empty, few very full, and what is counted hangs on the matches.
    random = np.random.default_rng(20)
    full = random.random(FRAME.size) < 0.3
    matches = np.where(full, np.ceil(random.lognormal(2.0, 1.2, FRAME.size)), 0).astype(np.int64)
    counted = random.binomial(matches, random.beta(4, 2, FRAME.size))
    truth = int(counted.sum())
    places = {FRAME.block(place): place for place in range(FRAME.size)}
    points, sizes = [], []
    for seed in range(300):
        drawn = [places[block] for block in FRAME.draw(seed, 150)]
        points.append(int(matches.sum()) * counted[drawn].sum() / matches[drawn].sum())
        sizes.append(matches[drawn].sum())
    spread = np.std(points)
    # The bias of a ratio is at most its deviation times the relative deviation of what stands below (Cochran 1977,
    # 6.8); what 300 samples leave to chance comes on top, at 5 standard errors.
    allowed = spread * (np.std(sizes) / np.mean(sizes) + 5 / math.sqrt(len(points)))
    assert abs(np.mean(points) - truth) < allowed
    # The check is no formality: simple expansion by the number of blocks is far more spread out.
    assert spread < 0.1 * truth
