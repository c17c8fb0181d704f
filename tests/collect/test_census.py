"""A census: totals and facets from one reply, every country, remainders, free of charge, whatever the engine does."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camcensus.collect.match_counts import CONTROL_QUERIES, COUNTRY, OTHERS, cut_off
from camcensus.core.errors import PlanRefusedError, UnavailableError
from camcensus.raw.ledger_rows import Reply
from camcensus.validation.loopback.account import Limits as ServerLimits
from camcensus.validation.loopback.faults import KINDS, Fault
from camcensus.validation.loopback.index import Index
from tests.collect.worlds import PRODUCT, SERVER, TEXT, cameras, collect, raw, rows, served, study_in


def replies(study: Path, mode: str = "census") -> dict[tuple[str, str], Any]:
    """Query and part to the reply that was kept."""
    found = rows(study, f"select query, part, file from replies where mode = '{mode}' order by id")
    return {
        (query, part): json.loads(zstandard.ZstdDecompressor().decompress((raw(study) / file).read_bytes()))
        for query, part, file in found
    }


def countries(study: Path) -> dict[str, int]:
    """Matches by country, as all replies for whole queries and their rests give them."""
    found: dict[str, int] = {}
    for (_, part), value in replies(study).items():
        if not part or part.startswith("without"):
            found |= {f["value"]: f["count"] for f in value["facets"]["country"]}
    return found


def true_countries(banners: list[Any]) -> dict[str, int]:
    found = Counter(banner["location"]["country_code"] for banner in banners)
    return {code: n for code, n in found.items() if code}


def test_total_and_facets_come_in_one_reply_and_nothing_is_spent(shared: Index, folder: Path) -> None:
    study = study_in(folder)
    with served(shared) as server:
        done = collect(study, "census")
        assert done.complete
        assert (done.credits, server.account.credits) == (0, 10_000_000)
        assert {request.path for request in server.log} == {"/shodan/host/count", "/shodan/ports"}
        asked = len(server.log)
        assert collect(study, "census").complete
        assert len(server.log) == asked
    whole = replies(study)[PRODUCT, ""]
    assert whole["total"] == 700
    assert set(whole["facets"]) == {name for name, _ in (COUNTRY, *OTHERS)}
    assert countries(study) == true_countries(cameras(700))
    controls = replies(study, "controls")
    assert {name for name, _ in controls} == {*CONTROL_QUERIES, "ports"}
    assert controls["ports", ""] == [80, 554, 8000]
    assert controls["half-1", ""]["total"] == 700


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    codes=st.lists(st.sampled_from(["DE", "US", "FR", "GB", "JP", "IT", None]), min_size=1, max_size=12),
    limit=st.sampled_from([1, 2, 3, 1000]),
)
def test_every_country_is_found_however_little_a_facet_holds(tmp_path_factory: Any, codes: Any, limit: int) -> None:
    banners = cameras(len(codes) * 3, countries=tuple(codes), ports=1)
    study = study_in(tmp_path_factory.mktemp("census"))
    with served(banners, limits=ServerLimits(facet=limit)):
        assert collect(study, "census").complete
    assert countries(study) == true_countries(banners)


def test_where_a_facet_is_cut_off_each_country_is_asked(folder: Path) -> None:
    banners = [
        camera | {"org": f"Org {n % 60}", "port": 1000 + n % 7}
        for n, camera in enumerate(cameras(300, countries=("DE", "US")))
    ]
    study = study_in(folder)
    with served(banners, limits=ServerLimits(facet=50)):
        assert collect(study, "census").complete
    found = replies(study)
    assert [part for _, part in found] == ["", "DE", "US"]
    # Seven ports are all there are, so only the organisations are asked for again.
    assert set(found[PRODUCT, "DE"]["facets"]) == {"org"}
    assert found[PRODUCT, "DE"]["total"] + found[PRODUCT, "US"]["total"] == 300


def reply(total: int, **facets: list[int]) -> Reply:
    found = {
        name.replace("_", "."): [{"value": f"v{n}", "count": count} for n, count in enumerate(counts)]
        for name, counts in facets.items()
    }
    return Reply(b"", {"total": total, "facets": found}, "")


def test_which_facets_may_lack_values() -> None:
    # All is covered: nothing lacks.
    assert cut_off(reply(6, country=[6], port=[3, 3], org=[6])) == []
    # Fewer values than the engine gives elsewhere: the rest has none.
    assert cut_off(reply(9, country=[3, 3, 3], port=[9], org=[2, 2], product=[])) == []
    # As many as the most, and not all: perhaps cut off.
    assert cut_off(reply(9, country=[3, 3, 3], org=[2, 2, 2], product=[1])) == [("org", 1000)]
    assert cut_off(reply(5000, country=[5000], http_title=[1] * 1000)) == [("http.title", 1000)]
    assert cut_off(reply(0, country=[])) == []
    assert cut_off(Reply(b"", {"total": 5}, "")) == []


def test_heavy_facets_that_time_out_leave_the_countries(shared: Index, folder: Path) -> None:
    study = study_in(folder, deadline_seconds=30)
    with served(shared, faults=[Fault("timed-out", where="facets=country.*version", times=None)]) as server:
        assert collect(study, "census").complete
        assert len([r for r in server.log if r.fault]) == 3
    found = replies(study)[PRODUCT, ""]
    assert set(found["facets"]) == {"country"}
    assert found["total"] == 700


def test_queries_of_a_maker_are_made_disjoint(folder: Path) -> None:
    banners = cameras(90)
    for camera in banners[:30]:
        camera["product"] = "Other"
    study = study_in(folder, queries=(PRODUCT, SERVER))
    with served(banners):
        assert collect(study, "census").complete
    found = replies(study)
    assert [found[query, ""]["total"] for query in (PRODUCT, SERVER)] == [60, 30]
    assert rows(study, "select sent from queries") == [(TEXT,), (f'"Server: App-webs/" -{TEXT}',)]


def test_values_that_are_no_country_name_no_file(folder: Path) -> None:
    banners = cameras(30, countries=("../../../evil", "a/b", "DE", "de", "", "D\x00E"))
    for n, camera in enumerate(banners):
        camera["org"] = f"Org {n}"
    study = study_in(folder)
    with served(banners, limits=ServerLimits(facet=3)):
        collect(study, "census")
    assert {part for _, part in replies(study)} <= {"", "DE", *(f"without-{n}" for n in range(9))}
    assert not list(folder.parent.rglob("*evil*"))


PASSING = [
    kind
    for kind in KINDS
    if kind not in ("short-page", "empty-page", "duplicates", "moved-total", "no-credits", "revoked")
]


@pytest.mark.parametrize("kind", PASSING)
def test_f2_a_fault_in_between_changes_nothing(folder: Path, kind: Any) -> None:
    study = study_in(folder)
    with served(cameras(60), faults=[Fault(kind, at=[2, 9, 11], times=3, wait=0)]) as server:
        assert collect(study, "census").complete
        assert sum(request.fault is not None for request in server.log) >= 2
    assert replies(study)[PRODUCT, ""]["total"] == 60


def test_a_query_that_is_not_answered_does_not_cost_the_others(folder: Path) -> None:
    study = study_in(folder, queries=(PRODUCT, SERVER), deadline_seconds=0.2)
    with served(cameras(60)) as server:
        server.set_faults(Fault("502", where="count.*facets=.*query=product", times=None))
        done = collect(study, "census")
        assert not done.complete
        assert done.missing == [f"{PRODUCT}: not requested yet"]
        assert "HTTP 502" in done.failed[0]
        assert (SERVER, "") in replies(study)
        server.set_faults()
        assert collect(study, "census").complete


def test_an_engine_that_is_gone_or_a_plan_without_filters_is_told(folder: Path) -> None:
    with served(cameras(3), faults=[Fault("502", times=None)]), pytest.raises(UnavailableError, match="HTTP 502"):
        collect(study_in(folder, deadline_seconds=0.1), "census")
    with served(cameras(3), plan="free"), pytest.raises(PlanRefusedError, match="Please upgrade your API plan"):
        collect(study_in(folder), "census")
