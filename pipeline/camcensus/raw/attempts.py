"""What the search engine gave: an answer that can be used, and each request as it went."""

from dataclasses import dataclass
from typing import Any, Protocol

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
        """Matches of the query, as the engine announces them."""
        return int(self.value["total"])

    @property
    def matches(self) -> list[dict[str, Any]]:
        """The banners of a page."""
        return list(self.value["matches"])

    def facet(self, name: str) -> dict[str, int]:
        """Value to matches of one facet, in the engine's order; what it does not know has no value."""
        return {str(f["value"]): int(f["count"]) for f in (self.value.get("facets") or {}).get(name, [])}


@dataclass(frozen=True)
class Attempt:
    """One request as it went: when it was sent (UTC, ISO 8601), what was asked, HTTP status (None: no answer),
    `outcome` (SENT: not known yet, "": a usable answer, else the kind of the error), the results that came, and whether
    it `arrived` at the engine, as far as is known."""

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
        """Query credits that it cost, or may have cost: one for each page that the engine may have worked out, even if
        it was lost on the way. What was refused, or what the engine failed at, is taken to cost nothing."""
        return 1 if self.endpoint == SEARCH and self.arrived and self.status in (None, 200) else 0


class Book(Protocol):
    """Where requests are written down: each before it is sent, since a kill may follow, and when it is answered."""

    def asks(self, attempt: Attempt) -> int:
        """Enters a request that will be sent now; its number. Raises what forbids to send it."""

    def answered(self, number: int, attempt: Attempt) -> None:
        """Enters how it went."""


class NoBook:
    """For requests that cost nothing and belong to no snapshot."""

    def asks(self, attempt: Attempt) -> int:  # noqa: ARG002  nothing is written down
        """Lets it pass."""
        return 0

    def answered(self, number: int, attempt: Attempt) -> None:
        """Forgets it."""
