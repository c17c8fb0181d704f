"""Downloads the banners of a study's queries: planned with free counts, priced, then bought page by page.

What stands in the ledger is never asked again: a collection that was stopped goes on where it was. A part that came out
incomplete is asked again by the next run (`passes.py`).
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from camcensus.collect.chain import links_of
from camcensus.collect.client import Client
from camcensus.collect.partitions import COUNTRIES, split
from camcensus.collect.passes import Seen, due, seen_in, settled
from camcensus.collect.turns import in_turn
from camcensus.core import storage
from camcensus.core.config import Collect
from camcensus.core.errors import (
    BudgetError,
    CamcensusError,
    EngineError,
    IntegrityError,
    NoCreditsError,
    PlanRefusedError,
    SpentError,
)
from camcensus.identify.catalogue import Query
from camcensus.ingest.fields_read import FIELDS, MARK
from camcensus.raw.attempts import Reply
from camcensus.raw.completeness import asked_for, is_short
from camcensus.raw.imports import free_bytes
from camcensus.raw.ledger import Ledger
from camcensus.raw.ledger_rows import Page, Partition
from camcensus.raw.page_files import ENDING, PER_PAGE, file_of, keep, page_of, written
from camcensus.raw.saved_replies import read_reply

MODE = "download"
# Free space under which nothing is bought: a page that cannot be written is a credit lost.
LEAST_DISK = 64 << 20
# A note on progress after so many pages.
NOTED = 100


@dataclass
class Download:
    """One collection under way. `allowed`: query credits that the snapshot may cost in all. `mode`: whose parts are
    bought; those of a sample are planned by `sample.py`. `bought`: pages received; `failed`: what the engine would not
    answer, and `notes`: what else is to be said, in words."""

    raw: Path
    ledger: Ledger
    client: Client
    settings: Collect
    allowed: int
    log: Callable[[str], None]
    mode: str = MODE
    bought: int = 0
    failed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    # What was seen of the pages of the part under way, so that they are not read again.
    _seen: dict[str, Seen] = field(default_factory=dict)

    def plan(self, queries: Sequence[Query]) -> None:
        """Enters the parts of every query that is not planned yet; free. What a stop loses is one query's plan."""
        planned = self.ledger.done(self.mode)
        for link in links_of(self.client, queries, self.ledger):
            if link.query.id in planned:
                continue
            found = split(link.sent, self.client.count, self.settings.depth * PER_PAGE)
            with self.ledger.together():
                for part in found.parts:
                    self.ledger.add_partition(self.mode, link.query.id, part.sent, part.expected)
                self.ledger.add_done(self.mode, link.query.id, found.total, found.countries)
            overlap = f"; {link.note}" if link.note else ""
            self.log(f"{link.query.id}: {found.total:,} matches, parts: {len(found.parts):,}{overlap}")

    def prices(self) -> list[tuple[Partition, int]]:
        """What is still to be asked, and the query credits that it will cost, by what was announced so far."""
        return [(part, len(due(part, self.ledger.pages(part.id)))) for part in self._unfinished()]

    def run(self) -> str:
        """Buys what is missing; why it stopped before the end, in words ("": it did not). Raises `BudgetError` before
        anything is spent when it would cost more than allowed, and an `EngineError` when the engine does not answer
        any more; what was received stays."""
        self.adopt()
        price, before = sum(pages for _, pages in self.prices()), self.ledger.spent
        if price and before + price > self.allowed:
            raise BudgetError(price, before, self.allowed)
        # Without a price only what a stop left unsettled is settled, from pages that are there.
        left = int(self.client.info().value["query_credits"]) if price else 0
        if left < price:
            self.log(f"the account has {left:,} query credits left, and this costs {price:,}: it will stop on the way")
        try:
            in_turn(self._unfinished(), self._page_through, self.failed)
        except (SpentError, NoCreditsError) as error:
            return str(error)
        if price:
            self._hold_against_account(left, self.ledger.spent - before)
        return ""

    def _hold_against_account(self, left: int, spent: int) -> None:
        """Notes where the account went down by more than the ledger has: what the engine takes for a request that it
        fails at is not known, and somebody else may use the account."""
        with suppress(EngineError):
            gone = left - int(self.client.info().value["query_credits"])
            if gone > spent:
                self.notes.append(f"the account went down by {gone:,} query credits, of which this run knows {spent:,}")

    def adopt(self) -> None:
        """Enters pages that were written before a stop and not entered."""
        known = {page.file for page in self.ledger.pages()}
        parts = {part.id: part for part in self.ledger.partitions(self.mode)}
        for path in sorted((self.raw / self.mode).rglob(f"*{ENDING}")):
            file = path.relative_to(self.raw).as_posix()
            if file in known:
                continue
            part = parts.get(_partition_of(path))
            if part is None or not file.startswith(f"{self.mode}/{part.query}/"):
                raise IntegrityError(path, "is a page that the ledger does not know; put the ledger back, or move it")
            seen = seen_in(read_reply(self.raw, file))
            state = (path.stat().st_size, storage.sha256(path))
            self.ledger.add_page(Page(*page_of(file), file, seen.total, seen.rows, *state, written(path)))
            self.log(f"{file}: was received before the stop, and is entered now")

    def _unfinished(self) -> list[Partition]:
        """Parts of the queries asked for that were not asked to their end, or came out incomplete."""
        asked = asked_for(self.ledger, self.mode)
        parts = [part for part in self.ledger.partitions(self.mode) if part.query in asked]
        return [part for part in parts if not part.passes or is_short(part, self.settings)]

    def _page_through(self, part: Partition) -> None:
        """Buys the missing pages of a part, as many as its total asks for by then, and settles it."""
        self._seen.clear()
        pages = self.ledger.pages(part.id)
        while missing := due(part, pages):
            pages.append(self._buy(part, missing[0], any(page.again == part.passes for page in pages)))
        self.ledger.settle(settled(part, pages, self._look))

    def _buy(self, part: Partition, number: int, further: bool) -> Page:
        """One page, written and entered. The part's countries come with the first of a pass, in the same reply."""
        if free_bytes(self.raw) < LEAST_DISK:
            raise CamcensusError(f"{self.raw}: the disk is full; make room, then run the same command again")
        reply = self._ask(part, number, further)
        file = file_of(part, number)
        size, digest = keep(self.raw, file, reply.body)
        seen = self._seen[file] = seen_in(reply)
        page = Page(*page_of(file), file, seen.total, seen.rows, size, digest, reply.received)
        self.ledger.add_page(page)
        self.bought += 1
        if self.bought % NOTED == 0:
            self.log(f"{self.bought:,} pages bought, {self.ledger.spent:,} query credits for the snapshot so far")
        return page

    def _ask(self, part: Partition, number: int, further: bool) -> Reply:
        facets = [] if further else [("country", COUNTRIES)]
        narrow = self.settings.fields and self.ledger.fact("fields") != "all"
        try:
            wanted = (*FIELDS, *([MARK] if self.client.local else [])) if narrow else ()
            return self.client.search(part.sent, number, facets, wanted)
        except PlanRefusedError:
            if not narrow or self.ledger.pages():
                raise
        # The plan may not allow choosing fields: then whole banners.
        reply = self.client.search(part.sent, number, facets)
        self.ledger.set_fact("fields", "all")
        return reply

    def _look(self, page: Page) -> Seen:
        return self._seen.get(page.file) or seen_in(read_reply(self.raw, page.file))


def _partition_of(path: Path) -> int:
    try:
        return page_of(path.as_posix())[0]
    except ValueError:
        return 0
