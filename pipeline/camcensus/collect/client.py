"""The search engine through the official `shodan` package.

Adds time limits, one rate limit for all processes, retries of transient failures only, and errors that say why. Never
`search_cursor`: it takes short pages for complete ones and hides why it stopped.
"""

import functools
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
import shodan
import tenacity

from camcensus.collect import answers
from camcensus.collect.key import redact_logs
from camcensus.collect.limiter import Limiter, check_address, is_loopback
from camcensus.collect.session import Session, arrived
from camcensus.core.config import Collect
from camcensus.core.errors import BadQueryError, EngineError, Interrupted, UnavailableError
from camcensus.raw.ledger import Ledger
from camcensus.raw.ledger_rows import SEARCH, Attempt, Reply

Facets = Sequence[tuple[str, int]]
ADDRESS = "SHODAN_API_URL"
TOKENS = "tokens"
# Tries that may cost a credit each, or for which the engine takes minutes to fail.
COSTLY_TRIES = 3
LONGEST_PAUSE = 60.0
MAX_FAILURES = 3  # in a row
T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """Seconds without a byte, for one answer, for one request with all its retries; requests a second (0: no limit)."""

    silence: float = 30.0
    total: float = 120.0
    deadline: float = 600.0
    rate: float = 1.0

    @classmethod
    def of(cls, settings: Collect) -> "Limits":
        """Return the limits of a study."""
        return cls(settings.timeout_seconds, 4 * settings.timeout_seconds, settings.deadline_seconds, settings.rate)


class Client:
    """One search engine. Every method raises an `EngineError`, which never holds the key.

    Each request is recorded in the ledger, if there is one, before it is sent and when it is answered.
    """

    def __init__(
        self, key: str, limits: Limits | None = None, base_url: str | None = None, ledger: Ledger | None = None
    ) -> None:
        self._key, self._ledger = key, ledger
        self._limits = limits or Limits()
        self._api = api = shodan.Shodan(key)
        named = base_url or os.environ.get(ADDRESS)
        address = (named or api.base_url).rstrip("/")
        check_address(address, self._limits.rate)
        redact_logs(key)
        self._limiter = Limiter(address, self._limits.rate)
        self._session = Session(self._limits.silence, self._limits.total)
        # Servers on this machine are asked directly, whatever proxy is set.
        self.local = is_loopback(address)
        self._session.trust_env = not self.local
        # The package's own limiter knows one object only, and forgets requests that failed.
        api._session, api.api_rate_limit, api.base_url = self._session, 0, address
        if named:
            # The package honours the variable for one of its two services.
            api.base_trends_url = address

    def count(self, query: str, facets: Facets = ()) -> Reply:
        """Return the total of a query and its facets, from one reply; free."""
        return self._ask("count", query, functools.partial(self._api.count, query, facets=list(facets)), answers.Count)

    def search(self, query: str, page: int, facets: Facets = (), fields: Sequence[str] = ()) -> Reply:
        """Return one page (from 1) of at most 100 banners; costs a query credit."""
        wanted = {"fields": list(fields)} if fields else {}
        named = {"page": page, "facets": list(facets) or None, "minify": False, **wanted}
        return self._ask(SEARCH, query, functools.partial(self._api.search, query, **named), answers.Page, page)

    def trends(self, query: str, facets: Facets) -> Reply:
        """Return the monthly matches of a query since 2017-06."""
        return self._ask(
            "trends", query, functools.partial(self._api.trends.search, query, list(facets)), answers.History
        )

    def info(self) -> Reply:
        """Return the account: its plan and credits."""
        return self._ask("info", "", self._api.info, answers.Account)

    def ports(self) -> Reply:
        """Return the ports that the engine scans."""
        return self._ask("ports", "", self._api.ports, answers.Ports)

    def _ask(self, endpoint: str, query: str, call: Callable[[], Any], schema: Any, page: int = 1) -> Reply:
        """Return the call's reply, retried while that may help and time is left."""
        pause = 1.0 / self._limits.rate if self._limits.rate else 0.01  # no limit holds on this machine only
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, EngineError) and error.transient),
            wait=tenacity.wait_exponential(multiplier=pause, max=LONGEST_PAUSE)
            + tenacity.wait_random(0, pause)
            + tenacity.wait_exception(lambda error: getattr(error, "retry_after", 0.0)),
            stop=tenacity.stop_any(tenacity.stop_before_delay(self._limits.deadline), _CostlyTries()),
            reraise=True,
        )
        return retrying(self._once, endpoint, query, call, schema, page)

    def _once(self, endpoint: str, query: str, call: Callable[[], Any], schema: Any, page: int = 1) -> Reply:
        self._limiter.wait()
        attempt = Attempt(_now(), endpoint, query, page)
        number = self._ledger.add_request(attempt) if self._ledger else 0
        value = self._call(call)
        answer, error = self._session.answer, self._problem(value, schema)
        outcome = type(error).__name__ if error else ""
        results = 0 if error or endpoint != SEARCH else len(value["matches"])
        status, reached = (answer.status, True) if answer else (None, arrived(self._session.failure))
        attempt = replace(attempt, status=status, outcome=outcome, results=results, arrived=reached)
        if self._ledger:
            self._ledger.add_outcome(number, attempt)
        # Raised here, so that no error keeps a reference to one that holds the address with the key.
        if error or answer is None:
            error = self._disambiguate(error or answers.failed(None, self._key), endpoint, query)
            error.query, error.is_costly = query, error.is_costly or attempt.price > 0
            raise error
        return Reply(answer.body, value, _now())

    def _call(self, call: Callable[[], Any]) -> Any:
        """Return the package's value of the answer; None for what it refuses: its errors say less than the answer."""
        try:
            return call()
        except (shodan.APIError, RecursionError) as error:
            stopped = isinstance(error.__context__, Interrupted)
        if stopped:
            raise Interrupted
        return None

    def _problem(self, value: Any, schema: Any) -> EngineError | None:
        """Return what is wrong with the last answer; None: nothing."""
        answer = self._session.answer
        if answer is None:
            return answers.failed(self._session.failure, self._key)
        if answer.status != HTTPStatus.OK or value is None:
            return answers.error_of(answer, self._key)
        try:
            msgspec.convert(value, schema)
        except msgspec.ValidationError as error:
            return UnavailableError("the search engine's answer is not usable", str(error), answer.status)
        return None

    def _disambiguate(self, error: EngineError, endpoint: str, query: str) -> EngineError:
        """Return the error; where its text means a time-out or a bad query, the engine's parser decides."""
        if endpoint == TOKENS or not answers.is_ambiguous(self._session.answer):
            return error
        slow = UnavailableError("the search engine did not answer in time", error.cause, error.status)
        slow.is_costly = True
        try:
            reading = self._once(TOKENS, query, functools.partial(self._api.search_tokens, query), answers.Tokens).value
        except EngineError:
            return slow
        faults = reading.get("errors")
        return BadQueryError("the search engine cannot read the query", str(faults)[:200]) if faults else slow


class _CostlyTries(tenacity.stop.stop_base):
    """A stop after some costly tries, whatever time is left."""

    def __init__(self) -> None:
        self._tries = 0

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        self._tries += isinstance(error, EngineError) and error.is_costly
        return self._tries >= COSTLY_TRIES


def ask_each(items: Iterable[T], ask: Callable[[T], None], failed: list[str]) -> None:
    """Ask for each item; add failures to `failed`, as text, and raise the last of `MAX_FAILURES` in a row."""
    in_a_row = 0
    for item in items:
        try:
            ask(item)
            in_a_row = 0
        except (BadQueryError, UnavailableError) as error:
            failed.append(str(error))
            in_a_row += 1
            if in_a_row >= MAX_FAILURES:
                raise


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
