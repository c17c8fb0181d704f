"""Parts do not overlap and together are the query, whatever the world; none is larger than it need be."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from camcensus.collect.partitions import Part, split
from camcensus.core.errors import ContradictionError
from camcensus.core.query import parse
from camcensus.raw.ledger_rows import Reply
from camcensus.validation.loopback.account import Limits as ServerLimits
from camcensus.validation.loopback.index import Index
from camcensus.validation.loopback.server import Loopback
from tests.collect.worlds import TEXT, client
from tests.conftest import Banner, banner

# Few of each, so that some are large; addresses close together, and far apart.
PLACES = st.tuples(
    st.sampled_from(["DE", "DE", "DE", "US", "FR", "GB", "JP", None]),
    st.sampled_from([80, 80, 80, 554, 8000, 81, 82]),
    st.one_of(
        st.integers(0, 600).map(lambda n: f"90.1.{n // 256}.{n % 256}"),
        st.integers(1, 254).map(lambda n: f"{n if n not in (10, 127) else 11}.{n}.1.1"),
        st.integers(1, 200).map(lambda n: f"2001:db8::{n:x}"),
    ),
)
WORLDS = st.lists(PLACES, max_size=120, unique_by=lambda place: place[1:])


def at(country: str | None, port: int, address: str) -> Banner:
    return banner(
        ip=None, port=port, location={"country_code": country}, **{"ipv6" if ":" in address else "ip_str": address}
    ) | ({"ip_str": address} if ":" in address else {})


def parted(index: Index, limit: int, **named: Any) -> tuple[list[Part], int]:
    """The parts of the query as the client finds them over HTTP, and how many requests that took."""
    with Loopback(index, **named) as server:
        found = split(TEXT, client(server).count, limit)
        assert found.total == int(index.mask(parse(TEXT)).sum())
        return found.parts, len(server.log)


def check(index: Index, parts: list[Part], limit: int) -> None:
    """Disjoint, together the query, each as large as it was expected to be."""
    masks = [index.mask(parse(part.sent)) for part in parts]
    assert [int(mask.sum()) for mask in masks] == [part.expected for part in parts]
    times = np.sum(masks, axis=0) if masks else np.zeros(len(index.rows))
    assert times.tolist() == index.mask(parse(TEXT)).astype(int).tolist()
    for part in parts:
        assert part.expected > 0
        # A /24, or all of IPv6, is not split further.
        assert part.expected <= limit or "/24" in part.sent or " -net:" in part.sent


@pytest.mark.slow
@settings(max_examples=60)
@given(places=WORLDS, limit=st.integers(2, 40), facet_limit=st.sampled_from([1, 2, 3, 1000]))
@example(places=[("DE", 80, f"90.1.0.{n}") for n in range(9)], limit=2, facet_limit=1000)
@example(places=[(None, 80, f"2001:db8::{n:x}") for n in range(9)], limit=2, facet_limit=1)
@example(places=[], limit=2, facet_limit=1000)
def test_parts_are_disjoint_and_together_the_query(places: Any, limit: int, facet_limit: int) -> None:
    index = Index([at(*place) for place in places])
    parts, _ = parted(index, limit, limits=ServerLimits(facet=facet_limit))
    check(index, parts, limit)


def test_each_way_of_splitting_happens() -> None:
    index = Index(
        [at("DE", 80, f"90.{n % 200}.{n // 200}.1") for n in range(30)]
        + [at("DE", 80, f"2001:db8::{n:x}") for n in range(3)]
        + [at("DE", 554, f"90.{n}.0.1") for n in range(8)]
        + [at("US", 80, f"91.{n}.0.1") for n in range(5)]
        + [at("FR", 80, f"92.{n}.0.1") for n in range(4)]
        + [at(None, 80, f"93.{n}.0.1") for n in range(6)]
    )
    parts, _ = parted(index, 10)
    check(index, parts, 10)
    sent = [part.sent.removeprefix(f"{TEXT} ") for part in parts]
    assert sent[0] == "country:FR,US"
    assert sent[1] == "country:DE port:554"
    assert all(text.startswith("country:DE port:80 net:") for text in sent[2:-2])
    assert sent[-2:] == ["country:DE port:80 -net:0.0.0.0/1,128.0.0.0/1", "-country:DE,FR,US"]
    assert 3 <= len(sent[2:-2]) <= 6


def test_networks_that_fit_together_are_one_part() -> None:
    places = [f"60.{n}.0.1" for n in range(8)] + [f"70.{n}.0.1" for n in range(3)] + [f"130.{n}.0.1" for n in range(3)]
    index = Index([at("DE", 80, place) for place in places])
    parts, _ = parted(index, 10)
    check(index, parts, 10)
    assert [part.sent.partition("net:")[2] for part in parts] == ["0.0.0.0/2", "64.0.0.0/2,128.0.0.0/1"]


def test_a_query_that_fits_takes_one_count(shared: Index) -> None:
    parts, requests = parted(shared, 2000)
    assert (parts, requests) == ([Part(TEXT, 700)], 1)


def test_what_comes_in_between_two_counts_hides_nothing() -> None:
    """The second half of a network is what the first leaves over, unless that is nothing: then it is asked for."""
    asked: list[str] = []

    def count(query: str, facets: Any) -> Reply:
        asked.append(query)
        # Everything has one country and port; the lower half has grown by one since all was counted.
        grown = {"0.0.0.0/1": 5, "128.0.0.0/1": 0, "0.0.0.0/2": 5, "64.0.0.0/2": 1, "0.0.0.0/3": 2}
        total = next((n for net, n in grown.items() if query.endswith(f"net:{net}")), 0 if "net:" in query else 5)
        values = {"country": "DE", "port": 80}
        return Reply(
            b"", {"total": total, "facets": {name: [{"value": values[name], "count": 5}] for name, _ in facets}}, ""
        )

    parts = split("q", count, 4).parts
    assert "q country:DE port:80 net:64.0.0.0/2" in asked
    assert [part.expected for part in parts] == [2, 4]
    assert "64.0.0.0/2" in parts[1].sent
    assert "q country:DE port:80 -net:0.0.0.0/1,128.0.0.0/1" in asked


HOSTILE = [{"value": value, "count": 5} for value in ("../x", "de", 'A" B', "DEU", "", 7, "DE", 80)]


def test_values_that_are_no_country_and_no_port_become_no_part_of_a_query() -> None:
    def count(query: str, facets: Any) -> Reply:
        total = 0 if "net:" in query else 12 if "country:" in query else 17
        found = {name: [f for f in HOSTILE if f"country:{f['value']}" not in query] for name, _ in facets}
        return Reply(b"", {"total": total, "facets": found}, "")

    sent = [part.sent for part in split("q", count, 6).parts]
    assert sent[0] == "q country:DE"
    assert all(re.fullmatch(r"q( -?(country:DE|port:[0-9,]+|net:[0-9./,]+))*", text) for text in sent)


@pytest.mark.parametrize("ignored", ["-country:", "country:DE", "-port:", "net:"])
def test_an_engine_that_ignores_a_filter_is_found_out_and_planning_ends(ignored: str) -> None:
    """Else networks would be halved into millions, each as large as the whole."""
    places = [("DE", 80, f"60.{n}.0.1") for n in range(150)] + [("DE", 554, f"60.{n}.0.1") for n in range(90)]
    index = Index([at(*place) for place in [*places, *((None, 80, f"70.{n}.0.1") for n in range(80))]])
    asked = 0

    def count(query: str, facets: Any) -> Reply:
        nonlocal asked
        asked += 1
        terms = [term for term in query.removeprefix(TEXT).split() if not term.startswith(ignored)]
        mask = index.mask(parse(" ".join([TEXT, *terms])))
        found = {name: [{"value": v, "count": n} for v, n in index.facet(name, mask)[:1]] for name, _ in facets}
        return Reply(b"", {"total": int(mask.sum()), "facets": found}, "")

    with pytest.raises(ContradictionError, match=r"should be|which is left out"):
        split(TEXT, count, 20)
    assert asked < 100
