"""Replies of the loopback Shodan: banners as JSON, and errors.

Error texts are those recorded from the real API. Where nothing was recorded, as for an unknown facet, the reply is the
text for an invalid query, which the real API gives for many other errors.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import msgspec

JSON = "application/json; charset=UTF-8"
HTML = "text/html; charset=UTF-8"
# Status and text, as recorded: shodan-python#148 and #240 (the status is not known), theHarvester#96, fav-up#2,
# shodan-python#187; the rest by several users of the API in public code.
INVALID = (500, "The search request timed out or your query was invalid.")
CURSOR = (500, "Search cursor timed out. Restart the search query from page 1.")
TOO_FAST = "Please wait a second before trying again and slow down your API calls."
RATE = (429, f"Request rate limit reached (1 request/ second). {TOO_FAST}")
UPGRADE = (401, "Please upgrade your API plan to use filters or paging.")
NO_CREDITS = (401, "Insufficient query credits, please upgrade your API plan or wait for the monthly limit to reset")
MEMBERS = (403, "Requires membership or higher to access")


def decode(row: bytes) -> Any:
    """Decode a row; lone surrogates, which the engine sends, are accepted. Raises `ValueError`."""
    try:
        return msgspec.json.decode(row)
    except msgspec.DecodeError:
        return json.loads(row, parse_constant=_refuse)


def encode(value: Any) -> bytes:
    """Encode a value as JSON."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def only(row: bytes, fields: Sequence[str]) -> bytes:
    """Return a banner with these fields only; nested ones (`http.title`) keep their place."""
    banner, found = decode(row), dict[str, Any]()
    for path in fields:
        *parents, last = path.split(".")
        source, target = banner, found
        for name in parents:
            source = source.get(name) if isinstance(source, dict) else None
            target = target.setdefault(name, {}) if isinstance(source, dict) else {}
        if isinstance(source, dict) and last in source:
            target[last] = source[last]
    return encode(found)


@dataclass(frozen=True)
class Reply:
    """A reply, its price in query credits and its number of matches."""

    status: int
    body: bytes
    kind: str = JSON
    credits: int = 0
    results: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


def failure(status: int, text: str) -> Reply:
    """Return an error in the API's words."""
    return Reply(status, encode({"error": text}))


def with_retry_after(reply: Reply, seconds: float | None) -> Reply:
    """Return the reply with a `Retry-After` header in whole seconds."""
    return replace(reply, headers={"Retry-After": str(math.ceil(seconds))}) if seconds is not None else reply


def _html(status: int, title: str, text: str) -> Reply:
    page = (
        f"<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n  <h1>{title}</h1>\n  {text}\n </body>\n</html>"
    )
    return Reply(status, page.encode(), HTML)


# A refused key: the real API answers 401 with a page; spent credits are 401 with JSON.
NOT_ALLOWED = _html(
    401, "401 Unauthorized",
    "This server could not verify that you are authorized to access the document you requested.",
)  # fmt: skip
CANNED: Mapping[str, Reply] = {
    "429": failure(*RATE),
    # Valid JSON without an error: the package takes it for data.
    "500-json": Reply(500, b'{"matches":[],"total":5}'),
    "502": _html(502, "502 Bad Gateway", "nginx"),
    "503-html": _html(503, "503 Service Temporarily Unavailable", "nginx"),
    "200-html": _html(200, "Shodan", "We are down for maintenance."),
    "error-null": Reply(200, b'{"error":null}'),
    "timed-out": failure(*INVALID),
    "cursor": failure(*CURSOR),
}
