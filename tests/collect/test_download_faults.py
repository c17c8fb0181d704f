"""Pages are bought once, whatever goes wrong: what each fault leaves, what is said, and what the next run does."""

import re
from pathlib import Path
from typing import Any

import pytest

from camcensus.core.errors import BudgetError, KeyRefusedError, UnavailableError
from camcensus.validation.loopback.faults import KINDS, Fault
from camcensus.validation.loopback.index import Index
from camcensus.validation.loopback.server import Loopback
from tests.collect.worlds import PAGE_2, PRODUCT, banners, cameras, collect, pages, searches, served, study_in

# A page that is lost on the way is asked for again at once; one that comes short is accepted, and seen to be short.
PASSES = ("429", "500-json", "502", "503-html", "200-html", "error-null", "timed-out", "cursor", "reset", "hang",
          "half-body", "truncated-json")  # fmt: skip
SHORT = ("short-page", "empty-page", "duplicates")
# These may have been paid for although nothing came.
DEAR = {"200-html", "error-null", "reset", "hang", "half-body", "truncated-json"}


@pytest.mark.parametrize("kind", PASSES)
def test_f2_what_may_pass_is_asked_again_and_the_snapshot_is_whole(three_pages: Index, folder: Path, kind: Any) -> None:
    study = study_in(folder)
    with served(three_pages, faults=[Fault(kind, where=PAGE_2, wait=1 if kind == "hang" else None)]) as server:
        done = collect(study)
        assert done.complete
        assert [request.fault for request in server.log].count(kind) == 1
        charged = 10_000_000 - server.account.credits
    assert len(set(banners(study))) == len(banners(study)) == 300
    assert done.pages == 3
    # Never less than what was taken, and more only where that cannot be known.
    assert charged <= done.credits == 3 + (kind in DEAR)


@pytest.mark.parametrize("kind", SHORT)
def test_f6_a_page_that_comes_short_makes_it_partial_and_the_next_run_completes_it(
    three_pages: Index, folder: Path, kind: Any
) -> None:
    study = study_in(folder)
    with served(three_pages, faults=[Fault(kind, where=PAGE_2, by=20)]) as server:
        done = collect(study)
        assert not done.complete
        assert not done.stopped
        assert done.pages == 3
        part, country = done.missing
        assert re.search(r": (280|200) of 300 banners", part)
        assert re.search(r"DE: (280|200) of 300 banners", country)
        # Where rows moved between pages all are asked again, else the short page alone.
        assert done.again == (3 if kind == "duplicates" else 1)
        first = pages(study)
        again = collect(study)
        assert again.complete
        assert again.pages == done.again
        assert first.items() <= pages(study).items()
        assert collect(study).pages == 0
        assert len(searches(server)) + (kind == "empty-page") == 3 + again.pages
    assert len(set(banners(study))) == 300


def test_a_few_rows_short_are_within_the_threshold(three_pages: Index, folder: Path) -> None:
    with served(three_pages, faults=[Fault("short-page", where=PAGE_2, by=3)]):
        assert collect(study_in(folder)).complete
    with served(three_pages, faults=[Fault("short-page", where=PAGE_2, by=3)]):
        assert not collect(study_in(folder / "strict", threshold=0.995)).complete


@pytest.mark.parametrize("by", [7, 1000, 10**12, -7, -250, -300])
@pytest.mark.parametrize("page", [1, 2, 3])
def test_f5_a_total_that_moves_once_neither_hides_nor_invents_banners(
    three_pages: Index, folder: Path, by: int, page: int
) -> None:
    study = study_in(folder)
    with served(three_pages, faults=[Fault("moved-total", where=rf"host/search\?.*page={page}\b", by=by)]):
        done = collect(study)
        assert len(set(banners(study))) == 300
        # What an engine that errs costs is bounded.
        assert done.pages <= 5
        if not done.complete:
            assert collect(study).complete


def test_a_total_far_too_low_on_the_only_page_loses_no_row(folder: Path) -> None:
    """What counts are the rows that came, whatever the total said."""
    study = study_in(folder)
    with served(cameras(90), faults=[Fault("moved-total", where="host/search\\?", by=-90)]):
        done = collect(study)
    assert (done.complete, done.pages) == (True, 1)
    assert len(set(banners(study))) == 90


def test_nothing_where_the_plan_had_much_is_partial(folder: Path) -> None:
    study = study_in(folder)
    with Loopback(cameras(90)) as full, Loopback([]) as empty, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHODAN_API_URL", full.url)
        with pytest.raises(BudgetError):
            collect(study, allowed=0)
        patch.setenv("SHODAN_API_URL", empty.url)
        done = collect(study)
        assert not done.complete
        assert "0 of 90 banners" in done.missing[0]
        # Twice the same is believed for the part; that its query announced more stays said.
        again = collect(study)
        nothing = ("0 of 90", "DE: 0 of 24", "FR: 0 of 21", "US: 0 of 24")
        assert again.missing == [f"{PRODUCT}: {one} banners; its parts do not add up" for one in nothing]
        assert again.again == 0


def test_an_engine_with_fewer_rows_than_it_announces_is_not_asked_for_ever(folder: Path) -> None:
    empty = Fault("empty-page", where=r"page=([3-9]|\d\d)\b", times=None)
    study = study_in(folder)
    with served(cameras(1500, countries=("DE",)), faults=[empty]):
        done = collect(study)
        assert (done.pages, done.complete) == (5, False)
        again = collect(study)
        assert (again.pages, again.complete) == (3, False)
        assert "200 of 1,500 banners" in again.missing[0]


def test_f3_credits_that_run_out_stop_cleanly_and_the_next_run_goes_on(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    with served(three_pages, plan="plus", credits=2) as server:
        done = collect(study)
        assert (done.pages, done.complete) == (2, False)
        assert "no query credits are left" in done.stopped
        assert "Insufficient query credits" in done.stopped
        server.account.credits = 10
        assert collect(study).complete
        assert server.account.credits == 9
    assert len(set(banners(study))) == len(banners(study)) == 300


def test_f3_credits_that_vanish_between_pages(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    with served(three_pages, faults=[Fault("no-credits", where=PAGE_2)]) as server:
        done = collect(study)
        assert (done.pages, done.complete) == (1, False)
        server.account.credits = 10
        assert collect(study).complete
        assert server.account.credits == 8


def test_f3_a_key_that_is_revoked_stops_at_once_and_the_next_run_goes_on(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    with served(three_pages, faults=[Fault("revoked", where=PAGE_2)]) as server:
        with pytest.raises(KeyRefusedError, match="check it, or get a new one") as caught:
            collect(study)
        assert "1 pages were received; the snapshot has cost 1 query credits" in caught.value.__notes__[0]
        assert "the same command resumes from there" in caught.value.__notes__[0]
        asked = len(server.log)
        with pytest.raises(KeyRefusedError):
            collect(study)
        assert len(server.log) == asked + 1
        server.account.revoked = False
        assert collect(study).complete
        assert server.account.credits == 10_000_000 - 3


def test_every_fault_of_the_loopback_has_its_test_here() -> None:
    assert sorted({*PASSES, *SHORT, "moved-total", "no-credits", "revoked"}) == sorted(KINDS)


@pytest.mark.parametrize("kind", ["502", "hang", "reset", "200-html"])
def test_a_part_that_the_engine_does_not_answer_does_not_cost_the_others(folder: Path, kind: Any) -> None:
    """300 banners of each of four countries, three parts."""
    study = study_in(folder, depth=3, deadline_seconds=0.3, timeout_seconds=0.1)
    with served(cameras(1200), faults=[Fault(kind, where="host/search.*country:FR", times=None)]) as server:
        done = collect(study)
        assert not done.complete
        (failed,) = done.failed
        assert "country:FR" in failed
        assert "country:FR: not finished" in done.missing[0]
        server.set_faults()
        assert collect(study).complete
        assert len(searches(server)) == len(set(searches(server))) == 12
    assert len(set(banners(study))) == len(banners(study)) == 1200


def test_an_engine_that_is_gone_ends_the_run_and_what_came_stays(folder: Path) -> None:
    study = study_in(folder, depth=3, deadline_seconds=0.3)
    with served(cameras(1800, countries=("DE", "US", "FR", "GB", "JP", "IT"))) as server:
        server.set_faults(Fault("502", where="host/search.*country:([E-Z])", times=None))
        with pytest.raises(UnavailableError, match=r"HTTP 502") as caught:
            collect(study)
        assert "the same command resumes" in caught.value.__notes__[0]
        assert 0 < len(pages(study)) < 18
        server.set_faults()
        assert collect(study).complete
        assert len(searches(server)) == len(set(searches(server))) == 18
