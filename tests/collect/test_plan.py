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


@pytest.mark.slow
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
        assert server.account.credits == 10_000_000
        done = collect(study)
        assert done.complete
        assert price.credits_least <= done.credits <= price.credits_most
        assert price.matches == number
        assert done.credits == 10_000_000 - server.account.credits


def test_queries_and_modes_in_one_table(folder: Path) -> None:
    study = study_in(folder, queries=(PRODUCT, SERVER), rate=0, budget=7)
    banners = cameras(250)
    for camera in banners[:100]:
        camera["product"] = "Other"
    with served(banners, plan="plus", credits=2) as server:
        plan = make_plan(load_study(study), KEY)
        assert server.account.credits == 2
    by_query = {(price.mode, price.query): price for price in plan.prices}
    assert [by_query["download", name].matches for name in (PRODUCT, SERVER)] == [150, 100]
    assert [by_query["download", name].credits_least for name in (PRODUCT, SERVER)] == [2, 1]
    assert by_query["census", PRODUCT].credits_most == by_query["trends", PRODUCT].credits_most == 0
    assert [by_query["download", name].adds for name in (PRODUCT, SERVER)] == [150, 100]
    told = plan_text(plan, as_json=False)
    head, *rows = [line.split() for line in told.splitlines() if line.startswith(("MODE", "download"))]
    assert head[-3:] == ["ADDS", "SO", "FAR"]
    assert [row[-2:] for row in rows[:2]] == [["150", "60.0%"], ["100", "100.0%"]]
    assert f"2 of the queries give about 95% of the matches for at most 3 credits: {SERVER}, {PRODUCT}" in told
    assert "the account (plan plus) has 2 query credits left; the study allows 7 for a snapshot" in told
    assert "the account has too few credits for a download, which costs at least 3" in told
    assert "Nothing was spent" in told
    found = json.loads(plan_text(plan, as_json=True))
    assert found["credits_left"] == 2
    totals = {total["mode"]: total for total in found["totals"]}
    assert (totals["download"]["credits_least"], totals["download"]["credits_most"]) == (3, 3)
    assert totals["census"]["credits_most"] == 0


def test_a_query_adds_what_no_query_before_it_returns_whatever_its_maker(folder: Path) -> None:
    study = study_in(folder, queries=("*",), rate=0)
    (folder / "queries" / "other.toml").write_text(
        """
manufacturer = "Other"
country = "NL"
[[query]]
id = "other.query.rare"
text = '"Server: Rare" 401'
since = 2026-11-23
catches = "x"
also = "y"
trends = true
[[query]]
id = "other.query.webs"
text = '"Server"'
since = 2026-11-23
catches = "x"
also = "y"
trends = true
"""
    )
    banners = cameras(100)
    for number, camera in enumerate(banners):
        camera["data"] = "HTTP/1.1 401 Unauthorized\r\nServer: Rare" if number < 30 else camera["data"]
        camera["product"] = "Other" if number < 20 else camera["product"]
    with served(banners):
        plan = make_plan(load_study(study), KEY)
    adds = {price.query: (price.matches, price.adds) for price in plan.prices if price.mode == "download"}
    assert adds[PRODUCT] == (80, 80)
    assert adds[SERVER] == (0, 0)
    assert adds["other.query.rare"] == (30, 20)
    # Of its own maker's query of two terms at most 30 are among these too.
    assert adds["other.query.webs"] == (100, 20)
    assert plan.shares()["other.query.rare"] == pytest.approx(100 / 120)


@pytest.mark.parametrize(("requests", "rate", "hours"), [(3600, 1.0, 1.0), (1800, 0.5, 1.0), (5, 0.0, 0.0)])
def test_hours_at_a_rate(requests: int, rate: float, hours: float) -> None:
    assert Price("download", "q", 0, 0, 0, requests).hours(rate) == hours


def test_a_query_that_finds_nothing_costs_nothing(folder: Path) -> None:
    study = study_in(folder)
    with served([]):
        plan = make_plan(load_study(study), KEY)
        price = next(price for price in plan.totals() if price.mode == "download")
        assert (price.matches, price.credits_least, price.credits_most) == (0, 0, 0)
        text = plan_text(plan, as_json=False)
        assert PRODUCT not in text
        assert "not listed, since they have no match: 1 queries" in text
        assert PRODUCT in plan_text(plan, as_json=True)
        assert collect(study).complete


def test_parts_at_most_for_known_cases() -> None:
    assert parts_at_most(0, {}, 100) == 0
    assert parts_at_most(100, {"DE": 100}, 100) == 1
    assert parts_at_most(300, {"DE": 100, "US": 100, "FR": 100}, 100) >= 3
