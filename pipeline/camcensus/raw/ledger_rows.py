"""The rows of a collection's ledger, and a usable reply."""

import json
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


@dataclass(frozen=True)
class Partition:
    """A part of a query with its own pages.

    `sent`: the query as sent; `expected`: matches when it was planned; `passes`: how often it was requested to its end.
    After the first pass: matches `announced` (median of the replies of the last pass), rows `received`, distinct
    banners (address, port, transport) `found`, rows `repeated`, `drift` of the total while paging, and for each country
    what was announced and found, as JSON.
    """

    id: int
    mode: str
    query: str
    sent: str
    expected: int
    passes: int = 0
    announced: int = 0
    received: int = 0
    found: int = 0
    repeated: int = 0
    drift: int = 0
    countries: str = "{}"

    @property
    def by_country(self) -> dict[str, tuple[int, int]]:
        """Return country (ISO alpha-2; empty: none) to banners announced and found in it."""
        return {code: (int(a), int(f)) for code, (a, f) in json.loads(self.countries).items()}


@dataclass(frozen=True)
class Page:
    """One page as received (UTC, ISO 8601): number (from 1), pass (`again`, from 0), and file under raw/."""

    partition: int
    page: int
    again: int
    file: str
    total: int
    results: int
    bytes: int
    sha256: str
    received: str


@dataclass(frozen=True)
class FreeReply:
    """A free reply (counts, history, ports) as received, for a query and a part of it (a country; empty: all of it)."""

    mode: str
    query: str
    part: str
    sent: str
    file: str
    bytes: int
    sha256: str
    received: str


@dataclass(frozen=True)
class Announced:
    """What a query announced when it was planned: matches, and matches by country (ISO alpha-2)."""

    announced: int
    countries: dict[str, int]
