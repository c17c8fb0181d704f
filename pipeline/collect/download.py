"""Downloads the banners of a study's queries: planned with free counts, priced, then bought page by page.

What stands in the ledger is never asked again: a collection that was stopped goes on where it was. A part that came out
incomplete is asked again by the next run, the pages that came short or, where none did, all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.catalogue import Query
from pipeline.collect.chain import links_of
from pipeline.collect.client import Client
from pipeline.collect.completeness import is_short
from pipeline.collect.fields import FIELDS, MARK
from pipeline.collect.ledger import Ledger, Partition
from pipeline.collect.pages import ENDING, PER_PAGE, enter, file_of, keep, read_reply, settled
from pipeline.collect.partitions import COUNTRIES, split
from pipeline.collect.reply import Reply
from pipeline.errors import BadQueryError, BudgetError, NoCreditsError, PlanRefusedError, UnavailableError
from pipeline.study import Collect

MODE = "download"
GIVE_UP = 3  # parts that failed one after the other


@dataclass
class Download:
    """One collection under way. `allowed`: query credits that the snapshot may cost in all. `mode`: whose parts are
    bought; those of a sample are planned by `sample.py`. `bought`: pages received; `failed`: what the engine would not
    answer, in words."""

    raw: Path
    ledger: Ledger
    client: Client
    settings: Collect
    allowed: int
    say: Callable[[str], None]
    mode: str = MODE
    bought: int = 0
    failed: list[str] = field(default_factory=list)

    def plan(self, queries: Sequence[Query]) -> None:
        """Enters the parts of every query that is not planned yet; free. What a stop loses is one query's plan."""
        planned = self.ledger.done(MODE)
        for link in links_of(self.client, queries, self.ledger):
            if link.query.id in planned:
                continue
            parts = list(split(link.sent, self.client.count, self.settings.depth * PER_PAGE))
            with self.ledger.together():
                for part in parts:
                    self.ledger.add_partition(MODE, link.query.id, part.sent, part.expected)
                self.ledger.add_done(MODE, link.query.id)
            total = sum(part.expected for part in parts)
            overlap = f"; {link.note}" if link.note else ""
            self.say(f"{link.query.id}: {total:,} matches, parts: {len(parts):,}{overlap}")

    def prices(self) -> list[tuple[Partition, int]]:
        """What is still to be asked, and the query credits that it will cost, by what was announced so far."""
        return [(part, len(self._missing(part))) for part in self._unfinished()]

    def run(self) -> str:
        """Buys what is missing; why it stopped before the end, in words ("": it did not). Raises `BudgetError` before
        anything is spent when it would cost more than allowed, and an `EngineError` when the engine does not answer
        any more; what was received stays."""
        self.adopt()
        price, before = sum(pages for _, pages in self.prices()), self.ledger.spent
        if before + price > self.allowed:
            raise BudgetError(price, before, self.allowed)
        in_a_row = 0
        for part in self._unfinished():
            try:
                self._page_through(part)
                in_a_row = 0
            except (_BudgetReached, NoCreditsError) as error:
                return str(error)
            except (BadQueryError, PlanRefusedError, UnavailableError) as error:
                # One part that the engine cannot answer must not cost the others.
                self.failed.append(str(error))
                in_a_row += 1
                if in_a_row >= GIVE_UP:
                    raise
        return ""

    def _unfinished(self) -> list[Partition]:
        """Parts that were not asked to their end, and those that came out incomplete, which are asked again."""
        return [part for part in self.ledger.partitions(self.mode) if not part.passes or is_short(part, self.settings)]

    def _missing(self, part: Partition) -> list[int]:
        """The pages of a part that are still to be asked in the pass it is in, as far as is known what it holds: in the
        first all; later those that came short before or, where none did, all (rows moved between pages)."""
        pages = self.ledger.pages(part.id)
        total = max([page.total for page in pages] or [part.expected])
        due = {n: min(PER_PAGE, total - PER_PAGE * (n - 1)) for n in range(1, -(-total // PER_PAGE) + 1)}
        best = dict.fromkeys(due, 0)
        for page in pages:
            if page.again < part.passes and page.page in best:
                best[page.page] = max(best[page.page], page.results)
        short = [n for n, results in best.items() if results < due[n]] or list(due)
        asked = {page.page for page in pages if page.again == part.passes}
        return [n for n in short if n not in asked]

    def _page_through(self, part: Partition) -> None:
        """Buys the missing pages of a part, as many as its total asks for by then, and settles it."""
        while missing := self._missing(part):
            if self.ledger.spent >= self.allowed:
                raise _BudgetReached(f"the {self.allowed:,} query credits allowed are spent")
            reply = self._ask(part, missing[0])
            file = file_of(part, missing[0])
            keep(self.raw, file, reply.body)
            enter(self.ledger, self.raw, file, reply)
            self.bought += 1
        self.ledger.settle(settled(part, self.ledger.pages(part.id), self.raw))

    def _ask(self, part: Partition, number: int) -> Reply:
        """One page. Its countries come with the first, from the same reply as its total."""
        facets = [("country", COUNTRIES)] if number == 1 else []
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

    def adopt(self) -> None:
        """Enters pages that were written before a stop and not entered."""
        known = {page.file for page in self.ledger.pages()}
        for path in sorted((self.raw / self.mode).rglob(f"*{ENDING}")):
            file = path.relative_to(self.raw).as_posix()
            if file not in known:
                enter(self.ledger, self.raw, file, read_reply(self.raw, file))
                self.say(f"{file}: was received before the stop, and is entered now")


class _BudgetReached(Exception):
    pass
