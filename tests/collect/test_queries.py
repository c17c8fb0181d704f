"""A maker's queries are made disjoint, that is checked, and what cannot be is said."""

import re
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camcensus.collect.queries import DisjointQuery, disjoint_queries, make_disjoint, queries_of, without
from camcensus.core.config import Study, load_study
from camcensus.core.errors import CamcensusError, StudyError
from camcensus.core.query import parse
from camcensus.identify.catalogue import load_catalogue
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


def test_what_does_not_fit_into_an_address_is_counted_instead() -> None:
    long = [f"http.title:{'-'.join(f'{word}{n}' for n in range(150))}" for word in WORDS]
    sent, excluded = without("port:80", long)
    assert 0 < len(excluded) < len(long)
    assert sent == " ".join(["port:80", *(f"-{text}" for text in excluded)])
    counts = dict.fromkeys([f"{sent} {text}" for text in long], 7)
    last = list(
        make_disjoint(
            [*(query(f"q{n}", text) for n, text in enumerate(long)), query("last", "port:80")],
            lambda text: counts.get(text, 1000 if text == "port:80" else 0),
        )
    )[-1]
    assert last.sent == "port:80"
    assert "should be gone" in last.note


def test_an_overlap_is_a_number_too() -> None:
    index = world([["alpha"], ["beta", "gamma", "delta"], ["beta"], ["gamma", "delta"]])
    links = linked(index, [query("a", "alpha"), query("g", "gamma delta"), query("b", "beta")])
    assert [link.n_shared for link in links] == [0, 0, 1]


def study_of(folder: Path, text: str) -> Study:
    (folder / "queries").mkdir(exist_ok=True)
    (folder / "queries" / "kestrel.toml").write_text(KESTREL)
    (folder / "study.toml").write_text(f'title = "t"\nvendors = ["Kestrel"]\ncatalogue = "queries"\n{text}')
    return load_study(folder / "study.toml")


KESTREL = """
manufacturer = "Kestrel"
country = "NL"
[[query]]
id = "kestrel.query.server"
text = '"Server: KestrelCam"'
since = 2026-11-23
catches = "x"
also = "y"
trends = true
[[signature]]
id = "kestrel.http.title.live"
field = "http.title"
pattern = '^Buzzard Live$'
maker = "specific"
type = "camera"
source = "x"
licence = "facts only"
examples = ["Buzzard Live"]
counterexamples = ["Buzzard"]
"""


def ids(study: Study) -> list[str]:
    return [query.id for query in queries_of(study, load_catalogue(study.catalogue_path))]


def test_a_study_names_its_query_set(tmp_path: Path) -> None:
    made = "kestrel.fed.http-title.buzzard-live"
    assert ids(study_of(tmp_path, "")) == ["kestrel.query.server", made]
    assert ids(study_of(tmp_path, '[collect]\nquery_set = "written"')) == ["kestrel.query.server"]
    assert ids(study_of(tmp_path, f'[collect]\nqueries = ["{made}"]')) == [made]
    assert ids(study_of(tmp_path, '[collect]\nqueries = ["*.fed.http-title.*", "kestrel.*"]')) == [
        made, "kestrel.query.server"
    ]  # fmt: skip


def test_what_can_be_excluded_is_sent_first_except_in_the_old_set(tmp_path: Path) -> None:
    study = study_of(tmp_path, "")
    text = (tmp_path / "queries" / "kestrel.toml").read_text()
    (tmp_path / "queries" / "kestrel.toml").write_text(text.replace("'\"Server: KestrelCam\"'", "'kestrel port:80'"))
    assert ids(study) == ["kestrel.fed.http-title.buzzard-live", "kestrel.query.server"]
    assert ids(study_of(tmp_path, '[collect]\nquery_set = "written"')) == ["kestrel.query.server"]


def test_wrong_names_of_queries_and_sets_say_what_is_allowed(tmp_path: Path) -> None:
    for text, reason in {
        'queries = ["kestrel.query.gone"]': "an id of a query in the set",
        'queries = ["nobody.*"]': "an id of a query in the set",
        'query_set = "2020"': "allowed: 'feeding', 'written'",
    }.items():
        with pytest.raises(StudyError, match=re.escape(reason)):
            ids(study_of(tmp_path, f"[collect]\n{text}"))


def test_the_queries_of_an_earlier_snapshot_are_sent_again_whatever_the_catalogue_has_now(tmp_path: Path) -> None:
    study = study_of(tmp_path, "")
    raw = study.data / "2025" / "raw"
    raw.mkdir(parents=True)
    with closing(Ledger(raw)) as ledger:
        ledger.add_query("kestrel.query.server", '"Server: KestrelCam"', '"Server: KestrelCam"', "")
        ledger.add_query("kestrel.fed.data.gone", '"KestrelOS"', '"KestrelOS"', "")
        ledger.set_fact("queries of download", "[]")
    again = queries_of(study_of(tmp_path, '[collect]\nquery_set = "2025"'), load_catalogue(study.catalogue_path))
    assert [(query.id, query.text, query.manufacturer) for query in again] == [
        ("kestrel.query.server", '"Server: KestrelCam"', "Kestrel"),
        ("kestrel.fed.data.gone", '"KestrelOS"', "Kestrel"),
    ]


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
