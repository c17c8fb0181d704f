"""The account is asked within a time limit, whatever the server does, and the key is in no error."""

import socket
import threading
import time
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

import pipeline.collect.account
from pipeline.collect.account import ask_account, redact
from pipeline.errors import CamcensusError

KEY = "SECRETKEY0123456789abcdefABCDEF"
GOOD = '{"plan": "corp", "query_credits": 4711, "scan_credits": 0}'


class Handler(BaseHTTPRequestHandler):
    """Gives the answer that the test set, after a pause, and keeps what it was asked."""

    answer: ClassVar[tuple[int, str]] = (200, GOOD)
    pause: ClassVar[threading.Event | None] = None
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """The only thing that is ever asked."""
        self.asked.append(self.path)
        if self.pause:
            self.pause.wait(10)
            return
        status, body = self.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a loopback server."""
    monkeypatch.setattr(Handler, "asked", [])
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), Handler) as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}"
        if Handler.pause:
            Handler.pause.set()
        found.shutdown()
        thread.join()


def refused(address: str) -> CamcensusError:
    """The error, in which no trace of the key may be: in its text, in any error behind it, in the traceback."""
    with pytest.raises(CamcensusError) as caught:
        ask_account(KEY, address)
    told = "".join(traceback.format_exception(caught.value))
    error: BaseException | None = caught.value
    while error is not None:
        told += f"{error!r} {error.args}"
        error = error.__cause__ or error.__context__
    assert KEY not in told
    return caught.value


def test_plan_and_credits(server: str) -> None:
    assert ask_account(KEY, server) == "plan corp, 4711 query credits left"
    (asked,) = Handler.asked
    assert urlsplit(asked).path == "/api-info"
    assert parse_qs(urlsplit(asked).query) == {"key": [KEY]}


def test_the_address_may_come_from_the_environment(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHODAN_API_URL", server)
    assert ask_account(KEY).startswith("plan corp")


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, '{"error": "Invalid API key"}', "Invalid API key"),
        (401, "<html><h1>401</h1></html>", "Invalid API key"),
        (401, f'{{"error": "no such key: {KEY}"}}', r"no such key: \[key\]"),
        (401, f"unknown {KEY}", "could not be asked"),
        (403, "", "403"),
        (502, "", "502"),
        (200, "<html>maintenance</html>", "Unable to parse JSON"),
        (200, f'{{"error": "key {KEY} is blocked"}}', r"key \[key\] is blocked"),
        (200, '{"error": {"code": 5}}', "5"),
        (200, "", "Unable to parse JSON"),
    ],
)
def test_a_refusal_is_told(server: str, monkeypatch: pytest.MonkeyPatch, status: int, body: str, told: str) -> None:
    monkeypatch.setattr(Handler, "answer", (status, body))
    assert refused(server).args[0].startswith("the Shodan account could not be asked: ")
    with pytest.raises(CamcensusError, match=told):
        ask_account(KEY, server)


@pytest.mark.parametrize("body", ["{}", "[]", "null", "5", '"x"', '{"plan": "corp"}', '{"query_credits": 1}'])
def test_an_answer_without_plan_and_credits(server: str, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    monkeypatch.setattr(Handler, "answer", (200, body))
    assert str(refused(server)) == "the Shodan account gave an answer without plan and credits"


def test_f2_a_server_that_hangs_is_given_up(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.collect.account, "TIMEOUT", 0.2)
    monkeypatch.setattr(Handler, "pause", threading.Event())
    start = time.monotonic()
    refused(server)
    assert time.monotonic() - start < 5
    assert Handler.pause is not None
    Handler.pause.set()


def test_f7_a_refused_connection_does_not_tell_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert "could not be asked" in str(refused(f"http://127.0.0.1:{port}"))


def test_redact() -> None:
    assert redact(f"a {KEY} b {KEY}", KEY) == "a [key] b [key]"
    assert redact("abc", "") == "abc"
