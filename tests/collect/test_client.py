"""The client against a real server: what every reply is taken for, what is asked again, and what every error says."""

import re
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from camcensus.collect.client import Client, Limits
from camcensus.core.errors import (
    BadQueryError,
    EngineError,
    KeyRefusedError,
    NoCreditsError,
    NoEngineError,
    PlanRefusedError,
    SpentError,
    UnavailableError,
)
from camcensus.raw.ledger import Ledger
from camcensus.raw.ledger_rows import Attempt
from camcensus.validation.loopback.faults import Fault
from camcensus.validation.loopback.index import Index
from camcensus.validation.loopback.server import Loopback
from tests.collect.scripted import PAGE, SECRET, Scripted, scripted
from tests.collect.worlds import QUICK, TEXT, client


class Requests(Ledger):
    """A ledger that shows the requests as they were last recorded."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.attempts: dict[int, Attempt] = {}

    def add_request(self, attempt: Attempt) -> int:
        number = super().add_request(attempt)
        self.attempts[number] = attempt
        return number

    def add_outcome(self, number: int, attempt: Attempt) -> None:
        super().add_outcome(number, attempt)
        self.attempts[number] = attempt


@pytest.fixture
def requests(tmp_path: Path) -> Iterator[Requests]:
    with closing(Requests(tmp_path)) as ledger:
        yield ledger


def test_every_endpoint_gives_what_the_engine_gave(some: Index) -> None:
    with Loopback(some) as server:
        engine = client(server)
        assert engine.info().value["plan"] == "enterprise"
        assert engine.ports().value == [80, 554, 8000]
        reply = engine.count(TEXT, [("country", 10), ("port", 1)])
        assert reply.total == 150
        assert sum(reply.facet("country").values()) + 36 == 150
        assert list(reply.facet("port").values()) == [50]
        assert reply.facet("org") == {}
        page = engine.search(TEXT, 2)
        assert (page.total, len(page.matches)) == (150, 50)
        assert all(row in page.body for row in some.rows[100:])
        assert engine.search(TEXT, 1, fields=["port"]).matches[0].keys() == {"port"}
        months = engine.trends(TEXT, [("country", 3)]).value["matches"]
        assert months[0]["month"] == "2017-06"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", page.received)


def test_every_request_is_recorded_before_it_is_sent_and_when_it_is_answered(some: Index, requests: Requests) -> None:
    with Loopback(some, faults=[Fault("502", at=2), Fault("reset", at=3)]) as server:
        engine = client(server, ledger=requests)
        engine.count(TEXT)
        engine.search(TEXT, 1)
        assert [(a.endpoint, a.page, a.status, a.outcome, a.results, a.price) for a in requests.attempts.values()] == [
            ("count", 1, 200, "", 0, 0),
            ("search", 1, 502, "UnavailableError", 0, 0),
            ("search", 1, None, "UnavailableError", 0, 1),
            ("search", 1, 200, "", 100, 1),
        ]
        assert len(server.log) == 4

    requests.allowed = 2
    with Loopback(some) as server:
        with pytest.raises(SpentError, match="2 allowed query credits are spent"):
            client(server, ledger=requests).search(TEXT, 1)
        assert not server.log


def test_a_connection_that_never_came_about_costs_nothing(requests: Requests) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UnavailableError, match="cannot be reached"):
            Client(SECRET, Limits(deadline=0.1, rate=0), address, requests).search(TEXT, 1)
    assert len(requests.attempts) > 2
    assert {a.price for a in requests.attempts.values()} == {0}


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
        assert caught.value.query == TEXT
        assert TEXT in str(caught.value)


ASKED_AGAIN = [
    (429, b'{"error":"Request rate limit reached"}', "fewer requests"),
    (429, b"", "an empty body"),
    (500, b'{"total":5}', "HTTP 500"),
    (500, b'{"matches":[],"total":0}', "HTTP 500"),
    (502, b"<html>Bad Gateway</html>", "Bad Gateway"),
    (503, b"", "HTTP 503"),
    (200, b"<html>maintenance</html>", "not JSON"),
    (200, b"", "empty body"),
    (200, b'{"matches":[{"ip_str":"1.2', "not JSON, or is cut short"),
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
    (200, b'{"total":5,"matches":' + b"[" * 3000 + b"]" * 3000 + b"}", "not JSON"),
    (200, b"\xff\xfe\x00", "not JSON"),
]


@pytest.mark.parametrize(("status", "body", "says"), ASKED_AGAIN)
def test_f2_f4_what_may_pass_is_asked_again(status: int, body: bytes, says: str) -> None:
    with scripted((status, body), (200, PAGE)) as address:
        assert Client(SECRET, QUICK, address).search(TEXT, 1).total == 1
        assert len(Scripted.asked) == 2
    with scripted((status, body)) as address:
        limits = Limits(silence=0.5, total=1.0, deadline=0.2, rate=0)
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
