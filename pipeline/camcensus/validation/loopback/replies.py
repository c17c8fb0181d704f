"""Replies, and those that do not depend on the banners: errors, and what is said when told to fail.

Texts are those that were recorded from the real one. Where nothing was recorded, as for a facet that does not exist,
the answer is the text for an invalid query, which the real one gives for much else.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from camcensus.validation.loopback.rows import encode

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
NO_HOST = (404, "No information available for that IP.")


@dataclass(frozen=True)
class Reply:
    """An answer, and what it cost. `results`: how many matches it carries."""

    status: int
    body: bytes
    kind: str = JSON
    credits: int = 0
    results: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


def failure(status: int, text: str) -> Reply:
    """An error as the API words it."""
    return Reply(status, encode({"error": text}))


def with_retry_after(reply: Reply, seconds: float | None) -> Reply:
    """The reply with the header that says how long to wait, in whole seconds."""
    return replace(reply, headers={"Retry-After": str(math.ceil(seconds))}) if seconds is not None else reply


def _html(status: int, title: str, text: str) -> Reply:
    page = (
        f"<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n  <h1>{title}</h1>\n  {text}\n </body>\n</html>"
    )
    return Reply(status, page.encode(), HTML)


# A key that is not accepted: the real one answers 401 with a page, where spent credits are 401 with JSON.
NOT_ALLOWED = _html(
    401,
    "401 Unauthorized",
    "This server could not verify that you are authorized to access the document you requested.",
)
CANNED: Mapping[str, Reply] = {
    "429": failure(*RATE),
    # Valid JSON and no error in it: the package takes it for data.
    "500-json": Reply(500, b'{"matches":[],"total":5}'),
    "502": _html(502, "502 Bad Gateway", "nginx"),
    "503-html": _html(503, "503 Service Temporarily Unavailable", "nginx"),
    "200-html": _html(200, "Shodan", "We are down for maintenance."),
    "error-null": Reply(200, b'{"error":null}'),
    "timed-out": failure(*INVALID),
    "cursor": failure(*CURSOR),
}
