"""Requests to the search engine, and usable replies."""

from dataclasses import dataclass
from typing import Any

SEARCH = "search"
SENT = "sent"


@dataclass(frozen=True)
class Reply:
    """A usable answer: the body as received, its value, and when it came (UTC, ISO 8601)."""

    body: bytes
    value: Any
    received: str

    @property
    def total(self) -> int:
        """Return the matches of the query, as the engine announces them."""
        return int(self.value["total"])

    @property
    def matches(self) -> list[dict[str, Any]]:
        """Return the banners of a page."""
        return list(self.value["matches"])

    def facet(self, name: str) -> dict[str, int]:
        """Return value to matches of one facet, in the engine's order; empty for an unknown facet."""
        return {str(f["value"]): int(f["count"]) for f in (self.value.get("facets") or {}).get(name, [])}


@dataclass(frozen=True)
class Attempt:
    """One request: when it was sent (UTC, ISO 8601), its query and page, HTTP status (None: no answer), and results.

    `outcome`: SENT (not known yet), empty (a usable answer), or the kind of the error. `arrived`: whether it reached
    the engine, as far as is known.
    """

    at: str
    endpoint: str
    query: str
    page: int
    status: int | None = None
    outcome: str = SENT
    results: int = 0
    arrived: bool = True

    @property
    def price(self) -> int:
        """Return the query credits that it cost, or may have cost.

        One for each page that the engine may have computed, even if it was lost on the way. Requests that were refused
        or failed count as free.
        """
        return 1 if self.endpoint == SEARCH and self.arrived and self.status in (None, 200) else 0
