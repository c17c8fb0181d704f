"""What the real package makes of each fault: some it reports, some it hides, some it takes for data."""

import time
import urllib.error
import urllib.request
from typing import Any

import pytest
import requests
import shodan

from camcensus.validation.loopback.faults import KINDS, Fault, Faults
from camcensus.validation.loopback.server import Loopback
from tests.validation.loopback.worlds import QUERY, cameras, client

# Kind of fault to what the package raises.
RAISED = {
    "429": "Request rate limit reached",
    "502": r"Bad Gateway \(502\)",
    "503-html": "Unable to parse JSON response",
    "200-html": "Unable to parse JSON response",
    "timed-out": "The search request timed out or your query was invalid",
    "cursor": "Search cursor timed out",
    "reset": "Unable to connect to Shodan",
    "hang": "Unable to connect to Shodan",
    "half-body": "Unable to connect to Shodan",
    "truncated-json": "Unable to parse JSON response",
    "no-credits": "Insufficient query credits",
    "revoked": "Invalid API key",
}
STATUS = {
    "429": 429, "500-json": 500, "502": 502, "503-html": 503, "200-html": 200, "error-null": 200, "timed-out": 500,
    "cursor": 500, "reset": 0, "hang": 0, "half-body": 200, "truncated-json": 200, "short-page": 200,
    "empty-page": 200, "duplicates": 200, "moved-total": 200, "no-credits": 401, "revoked": 401,
}  # fmt: skip
PAID = {"half-body", "truncated-json", "short-page", "empty-page", "duplicates", "moved-total"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_hits_the_request_it_is_meant_for_once_and_costs_what_it_should(kind: Any) -> None:
    with Loopback(cameras(300), faults=[Fault(kind, at=2, wait=0)]) as server:
        api = client(server)
        before = server.account.credits
        api.search(QUERY, page=1)
        if kind in RAISED:
            with pytest.raises(shodan.APIError, match=RAISED[kind]):
                api.search(QUERY, page=2)
        elif kind == "error-null":
            with pytest.raises(shodan.APIError) as caught:
                api.search(QUERY, page=2)
            assert caught.value.value is None
            with pytest.raises(TypeError):
                str(caught.value)
        else:
            api.search(QUERY, page=2)
        entry = server.log[1]
        assert (entry.fault, entry.status, entry.page) == (kind, STATUS[kind], 2)
        assert entry.credits == (1 if kind in PAID else 0)
        if kind == "no-credits":
            assert server.account.credits == 0
            server.account.credits = before
        elif kind == "revoked":
            server.account.revoked = False
        else:
            assert server.account.credits == before - 1 - entry.credits
        assert len(api.search(QUERY, page=2)["matches"]) == 100
        assert server.log[2].fault is None


def places(found: Any) -> list[tuple[str, int]]:
    return [(match["ip_str"], match["port"]) for match in found["matches"]]


def test_what_the_package_takes_for_data() -> None:
    faults = [
        Fault("500-json", at=1),
        Fault("short-page", where="page=2"),
        Fault("empty-page", where="page=3"),
        Fault("moved-total", at=4, by=-7),
    ]
    with Loopback(cameras(300), faults=faults) as server:
        api = client(server)
        assert api.search(QUERY)["total"] == 5
        assert len(api.search(QUERY, page=2)["matches"]) == 97
        assert api.search(QUERY, page=3)["matches"] == []
        assert api.search(QUERY)["total"] == 293


def test_a_shifted_page_repeats_rows_and_loses_others() -> None:
    with Loopback(cameras(300), faults=[Fault("duplicates", where="page=2", by=10)]) as server:
        api = client(server)
        first, second, third = (places(api.search(QUERY, page=page)) for page in (1, 2, 3))
        assert second[:10] == first[-10:]
        assert len({*first, *second, *third}) == 290


def test_a_refusal_names_the_seconds_to_wait_when_told_to() -> None:
    with Loopback(cameras(1), faults=[Fault("429", wait=7), Fault("429")]) as server:
        for wanted in ("7", None):
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(f"{server.url}/api-info?key=x")
            assert caught.value.code == 429
            assert caught.value.headers["Retry-After"] == wanted


def test_a_reset_is_a_reset_and_half_a_body_is_short_of_what_was_announced() -> None:
    with Loopback(cameras(3), faults=[Fault("reset"), Fault("half-body")]) as server:
        with pytest.raises(requests.ConnectionError, match=r"[Rr]eset"):
            requests.get(f"{server.url}/shodan/host/search?key=x&query=webs")
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            requests.get(f"{server.url}/shodan/host/search?key=x&query=webs")


def test_a_hanging_request_holds_until_the_client_gives_up_and_never_holds_up_the_end() -> None:
    with Loopback(cameras(3), faults=[Fault("hang", wait=600, times=None)]) as server:
        with pytest.raises(shodan.APIError, match="Unable to connect"):
            client(server, timeout=0.2).info()
        started = time.monotonic()
    assert time.monotonic() - started < 60


def test_a_lost_reply_may_have_been_paid_for() -> None:
    with Loopback(cameras(3), plan="dev", faults=[Fault("reset", charged=True), Fault("502", charged=True)]) as server:
        for _ in range(2):
            with pytest.raises(shodan.APIError):
                client(server).search(QUERY)
        assert server.account.credits == 98
        assert [entry.credits for entry in server.log] == [1, 1]


def test_faults_can_be_set_while_it_runs() -> None:
    with Loopback(cameras(3)) as server:
        api = client(server)
        api.info()
        server.set_faults(Fault("502", times=None))
        for _ in range(2):
            with pytest.raises(shodan.APIError):
                api.info()
        server.set_faults()
        api.info()


def hits(fault: Fault, requests: int) -> list[int]:
    """Which of so many equal requests the fault hits."""
    faults = Faults([fault])
    return [n for n in range(1, requests + 1) if faults.next("/shodan/host/search?page=1&query=x")]


def test_when_a_fault_happens() -> None:
    assert hits(Fault("502"), 5) == [1]
    assert hits(Fault("502", at=3), 5) == [3]
    assert hits(Fault("502", at=[2, 4], times=None), 5) == [2, 4]
    assert hits(Fault("502", at=[2, 4]), 5) == [2]
    assert hits(Fault("502", times=2), 5) == [1, 2]
    assert hits(Fault("502", where="page=2"), 5) == []
    assert hits(Fault("502", where="search.*query=x$", times=None), 3) == [1, 2, 3]


def test_a_share_of_requests_is_drawn_with_a_seed() -> None:
    drawn = hits(Fault("502", share=0.2, seed=1, times=None), 1000)
    assert 150 < len(drawn) < 250
    assert drawn == hits(Fault("502", share=0.2, seed=1, times=None), 1000)
    assert drawn != hits(Fault("502", share=0.2, seed=2, times=None), 1000)
    assert hits(Fault("502", share=0.2, seed=1, times=3), 1000) == drawn[:3]


def test_a_fault_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no fault '418'"):
        Fault("418")  # type: ignore[arg-type]
