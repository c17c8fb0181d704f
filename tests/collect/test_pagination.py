"""Which pages are asked for, and what is made of them, for engines that lie in every way."""

import json
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from camcensus.collect.pagination import EMPTY_AT_MOST, PageContent, announced, content_of, due_pages, key_of, settle
from camcensus.raw.ledger_rows import Page, Partition, Reply

PER = 100


def part(expected: int, passes: int = 0) -> Partition:
    return Partition(7, "download", "q", "sent", expected, passes)


def page(number: int, total: int, results: int, again: int = 0) -> Page:
    return Page(7, number, again, f"{number}-{again}", total, results, 1, "", "")


Engine = Callable[[int], tuple[int, int]]


def asked(start: Partition, engine: Engine, most: int = 300) -> list[Page]:
    """The pages of one pass, asked as the collector does; `engine`: page to total and rows."""
    pages: list[Page] = []
    while (missing := due_pages(start, pages)) and len(pages) < most:
        pages.append(page(missing[0], *engine(missing[0]), start.passes))
    return pages


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_an_honest_engine_gives_each_page_once_whatever_was_expected(total: int, expected: int) -> None:
    pages = asked(part(expected), lambda n: (total, max(0, min(PER, total - PER * (n - 1)))))
    wanted = -(-total // PER)
    numbers = [p.page for p in pages]
    assert numbers == list(range(1, len(numbers) + 1))
    # A plan that hoped for more costs two pages at most before it is not believed; one that knew of nothing asks none.
    assert wanted <= len(numbers) <= max(wanted, min(2, -(-expected // PER))) or expected == 0
    assert sum(p.results for p in pages) == (total if expected else 0)


@settings(max_examples=300)
@example(total=201, expected=101, lies={1: 0})
@given(
    total=st.integers(1, 3000), expected=st.integers(1, 3000),
    lies=st.dictionaries(st.integers(1, 30), st.sampled_from([0, 1, 10**6, 10**15]), max_size=1),
)  # fmt: skip
def test_one_reply_that_lies_loses_nothing_and_costs_little(total: int, expected: int, lies: dict[int, int]) -> None:
    pages = asked(part(expected), lambda n: (lies.get(n, total), max(0, min(PER, total - PER * (n - 1)))))
    wanted = -(-total // PER)
    if wanted > 2 or not lies:
        whole = {p.page for p in pages} >= set(range(1, wanted + 1))
        # Where the plan hoped for too little as well, what is missing is known, and another pass asks for it.
        known = announced(pages) > sum(p.results for p in pages)
        assert whole or known or -(-expected // PER) < 2
    assert len(pages) <= wanted + EMPTY_AT_MOST


def test_an_engine_that_announces_for_ever_ends() -> None:
    assert len(asked(part(10), lambda _: (10**18, 0))) == EMPTY_AT_MOST
    assert len(asked(part(10), lambda n: (10**18, PER if n < 9 else 0))) == 8 + EMPTY_AT_MOST
    assert len(due_pages(part(10**18), [])) == 10_000


def test_a_second_pass_asks_for_what_came_short_and_else_for_all() -> None:
    first = [page(1, 300, 100), page(2, 300, 60), page(3, 300, 100)]
    assert due_pages(part(300), first) == []
    assert due_pages(part(300, passes=1), first) == [2]
    second = [*first, page(2, 300, 60, again=1)]
    assert due_pages(part(300, passes=1), second) == []
    assert due_pages(part(300, passes=2), second) == [2]
    full = [page(n, 300, 100) for n in (1, 2, 3)]
    assert due_pages(part(300, passes=1), full) == [1, 2, 3]
    assert due_pages(part(300, passes=1), [*full, page(1, 300, 100, again=1)]) == [2, 3]


def test_what_is_announced_is_the_middle_of_the_latest_pass() -> None:
    assert announced([]) == 0
    assert announced([page(1, 5000, 1), page(2, 300, 1), page(3, 301, 1)]) == 301
    assert announced([page(1, 100, 1), page(2, 300, 1)]) == 300
    assert announced([page(1, 300, 1), page(2, 300, 1), page(1, 250, 1, again=1)]) == 250


def seen(total: int, countries: str, facet: dict[str, int], first: int = 0) -> PageContent:
    """A page of banners of these countries, one letter each ("-": none)."""
    banners = {
        (f"1.1.1.{first + n}", "80", "tcp"): {"-": ""}.get(c, c * 2) for n, c in enumerate(countries)
    }  # fmt: skip
    return PageContent(total, len(countries), banners, facet)


def outcome(*looks: PageContent, passes: int = 0) -> Partition:
    pages = [page(n, look.total, look.rows, passes) for n, look in enumerate(looks, 1)]
    return settle(part(0, passes), pages, lambda p: looks[p.page - 1])


def test_counts_are_of_distinct_banners_and_countries_of_the_reply_that_named_them() -> None:
    done = outcome(seen(9, "AAB-X", {"AA": 3, "BB": 2}), seen(9, "AAB", {}, first=1))
    assert (done.announced, done.received, done.found, done.repeated, done.passes) == (9, 8, 5, 3, 1)
    # What was seen last holds. X is none that was announced: it stands with those without a country.
    assert done.by_country == {"AA": (3, 3), "BB": (2, 1), "": (4, 1)}


def test_a_total_that_drifts_makes_no_country() -> None:
    up = outcome(seen(2, "AA", {"AA": 2}), seen(3, "A", {}, first=2), seen(3, "", {}))
    assert up.by_country == {"AA": (2, 3), "": (0, 0)}
    assert up.drift == 1
    spike = outcome(seen(900, "AA", {"AA": 2}), seen(2, "", {}), seen(2, "", {}))
    assert spike.by_country == {"AA": (2, 2), "": (0, 0)}
    assert outcome(seen(2, "AA", {"AA": 5})).by_country == {"AA": (5, 2), "": (0, 0)}


def test_nothing_at_all() -> None:
    done = settle(part(5), [], lambda _: PageContent(0, 0))
    assert (done.announced, done.found, done.drift, done.countries, done.passes) == (0, 0, 0, "{}", 1)


@pytest.mark.parametrize(
    ("banner", "key"),
    [
        ({"ip_str": "1.2.3.4", "port": 80, "transport": "udp"}, ("1.2.3.4", "80", "udp")),
        ({"ip_str": "1.2.3.4", "port": 80}, ("1.2.3.4", "80", "tcp")),
        ({"ipv6": "2001:db8::1", "port": "80", "transport": None}, ("2001:db8::1", "80", "tcp")),
        ({"ip": 16909060, "port": None}, ("16909060", "None", "tcp")),
        ({}, ("None", "None", "tcp")),
        ({"ip_str": ["x"], "port": {}}, ("['x']", "{}", "tcp")),
    ],
)
def test_what_makes_a_banner_that_banner(banner: dict[str, object], key: tuple[str, str, str]) -> None:
    assert key_of(banner) == key


def test_a_page_with_countries_of_every_kind() -> None:
    places = [{"country_code": "DE"}, {"country_code": None}, {"country_code": 5}, {}, None, "DE", ["DE"]]
    value = {"total": 7, "matches": [{"ip_str": f"1.1.1.{n}", "port": 1, "location": p} for n, p in enumerate(places)]}
    found = content_of(Reply(json.dumps(value).encode(), value, ""))
    assert sorted(found.banners.values()) == ["", "", "", "", "", "", "DE"]
    assert (found.total, found.rows, found.announced) == (7, 7, {})
