"""The ledger of a collection: requests, replies and costs. SQLite, in the snapshot's raw folder.

A page counts as received once its file is complete and its row is here. A file without a row is left by a stop between
the two: it is recorded, never bought again. A kill loses nothing of that. So that a power cut does not either, files
and rows are forced to the disk together, at most `SYNC` seconds after they were written; rows younger than that when a
ledger is opened are compared with their files.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

from camcensus.core import storage
from camcensus.core.errors import InputError, IntegrityError, SpentError
from camcensus.raw.ledger_rows import Announced, Attempt, FreeReply, Page, Partition

FILE = "ledger.sqlite"
CHECKSUM = "ledger.sqlite.sha256"  # of the closed file, since SQLite has none
FORMAT = "1"
SYNC = 0.5
_SCHEMA = """
create table if not exists facts (name text primary key, value text not null);
create table if not exists queries (
    id text primary key, text text not null, sent text not null, note text not null);
create table if not exists done (
    mode text not null, query text not null, announced integer not null, countries text not null,
    primary key (mode, query));
create table if not exists partitions (
    id integer primary key, mode text not null, query text not null, sent text not null, expected integer not null,
    passes integer not null, announced integer not null, received integer not null, found integer not null,
    repeated integer not null, drift integer not null, countries text not null);
create table if not exists networks (
    query text not null, place integer not null, network text not null, matches integer not null,
    primary key (query, network));
create table if not exists pages (
    id integer primary key, partition integer not null references partitions (id), page integer not null,
    pass integer not null, file text not null unique, total integer not null, results integer not null,
    bytes integer not null, sha256 text not null, received text not null);
create index if not exists pages_of on pages (partition);
create table if not exists replies (
    id integer primary key, mode text not null, query text not null, part text not null, sent text not null,
    file text not null unique, bytes integer not null, sha256 text not null, received text not null,
    unique (mode, query, part));
create table if not exists requests (
    id integer primary key, at text not null, endpoint text not null, query text not null, page integer not null,
    status integer, outcome text not null, results integer not null, credits integer not null);
"""
_REPLY = "select mode, query, part, sent, file, bytes, sha256, received from replies where mode = ?"
_PAGE = "select partition, page, pass, file, total, results, bytes, sha256, received from pages"
# Rows up to these ids are on the disk, and so are their files.
_MARK = """
insert or replace into facts values ('synced', json_array(
    (select coalesce(max(id), 0) from pages), (select coalesce(max(id), 0) from replies)))
"""
_SINCE = "select file, sha256 from pages where id > ? union all select file, sha256 from replies where id > ?"
_FORGET = (
    """update partitions set passes = pages.pass from pages
       where pages.file = ? and partitions.id = pages.partition and passes > pages.pass""",
    "delete from pages where file = ?",
    "delete from replies where file = ?",
)


class Ledger:
    """The ledger in `folder`, created if needed unless `read_only`.

    `spent`: the query credits that the snapshot has cost at most, by the engine's published rule; `allowed`: those that
    it may cost in total. Raises `IntegrityError` when it is damaged or of another format, `InputError` when it cannot
    be read or written.
    """

    allowed: int | None = None

    def __init__(self, folder: Path, read_only: bool = False) -> None:
        self.path, self._log = folder / FILE, folder / f"{FILE}-wal"
        self._read_only = read_only
        self._checksum = folder / CHECKSUM
        self.is_checksummed = self._verify_checksum()
        if not read_only:
            folder.mkdir(parents=True, exist_ok=True)
        place = f"{self.path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
        with self._translated():
            self._db = sqlite3.connect(place, uri=True, isolation_level=None)
            if not read_only:
                self._checksum.unlink(missing_ok=True)
                # Write-ahead log: one write is one sync, and readers see the last complete state.
                self._db.execute("pragma journal_mode = wal")
                self._db.execute("pragma synchronous = normal")
                self._db.executescript(_SCHEMA)
                self._db.execute("insert or ignore into facts values ('format', ?)", (FORMAT,))
        if self.fact("format") != FORMAT:
            raise IntegrityError(self.path, "is of another version of camcensus; collect into a new snapshot")
        self.spent = int(self._run("select coalesce(sum(credits), 0) from requests").fetchone()[0])
        self._fresh: list[Path] = []
        self._synced = time.monotonic()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the database's errors into ours."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise InputError(self.path, f"cannot be read or written: {error}; complete files are kept") from None
        except sqlite3.DatabaseError as error:
            raise IntegrityError(self.path, f"is damaged: {error}; put a copy of it back") from None

    def _run(self, statement: str, values: tuple[Any, ...] | dict[str, Any] = ()) -> sqlite3.Cursor:
        with self._translated():
            return self._db.execute(statement, values)

    def close(self) -> None:
        """Write everything to the one file on the disk, and close it."""
        try:
            self.sync()
            with suppress(sqlite3.Error):  # a reader is active: the log stays, and is as good
                self._db.execute("pragma journal_mode = delete")
        finally:
            self._db.close()
        # While a reader is active the log stays, and the file alone is not complete.
        if not self._read_only and not self._log.exists():
            storage.write_text(self._checksum, storage.sha256(self.path) + "\n")

    def _verify_checksum(self) -> bool:
        """Return whether there is a checksum. Raises `IntegrityError` when it is wrong."""
        # A collector that begins meanwhile removes it first.
        if not self._checksum.is_file() or not self.path.is_file() or self._log.exists():
            return False
        expected = self._checksum.read_bytes().strip()
        if storage.sha256(self.path).encode() != expected and self._checksum.is_file() and not self._log.exists():
            raise IntegrityError(self.path, "is damaged: it is not what was written; put a copy of it back")
        return True

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write everything inside completely, or not at all."""
        self._run("begin immediate")
        try:
            yield
            self._run("commit")
        except BaseException:
            if self._db.in_transaction:
                self._run("rollback")
            raise

    def fact(self, name: str) -> str:
        """Return the value under a name; empty: none."""
        found = self._run("select value from facts where name = ?", (name,)).fetchone()
        return str(found[0]) if found else ""

    def set_fact(self, name: str, value: str) -> None:
        """Set the value under a name."""
        self._run("insert or replace into facts values (?, ?)", (name, value))

    def add_query(self, name: str, text: str, sent: str, note: str) -> None:
        """Record a query: its text, the text sent for it, and a note."""
        self._run("insert into queries values (?, ?, ?, ?)", (name, text, sent, note))

    def queries(self) -> dict[str, dict[str, str]]:
        """Return the queries by id, in the order in which they were recorded."""
        rows = self._run("select id, text, sent, note from queries order by rowid")
        return {name: {"text": text, "sent": sent, "note": note} for name, text, sent, note in rows}

    def add_done(self, mode: str, query: str, announced: int = 0, countries: Mapping[str, int] | None = None) -> None:
        """Record that a query is planned (download), with what it then announced, or finished (other modes)."""
        by_country = json.dumps(dict(countries or {}), sort_keys=True)
        self._run("insert or ignore into done values (?, ?, ?, ?)", (mode, query, announced, by_country))

    def done(self, mode: str) -> dict[str, Announced]:
        """Return the queries recorded with `add_done`."""
        rows = self._run("select query, announced, countries from done where mode = ? order by rowid", (mode,))
        return {query: Announced(announced, json.loads(countries)) for query, announced, countries in rows}

    def add_partition(self, mode: str, query: str, sent: str, expected: int) -> None:
        """Record a partition as planned."""
        self._run(
            "insert into partitions values (null, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, '{}')", (mode, query, sent, expected)
        )

    def partitions(self, mode: str) -> list[Partition]:
        """Return the partitions of a mode, in order."""
        return [Partition(*row) for row in self._run("select * from partitions where mode = ? order by id", (mode,))]

    def add_networks(self, query: str, found: Iterable[tuple[int, str, int]]) -> None:
        """Record networks in which a query has matches: place of the block in the sample, network, matches."""
        self._db.executemany("insert into networks values (?, ?, ?, ?)", ((query, *row) for row in found))

    def networks(self, query: str) -> list[tuple[int, str, int]]:
        """Return the networks of a query recorded with `add_networks`, in order."""
        rows = self._run("select place, network, matches from networks where query = ? order by rowid", (query,))
        return [tuple(row) for row in rows]

    def withdraw(self, part: Partition) -> None:
        """Remove a partition of which nothing was requested."""
        self._run("delete from partitions where id = ?", (part.id,))

    def settle(self, part: Partition) -> None:
        """Record the result of a partition."""
        self._run(
            "update partitions set passes = :passes, announced = :announced, received = :received, found = :found, "
            "repeated = :repeated, drift = :drift, countries = :countries where id = :id",
            asdict(part),
        )

    def add_page(self, page: Page) -> None:
        """Record a page whose file is complete."""
        self._run("insert into pages values (null, ?, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(page))
        self._wrote(page.file)

    def pages(self, partition: int | None = None) -> list[Page]:
        """Return pages in order of receipt, of one partition or of all."""
        where, values = ("", ()) if partition is None else ("where partition = ?", (partition,))
        return [Page(*row) for row in self._run(f"{_PAGE} {where} order by id", values)]

    def add_reply(self, reply: FreeReply) -> None:
        """Record a free reply whose file is complete."""
        self._run("insert into replies values (null, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(reply))
        self._wrote(reply.file)

    def replies(self, mode: str) -> list[FreeReply]:
        """Return the free replies of a mode, in order of receipt."""
        return [FreeReply(*row) for row in self._run(f"{_REPLY} order by id", (mode,))]

    def modes(self) -> list[str]:
        """Return the modes that have free replies, in order."""
        return [mode for (mode,) in self._run("select distinct mode from replies order by mode")]

    def reply(self, mode: str, query: str, part: str) -> FreeReply | None:
        """Return the free reply for a part of a query, if there is one."""
        found = self._run(f"{_REPLY} and query = ? and part = ?", (mode, query, part)).fetchone()
        return FreeReply(*found) if found else None

    def add_request(self, attempt: Attempt) -> int:
        """Record a request before it is sent, since a kill may follow, at the price that it may have.

        Return its number. Raises `SpentError` when it would cost more than `allowed`.
        """
        if attempt.price and self.allowed is not None and self.spent + attempt.price > self.allowed:
            raise SpentError(self.allowed)
        values = (attempt.at, attempt.endpoint, attempt.query, attempt.page, attempt.outcome, attempt.price)
        row = self._run("insert into requests values (null, ?, ?, ?, ?, null, ?, 0, ?)", values).lastrowid
        self.spent += attempt.price
        return int(row or 0)

    def add_outcome(self, number: int, attempt: Attempt) -> None:
        """Record the outcome of a request, and what it cost."""
        (before,) = self._run("select credits from requests where id = ?", (number,)).fetchone()
        values = (attempt.status, attempt.outcome, attempt.results, attempt.price, number)
        self._run("update requests set status = ?, outcome = ?, results = ?, credits = ? where id = ?", values)
        self.spent += attempt.price - before

    def _wrote(self, file: str) -> None:
        self._fresh.append(self.path.parent / file)
        if time.monotonic() - self._synced >= SYNC:
            self.sync()

    def sync(self) -> None:
        """Force to the disk what was written since the last time: files, then their rows."""
        if self._read_only:
            return
        storage.sync_files(self._fresh)
        self._run("pragma synchronous = full")
        self._run(_MARK)
        self._run("pragma synchronous = normal")
        self._fresh, self._synced = [], time.monotonic()

    def forget_lost(self) -> list[str]:
        """Remove and return the pages and replies that a power cut left without their files."""
        mark = json.loads(self.fact("synced") or "[0, 0]")
        lost = []
        for file, digest in self._run(_SINCE, tuple(mark)).fetchall():
            path = self.path.parent / file
            if path.is_file() and storage.sha256(path) == digest:
                self._fresh.append(path)
                continue
            path.unlink(missing_ok=True)
            for statement in _FORGET:
                self._run(statement, (file,))
            lost.append(file)
        return lost
