"""How long the client asks, how often and with what pauses; and what ends it at once."""

import time

import pytest

from camcensus.collect.client import Client, Limits
from camcensus.core.errors import BadQueryError, Interrupted, UnavailableError
from camcensus.validation.loopback.faults import Fault
from camcensus.validation.loopback.server import Loopback
from tests.collect.scripted import PAGE, SECRET, Scripted, scripted
from tests.collect.worlds import QUICK, TEXT, cameras, client


def test_what_may_cost_a_credit_each_time_is_tried_three_times_at_most() -> None:
    for body, tries in ((b"<html>", 3), (b'{"error":null}', 3)):
        with scripted((200, body)) as address:
            with pytest.raises(UnavailableError):
                Client(SECRET, Limits(deadline=5, rate=0), address).search(TEXT, 1)
            assert len(Scripted.asked) == tries
    # Free counts are asked as long as there is time.
    with scripted((200, b"<html>")) as address:
        with pytest.raises(UnavailableError):
            Client(SECRET, Limits(deadline=0.3, rate=0), address).count(TEXT)
        assert len(Scripted.asked) > 3


def test_the_pause_grows_and_the_deadline_holds_for_all_tries_together() -> None:
    with scripted((503, b"")) as address:
        began = time.monotonic()
        with pytest.raises(UnavailableError):
            Client(SECRET, Limits(deadline=0.6, rate=0), address).count(TEXT)
        assert time.monotonic() - began < 3
        # 10, 20, 40 ... ms, each with up to 10 ms more: no more tries than that leaves room for.
        assert 2 <= len(Scripted.asked) <= 7


def test_retry_after_is_waited_for_or_told_when_it_is_too_long() -> None:
    with scripted((429, b"{}", {"Retry-After": "1"}), (200, PAGE)) as address:
        began = time.monotonic()
        assert Client(SECRET, Limits(deadline=5, rate=0), address).search(TEXT, 1).total == 1
        assert time.monotonic() - began >= 1
    with scripted((429, b"{}", {"Retry-After": "1200"})) as address:
        with pytest.raises(UnavailableError, match="fewer requests, and to wait 1,200 seconds") as caught:
            Client(SECRET, Limits(deadline=5, rate=0), address).search(TEXT, 1)
        assert caught.value.retry_after == 1200
        assert len(Scripted.asked) == 1
    for nonsense in ("soon", "-5", "1.5", "\u00b2", "Wed, 21 Oct 2026 07:28:00 GMT"):
        with scripted((429, b"{}", {"Retry-After": nonsense}), (200, PAGE)) as address:
            assert Client(SECRET, QUICK, address).search(TEXT, 1).total == 1


@pytest.mark.slow
def test_a_server_that_hangs_or_drips_is_given_up() -> None:
    with Loopback(cameras(3), faults=[Fault("hang", wait=30, times=None)]) as server:
        began = time.monotonic()
        with pytest.raises(UnavailableError, match="did not answer in time"):
            client(server, Limits(silence=0.1, total=1, deadline=0.3, rate=0)).info()
        assert time.monotonic() - began < 5
    with scripted((200, PAGE), drip=0.05) as address:
        began = time.monotonic()
        with pytest.raises(UnavailableError, match=r"takes too long|did not answer in time"):
            Client(SECRET, Limits(silence=1, total=0.2, deadline=0.3, rate=0), address).count(TEXT)
        assert time.monotonic() - began < 10


def test_one_text_for_two_causes_is_told_apart_by_the_engines_own_reading() -> None:
    with Loopback(cameras(3), faults=[Fault("timed-out", where="host/search\\?")]) as server:
        assert client(server).search(TEXT, 1).total == 3
    with Loopback(cameras(3)) as server:
        with pytest.raises(BadQueryError, match=r"cannot read the query.*quote") as caught:
            client(server).count('product:"half')
        assert caught.value.query == 'product:"half'
        assert [r.path for r in server.log] == ["/shodan/host/count", "/shodan/host/search/tokens"]
    # A query that always times out is not asked for ten minutes.
    with Loopback(cameras(3), faults=[Fault("timed-out", where="count", times=None)]) as server:
        with pytest.raises(UnavailableError, match="did not answer in time"):
            client(server, Limits(deadline=60, rate=0)).count(TEXT)
        assert [r.path for r in server.log].count("/shodan/host/count") == 3
    # Nor is the question which of the two it is asked for ever.
    with Loopback(cameras(3), faults=[Fault("timed-out", times=None)]) as server:
        with pytest.raises(UnavailableError):
            client(server, Limits(deadline=60, rate=0)).count(TEXT)
        assert len(server.log) == 6


@pytest.mark.parametrize("where", ["limiter", "request", "package", "pause"])
def test_ctrl_c_is_obeyed_wherever_it_comes(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package catches every exception and puts a sentence of its own in its place."""

    def stop(*_: object, **__: object) -> None:
        raise Interrupted

    with scripted((503, b"")) as address:
        engine = Client(SECRET, Limits(deadline=5, rate=0), address)
        if where == "limiter":
            monkeypatch.setattr(engine._limiter, "wait", stop)
        elif where == "request":
            monkeypatch.setattr("requests.adapters.HTTPAdapter.send", stop)
        elif where == "package":
            monkeypatch.setattr("requests.Response.text", property(stop))
            Scripted.script[:] = [(401, b"x", {})]
            monkeypatch.setattr("shodan.client.APIError", _Stopping)
        else:
            monkeypatch.setattr("time.sleep", stop)
        with pytest.raises(Interrupted):
            engine.count(TEXT)
        assert len(Scripted.asked) <= 1


class _Stopping(Exception):
    """Raised in the place of the package's own error: an interrupt in the middle of its work."""

    def __init__(self, *_: object) -> None:
        raise Interrupted
