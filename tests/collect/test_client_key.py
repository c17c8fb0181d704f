"""Whom the client asks, how fast, and that its key is told to nobody else."""

import logging
import traceback
from typing import Any

import pytest

from camcensus.collect.client import Client, Limits
from camcensus.core.errors import CamcensusError, EngineError, NoEngineError, UnavailableError
from camcensus.validation.loopback.faults import Fault
from camcensus.validation.loopback.index import Index
from camcensus.validation.loopback.server import Loopback
from tests.collect.scripted import PAGE, SECRET, Scripted, scripted
from tests.collect.worlds import QUICK, TEXT, cameras


def told(error: BaseException | None) -> str:
    """Everything that an error, those behind it and their traceback say."""
    text = "".join(traceback.format_exception(error))
    while error is not None:
        text += f"{error!r} {error} {error.args} {vars(error)}"
        error = error.__cause__ or error.__context__
    return text


def test_a_redirect_takes_the_key_nowhere() -> None:
    with scripted((200, PAGE)) as elsewhere, scripted((302, b"", {"Location": f"{elsewhere}/steal"})) as address:
        with pytest.raises(NoEngineError):
            Client(SECRET, QUICK, address).search(TEXT, 1)
        # Both servers write down what they are asked in one list.
        (asked,) = Scripted.asked
        assert asked.startswith("/shodan/host/search?")


@pytest.mark.parametrize(
    "answers",
    [
        (401, f'{{"error":"no such key: {SECRET}"}}'.encode()),
        (500, f"trace: key={SECRET}".encode()),
        (200, f'{{"error":"key {SECRET} is blocked"}}'.encode()),
        (200, b"<html>%s" % SECRET.replace("/", "%2F").replace("+", "%2B").encode()),
        (301, b"", {"Location": f"http://127.0.0.1:1/?key={SECRET}"}),
    ],
)
def test_f7_no_error_tells_the_key(answers: Any) -> None:
    with scripted(answers) as address:
        with pytest.raises(EngineError) as caught:
            Client(SECRET, Limits(deadline=0.05, rate=0), address).search(TEXT, 1)
        assert Scripted.asked
        assert "key=SECRETKEY" in Scripted.asked[0]
    assert "SECRETKEY" not in told(caught.value)


@pytest.mark.parametrize("kind", ["reset", "hang", "half-body"])
def test_f7_no_broken_connection_tells_the_key(kind: Any) -> None:
    with Loopback(cameras(3), faults=[Fault(kind, times=None, wait=5)]) as server:
        with pytest.raises(UnavailableError) as caught:
            Client(SECRET, Limits(silence=0.1, deadline=0.05, rate=0), server.url).search(TEXT, 1)
    assert "SECRETKEY" not in told(caught.value)
    with pytest.raises(UnavailableError) as caught:
        Client(SECRET, Limits(deadline=0.05, rate=0), server.url).search(TEXT, 1)
    assert "SECRETKEY" not in told(caught.value)


def test_f7_no_log_tells_the_key(some: Index, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Loopback(some, faults=[Fault("502", at=1), Fault("reset", at=3)]) as server:
        for key in (SECRET, "OTHERKEY99999999"):
            Client(key, QUICK, server.url).search(TEXT, 1)
        Client(SECRET, QUICK, server.url).search(TEXT, 2)
    lines = [record.getMessage() for record in caplog.records]
    assert (
        sum("/shodan/host/search?" in line and "key=[key]" in line.replace("%5Bkey%5D", "[key]") for line in lines) >= 3
    )
    assert not any("SECRETKEY" in line or "OTHERKEY" in line for line in lines)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ftp://127.0.0.1", "allowed: a URL such as https"),
        ("127.0.0.1:80", "allowed: a URL such as https"),
        ("http://[::1", "allowed: a URL such as https"),
        ("https://", "allowed: a URL such as https"),
        ("http://api.example.org", "unencrypted"),
        ("http://localhost.example.org", "unencrypted"),
        ("http://127.0.0.1@example.org", "unencrypted"),
        ("https://api.example.org", "rate: found 0; the search engine allows 1"),
    ],
)
def test_an_address_that_must_not_be_asked(address: str, says: str) -> None:
    with pytest.raises(CamcensusError, match=says):
        Client(SECRET, Limits(rate=0), address)


@pytest.mark.parametrize("rate", [0, 1.01, 100])
def test_the_rate_may_be_raised_on_this_machine_only(rate: float, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CamcensusError, match="for servers on this machine only"):
        Client(SECRET, Limits(rate=rate))
    for host in ("127.0.0.1", "localhost", "[::1]", "127.1.2.3"):
        assert Client(SECRET, Limits(rate=rate), f"http://{host}:1/").local
    assert not Client(SECRET, Limits(rate=0.5)).local
    monkeypatch.setenv("SHODAN_API_URL", "http://127.0.0.1:1")
    assert Client(SECRET, Limits(rate=rate)).local


def test_the_address_of_the_environment_holds_for_trends_too(some: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback(some) as server:
        monkeypatch.setenv("SHODAN_API_URL", f"{server.url}/")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        engine = Client(SECRET, QUICK)
        engine.count(TEXT)
        engine.trends(TEXT, [("country", 2)])
        assert [r.path for r in server.log] == ["/shodan/host/count", "/api/v1/search"]
    monkeypatch.delenv("SHODAN_API_URL")
    engine = Client(SECRET)
    assert engine._api.base_url == "https://api.shodan.io"
    assert engine._api.base_trends_url == "https://trends.shodan.io"
