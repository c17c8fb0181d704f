"""The typed errors that the search engine's answers mean."""

import json
import re
from typing import Any

import requests

from camcensus.collect.key import redact
from camcensus.collect.session import Answer, reason_of
from camcensus.core.errors import (
    BadQueryError,
    EngineError,
    KeyRefusedError,
    NoCreditsError,
    NoEngineError,
    PlanRefusedError,
    UnavailableError,
)
from camcensus.readers.lenient_json import decode

# One text for two causes, which only the query tells apart.
AMBIGUOUS = re.compile(r"timed out or your query was invalid", re.IGNORECASE)
_CREDITS = re.compile(r"\bcredits?\b", re.IGNORECASE)
_UPGRADE = re.compile(r"upgrade|not allowed|requires .* (?:plan|membership)|access denied", re.IGNORECASE)
_LATER = re.compile(r"timed out|time-?out|rate limit|try again|temporar|unavailable", re.IGNORECASE)
_SHOWN = 200
_NOT_IN_PLAN = "the account's plan does not allow it"


def failed(failure: Exception | None, key: str) -> UnavailableError:
    """Return the error for no answer: the network's words, without the key."""
    cause = redact(str(reason_of(failure) or failure or "no answer"), key)[:_SHOWN]
    if isinstance(failure, requests.Timeout | TimeoutError):
        return UnavailableError("the search engine did not answer in time", cause)
    return UnavailableError("the search engine cannot be reached, or the connection broke", cause)


def error_of(answer: Answer, key: str) -> EngineError:
    """Return the error that an answer means."""
    value, is_json = _json(answer.body)
    words, status = _error_text(value), answer.status
    kind, text = _meaning(status, words, is_json)
    if status == 429 and answer.retry_after:
        text = f"{text}, and to wait {answer.retry_after:,.0f} seconds"
    start = " ".join(answer.body[:_SHOWN].decode("utf-8", "replace").split()) or "an empty body"
    cause = redact(words or ("" if is_json else start), key)
    return kind(text, cause[:_SHOWN], status, answer.retry_after)


def _meaning(status: int, words: str, is_json: bool) -> tuple[type[EngineError], str]:
    """Return the kind of error by status and the engine's own words, and its text."""
    is_upgrade = _UPGRADE.search(words) is not None
    # The first that holds. A word about credits says more than the status.
    meanings: list[tuple[bool, type[EngineError], str]] = [
        (status == 429, UnavailableError, "the search engine asks for fewer requests"),
        (_CREDITS.search(words) is not None, NoCreditsError, "no query credits are left; wait or buy some"),
        (status in (402, 403) or (status == 401 and is_upgrade), PlanRefusedError, _NOT_IN_PLAN),
        (status == 401, KeyRefusedError, "the API key was refused; check it, or get a new one"),
        (status >= 500, UnavailableError, "the search engine failed"),
        (300 <= status < 500 and not is_json, NoEngineError, "this is not the search engine; check SHODAN_API_URL"),
        (not is_json, UnavailableError, "the search engine's answer is not JSON, or is cut short"),
        (not words or _LATER.search(words) is not None, UnavailableError, "the search engine failed"),
        (True, BadQueryError, "the search engine refuses the query"),
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
