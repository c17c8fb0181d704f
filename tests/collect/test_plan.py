"""What a plan says brackets what collecting then costs; nothing is spent by asking."""

import json
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camcensus.collect.plan import Price, make_plan, parts_at_most, plan_text
from camcensus.core.config import load_study
from camcensus.validation.loopback.index import Index
from camcensus.validation.loopback.server import KEY
from tests.collect.worlds import PRODUCT, SERVER, cameras, collect, served, study_in
from tests.conftest import banner


def priced(study: Path, mode: str = "download") -> Price:
    return next(price for price in make_plan(load_study(study), KEY).totals() if price.mode == mode)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    shares=st.lists(st.integers(1, 9), min_size=1, max_size=6), ports=st.integers(1, 4),
    number=st.integers(0, 900), depth=st.integers(1, 3), spread=st.sampled_from([1, 300, 65_000, 9_000_000]),
    v6=st.integers(0, 3),
)  # fmt: skip
def test_the_price_brackets_the_cost(
    tmp_path_factory: Any, shares: list[int], ports: int, number: int, depth: int, spread: int, v6: int
) -> None:
    codes = [code for code, n in zip(["DE", "US", "FR", None, "GB", "JP"], shares, strict=False) for _ in range(n)]
    world = [
        banner(
            ip=None, port=80 + n % ports, location={"country_code": codes[n % len(codes)]},
            ip_str=f"2001:db8::{n:x}" if n % 10 < v6 else str(IPv4Address((0x3C000000 + n * spread) % (1 << 32))),
        )
        for n in range(number)
    ]  # fmt: skip
    study = study_in(tmp_path_factory.mktemp("plan"), depth=depth, budget=100_000)
    with served(Index(world)) as server:
        price = priced(study)
        assert server.credits == 10_000_000
        done = collect(study)
        assert done.complete
        assert price.credits_least <= done.credits <= price.credits_most
        assert price.matches == number
        assert done.credits == 10_000_000 - server.credits


def test_queries_and_modes_in_one_table(folder: Path) -> None:
    study = study_in(folder, queries=(PRODUCT, SERVER), rate=0, budget=7)
    banners = cameras(250)
    for camera in banners[:100]:
        camera["product"] = "Other"
    with served(banners, plan="plus", credits=2) as server:
        plan = make_plan(load_study(study), KEY)
        assert server.credits == 2
    by_query = {(price.mode, price.query): price for price in plan.prices}
    assert [by_query["download", name].matches for name in (PRODUCT, SERVER)] == [150, 100]
    assert [by_query["download", name].credits_least for name in (PRODUCT, SERVER)] == [2, 1]
    assert by_query["census", PRODUCT].credits_most == by_query["trends", PRODUCT].credits_most == 0
    told = plan_text(plan, as_json=False)
    assert "the account (plan plus) has 2 query credits left; the study allows 7 for a snapshot" in told
    assert "the account has too few credits for a download, which costs at least 3" in told
    assert "Nothing was spent" in told
    found = json.loads(plan_text(plan, as_json=True))
    assert found["credits_left"] == 2
    totals = {total["mode"]: total for total in found["totals"]}
    assert (totals["download"]["credits_least"], totals["download"]["credits_most"]) == (3, 3)
    assert totals["census"]["credits_most"] == 0


@pytest.mark.parametrize(("requests", "rate", "hours"), [(3600, 1.0, 1.0), (1800, 0.5, 1.0), (5, 0.0, 0.0)])
def test_hours_at_a_rate(requests: int, rate: float, hours: float) -> None:
    assert Price("download", "q", 0, 0, 0, requests).hours(rate) == hours


def test_a_query_that_finds_nothing_costs_nothing(folder: Path) -> None:
    study = study_in(folder)
    with served([]):
        price = priced(study)
        assert (price.matches, price.credits_least, price.credits_most) == (0, 0, 0)
        assert collect(study).complete


def test_parts_at_most_for_known_cases() -> None:
    assert parts_at_most(0, {}, 100) == 0
    assert parts_at_most(100, {"DE": 100}, 100) == 1
    assert parts_at_most(300, {"DE": 100, "US": 100, "FR": 100}, 100) >= 3
