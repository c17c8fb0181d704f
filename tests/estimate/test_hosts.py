"""A random sample of hosts, and the interval of a share."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camcensus.estimate.area_sampling.hosts import draw, wilson

HOSTS = [f"192.0.2.{n}" for n in range(200)]


def test_a_draw_is_repeatable_and_depends_on_nothing_but_the_hosts_and_the_seed() -> None:
    once = draw(HOSTS, 20, 1)
    assert once == draw(reversed(HOSTS + HOSTS), 20, 1)
    assert once != draw(HOSTS, 20, 2)
    assert len(set(once)) == 20
    assert once == sorted(once)


def test_no_more_hosts_than_there_are() -> None:
    assert draw(HOSTS, 500, 1) == sorted(HOSTS)
    assert draw([], 5, 1) == []


def test_every_host_is_as_likely() -> None:
    often = dict.fromkeys(HOSTS, 0)
    for seed in range(400):
        for host in draw(HOSTS, 20, seed):
            often[host] += 1
    # 40 on average, with a standard deviation of 6.
    assert min(often.values()) > 15
    assert max(often.values()) < 70


@pytest.mark.parametrize(
    ("flagged", "hosts", "low", "high"),
    [(0, 10, 0.0, 0.27754), (1, 10, 0.01788, 0.40415), (5, 10, 0.23659, 0.76341), (10, 10, 0.72246, 1.0)],
)
def test_known_intervals(flagged: int, hosts: int, low: float, high: float) -> None:
    assert wilson(flagged, hosts) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_what_was_seen_and_mirrors_what_was_not(seen: tuple[int, int]) -> None:
    flagged, hosts = seen
    low, high = wilson(flagged, hosts)
    assert 0 <= low <= flagged / hosts <= high <= 1
    other = wilson(hosts - flagged, hosts)
    assert (1 - other[1], 1 - other[0]) == pytest.approx((low, high))


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_nineteen_of_twenty_intervals_hold_the_true_share(share: float) -> None:
    hosts = 150
    chances = [math.comb(hosts, k) * share**k * (1 - share) ** (hosts - k) for k in range(hosts + 1)]
    held = sum(p for k, p in enumerate(chances) if wilson(k, hosts)[0] <= share <= wilson(k, hosts)[1])
    assert 0.93 < held < 0.98


@pytest.mark.parametrize("seen", [(0, 0), (2, 1), (-1, 5)])
def test_what_is_no_share_is_refused(seen: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson(*seen)
