"""The download of a study's banners: planned with free counts, priced, then bought page by page.

What is in the ledger is never requested again: a collection that was stopped resumes where it was. A part that turned
out incomplete is requested again by the next run (`pagination.py`).
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from camcensus.collect.client import Client, ask_each
from camcensus.collect.pagination import PageContent, content_of, due_pages, settle
from camcensus.collect.partitions import COUNTRIES, split
from camcensus.collect.queries import disjoint_queries
from camcensus.core import errors, storage
from camcensus.core.config import Collect
from camcensus.identify.entries import Query
from camcensus.raw.completeness import is_short, requested_queries
from camcensus.raw.imports import free_bytes
from camcensus.raw.ledger import Ledger
from camcensus.raw.ledger_rows import Page, Partition, Reply
from camcensus.raw.reply_files import ENDING, PER_PAGE, file_of, page_of, read_reply, write_page, written_at
from camcensus.readers.banner import FIELDS, SYNTHETIC_MARKER

MODE = "download"
# Free space under which nothing is bought: a page that cannot be written is a credit lost.
LEAST_DISK = 64 << 20
PAGES_PER_LOG_LINE = 100


@dataclass
class Collected:
    """What a run of the collector did: pages and query credits of this run, and credits of the snapshot in total.

    As text: why it `stopped` before the end (empty: it did not), requests that `failed`, what is `missing`, other
    `notes`. `again`: the credits that it costs to request what is missing.
    """

    snapshot: str
    mode: str
    pages: int = 0
    credits: int = 0
    credits_in_all: int = 0
    again: int = 0
    stopped: str = ""
    failed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Return whether nothing is missing."""
        return not (self.stopped or self.failed or self.missing)


@dataclass
class Download:
    """One collection in progress: buys the parts of `done.mode` (those of a sample are planned by `sample.py`)."""

    raw: Path
    ledger: Ledger
    client: Client
    settings: Collect
    log: Callable[[str], None]
    done: Collected
    # Contents of the pages of the current part, so that they are not read again.
    _contents: dict[str, PageContent] = field(default_factory=dict)

    @property
    def limit(self) -> int:
        """Return the most matches of a part."""
        return self.settings.depth * PER_PAGE

    def plan(self, queries: Sequence[Query]) -> None:
        """Record the parts of every query that is not planned yet; free. A stop loses one query's plan."""
        planned = self.ledger.done(self.done.mode)
        for item in disjoint_queries(self.client, queries, self.ledger):
            name = item.query.id
            if name in planned:
                continue
            found = split(item.sent, self.client.count, self.limit)
            with self.ledger.together():
                for part in found.parts:
                    self.ledger.add_partition(self.done.mode, name, part.sent, part.expected)
                self.ledger.add_done(self.done.mode, name, found.total, found.countries)
            overlap = f"; {item.note}" if item.note else ""
            self.log(f"{name}: {found.total:,} matches, parts: {len(found.parts):,}{overlap}")

    def price(self) -> int:
        """Return the query credits of what is still to be requested, by what was announced so far."""
        return sum(len(due_pages(part, self.ledger.pages(part.id))) for part in self._unfinished())

    def run(self) -> str:
        """Buy what is missing; return why it stopped before the end (empty: it did not).

        Raises `BudgetError` before anything is spent, and an `EngineError` when the engine stops answering.
        """
        self.adopt()
        price, before, allowed = self.price(), self.ledger.spent, self.ledger.allowed or 0
        if price and before + price > allowed:
            raise errors.BudgetError(price, before, allowed)
        # Without a price only parts that a stop left unsettled are settled, from their pages.
        left = int(self.client.info().value["query_credits"]) if price else 0
        if left < price:
            self.log(f"the account has {left:,} query credits left, and this costs {price:,}: it will stop early")
        try:
            ask_each(self._unfinished(), self._page_through, self.done.failed)
        except (errors.SpentError, errors.NoCreditsError) as error:
            return str(error)
        # What the engine charges for a request that it fails at is not known, and others may use the account.
        with suppress(errors.EngineError):
            charged = left - int(self.client.info().value["query_credits"]) if price else 0
            if charged > (spent := self.ledger.spent - before):
                self.done.notes.append(f"the account lost {charged:,} query credits; this run accounts for {spent:,}")
        return ""

    def adopt(self) -> None:
        """Record pages that were written before a stop and not recorded."""
        known = {page.file for page in self.ledger.pages()}
        parts = {part.id: part for part in self.ledger.partitions(self.done.mode)}
        for path in sorted((self.raw / self.done.mode).rglob(f"*{ENDING}")):
            file = path.relative_to(self.raw).as_posix()
            if file in known:
                continue
            try:
                numbers = page_of(file)
            except ValueError:
                numbers = (0, 0, 0)
            part = parts.get(numbers[0])
            if part is None or not file.startswith(f"{self.done.mode}/{part.query}/"):
                raise errors.IntegrityError(
                    path, "is a page that is not in the ledger; put the ledger back, or move the page"
                )
            seen = content_of(read_reply(self.raw, file))
            state = (path.stat().st_size, storage.sha256(path))
            self.ledger.add_page(Page(*numbers, file, seen.total, seen.rows, *state, written_at(path)))
            self.log(f"{file}: received before the stop, recorded now")

    def _unfinished(self) -> list[Partition]:
        """Return parts of the requested queries that are not finished, or turned out incomplete."""
        requested = requested_queries(self.ledger, self.done.mode)
        parts = [part for part in self.ledger.partitions(self.done.mode) if part.query in requested]
        return [part for part in parts if not part.passes or is_short(part, self.settings)]

    def _page_through(self, part: Partition) -> None:
        """Buy the missing pages of a part, as many as its total needs by then, and settle it."""
        self._contents.clear()
        pages = self.ledger.pages(part.id)
        while missing := due_pages(part, pages):
            pages.append(self._buy(part, missing[0], any(page.again == part.passes for page in pages)))
        self.ledger.settle(
            settle(part, pages, lambda p: self._contents.get(p.file) or content_of(read_reply(self.raw, p.file)))
        )

    def _buy(self, part: Partition, number: int, further: bool) -> Page:
        """Buy one page, write and record it. The first page of a pass also brings the part's countries."""
        if free_bytes(self.raw) < LEAST_DISK:
            raise errors.CamcensusError(f"{self.raw}: the disk is full; make room, then run the same command again")
        reply, file = self._ask(part, number, further), file_of(part, number)
        size, digest = write_page(self.raw, file, reply.body)
        seen = self._contents[file] = content_of(reply)
        page = Page(*page_of(file), file, seen.total, seen.rows, size, digest, reply.received)
        self.ledger.add_page(page)
        self.done.pages += 1
        if self.done.pages % PAGES_PER_LOG_LINE == 0:
            self.log(f"{self.done.pages:,} pages bought, {self.ledger.spent:,} query credits for the snapshot so far")
        return page

    def _ask(self, part: Partition, number: int, further: bool) -> Reply:
        facets = [] if further else [("country", COUNTRIES)]
        narrow = self.settings.fields and self.ledger.fact("fields") != "all"
        try:
            wanted = (*FIELDS, *([SYNTHETIC_MARKER] if self.client.local else [])) if narrow else ()
            return self.client.search(part.sent, number, facets, wanted)
        except errors.PlanRefusedError:
            if not narrow or self.ledger.pages():
                raise
        # The plan may not allow choosing fields: then complete banners.
        reply = self.client.search(part.sent, number, facets)
        self.ledger.set_fact("fields", "all")
        return reply
