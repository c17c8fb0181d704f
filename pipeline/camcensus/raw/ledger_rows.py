"""What the ledger of a collection holds a row of."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Partition:
    """A part of a query that is paged by itself. `sent`: the query as sent. `expected`: matches when it was planned.
    `passes`: how often it was asked to its end; once it was: matches `announced` (the middle of what the replies of the
    last pass said), rows `received`, distinct banners (address, port, transport) `found`, rows `repeated`, `drift` of
    the total while paging, and for each country what was announced and what was found."""

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
        """Country (ISO alpha-2; "": none) to banners announced and found in it."""
        return {code: (int(a), int(f)) for code, (a, f) in json.loads(self.countries).items()}


@dataclass(frozen=True)
class Page:
    """One page as received: its number (from 1), in which pass over its part it was asked (from 0), its file under
    raw/, the total it announced, its rows, the file's bytes and SHA-256, and when it came (UTC, ISO 8601)."""

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
class Counted:
    """A free reply (counts, history, ports) as received: for which query and which part of it (a country, say; "": all
    of it), what was sent, the file under raw/ with its bytes and SHA-256, and when it came (UTC, ISO 8601)."""

    mode: str
    query: str
    part: str
    sent: str
    file: str
    bytes: int
    sha256: str
    received: str


@dataclass(frozen=True)
class Whole:
    """What a query announced in all when it was planned: matches, and matches by country (ISO alpha-2)."""

    announced: int
    countries: dict[str, int]
