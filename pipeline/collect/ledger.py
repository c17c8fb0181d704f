"""The ledger of a collection: what was asked, what came, what it cost. SQLite, in the snapshot's raw folder.

A page counts as received once its file is whole and its row stands here. A file without a row is what a stop left
between the two: it is entered, never bought again.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from pipeline.collect.reply import Attempt
from pipeline.errors import IntegrityError

FILE = "ledger.sqlite"
FORMAT = "1"
_SCHEMA = """
create table if not exists facts (name text primary key, value text not null);
create table if not exists queries (
    id text primary key, text text not null, sent text not null, note text not null);
create table if not exists done (mode text not null, query text not null, primary key (mode, query));
create table if not exists partitions (
    id integer primary key, mode text not null, query text not null, sent text not null, expected integer not null,
    passes integer not null, announced integer not null, received integer not null, found integer not null,
    repeated integer not null, drift integer not null, countries text not null);
create table if not exists pages (
    id integer primary key, partition integer not null references partitions (id), page integer not null,
    pass integer not null, file text not null unique, total integer not null, results integer not null,
    bytes integer not null, sha256 text not null, received text not null);
create index if not exists pages_of on pages (partition);
create table if not exists replies (
    id integer primary key, mode text not null, query text not null, part text not null, sent text not null,
    file text not null unique, bytes integer not null, sha256 text not null, received text not null);
create table if not exists requests (
    id integer primary key, at text not null, endpoint text not null, query text not null, page integer not null,
    status integer, outcome text not null, results integer not null, credits integer not null);
"""


@dataclass(frozen=True)
class Partition:
    """A part of a query that is paged by itself. `sent`: the query as sent. `expected`: matches when it was planned.
    `passes`: how often it was asked to its end; once it was: matches `announced` (the most that any of its replies
    said), rows `received`, distinct banners (address, port, transport) `found`, rows `repeated`, `drift` of the total
    while paging, and for each country what was announced and what was found."""

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


class Ledger:
    """The ledger in `folder`, made if need be; `read_only`: only read. Raises `IntegrityError` when it is damaged or of
    another format."""

    def __init__(self, folder: Path, read_only: bool = False) -> None:
        self.path = folder / FILE
        folder.mkdir(parents=True, exist_ok=True)
        try:
            place = f"{self.path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
            self._db = sqlite3.connect(place, uri=True, isolation_level=None)
            if not read_only:
                # What is acknowledged survives a power cut, as the pages do.
                self._db.execute("pragma synchronous = full")
                self._db.executescript(_SCHEMA)
                self._db.execute("insert or ignore into facts values ('format', ?)", (FORMAT,))
            if self.fact("format") != FORMAT:
                raise IntegrityError(self.path, "is of another version of camcensus; collect into a new snapshot")
            (self._spent,) = self._db.execute("select coalesce(sum(credits), 0) from requests").fetchone()
        except sqlite3.DatabaseError as error:
            raise IntegrityError(self.path, f"is damaged: {error}; collect into a new snapshot") from None

    def close(self) -> None:
        """Lets go of the file."""
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside is written whole, or not at all."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def fact(self, name: str) -> str:
        """What the ledger holds under a name; empty: nothing."""
        found = self._db.execute("select value from facts where name = ?", (name,)).fetchone()
        return str(found[0]) if found else ""

    def set_fact(self, name: str, value: str) -> None:
        """Holds a value under a name, in place of what was there."""
        self._db.execute("insert or replace into facts values (?, ?)", (name, value))

    def add_query(self, name: str, text: str, sent: str, note: str) -> None:
        """Enters a query: its text, what is sent for it, and a note in words."""
        self._db.execute("insert into queries values (?, ?, ?, ?)", (name, text, sent, note))

    def queries(self) -> dict[str, dict[str, str]]:
        """Queries by id, in the order in which they were entered."""
        rows = self._db.execute("select id, text, sent, note from queries order by rowid")
        return {name: {"text": text, "sent": sent, "note": note} for name, text, sent, note in rows}

    def add_done(self, mode: str, query: str) -> None:
        """Enters that a query is planned (download) or asked (other modes) to its end."""
        self._db.execute("insert or ignore into done values (?, ?)", (mode, query))

    def done(self, mode: str) -> set[str]:
        """Queries that `add_done` was told of."""
        return {query for (query,) in self._db.execute("select query from done where mode = ?", (mode,))}

    def add_partition(self, mode: str, query: str, sent: str, expected: int) -> None:
        """Enters a partition as planned."""
        self._db.execute(
            "insert into partitions values (null, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, '{}')", (mode, query, sent, expected)
        )

    def partitions(self, mode: str) -> list[Partition]:
        """The partitions of a mode, in order."""
        rows = self._db.execute("select * from partitions where mode = ? order by id", (mode,))
        return [Partition(*row) for row in rows]

    def withdraw(self, part: Partition) -> None:
        """Takes a partition out of the plan, of which nothing was asked."""
        self._db.execute("delete from partitions where id = ?", (part.id,))

    def settle(self, part: Partition) -> None:
        """Writes down how a partition came out."""
        found = (part.passes, part.announced, part.received, part.found, part.repeated, part.drift, part.countries)
        self._db.execute(
            "update partitions set passes = ?, announced = ?, received = ?, found = ?, repeated = ?, drift = ?, "
            "countries = ? where id = ?",
            (*found, part.id),
        )

    def add_page(self, page: Page) -> None:
        """Enters a page whose file is whole."""
        self._db.execute("insert into pages values (null, ?, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(page))

    def pages(self, partition: int | None = None) -> list[Page]:
        """Pages in order of receipt, of one partition or of all."""
        columns = "select partition, page, pass, file, total, results, bytes, sha256, received from pages"
        if partition is None:
            return [Page(*row) for row in self._db.execute(f"{columns} order by id")]
        return [Page(*row) for row in self._db.execute(f"{columns} where partition = ? order by id", (partition,))]

    def add_reply(self, reply: Counted) -> None:
        """Enters a free reply whose file is whole."""
        self._db.execute("insert into replies values (null, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(reply))

    def replies(self, mode: str) -> list[Counted]:
        """The free replies of a mode, in order of receipt."""
        rows = self._db.execute(
            "select mode, query, part, sent, file, bytes, sha256, received from replies where mode = ? order by id",
            (mode,),
        )
        return [Counted(*row) for row in rows]

    def add_request(self, attempt: Attempt, price: int) -> None:
        """Enters a request as it went, and the query credits that the engine takes for it."""
        self._db.execute("insert into requests values (null, ?, ?, ?, ?, ?, ?, ?, ?)", (*astuple(attempt), price))
        self._spent += price

    @property
    def spent(self) -> int:
        """Query credits spent on the snapshot, by the engine's published rule."""
        return int(self._spent)
