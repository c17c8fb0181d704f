"""The search engine through the official `shodan` package, with what the package lacks: time limits, a rate limit over
all processes, a look at every status, retries of what may pass, none of what will not, and errors that say why.

Never `search_cursor`: it takes short pages for whole ones and hides why it stopped.
"""

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import shodan
import tenacity

from camcensus.collect.address import check_address, is_loopback
from camcensus.collect.answers import ambiguous, error_of, failed
from camcensus.collect.key import redact_logs
from camcensus.collect.limiter import Limiter
from camcensus.collect.session import Session, arrived
from camcensus.collect.shapes import account, counted, looked_up, mapping, monthly, numbers, paged
from camcensus.core.config import Collect
from camcensus.core.errors import BadQueryError, EngineError, Interrupted, UnavailableError
from camcensus.raw.attempts import SEARCH, Attempt, Book, NoBook, Reply

Facets = Sequence[tuple[str, int]]
ADDRESS = "SHODAN_API_URL"
TOKENS = "tokens"
# Tries of what costs a credit each time, or which the engine takes minutes to give up.
DEAR_TRIES = 3
LONGEST_PAUSE = 60.0


@dataclass(frozen=True)
class Limits:
    """Seconds without a byte, for one answer, for one request with all its retries; requests a second (0: no limit)."""

    silence: float = 30.0
    whole: float = 120.0
    deadline: float = 600.0
    rate: float = 1.0

    @classmethod
    def of(cls, settings: Collect) -> "Limits":
        """The limits of a study."""
        return cls(settings.timeout_seconds, 4 * settings.timeout_seconds, settings.deadline_seconds, settings.rate)


class Client:
    """Asks one search engine. Every method raises an `EngineError`; the key is in none of them. Each request is entered
    in the `book` before it is sent and when it is answered."""

    def __init__(
        self, key: str, limits: Limits | None = None, base_url: str | None = None, book: Book | None = None
    ) -> None:
        self._key = key
        self._limits = limits or Limits()
        self._book = book or NoBook()
        self._api = api = shodan.Shodan(key)
        named = base_url or os.environ.get(ADDRESS)
        address = (named or api.base_url).rstrip("/")
        check_address(address, self._limits.rate)
        redact_logs(key)
        self._limiter = Limiter(address, self._limits.rate)
        self._session = Session(self._limits.silence, self._limits.whole)
        # What is on this machine is asked directly, whatever proxy is set.
        self.local = is_loopback(address)
        self._session.trust_env = not self.local
        # The package's own limiter knows one object only, and forgets requests that failed.
        api._session, api.api_rate_limit, api.base_url = self._session, 0, address
        if named:
            # The package honours the variable for one of its two services.
            api.base_trends_url = address

    def count(self, query: str, facets: Facets = ()) -> Reply:
        """The total of a query and its facets, from one reply; free."""
        call = functools.partial(self._api.count, query, facets=list(facets))
        return self._ask("count", query, call, counted)

    def search(self, query: str, page: int, facets: Facets = (), fields: Sequence[str] = ()) -> Reply:
        """One page (from 1) of at most 100 banners; costs a query credit."""
        wanted = {"fields": list(fields)} if fields else {}
        call = functools.partial(
            self._api.search, query, page=page, facets=list(facets) or None, minify=False, **wanted
        )
        return self._ask(SEARCH, query, call, paged, page)

    def trends(self, query: str, facets: Facets) -> Reply:
        """Monthly matches of a query since 2017-06."""
        call = functools.partial(self._api.trends.search, query, list(facets))
        return self._ask("trends", query, call, monthly)

    def host(self, address: str) -> Reply | None:
        """All ports of an address; free. None where the engine holds nothing of it."""
        try:
            return self._ask("host", address, functools.partial(self._api.host, address), looked_up)
        except BadQueryError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def info(self) -> Reply:
        """The account: its plan and credits."""
        return self._ask("info", "", self._api.info, account)

    def ports(self) -> Reply:
        """The ports that the engine looks at."""
        return self._ask("ports", "", self._api.ports, numbers)

    def _ask(
        self, endpoint: str, query: str, call: Callable[[], Any], usable: Callable[[Any], str], page: int = 1
    ) -> Reply:
        """The call's reply, asked again while that may help and time is left."""
        pause = 1.0 / self._limits.rate if self._limits.rate else 0.01  # no limit holds on this machine only
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, EngineError) and error.transient),
            wait=tenacity.wait_exponential(multiplier=pause, max=LONGEST_PAUSE)
            + tenacity.wait_random(0, pause)
            + tenacity.wait_exception(lambda error: getattr(error, "retry_after", 0.0)),
            stop=tenacity.stop_any(tenacity.stop_before_delay(self._limits.deadline), _DearTries()),
            reraise=True,
        )
        return retrying(self._once, endpoint, query, call, usable, page)

    def _once(
        self, endpoint: str, query: str, call: Callable[[], Any], usable: Callable[[Any], str], page: int = 1
    ) -> Reply:
        self._limiter.wait()
        attempt = Attempt(_now(), endpoint, query, page)
        number = self._book.asks(attempt)
        value = self._called(call)
        answer, error = self._session.answer, self._problem(value, usable)
        outcome = type(error).__name__ if error else ""
        results = 0 if error or endpoint != SEARCH else len(value["matches"])
        status, reached = (answer.status, True) if answer else (None, arrived(self._session.failure))
        attempt = replace(attempt, status=status, outcome=outcome, results=results, arrived=reached)
        self._book.answered(number, attempt)
        # Raised out here, so that no error that holds the address with the key hangs on to it.
        if error or answer is None:
            error = self._told_apart(error or failed(None, self._key), endpoint, query)
            error.asked, error.dear = query, error.dear or attempt.price > 0
            raise error
        return Reply(answer.body, value, _now())

    def _called(self, call: Callable[[], Any]) -> Any:
        """What the package makes of the answer; None for what it refuses. Its errors say less than the answer itself,
        and stand in the place of whatever else happened meanwhile."""
        try:
            return call()
        except (shodan.APIError, RecursionError) as error:
            stopped = isinstance(error.__context__, Interrupted)
        if stopped:
            raise Interrupted
        return None

    def _problem(self, value: Any, usable: Callable[[Any], str]) -> EngineError | None:
        """What is wrong with what just came; None: nothing."""
        answer = self._session.answer
        if answer is None:
            return failed(self._session.failure, self._key)
        if answer.status != HTTPStatus.OK or value is None:
            return error_of(answer, self._key)
        problem = usable(value)
        return UnavailableError("the search engine's answer is not usable", problem, answer.status) if problem else None

    def _told_apart(self, error: EngineError, endpoint: str, query: str) -> EngineError:
        """The error; where its text stands for a time-out and for a bad query alike, the engine's reading decides."""
        if endpoint == TOKENS or not ambiguous(self._session.answer):
            return error
        slow = UnavailableError("the search engine did not answer in time", error.cause, error.status)
        slow.dear = True
        try:
            reading = self._once(TOKENS, query, functools.partial(self._api.search_tokens, query), mapping).value
        except EngineError:
            return slow
        faults = reading.get("errors")
        return BadQueryError("the search engine cannot read the query", str(faults)[:200]) if faults else slow


class _DearTries(tenacity.stop.stop_base):
    """Stops after so many tries that cost something each, whatever time is left."""

    def __init__(self) -> None:
        self._tries = 0

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        self._tries += isinstance(error, EngineError) and error.dear
        return self._tries >= DEAR_TRIES


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
