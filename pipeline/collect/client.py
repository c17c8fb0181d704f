"""The search engine through the official `shodan` package, with what the package lacks: time limits, a rate limit over
all processes, a look at every status, retries of what may pass, none of what will not, and errors that say why.

Never `search_cursor`: it takes short pages for whole ones and hides why it stopped.
"""

import contextlib
import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import shodan
import tenacity

from pipeline.collect.address import is_loopback
from pipeline.collect.answers import ambiguous, error_of, failed
from pipeline.collect.key import redact_logs
from pipeline.collect.limiter import Limiter
from pipeline.collect.reply import Attempt, Reply
from pipeline.collect.session import Session
from pipeline.collect.shapes import account, counted, mapping, monthly, numbers, paged
from pipeline.errors import BadQueryError, CamcensusError, EngineError, Interrupted, UnavailableError

Facets = Sequence[tuple[str, int]]
ADDRESS = "SHODAN_API_URL"
RATE = 1.0  # requests a second; the engine's own limit


@dataclass(frozen=True)
class Limits:
    """Seconds without a byte, for one answer, for one request with all its retries; requests a second (0: no limit)."""

    silence: float = 30.0
    whole: float = 120.0
    deadline: float = 600.0
    rate: float = RATE


class Client:
    """Asks one search engine. Every method raises an `EngineError`; the key is in none of them. `observe` is told of
    each request, those that failed too."""

    def __init__(
        self, key: str, limits: Limits | None = None, base_url: str | None = None,
        observe: Callable[[Attempt], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._key = key
        self._limits = limits or Limits()
        self._observe = observe
        address = base_url or os.environ.get(ADDRESS) or shodan.Shodan(key).base_url
        check_rate(address, self._limits.rate)
        redact_logs(key)
        self._api = api = shodan.Shodan(key)
        self._session = Session(Limiter(address, self._limits.rate), self._limits.silence, self._limits.whole)
        # What is on this machine is asked directly, whatever proxy is set.
        self.local = is_loopback(address)
        self._session.trust_env = not self.local
        # The package's own limiter knows one object only, and forgets requests that failed.
        api._session, api.api_rate_limit = self._session, 0
        api.base_url = address.rstrip("/")
        if base_url or os.environ.get(ADDRESS):
            # The package honours the variable for one of its two services.
            api.base_trends_url = api.base_url

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
        return self._ask("search", query, call, paged, page)

    def trends(self, query: str, facets: Facets) -> Reply:
        """Monthly matches of a query since 2017-06."""
        call = functools.partial(self._api.trends.search, query, list(facets))
        return self._ask("trends", query, call, monthly)

    def host(self, address: str) -> Reply:
        """All services of one address that the engine holds."""
        return self._ask("host", address, functools.partial(self._api.host, address), mapping)

    def info(self) -> Reply:
        """The account: its plan and credits."""
        return self._ask("info", "", self._api.info, account)

    def ports(self) -> Reply:
        """The ports that the engine looks at."""
        return self._ask("ports", "", self._api.ports, numbers)

    def tokens(self, query: str) -> Reply:
        """How the engine reads a query, without running it."""
        return self._ask("tokens", query, functools.partial(self._api.search_tokens, query), mapping)

    def _ask(
        self, endpoint: str, query: str, call: Callable[[], Any], usable: Callable[[Any], str], page: int = 1
    ) -> Reply:
        """The call's reply, asked again while that may help and time is left."""
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, EngineError) and error.transient),
            wait=tenacity.wait_exponential(multiplier=self._pause, max=60)
            + tenacity.wait_random(0, self._pause)
            + tenacity.wait_exception(lambda error: getattr(error, "retry_after", 0.0)),
            stop=tenacity.stop_before_delay(self._limits.deadline),
            reraise=True,
        )
        return retrying(self._once, endpoint, query, call, usable, page)

    @property
    def _pause(self) -> float:
        """Seconds before the first retry; short where no limit holds, which is on this machine only."""
        return 1.0 / self._limits.rate if self._limits.rate else 0.01

    def _once(
        self, endpoint: str, query: str, call: Callable[[], Any], usable: Callable[[Any], str], page: int
    ) -> Reply:
        at = _now()
        value = None
        # The package's own errors say less than the answer itself; what cannot be read at all it raises as it comes.
        with contextlib.suppress(shodan.APIError, RecursionError, TypeError):
            value = call()
        answer, error = self._session.answer, self._problem(value, usable)
        results = len(value["matches"]) if value and endpoint == "search" and not error else 0
        status = answer.status if answer else None
        self._observe(Attempt(at, endpoint, query, page, status, type(error).__name__ if error else "", results))
        # Raised out here, so that no error that holds the address with the key hangs on to it.
        if error or answer is None:
            error = error or failed(None, self._key)
            error.asked = query
            raise self._told_apart(error, endpoint, query)
        return Reply(answer.body, value, at)

    def _problem(self, value: Any, usable: Callable[[Any], str]) -> EngineError | None:
        """What is wrong with what just came; None: nothing."""
        answer, failure = self._session.answer, self._session.failure
        if isinstance(failure, Interrupted):
            raise Interrupted
        if answer is None:
            return failed(failure, self._key)
        if answer.status != HTTPStatus.OK or value is None:
            return error_of(answer, self._key)
        problem = usable(value)
        return UnavailableError("the search engine's answer is not usable", problem, answer.status) if problem else None

    def _told_apart(self, error: EngineError, endpoint: str, query: str) -> EngineError:
        """The error; where its text stands for a time-out and for a bad query alike, the engine's reading decides."""
        if endpoint == "tokens" or not ambiguous(self._session.answer):
            return error
        read = self.tokens(query).value
        if faults := read.get("errors"):
            return BadQueryError("the search engine cannot read the query", str(faults)[:200])
        return UnavailableError("the search engine did not answer in time", error.cause, error.status)


def check_rate(address: str, rate: float) -> None:
    """Raises `CamcensusError` for a rate above the engine's own limit, unless the address is on this machine."""
    if not 0 < rate <= RATE and not is_loopback(address):
        raise CamcensusError(
            f"rate: found {rate:g}; the search engine allows {RATE:g} request a second. Set rate under [collect] in "
            "the study to at most that; more, and 0 for no limit, is for servers on this machine only"
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
