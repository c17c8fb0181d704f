"""Pages are bought once, whatever goes wrong: what each fault leaves, what is said, and what the next run does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import zstandard

from pipeline.collect.fields import FIELDS, MARK
from pipeline.collect.ledger import SEAL
from pipeline.errors import (
    BudgetError,
    CamcensusError,
    IntegrityError,
    KeyRefusedError,
    PlanRefusedError,
    UnavailableError,
)
from pipeline.simulate.loopback import Loopback
from pipeline.simulate.loopback_faults import KINDS, Fault
from pipeline.simulate.loopback_index import Index
from tests.collect.worlds import PRODUCT, SERVER, cameras, collect, pages, raw, rows, searches, served, study_in

PAGE_2 = r"host/search\?.*page=2\b"
# A page that is lost on the way is asked for again at once; one that comes short is accepted, and seen to be short.
PASSES = ("429", "500-json", "502", "503-html", "200-html", "error-null", "timed-out", "cursor", "reset", "hang",
          "half-body", "truncated-json")  # fmt: skip
SHORT = ("short-page", "empty-page", "duplicates")
# These may have been paid for although nothing came.
DEAR = {"200-html", "error-null", "reset", "hang", "half-body", "truncated-json"}


@pytest.fixture(scope="module")
def three_pages() -> Index:
    """300 cameras of one country: one part, three pages."""
    return Index(cameras(300, countries=("DE",)))


def banners(study: Path) -> list[tuple[str, int]]:
    """Address and port of each banner in the page files."""
    found = []
    for body in pages(study).values():
        matches = json.loads(zstandard.ZstdDecompressor().decompress(body))["matches"]
        found += [(match["ip_str"], match["port"]) for match in matches]
    return found


def test_a_download_has_every_banner_once_and_costs_what_the_engine_takes(shared: Index, folder: Path) -> None:
    study = study_in(folder, depth=2)
    with served(shared) as server:
        before = server.credits
        done = collect(study)
        assert done.complete
        assert (done.credits, done.credits_in_all, done.again) == (before - server.credits, before - server.credits, 0)
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


@pytest.mark.parametrize("kind", PASSES)
def test_f2_what_may_pass_is_asked_again_and_the_snapshot_is_whole(three_pages: Index, folder: Path, kind: Any) -> None:
    study = study_in(folder)
    with served(three_pages, faults=[Fault(kind, where=PAGE_2, wait=1 if kind == "hang" else None)]) as server:
        done = collect(study)
        assert done.complete
        assert [request.fault for request in server.log].count(kind) == 1
        charged = 10_000_000 - server.credits
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


def test_a_total_far_too_low_on_the_only_page_is_asked_again(folder: Path) -> None:
    """The plan said 90; a reply of none is believed when it comes twice."""
    study = study_in(folder)
    with served(cameras(90), faults=[Fault("moved-total", where="host/search\\?", by=-90), Fault("empty-page")]):
        pass
    index = Index(cameras(90))
    lost = [Fault("empty-page", where="host/search\\?"), Fault("moved-total", where="host/search\\?", by=-90)]
    with served(index, faults=lost[1:]):
        done = collect(study)
        assert done.complete  # the rows came, whatever the total said
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
        assert again.missing == [f"{PRODUCT}: 0 of 90 banners; its parts do not add up"] * 1 + [
            line for line in again.missing if ": 0 of " in line and line.startswith(f"{PRODUCT}: ") and "90" not in line
        ]
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
        server.credits = 10
        assert collect(study).complete
        assert server.credits == 9
    assert len(set(banners(study))) == len(banners(study)) == 300


def test_f3_credits_that_vanish_between_pages(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    with served(three_pages, faults=[Fault("no-credits", where=PAGE_2)]) as server:
        done = collect(study)
        assert (done.pages, done.complete) == (1, False)
        server.credits = 10
        assert collect(study).complete
        assert server.credits == 8


def test_f3_a_key_that_is_revoked_stops_at_once_and_the_next_run_goes_on(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    with served(three_pages, faults=[Fault("revoked", where=PAGE_2)]) as server:
        with pytest.raises(KeyRefusedError, match="check it, or get a new one") as caught:
            collect(study)
        assert "1 pages came, and the snapshot has cost 1 query credits" in caught.value.__notes__[0]
        assert "the same command goes on from there" in caught.value.__notes__[0]
        asked = len(server.log)
        with pytest.raises(KeyRefusedError):
            collect(study)
        assert len(server.log) == asked + 1
        server.revoked = False
        assert collect(study).complete
        assert server.credits == 10_000_000 - 3


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
        assert "country:FR: not asked to the end" in done.missing[0]
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
        assert "the same command goes on" in caught.value.__notes__[0]
        assert 0 < len(pages(study)) < 18
        server.set_faults()
        assert collect(study).complete
        assert len(searches(server)) == len(set(searches(server))) == 18


def test_nothing_is_spent_beyond_what_is_allowed(three_pages: Index, folder: Path) -> None:
    study = study_in(folder, budget=0)
    with served(three_pages) as server:
        for allowed in (None, 2):
            with pytest.raises(
                BudgetError, match=r"would cost 3 query credits more, 3 in all.* nothing was spent"
            ) as caught:
                collect(study, allowed=allowed)
            assert caught.value.price == 3
        assert server.credits == 10_000_000
        assert collect(study, allowed=3).complete
    assert (len(pages(study)), 10_000_000 - server.credits) == (3, 3)


def test_retries_that_may_cost_stop_at_what_is_allowed(three_pages: Index, folder: Path) -> None:
    """Each lost body may have been paid for, so three pages at most are asked for, two of them in vain."""
    study = study_in(folder)
    with served(three_pages, faults=[Fault("half-body", where="host/search\\?", times=None)]) as server:
        done = collect(study, allowed=3)
        assert not done.complete
        assert server.credits == 10_000_000 - 3
        assert done.credits == 3
        server.set_faults()
        with pytest.raises(BudgetError, match="would cost 3 query credits more, 6 in all"):
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
        assert done.stopped.startswith("the 3 query credits that are allowed are spent")
        assert large.credits == 10_000_000 - 3
        assert done.again == 2
        assert collect(study, allowed=5).complete


def test_fields_are_asked_for_where_the_plan_allows_it(three_pages: Index, folder: Path) -> None:
    with served(three_pages, plan="plus"):
        assert collect(study_in(folder)).complete
    first = json.loads(zstandard.ZstdDecompressor().decompress(next(iter(pages(folder / "study.toml").values()))))
    asked = {name.partition(".")[0] for name in (*FIELDS, MARK)}
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
        assert server.credits == 2
        assert [request.status for request in server.log].count(401) == refused
    page = zstandard.ZstdDecompressor().decompress(next(iter(pages(study).values())))
    assert server.index.rows[0] in page


def test_a_plan_without_search_is_told_at_once(three_pages: Index, folder: Path) -> None:
    with served(three_pages, plan="free") as server, pytest.raises(PlanRefusedError, match="plan does not allow"):
        collect(study_in(folder))
    assert not pages(folder / "study.toml")
    assert len(server.log) < 12


def test_what_the_account_paid_beyond_the_ledger_is_told(three_pages: Index, folder: Path) -> None:
    """A failure of the engine is taken to cost nothing; here it does."""
    said: list[str] = []
    with served(three_pages, plan="dev", credits=5, faults=[Fault("502", where=PAGE_2, charged=True)]):
        done = collect(study_in(folder, fields=False), say=said.append)
    assert done.complete
    assert done.notes == ["the account went down by 4 query credits, of which this run knows 3"]
    assert not any("will stop on the way" in text for text in said)
    with served(three_pages, plan="dev", credits=2):
        assert not collect(study_in(folder / "poor", fields=False), say=said.append).complete
    assert "the account has 2 query credits left, and this costs 3: it will stop on the way" in said


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


def test_what_a_stop_left_between_file_and_ledger_is_entered_not_bought(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    with served(three_pages) as server:
        collect(study)
        before, ledger = pages(study), rows(study, "select partition, page, pass, file, sha256 from pages order by id")
        # As if killed after the file was written and before its row was.
        rows_gone(study, "delete from pages where page = 3")
        rows_gone(study, "update partitions set passes = 0, found = 0")
        asked = len(server.log)
        said: list[str] = []
        assert collect(study, say=said.append).complete
        assert len(server.log) == asked
        assert any("0003.page.zst: was received before the stop" in text for text in said)
        assert rows(study, "select partition, page, pass, file, sha256 from pages order by id") == ledger
        assert pages(study) == before


def rows_gone(study: Path, statement: str) -> None:
    import sqlite3

    (raw(study) / SEAL).unlink(missing_ok=True)  # as while a collector is at work
    ledger = sqlite3.connect(raw(study) / "ledger.sqlite", isolation_level=None)
    ledger.execute(statement)
    ledger.close()


def test_half_written_files_are_cleared(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    with served(three_pages):
        left = raw(study) / "download" / PRODUCT / "000001" / ".0001.page.zst.x.part"
        left.parent.mkdir(parents=True)
        left.write_bytes(b"half")
        assert collect(study).complete
        assert not left.exists()


def test_a_page_of_another_ledger_is_refused(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    with served(three_pages):
        collect(study)
        (raw(study) / "ledger.sqlite").unlink()
        stray = raw(study) / "download" / "other" / "000009" / "0001.page.zst"
        stray.parent.mkdir(parents=True)
        stray.write_bytes(next(iter(pages(study).values())))
        with pytest.raises(IntegrityError, match=r"000009/0001\.page\.zst: is a page that the ledger does not know"):
            collect(study)


def test_a_damaged_page_is_told_and_nothing_is_bought(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    with served(three_pages) as server:
        collect(study)
        (name, body) = next(iter(pages(study).items()))
        (raw(study) / name).write_bytes(body[:40] + bytes([body[40] ^ 1]) + body[41:])
        rows_gone(study, "update partitions set passes = 0, found = 0")
        with pytest.raises(IntegrityError, match=rf"{name}: is damaged"):
            collect(study)
        assert server.credits == 10_000_000 - 3


def test_a_snapshot_of_imported_files_takes_no_pages(three_pages: Index, folder: Path) -> None:
    study = study_in(folder)
    raw(study).mkdir(parents=True)
    (raw(study) / "export.json").write_text("{}\n")
    with served(three_pages) as server, pytest.raises(CamcensusError, match="holds imported files"):
        collect(study)
    assert not server.log
