"""A maker's queries are made disjoint, that is checked, and what cannot be is said."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camcensus.collect.queries import DisjointQuery, disjoint_queries, make_disjoint
from camcensus.core.errors import CamcensusError
from camcensus.core.query import parse
from camcensus.identify.entries import Query
from camcensus.raw.ledger import Ledger
from camcensus.validation.loopback.index import Index
from camcensus.validation.loopback.server import Loopback
from tests.collect.worlds import client
from tests.conftest import banner

WORDS = ("alpha", "beta", "gamma", "delta")


def query(name: str, text: str, maker: str | None = "M") -> Query:
    return Query(
        id=f"{name}.q", text=text, since=date(2026, 1, 1), catches="x", also="y", trends=True, manufacturer=maker
    )


def world(words: Sequence[Sequence[str]]) -> Index:
    """A banner for each list of words."""
    return Index([banner(ip=None, ip_str=f"60.0.{n // 250}.{n % 250}", data=" ".join(w)) for n, w in enumerate(words)])


def linked(index: Index, queries: Sequence[Query]) -> list[DisjointQuery]:
    return list(make_disjoint(queries, lambda text: int(index.mask(parse(text)).sum())))


QUERIES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2, unique=True).map(" ".join)


@settings(max_examples=200)
@given(
    banners=st.lists(st.lists(st.sampled_from(WORDS), max_size=4), min_size=1, max_size=30),
    texts=st.lists(QUERIES, min_size=1, max_size=4, unique=True),
)
def test_links_without_a_note_are_disjoint_from_all_earlier_ones_and_nothing_is_lost(banners: Any, texts: Any) -> None:
    index = world(banners)
    queries = [query(f"q{n}", text) for n, text in enumerate(texts)]
    links = linked(index, queries)
    sent = [index.mask(parse(link.sent)) for link in links]
    for n, link in enumerate(links):
        overlap = any((sent[n] & index.mask(parse(earlier.text))).any() for earlier in queries[:n])
        assert overlap == bool(link.note), link
    wanted = np.any([index.mask(parse(text)) for text in texts], axis=0)
    assert np.any(sent, axis=0).tolist() == wanted.tolist()


def test_queries_of_one_term_are_taken_away_and_the_rest_is_said() -> None:
    index = world([["alpha"], ["alpha", "beta"], ["beta"], ["beta", "gamma", "delta"], ["gamma", "delta"]])
    queries = [query("a", "alpha"), query("g", "gamma delta"), query("b", "beta"), query("o", "beta", maker="Other")]
    links = linked(index, queries)
    assert [link.sent for link in links] == ["alpha", "gamma delta -alpha", "beta -alpha", "beta"]
    assert [link.note for link in links[:2]] == ["", ""]
    assert links[2].note == "overlaps: 1 matches of gamma delta are among these too"
    assert links[3].note == ""


def test_an_engine_that_does_not_take_away_is_noticed() -> None:
    counts = {"beta": 1000, "beta -alpha": 1000, "beta alpha": 300, "alpha": 500}
    (first, second) = make_disjoint([query("a", "alpha"), query("b", "beta")], counts.__getitem__)
    assert (first.sent, second.sent) == ("alpha", "beta")
    assert "of 1,000 matches, 1,000 remain" in second.note
    assert "300 to 300 should be gone" in second.note


def test_drift_between_two_counts_is_no_overlap() -> None:
    counts = {"beta": 1000, "beta -alpha": 705, "beta alpha": 300}
    queries = [query("a", "alpha"), query("b", "beta")]
    assert [item.note for item in make_disjoint(queries, counts.__getitem__)] == ["", ""]


@pytest.fixture
def ledger(tmp_path: Path) -> Any:
    found = Ledger(tmp_path)
    yield found
    found.close()


def test_what_is_sent_for_a_query_never_changes_in_a_snapshot(ledger: Ledger) -> None:
    index = world([["alpha"], ["alpha", "beta"], ["beta"], ["gamma"]])
    a, b, g = query("a", "alpha"), query("b", "beta"), query("g", "gamma")
    with Loopback(index) as server:
        engine = client(server)
        assert [link.sent for link in disjoint_queries(engine, [a, b], ledger)] == ["alpha", "beta -alpha"]
        asked = len(server.log)
        # A new query is without what those that are there find, wherever the study names it.
        assert [link.sent for link in disjoint_queries(engine, [g, b, a], ledger)] == [
            "gamma -alpha -beta", "beta -alpha", "alpha"
        ]  # fmt: skip
        assert len(server.log) > asked
        asked = len(server.log)
        disjoint_queries(engine, [a, b, g], ledger)
        assert len(server.log) == asked


def test_queries_that_changed_such_that_banners_would_be_lost_are_refused(ledger: Ledger) -> None:
    with Loopback(world([["alpha"], ["beta"]])) as server:
        disjoint_queries(client(server), [query("a", "alpha"), query("b", "beta")], ledger)
        with pytest.raises(CamcensusError, match=r"b\.q: excludes what a\.q finds"):
            disjoint_queries(client(server), [query("b", "beta")], ledger)
        with pytest.raises(CamcensusError, match=r"a\.q: the query has changed since this snapshot began"):
            disjoint_queries(client(server), [query("a", "gamma"), query("b", "beta")], ledger)
        assert len(disjoint_queries(client(server), [query("a", "alpha")], ledger)) == 1
