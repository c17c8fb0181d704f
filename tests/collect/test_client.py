"""The client against a real server: what is asked again, what is not, how long, and what every error says."""

import http.server
import logging
import re
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest

from pipeline.collect.client import Client, Limits
from pipeline.collect.reply import Attempt
from pipeline.errors import (
    BadQueryError,
    CamcensusError,
    EngineError,
    Interrupted,
    KeyRefusedError,
    NoCreditsError,
    NoEngineError,
    PlanRefusedError,
    UnavailableError,
)
from pipeline.simulate.loopback import Loopback
from pipeline.simulate.loopback_faults import Fault
from pipeline.simulate.loopback_index import Index
from tests.collect.worlds import QUICK, TEXT, cameras, client

SECRET = "SECRETKEY0123456789abcdefABCDEF/+"
PAGE = b'{"matches":[{"ip_str":"1.2.3.4","port":80}],"total":1}'


class Book:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []

    def asks(self, attempt: Attempt) -> int:
        self.attempts.append(attempt)
        return len(self.attempts) - 1

    def answered(self, number: int, attempt: Attempt) -> None:
        self.attempts[number] = attempt


class Scripted(http.server.BaseHTTPRequestHandler):
    """Gives the answers that a test lists, one after the other, the last of them for ever."""

    script: ClassVar[list[tuple[int, bytes, dict[str, str]]]] = []
    asked: ClassVar[list[str]] = []
    drip: ClassVar[float] = 0.0
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, body, headers = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for byte in body if self.drip else ():
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(self.drip)
            self.wfile.write(b"" if self.drip else body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def scripted(*answers: tuple[int, bytes] | tuple[int, bytes, dict[str, str]], drip: float = 0.0) -> Iterator[str]:
    """The address of a server that gives these answers."""
    Scripted.script = [(status, body, dict(*headers)) for status, body, *headers in answers]
    Scripted.asked, Scripted.drip = [], drip
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Scripted) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def told(error: BaseException | None) -> str:
    """Everything that an error, those behind it and their traceback say."""
    text = "".join(traceback.format_exception(error))
    while error is not None:
        text += f"{error!r} {error} {error.args} {vars(error)}"
        error = error.__cause__ or error.__context__
    return text


@pytest.fixture(scope="module")
def some() -> Index:
    return Index(cameras(150))


def test_every_endpoint_gives_what_the_engine_gave(some: Index) -> None:
    with Loopback(some) as server:
        engine = client(server)
        assert engine.info().value["plan"] == "enterprise"
        assert engine.ports().value == [80, 554, 8000]
        reply = engine.count(TEXT, [("country", 10), ("port", 1)])
        assert reply.total == 150
        assert sum(reply.facet("country").values()) + 36 == 150
        assert list(reply.facet("port").items()) == [("554", 50)] or len(reply.facet("port")) == 1
        assert reply.facet("org") == {}
        page = engine.search(TEXT, 2)
        assert (page.total, len(page.matches)) == (150, 50)
        assert all(row in page.body for row in some.rows[100:])
        assert engine.search(TEXT, 1, fields=["port"]).matches[0].keys() == {"port"}
        months = engine.trends(TEXT, [("country", 3)]).value["matches"]
        assert months[0]["month"] == "2017-06"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", page.received)


def test_every_request_is_booked_before_it_is_sent_and_when_it_is_answered(some: Index) -> None:
    book = Book()
    with Loopback(some, faults=[Fault("502", at=2), Fault("reset", at=3)]) as server:
        engine = client(server, book=book)
        engine.count(TEXT)
        engine.search(TEXT, 1)
        assert [(a.endpoint, a.page, a.status, a.outcome, a.results, a.price) for a in book.attempts] == [
            ("count", 1, 200, "", 0, 0),
            ("search", 1, 502, "UnavailableError", 0, 0),
            ("search", 1, None, "UnavailableError", 0, 1),
            ("search", 1, 200, "", 100, 1),
        ]
        assert [len(server.log)] == [4]

    class Refusing(Book):
        def asks(self, attempt: Attempt) -> int:
            raise CamcensusError(f"not allowed: {attempt.endpoint}")

    with Loopback(some) as server:
        with pytest.raises(CamcensusError, match="not allowed"):
            client(server, book=Refusing()).search(TEXT, 1)
        assert not server.log


def test_a_connection_that_never_came_about_costs_nothing() -> None:
    book = Book()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UnavailableError, match="cannot be reached"):
            Client(SECRET, Limits(deadline=0.1, rate=0), address, book).search(TEXT, 1)
    assert len(book.attempts) > 2
    assert {a.price for a in book.attempts} == {0}


NOT_ASKED_AGAIN = [
    (401, b'{"error":"Invalid API key"}', KeyRefusedError, "API key was refused"),
    (401, b"<html>401 Unauthorized</html>", KeyRefusedError, "API key was refused"),
    (401, b'{"error":"Please upgrade your API plan to use filters or paging."}', PlanRefusedError, "does not allow"),
    (403, b'{"error":"Requires membership or higher to access"}', PlanRefusedError, "Requires membership"),
    (403, b"", PlanRefusedError, "HTTP 403"),
    (402, b'{"error":"pay"}', PlanRefusedError, "pay"),
    (401, b'{"error":"Insufficient query credits, please upgrade your API plan"}', NoCreditsError, "no query credits"),
    (200, b'{"error":"no query credits left"}', NoCreditsError, "no query credits"),
    (200, b'{"error":"Invalid filter"}', BadQueryError, "Invalid filter"),
    (400, b'{"error":{"code":5}}', BadQueryError, "refuses the query"),
    (301, b"", NoEngineError, "check SHODAN_API_URL"),
    (404, b"<html>nothing here</html>", NoEngineError, "check SHODAN_API_URL"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind", "says"), NOT_ASKED_AGAIN)
def test_f3_what_will_not_pass_is_asked_once_and_told(
    status: int, body: bytes, kind: type[EngineError], says: str
) -> None:
    with scripted((status, body, {"Location": "http://127.0.0.1:1/"})) as address:
        with pytest.raises(kind, match=says) as caught:
            Client(SECRET, QUICK, address).search(TEXT, 1)
        assert type(caught.value) is kind
        assert len(Scripted.asked) == 1
        assert caught.value.status == status
        assert caught.value.asked == TEXT
        assert TEXT in str(caught.value)


ASKED_AGAIN = [
    (429, b'{"error":"Request rate limit reached"}', "fewer requests"),
    (429, b"", "an empty body"),
    (500, b'{"total":5}', "HTTP 500"),
    (500, b'{"matches":[],"total":0}', "HTTP 500"),
    (502, b"<html>Bad Gateway</html>", "Bad Gateway"),
    (503, b"", "HTTP 503"),
    (200, b"<html>maintenance</html>", "no JSON"),
    (200, b"", "empty body"),
    (200, b'{"matches":[{"ip_str":"1.2', "no JSON, or is cut short"),
    (200, b'{"error":null}', "failed"),
    (200, b'{"error":"Search cursor timed out. Restart the search query from page 1."}', "cursor timed out"),
    (200, b"[]", "Expected `object`, got `array`"),
    (200, b"null", "failed"),
    (200, b'{"total":"5","matches":[]}', r"got `str` - at `\$.total`"),
    (200, b'{"total":-5,"matches":[]}', "`int` >= 0"),
    (200, b'{"total":true,"matches":[]}', "got `bool`"),
    (200, b'{"total":5}', "missing required field `matches`"),
    (200, b'{"total":5,"matches":{"a":1}}', "Expected `array`"),
    (200, b'{"total":5,"matches":[5]}', "Expected `object`, got `int`"),
    (200, b'{"total":5,"matches":[],"facets":{"country":[{"count":"x"}]}}', "facets"),
    (200, b'{"total":5,"matches":[],"facets":{"country":7}}', "facets"),
    (200, b'{"total":5,"matches":[],"facets":7}', "facets"),
    (200, b'{"total":5,"matches":' + b"[" * 3000 + b"]" * 3000 + b"}", "no JSON"),
    (200, b"\xff\xfe\x00", "no JSON"),
]


@pytest.mark.parametrize(("status", "body", "says"), ASKED_AGAIN)
def test_f2_f4_what_may_pass_is_asked_again(status: int, body: bytes, says: str) -> None:
    with scripted((status, body), (200, PAGE)) as address:
        assert Client(SECRET, QUICK, address).search(TEXT, 1).total == 1
        assert len(Scripted.asked) == 2
    with scripted((status, body)) as address:
        limits = Limits(silence=0.5, whole=1.0, deadline=0.2, rate=0)
        with pytest.raises(UnavailableError, match=says) as caught:
            Client(SECRET, limits, address).search(TEXT, 1)
        assert len(Scripted.asked) >= 2
        assert caught.value.status == status


def test_what_stands_in_real_banners_is_no_reason_to_lose_a_page() -> None:
    odd = b'{"matches":[{"a":"\\ud800","b":NaN,"c":1e999,"d":123456789012345678901234567890,"e":"\x01\xff"}],"total":1}'
    with scripted((200, odd)) as address:
        reply = Client(SECRET, QUICK, address).search(TEXT, 1)
        assert reply.body == odd
        assert reply.matches[0]["d"] == 123456789012345678901234567890
        assert len(Scripted.asked) == 1


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


def test_a_server_that_hangs_or_drips_is_given_up() -> None:
    with Loopback(cameras(3), faults=[Fault("hang", wait=30, times=None)]) as server:
        began = time.monotonic()
        with pytest.raises(UnavailableError, match="did not answer in time"):
            client(server, Limits(silence=0.1, whole=1, deadline=0.3, rate=0)).info()
        assert time.monotonic() - began < 5
    with scripted((200, PAGE), drip=0.05) as address:
        began = time.monotonic()
        with pytest.raises(UnavailableError, match=r"takes too long|did not answer in time"):
            Client(SECRET, Limits(silence=1, whole=0.2, deadline=0.3, rate=0), address).count(TEXT)
        assert time.monotonic() - began < 10


def test_one_text_for_two_causes_is_told_apart_by_the_engines_own_reading() -> None:
    with Loopback(cameras(3), faults=[Fault("timed-out", where="host/search\\?")]) as server:
        assert client(server).search(TEXT, 1).total == 3
    with Loopback(cameras(3)) as server:
        with pytest.raises(BadQueryError, match=r"cannot read the query.*quote") as caught:
            client(server).count('product:"half')
        assert caught.value.asked == 'product:"half'
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


def test_a_redirect_takes_the_key_nowhere() -> None:
    with scripted((200, PAGE)) as elsewhere:
        there = Scripted.asked
        with scripted((302, b"", {"Location": f"{elsewhere}/steal"})) as address:
            with pytest.raises(NoEngineError):
                Client(SECRET, QUICK, address).search(TEXT, 1)
        assert not there


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
        ("ftp://127.0.0.1", "allowed: an address such as https"),
        ("127.0.0.1:80", "allowed: an address such as https"),
        ("http://[::1", "allowed: an address such as https"),
        ("https://", "allowed: an address such as https"),
        ("http://api.example.org", "in clear"),
        ("http://localhost.example.org", "in clear"),
        ("http://127.0.0.1@example.org", "in clear"),
        ("https://api.example.org", "rate: found 0; the search engine allows 1"),
    ],
)
def test_an_address_that_must_not_be_asked(address: str, says: str) -> None:
    with pytest.raises(CamcensusError, match=says):
        Client(SECRET, Limits(rate=0), address)


@pytest.mark.parametrize("rate", [0, 1.01, 100])
def test_the_rate_may_be_raised_on_this_machine_only(rate: float, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CamcensusError, match="is for servers on this machine only"):
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
