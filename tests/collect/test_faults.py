"""Each fault of the engine, as a user meets it: the command's exit status, what it says, and that the same command then
completes the snapshot without paying twice."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from camcensus.core import storage
from camcensus.core.errors import CamcensusError
from camcensus.validation.loopback.faults import KINDS, Fault
from camcensus.validation.loopback.index import Index
from camcensus.validation.loopback.server import KEY, Loopback
from tests.collect.collected import files, ledger
from tests.collect.worlds import ROOT, cameras, collect, finished, pages, raw, rows, searches, served, started, study_in
from tests.shell import Done, Shell, one_shell

PAGE_2 = r"host/search\?.*page=2\b"
ONE_COUNTRY = Index(cameras(300, countries=("DE",)))
# Kind to exit status when one request for a page meets it, what is then said, and what the last run says.
PASSES = (0, "complete; next: camcensus run --study")
SHORT = (3, "not collected: .*: (280|200) of 300 banners")
ONCE: dict[str, tuple[int, str]] = {
    **dict.fromkeys(
        ("429", "500-json", "502", "503-html", "200-html", "error-null", "timed-out", "cursor", "reset", "hang",
         "half-body", "truncated-json"), PASSES,
    ),
    **dict.fromkeys(("short-page", "empty-page", "duplicates"), SHORT),
    "moved-total": (0, "complete"),
    "no-credits": (3, r"PARTIAL: no query credits are left; wait or buy some \(HTTP 401; Insufficient query credits"),
    "revoked": (1, r"the API key was refused; check it, or get a new one \(HTTP 401"),
}  # fmt: skip
# The same for all requests for pages, for ever.
ALWAYS: dict[str, tuple[int, str]] = {
    "429": (3, "the search engine asks for fewer requests .*HTTP 429; Request rate limit reached"),
    "500-json": (3, "the search engine failed .*HTTP 500"),
    "502": (3, "the search engine failed .*HTTP 502; .*Bad Gateway"),
    "503-html": (3, "HTTP 503"),
    "200-html": (3, "the search engine's answer is not JSON, or is cut short .*maintenance"),
    "error-null": (3, "the search engine failed .*HTTP 200"),
    "timed-out": (3, "the search engine did not answer in time .*timed out or your query was invalid"),
    "cursor": (3, "Search cursor timed out"),
    "reset": (3, "the connection broke"),
    "hang": (3, "did not answer in time"),
    "half-body": (3, "the connection broke"),
    "truncated-json": (3, "not JSON, or is cut short"),
    "short-page": (3, "291 of 300 banners"),
    "empty-page": (3, "0 of 300 banners"),
    "duplicates": (0, "complete"),
    "no-credits": (3, "no query credits are left"),
    "revoked": (1, "API key was refused"),
}  # fmt: skip


@pytest.fixture
def shell() -> Shell:
    return one_shell()


def command(shell: Shell, server: Loopback, study: Path, *words: object, mode: str = "download") -> Done:
    """The command, done; without a traceback, and without the key in what it says."""
    done = shell.run(
        "collect", "--study", study, "--snapshot", "a", "--mode", mode, *words,
        SHODAN_API_URL=server.url, SHODAN_API_KEY=KEY, XDG_CACHE_HOME=str(study.parent),
    )  # fmt: skip
    assert "Traceback" not in done.err, done.err
    assert KEY not in done.out + done.err
    return done


def waits(kind: str) -> dict[str, float]:
    """How long a request waits: short for the one fault that is about waiting, where others are answered in time."""
    if kind == "hang":
        return {"timeout_seconds": 0.5, "deadline_seconds": 1.0}
    return {"timeout_seconds": 5, "deadline_seconds": 0.3}


def says(done: Done, status: int, text: str) -> None:
    assert done.status == status, done.out + done.err
    assert re.search(text, done.out + done.err), done.out + done.err


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a collection in peace leaves."""
    study = study_in(tmp_path_factory.mktemp("calm"))
    with served(ONE_COUNTRY):
        assert collect(study).complete
    return study


def test_every_kind_is_tried() -> None:
    assert ONCE.keys() == ALWAYS.keys() | {"moved-total"} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_one_fault(shell: Shell, folder: Path, calm: Path, kind: Any) -> None:
    status, text = ONCE[kind]
    study = study_in(folder)
    with Loopback(ONE_COUNTRY, faults=[Fault(kind, where=PAGE_2, by=20, wait=1 if kind == "hang" else None)]) as server:
        first = command(shell, server, study)
        says(first, status, text)
        assert any(request.fault == kind for request in server.log)
        kept = pages(study)
        if status == 1:
            assert "the same command resumes from there" in first.err
        if status == 3:
            assert "run the same command again" in first.out
        server.account.revoked = False
        server.account.credits = max(server.account.credits, 1000)
        says(command(shell, server, study), 0, "complete")
        before = len(server.log)
        says(command(shell, server, study), 0, "0 pages for 0 query credits")
        assert len(server.log) == before
        assert len(set(searches(server))) == 3
    assert kept.items() <= pages(study).items()
    # Pages that were asked for again stand beside the first.
    assert files(study).keys() >= files(calm).keys()
    assert [row[8] for row in ledger(study)["partitions"]] == [300]


@pytest.mark.parametrize("kind", ALWAYS)
def test_a_fault_that_does_not_end(shell: Shell, folder: Path, kind: Any) -> None:
    status, text = ALWAYS[kind]
    study = study_in(folder, **waits(kind))
    with Loopback(ONE_COUNTRY, faults=[Fault(kind, where=r"host/search\?", times=None)]) as server:
        says(command(shell, server, study), status, text)
        # What may have been paid for is bounded.
        assert 10_000_000 - server.account.credits <= 6 or kind == "no-credits"
        server.set_faults()
        server.account.revoked = False
        server.account.credits = max(server.account.credits, 1000)
        says(command(shell, server, study), 0, "complete")


@pytest.mark.parametrize("kind", [kind for kind in ALWAYS if kind not in ("short-page", "empty-page", "duplicates")])
def test_a_fault_in_planning_spends_nothing_and_the_next_run_plans(shell: Shell, folder: Path, kind: Any) -> None:
    study = study_in(folder, **waits(kind))
    with Loopback(ONE_COUNTRY, faults=[Fault(kind, where="host/count.*Hikvision", times=None)]) as server:
        done = command(shell, server, study)
        if kind == "no-credits":
            # Counts are free, so it shows when the first page is asked for.
            says(done, 3, "no query credits are left")
        else:
            says(done, 1, "the same command resumes from there")
        assert not pages(study)
        server.set_faults()
        server.account.revoked = False
        server.account.credits = 1000
        says(command(shell, server, study), 0, "complete")
        assert server.account.credits == 997


def _pages_and_replies(study: Path) -> dict[str, bytes]:
    return {name: body for name, body in files(study).items() if name.endswith(".page.zst")}


@pytest.mark.slow
def test_two_collectors_on_one_snapshot_the_second_stops_with_a_clear_message(shell: Shell, folder: Path) -> None:
    study = study_in(folder, timeout_seconds=60, deadline_seconds=60)
    with Loopback(ONE_COUNTRY, faults=[Fault("hang", where=PAGE_2, wait=60)]) as server:
        first = started(study, SHODAN_API_URL=server.url)
        while not any(request.fault for request in server.log):
            time.sleep(0.01)
        before, asked = _pages_and_replies(study), len(server.log)
        assert storage.is_locked(raw(study))
        for mode in ("download", "census"):
            done = command(shell, server, study, mode=mode)
            says(
                done, 1, rf"snapshot a is in use by process {first.pid} on .*; wait for it to end, then run this again"
            )
        assert len(server.log) == asked
        assert _pages_and_replies(study) == before
        first.kill()
        first.communicate()
        server.set_faults()
        # A lock dies with its process: nothing has to be cleared by hand.
        says(command(shell, server, study), 0, "complete")


@pytest.mark.slow
def test_ctrl_c_ends_with_one_line_and_the_same_command_goes_on(shell: Shell, folder: Path) -> None:
    study = study_in(folder, timeout_seconds=60, deadline_seconds=60)
    with Loopback(ONE_COUNTRY, faults=[Fault("hang", where=PAGE_2, wait=60)]) as server:
        process = started(study, SHODAN_API_URL=server.url)
        while not any(request.fault for request in server.log):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said = finished(process, 130)
        assert "stopped; finished work is kept, run the same command again to resume" in said
        assert len(pages(study)) == 1
        server.set_faults()
        says(command(shell, server, study), 0, "2 pages for 2 query credits")


def test_what_would_cost_more_than_allowed_is_not_begun(shell: Shell, folder: Path) -> None:
    study = study_in(folder, budget=0)
    with Loopback(ONE_COUNTRY) as server:
        says(command(shell, server, study), 1, "would cost 3 query credits more, 3 in total .* and 0 are allowed")
        says(command(shell, server, study, "--max-credits", 2), 1, "nothing was spent. Allow more with --max-credits")
        assert server.account.credits == 10_000_000
        says(command(shell, server, study, "--max-credits", 3, "--json"), 0, '"complete": true')
        assert server.account.credits == 10_000_000 - 3


def test_a_partial_snapshot_says_what_asking_again_costs(shell: Shell, folder: Path) -> None:
    study = study_in(folder, budget=3)
    with Loopback(ONE_COUNTRY, faults=[Fault("empty-page", where=PAGE_2)]) as server:
        done = command(shell, server, study)
        says(
            done,
            3,
            "again to request what is missing: about 1 query credits, --max-credits 4; or count what was collected",
        )
        says(command(shell, server, study), 1, "would cost 1 query credits more, 4 in total .* and 3 are allowed")
        says(command(shell, server, study, "--max-credits", 4), 0, "complete")


@pytest.mark.slow
def test_f9_a_disk_that_takes_no_more_is_told_and_the_next_run_goes_on(shell: Shell, folder: Path) -> None:
    """A limit on the size of a file stands for the disk: a page is too large for it, as it would be for a full one."""
    large = [camera | {"data": os.urandom(8000).hex()} for camera in cameras(150, countries=("DE",))]
    study = study_in(folder)
    command_line = ["-m", "camcensus", "collect", "--study", study, "--snapshot", "a", "--mode", "download"]
    with Loopback(large) as server:
        process = subprocess.run(
            [sys.executable, *map(str, command_line)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "SHODAN_API_KEY": KEY, "SHODAN_API_URL": server.url},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000)),
        )
        assert process.returncode == 1, process.stderr
        assert "Traceback" not in process.stderr
        assert re.search(r"raw: File too large; make room", process.stderr)
        assert "the same command resumes from there" in process.stderr
        assert not pages(study)
        says(command(shell, server, study), 0, "complete")
    assert not list(raw(study).rglob("*.part"))


def test_nothing_is_bought_when_the_disk_is_nearly_full(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_in(folder)
    with served(ONE_COUNTRY) as server:
        monkeypatch.setattr("camcensus.collect.download.free_bytes", lambda _: 1000)
        with pytest.raises(CamcensusError, match="the disk is full; make room, then run the same command again"):
            collect(study)
        assert server.account.credits == 10_000_000


def test_the_ledger_tells_each_request_that_failed(folder: Path) -> None:
    study = study_in(folder)
    with served(ONE_COUNTRY, faults=[Fault("502", where=PAGE_2), Fault("reset", where=PAGE_2)]):
        assert collect(study).complete
    told = rows(study, "select page, status, outcome, results, credits from requests where endpoint = 'search'")
    assert told == [
        (1, 200, "", 100, 1),
        (2, 502, "UnavailableError", 0, 0),
        (2, None, "UnavailableError", 0, 1),
        (2, 200, "", 100, 1),
        (3, 200, "", 100, 1),
    ]
