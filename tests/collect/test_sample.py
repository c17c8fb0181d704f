"""Collecting a sample: what lies in the blocks drawn, all of it and nothing else, at the price that was said."""

import json
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camcensus.collect.collector import collect_snapshot
from camcensus.collect.download import Collected
from camcensus.collect.match_counts import CONTROL_QUERIES
from camcensus.collect.plan import make_plan
from camcensus.collect.sample import blocks_together, find_occupied
from camcensus.core.config import load_study
from camcensus.core.errors import BudgetError, CamcensusError, ContradictionError, EngineError
from camcensus.core.query import Query, Term, parse
from camcensus.raw.address_blocks import Block
from camcensus.raw.drawn_blocks import networks_of
from camcensus.raw.ledger import Ledger, Page
from camcensus.readers.shodan import read_page
from camcensus.validation.loopback.faults import Fault
from camcensus.validation.loopback.index import Index, Mask
from camcensus.validation.loopback.server import KEY, Loopback
from tests.conftest import Banner
from tests.estimate.area_sampling.worlds import FRAME, block_of, cameras, study

HIKVISION = parse('product:"Hikvision IP Camera"')
TVT = parse('product:"Cross Web Server"')


@pytest.fixture(scope="module")
def world() -> list[Banner]:
    """Some thousand banners."""
    return cameras(5)


@pytest.fixture(scope="module")
def index(world: list[Banner]) -> Index:
    """The same, for servers."""
    return Index(world)


@pytest.fixture
def shodan(index: Index, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A Shodan on this machine that holds them."""
    with Loopback(index) as found:
        monkeypatch.setenv("SHODAN_API_URL", found.url)
        yield found


def collect(study: Path, snapshot: str = "a", mode: str = "sample", allowed: int | None = None) -> Collected:
    """A collection."""
    return collect_snapshot(load_study(study), snapshot, mode, KEY, allowed, lambda _: None)


def pages(study: Path, snapshot: str = "a") -> list[Page]:
    """The pages that were received, by file."""
    with closing(Ledger(study.parent / "data" / snapshot / "raw", read_only=True)) as ledger:
        return sorted(ledger.pages(), key=lambda page: page.file)


def received(study: Path, snapshot: str = "a") -> Counter[tuple[str, int]]:
    """Address and port of every row of every page, and how often it came."""
    raw = study.parent / "data" / snapshot / "raw"
    rows = [row for page in pages(study, snapshot) for row in json.loads(read_page(raw / page.file))["matches"]]
    return Counter((row["ip_str"], row["port"]) for row in rows)


def inside(world: list[Banner], seed: int, blocks: int) -> Counter[tuple[str, int]]:
    """Address and port of what lies in the first blocks that a seed draws."""
    drawn = set(FRAME.draw(seed, blocks))
    return Counter((found["ip_str"], found["port"]) for found in world if block_of(found) in drawn)


@pytest.mark.slow
def test_all_that_lies_in_the_blocks_comes_once_and_nothing_else(
    tmp_path: Path, shodan: Loopback, world: list[Banner]
) -> None:
    path = study(tmp_path, 70)
    done = collect(path)
    assert done.complete
    assert received(path) == inside(world, 1, 70)
    assert done.notes == ["70 of 221 public /8 blocks, drawn with equal probability by seed 1"]
    assert collect(path).pages == 0


def test_no_part_pages_deep_and_the_fullest_block_is_split(tmp_path: Path, shodan: Loopback) -> None:
    path = study(tmp_path, 120)
    collect(path)
    assert {page.page for page in pages(path)} == {1}
    with closing(Ledger(path.parent / "data/a/raw", read_only=True)) as ledger:
        parts = ledger.partitions("sample")
    assert max(part.announced for part in parts) <= 100
    assert max(Block(network).prefixlen for part in parts for network in networks_of(part)) > 8


def test_it_costs_what_it_says_before_and_says_what_could_be_had(
    tmp_path: Path, shodan: Loopback, world: list[Banner]
) -> None:
    path = study(tmp_path, 70)
    drawn = FRAME.draw(1, 70)
    found = Counter(
        query.text for b in world for query in (HIKVISION, TVT) if query.matches(b) and block_of(b) in drawn
    )
    before = shodan.account.credits
    with pytest.raises(BudgetError, match=r"nothing was spent.*blocks would cost") as refused:
        collect(path, allowed=5)
    assert shodan.account.credits == before
    price = refused.value.price
    # Blocks share parts, of which two neighbours fill one, so hardly more than full pages are bought.
    assert sum(math.ceil(n / 100) for n in found.values()) <= price <= sum(2 * n // 100 + 1 for n in found.values())
    assert collect(path, allowed=price).credits == price == before - shodan.account.credits


def test_as_many_blocks_as_the_message_says_cost_what_it_says(tmp_path: Path, shodan: Loopback) -> None:
    path = study(tmp_path, 70)
    with pytest.raises(BudgetError) as refused:
        collect(path, allowed=5)
    words = str(refused.value).split()
    blocks, cost = int(words[words.index("first") + 1]), int(words[words.index("cost", 10) + 1])
    assert 0 < cost <= 5
    done = collect(study(tmp_path, blocks), allowed=5)
    assert done.complete
    assert done.credits == cost
    with pytest.raises(BudgetError):
        collect(study(tmp_path, blocks + 1), allowed=5)


@pytest.mark.slow
def test_the_plan_of_all_blocks_covers_what_they_cost(tmp_path: Path, shodan: Loopback, world: list[Banner]) -> None:
    # With fewer blocks the plan is right on average only; with all there is no chance in it.
    path = study(tmp_path, FRAME.size)
    (price,) = [price for price in make_plan(load_study(path), KEY).totals() if price.mode == "sample"]
    assert price.matches == len(world)
    before = len(shodan.log)
    done = collect(path)
    assert price.credits_least <= done.credits <= price.credits_most
    controls, checks = len(CONTROL_QUERIES) + 1, 3
    assert len(shodan.log) - before <= price.requests + controls + checks


def test_a_sample_that_was_stopped_goes_on_and_buys_nothing_twice(
    tmp_path: Path, shodan: Loopback, world: list[Banner]
) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "stopped").mkdir()
    whole, stopped = study(tmp_path / "whole", 70), study(tmp_path / "stopped", 70)
    before = shodan.account.credits
    collect(whole)
    price = before - shodan.account.credits
    # The key is refused while it counts and while it buys.
    for where, at in (("host/count", 30), ("host/count", 40), ("host/search", 2), ("host/search", 3)):
        shodan.set_faults(Fault("revoked", at=at, where=where))
        with pytest.raises(EngineError):
            collect(stopped)
        shodan.account.revoked = False
    shodan.set_faults()
    before = shodan.account.credits
    done = collect(stopped)
    assert done.complete
    assert done.credits == before - shodan.account.credits < price == done.credits_in_all
    assert received(stopped) == received(whole) == inside(world, 1, 70)


def test_more_blocks_add_to_those_that_are_there(tmp_path: Path, shodan: Loopback, world: list[Banner]) -> None:
    first = collect(study(tmp_path, 30))
    path = study(tmp_path, 70)
    added = collect(path)
    assert added.complete
    assert received(path) == inside(world, 1, 70)
    before = shodan.account.credits
    collect(path, "b")
    # Of each of two queries one part more is not full.
    assert 0 <= first.credits + added.credits - (before - shodan.account.credits) <= 2


def test_a_sample_stays_what_it_was_drawn_as(tmp_path: Path, shodan: Loopback) -> None:
    collect(study(tmp_path, 30))
    with pytest.raises(CamcensusError, match=r"pages of later blocks are already bought\. Restore 30"):
        collect(study(tmp_path, 20))
    with pytest.raises(CamcensusError, match="has seed 1 and prefix length 8; the study has 2 and 8"):
        collect(study(tmp_path, 30, seed=2))
    with pytest.raises(CamcensusError, match="snapshot a is a sample; collect a download into another snapshot"):
        collect(study(tmp_path, 30), mode="download")
    assert collect(study(tmp_path, 30)).complete


class OneNetwork(Index):
    """An engine that looks at the first network of a filter only."""

    def mask(self, query: Query) -> Mask:
        terms = (Term(t.name, t.values[:1], t.negated) if t.name == "net" else t for t in query.terms)
        return super().mask(Query(query.text, tuple(terms)))


def test_an_engine_that_takes_one_network_at_a_time_is_found_out(
    tmp_path: Path, world: list[Banner], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback(OneNetwork(world)) as shodan:
        monkeypatch.setenv("SHODAN_API_URL", shodan.url)
        with pytest.raises(ContradictionError, match=r"matches where [\d,]+ should be.*Nothing was spent"):
            collect(study(tmp_path, 30))
        assert all(request.credits == 0 for request in shodan.log)


def test_what_comes_short_is_partial_until_it_is_there(tmp_path: Path, shodan: Loopback, world: list[Banner]) -> None:
    path = study(tmp_path, 30)
    shodan.set_faults(Fault("empty-page", where="host/search", at=3))
    done = collect(path)
    assert not done.complete
    assert any("net:" in text and "0 of" in text for text in done.missing)
    assert collect(path).complete
    assert received(path).keys() == inside(world, 1, 30).keys()


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_blocks_that_hold_anything_are_found_with_their_counts(there: list[int]) -> None:
    held = dict(zip(FRAME.draw(1, len(there)), there, strict=True))
    counted: list[set[Block]] = []

    def count(some: "list[Block] | tuple[Block, ...]") -> int:
        if not (total := sum(held[block] for block in some)):
            counted.append(set(some))
        return total

    blocks = list(held)
    found = dict(find_occupied(blocks, count(blocks), count))
    assert found == {block: n for block, n in held.items() if n}
    # What is left out was in a count of zero.
    assert set().union(*counted) >= {block for block, n in held.items() if not n}


def test_so_many_blocks_are_counted_at_once_that_every_second_count_is_zero() -> None:
    assert blocks_together(0, 56_000) == blocks_together(1, 56_000) == 50
    assert blocks_together(5_600_000, 56_000) == 1
    together = blocks_together(5_000, 56_000)
    assert math.exp(-together * 5_000 / 56_000) == pytest.approx(0.5, abs=0.02)
