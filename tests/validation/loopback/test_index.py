"""The index answers as the matcher does, on made-up exports with all their oddities."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from camcensus.core.query import Fields, parse
from camcensus.identify.catalogue import Catalogue
from camcensus.validation.loopback.index import Index
from tests.conftest import banner, write_lines

DEMO = sorted((Path(__file__).parents[3] / "data" / "demo" / "raw" / "2026").glob("SYNTHETIC-*"))
PARTS = ("country:US", "-country:US,VN", "port:80,8080", "-port:80", "net:64.0.0.0/3", "net:2001:db8::/32,64.0.0.0/3",
         "after:01/10/2026", "has_screenshot:false", 'org:"example"', "-product:server", "version:1")  # fmt: skip


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(DEMO)


def _kind(banner: dict[str, Any]) -> tuple[str, ...]:
    """What banners of one product have in common."""
    http = banner.get("http")
    fields = [http.get(name) if isinstance(http, dict) else None for name in ("title", "server")]
    return tuple(map(str, (*fields, banner.get("product"), banner.get("port"), str(banner.get("data"))[:30])))


@pytest.fixture(scope="module")
def two_of_each(index: Index, tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The first two banners of each kind: a quarter, since every query reads all of them."""
    seen: Counter[tuple[str, ...]] = Counter()
    lines = []
    for row, read in zip(index.rows, index.banners(range(len(index.rows))), strict=True):
        seen[_kind(read)] += 1
        if seen[_kind(read)] <= 2:
            lines.append(row)
    assert len(seen) > 400
    return Index([write_lines(tmp_path_factory.mktemp("kinds") / "two.jsonl", lines)])


@pytest.mark.slow
def test_every_query_of_the_catalogue_returns_what_the_matcher_says(two_of_each: Index, catalogue: Catalogue) -> None:
    banners = [Fields(banner) for banner in two_of_each.banners(range(len(two_of_each.rows)))]
    returned = 0
    for text in (*(query.text for query in catalogue.queries), *PARTS):
        query = parse(text)
        mask = two_of_each.mask(query)
        assert list(mask) == [query.returns(fields) for fields in banners], text
        returned += bool(mask.any())
    assert returned > 40


def test_facets_add_up_to_what_has_a_value(index: Index) -> None:
    everything = np.ones(len(index.rows), np.bool_)
    for name in ("country", "port", "product", "org", "ip"):
        column = index.columns[name]
        known = np.array([bool(values) for values in column.distinct])[column.codes]
        values = index.facet(name, everything)
        assert sum(count for _, count in values) == known.sum()
        assert [count for _, count in values] == sorted((count for _, count in values), reverse=True)


def test_an_address_and_port_has_one_banner_the_newest() -> None:
    old, new, udp = banner(timestamp="2026-10-01"), banner(timestamp="2026-10-02"), banner(transport="udp")
    held = Index([old, new, udp, banner(ip_str=None), banner(port=None)])
    assert held.banners(range(2)) == [udp, new]
    assert len(held.rows) == 2
    assert held.left_out == 2


def test_rows_do_not_depend_on_the_order_in_which_they_came() -> None:
    shown = [banner(ip_str=f"81.0.0.{i}", port=i % 3 + 1, timestamp=f"2026-10-0{i % 4 + 1}") for i in range(40)]
    assert Index(shown).rows == Index(shown[::-1]).rows


def test_an_index_of_nothing_returns_nothing() -> None:
    empty = Index([])
    for text in ("webcam", "port:80", "net:10.0.0.0/8", "-country:DE"):
        assert len(empty.mask(parse(text))) == 0
    assert empty.facet("country", empty.mask(parse("webcam"))) == []
