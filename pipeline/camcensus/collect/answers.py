"""What the search engine's answers mean: the shapes of usable ones, and the typed errors of others."""

import json
import re
from typing import Annotated, Any

import msgspec
import requests

from camcensus.collect.key import redact
from camcensus.collect.session import Answer, reason_of
from camcensus.core import errors
from camcensus.readers.lenient_json import decode

# One text for two causes, which only the query tells apart.
AMBIGUOUS = re.compile(r"timed out or your query was invalid", re.IGNORECASE)
_CREDITS = re.compile(r"\bcredits?\b", re.IGNORECASE)
_UPGRADE = re.compile(r"upgrade|not allowed|requires .* (?:plan|membership)|access denied", re.IGNORECASE)
_LATER = re.compile(r"timed out|time-?out|rate limit|try again|temporar|unavailable", re.IGNORECASE)
_SHOWN = 200
_NOT_IN_PLAN = "the account's plan does not allow it"


def failed(failure: Exception | None, key: str) -> errors.UnavailableError:
    """Return the error for no answer: the network's words, without the key."""
    cause = redact(str(reason_of(failure) or failure or "no answer"), key)[:_SHOWN]
    if isinstance(failure, requests.Timeout | TimeoutError):
        return errors.UnavailableError("the search engine did not answer in time", cause)
    return errors.UnavailableError("the search engine cannot be reached, or the connection broke", cause)


def error_of(answer: Answer, key: str) -> errors.EngineError:
    """Return the error that an answer means."""
    value, is_json = _json(answer.body)
    words, status = _error_text(value), answer.status
    kind, text = _meaning(status, words, is_json)
    if status == 429 and answer.retry_after:
        text = f"{text}, and to wait {answer.retry_after:,.0f} seconds"
    start = " ".join(answer.body[:_SHOWN].decode("utf-8", "replace").split()) or "an empty body"
    cause = redact(words or ("" if is_json else start), key)
    return kind(text, cause[:_SHOWN], status, answer.retry_after)


def _meaning(status: int, words: str, is_json: bool) -> tuple[type[errors.EngineError], str]:
    """Return the kind of error by status and the engine's own words, and its text."""
    is_upgrade = _UPGRADE.search(words) is not None
    # The first that holds. A word about credits says more than the status.
    meanings: list[tuple[bool, type[errors.EngineError], str]] = [
        (status == 429, errors.UnavailableError, "the search engine asks for fewer requests"),
        (_CREDITS.search(words) is not None, errors.NoCreditsError, "no query credits are left; wait or buy some"),
        (status in (402, 403) or (status == 401 and is_upgrade), errors.PlanRefusedError, _NOT_IN_PLAN),
        (status == 401, errors.KeyRefusedError, "the API key was refused; check it, or get a new one"),
        (status >= 500, errors.UnavailableError, "the search engine failed"),
        (
            300 <= status < 500 and not is_json,
            errors.NoEngineError,
            "this is not the search engine; check SHODAN_API_URL",
        ),
        (not is_json, errors.UnavailableError, "the search engine's answer is not JSON, or is cut short"),
        (not words or _LATER.search(words) is not None, errors.UnavailableError, "the search engine failed"),
        (True, errors.BadQueryError, "the search engine refuses the query"),
    ]
    return next((kind, text) for holds, kind, text in meanings if holds)


def is_ambiguous(answer: Answer | None) -> bool:
    """Return whether the answer's text means either a time-out or a bad query."""
    return answer is not None and bool(AMBIGUOUS.search(_error_text(_json(answer.body)[0])))


def _json(body: bytes) -> tuple[Any, bool]:
    try:
        return decode(body), True
    except (ValueError, RecursionError):
        return None, False


def _error_text(value: Any) -> str:
    error = value.get("error") if isinstance(value, dict) else None
    return "" if error is None else error if isinstance(error, str) else json.dumps(error)


# The `shodan` package passes on any JSON, that of a failure included.
_Number = Annotated[int, msgspec.Meta(ge=0)]


class _Value(msgspec.Struct):
    value: Any
    count: _Number


class Count(msgspec.Struct):
    """A total, and facets of values and numbers."""

    total: _Number
    facets: dict[str, list[_Value]] | None = None


class Page(Count, kw_only=True):
    """A count with banners."""

    matches: list[dict[str, Any]]


class _Month(msgspec.Struct):
    month: str
    count: _Number


class _MonthOfFacet(msgspec.Struct):
    key: str
    values: list[_Value]


class History(msgspec.Struct):
    """Months with numbers."""

    matches: list[_Month]
    facets: dict[str, list[_MonthOfFacet]] | None = None


class Account(msgspec.Struct):
    """Plan and credits."""

    plan: str
    query_credits: int


Ports = list[_Number]
Tokens = dict[str, Any]
