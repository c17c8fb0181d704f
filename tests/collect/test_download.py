"""A download has every banner once, as the engine gave it, and pays for what it takes."""

import json
from pathlib import Path

import pytest
import zstandard

from camcensus.core.errors import BudgetError, PlanRefusedError
from camcensus.readers.banner import FIELDS, SYNTHETIC_MARKER
from camcensus.validation.loopback.faults import Fault
from camcensus.validation.loopback.index import Index
from camcensus.validation.loopback.server import Loopback
from tests.collect.worlds import (
    PAGE_2,
    PRODUCT,
    SERVER,
    banners,
    cameras,
    collect,
    pages,
    rows,
    searches,
    served,
    study_in,
)


def test_a_download_has_every_banner_once_and_costs_what_the_engine_takes(shared: Index, folder: Path) -> None:
    study = study_in(folder, depth=2)
    with served(shared) as server:
        before = server.account.credits
        done = collect(study)
        assert done.complete
        assert (done.credits, done.credits_in_all, done.again) == (
            before - server.account.credits,
            before - server.account.credits,
            0,
        )
        assert len(searches(server)) == len(set(searches(server))) == done.pages == len(pages(study))
    found = banners(study)
    assert len(found) == len(set(found)) == 700
    # Each request is in the ledger.
    ledger = rows(study, "select endpoint, query, page, status, outcome, results, credits from requests order by id")
    assert [row[:3] for row in ledger if row[0] == "search"] == [("search", *asked) for asked in searches(server)]
    assert {row[3:5] for row in ledger} == {(200, "")}
    assert sum(row[5] for row in ledger) == 700
    assert sum(row[6] for row in ledger) == done.credits
    assert len(ledger) == len(server.log)


def test_another_run_asks_for_nothing(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    with served(three_pages) as server:
        collect(study)
        asked, before = len(server.log), pages(study)
        again = collect(study)
        assert again.complete
        assert (again.pages, again.credits, again.credits_in_all) == (0, 0, 3)
        assert len(server.log) == asked
        assert pages(study) == before


def test_a_page_is_kept_as_it_was_received(folder: Path) -> None:
    """Whatever is in it: half a character, a large number, an unknown field."""
    odd = [
        banner | {"data": "Server: App-webs/ \ud800 \u202e", "new_field": {"x": [1, None]}, "hash": 10**30}
        for banner in cameras(2, countries=("DE",))
    ]
    study = study_in(folder, fields=False)
    with served(odd) as server:
        assert collect(study).complete
        (body,) = pages(study).values()
        page = zstandard.ZstdDecompressor().decompress(body)
        assert all(row in page for row in server.index.rows)


def test_two_queries_of_a_maker_buy_nothing_twice(folder: Path) -> None:
    mixed = cameras(300)
    for n, camera in enumerate(mixed):
        if n % 3 == 0:
            camera["product"] = "Other"
        if n % 5 == 0:
            camera["data"] = "HTTP/1.1 200 OK\r\nServer: other\r\n\r\n"
    study = study_in(folder, queries=(PRODUCT, SERVER))
    with served(mixed):
        assert collect(study).complete
    wanted = [camera for camera in mixed if camera["product"] != "Other" or "App-webs" in camera["data"]]
    assert len(banners(study)) == len(set(banners(study))) == len(wanted)


def test_fields_are_asked_for_where_the_plan_allows_it(three_pages: Index, folder: Path) -> None:
    with served(three_pages, plan="plus"):
        assert collect(study_in(folder)).complete
    first = json.loads(zstandard.ZstdDecompressor().decompress(next(iter(pages(folder / "study.toml").values()))))
    asked = {name.partition(".")[0] for name in (*FIELDS, SYNTHETIC_MARKER)}
    assert first["matches"][0].keys() <= asked
    assert "hostnames" not in asked
    assert first["matches"][0]["location"] == {"country_code": "DE"}


@pytest.mark.parametrize(("plan", "fields", "refused"), [("dev", True, 1), ("dev", False, 0), ("plus", False, 0)])
def test_without_the_plan_whole_banners_come_and_the_refusal_costs_nothing(
    three_pages: Index, folder: Path, plan: str, fields: bool, refused: int
) -> None:
    study = study_in(folder, fields=fields)
    with served(three_pages, plan=plan, credits=5) as server:
        assert collect(study).complete
        assert server.account.credits == 2
        assert [request.status for request in server.log].count(401) == refused
    page = zstandard.ZstdDecompressor().decompress(next(iter(pages(study).values())))
    assert server.index.rows[0] in page


def test_a_plan_without_search_is_told_at_once(three_pages: Index, folder: Path) -> None:
    with served(three_pages, plan="free") as server, pytest.raises(PlanRefusedError, match="plan does not allow"):
        collect(study_in(folder))
    assert not pages(folder / "study.toml")
    assert len(server.log) < 12


def test_nothing_is_spent_beyond_what_is_allowed(three_pages: Index, folder: Path) -> None:
    study = study_in(folder, budget=0)
    with served(three_pages) as server:
        for allowed in (None, 2):
            with pytest.raises(
                BudgetError, match=r"would cost 3 query credits more, 3 in total.* nothing was spent"
            ) as caught:
                collect(study, allowed=allowed)
            assert caught.value.price == 3
        assert server.account.credits == 10_000_000
        assert collect(study, allowed=3).complete
    assert (len(pages(study)), 10_000_000 - server.account.credits) == (3, 3)


def test_retries_that_may_cost_stop_at_what_is_allowed(three_pages: Index, folder: Path) -> None:
    """Each lost body may have been paid for, so three pages at most are asked for, two of them in vain."""
    study = study_in(folder)
    with served(three_pages, faults=[Fault("half-body", where="host/search\\?", times=None)]) as server:
        done = collect(study, allowed=3)
        assert not done.complete
        assert server.account.credits == 10_000_000 - 3
        assert done.credits == 3
        server.set_faults()
        with pytest.raises(BudgetError, match="would cost 3 query credits more, 6 in total"):
            collect(study, allowed=5)
        assert collect(study, allowed=6).complete


def test_a_total_that_grows_while_paging_stops_at_what_is_allowed(folder: Path) -> None:
    study = study_in(folder)
    with Loopback(cameras(300)) as small, Loopback(cameras(500)) as large, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHODAN_API_URL", small.url)
        with pytest.raises(BudgetError):
            collect(study, allowed=0)
        patch.setenv("SHODAN_API_URL", large.url)
        done = collect(study, allowed=3)
        assert (done.pages, done.complete) == (3, False)
        assert done.stopped.startswith("the 3 allowed query credits are spent")
        assert large.account.credits == 10_000_000 - 3
        assert done.again == 2
        assert collect(study, allowed=5).complete


def test_what_the_account_paid_beyond_the_ledger_is_told(three_pages: Index, folder: Path) -> None:
    """A failure of the engine is taken to cost nothing; here it does."""
    said: list[str] = []
    with served(three_pages, plan="dev", credits=5, faults=[Fault("502", where=PAGE_2, charged=True)]):
        done = collect(study_in(folder, fields=False), say=said.append)
    assert done.complete
    assert done.notes == ["the account lost 4 query credits; this run accounts for 3"]
    assert not any("will stop early" in text for text in said)
    with served(three_pages, plan="dev", credits=2):
        assert not collect(study_in(folder / "poor", fields=False), say=said.append).complete
    assert "the account has 2 query credits left, and this costs 3: it will stop early" in said
