"""What the search engine gave: an answer that can be used, and each request as it went."""

from dataclasses import dataclass
from typing import Any


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
        return {str(f["value"]): int(f["count"]) for f in self.value.get("facets", {}).get(name, [])}


@dataclass(frozen=True)
class Attempt:
    """One request as it went: what was asked, HTTP status (None: no answer), the error's kind ("": none) and the
    results that came. Times are UTC, ISO 8601."""

    at: str
    endpoint: str
    query: str
    page: int
    status: int | None
    outcome: str
    results: int
