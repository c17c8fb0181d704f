"""The rows of a collection's ledger."""

import json
from dataclasses import dataclass


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
