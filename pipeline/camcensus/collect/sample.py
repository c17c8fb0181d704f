"""Plans a sample: blocks of the address space drawn at random, and in which of them each query has matches; free.

Most blocks hold nothing of a query, so several are counted in one request, and halved where there is something. No
block is taken for empty that was not in a count of zero. What is found is bought whole, several blocks in one part of
the mode "sample", by `download.py`.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from camcensus.collect.census import COUNTRY
from camcensus.collect.chain import Link, links_of
from camcensus.collect.client import Client
from camcensus.collect.download import Download
from camcensus.collect.partitions import DRIFT, DRIFT_SHARE, HALVES, Part, contradict, halved, packed
from camcensus.core.config import Collect
from camcensus.core.errors import BudgetError
from camcensus.identify.catalogue import Query
from camcensus.raw.address_blocks import Block
from camcensus.raw.drawn_blocks import MODE, Drawn, draw, n_counted, set_counted, unplanned
from camcensus.raw.ledger import Ledger
from camcensus.raw.page_files import PER_PAGE
from camcensus.raw.saved_replies import EVERYWHERE, IPV4, TOTALS, Replies

CHECK = "sample-check"
# Blocks in one count or part; more would make an address too long for a server.
TOGETHER = 50
# A block that is too full is halved down to one address.
ADDRESS = 32
Count = Callable[[Sequence[Block]], int]


def sample(work: Download, queries: Sequence[Query]) -> tuple[str, list[str]]:
    """Draws, plans and buys a sample; why it stopped before the end, as of `Download.run`, and what is to be said of
    it. Raises `BudgetError`, which says how many blocks may be had."""
    # What a stop left over is entered before the plan may lose parts.
    work.adopt()
    drawn = draw(work.ledger, work.settings.sample)
    totals = Replies(work.raw, work.ledger, TOTALS)
    Sampling(work.client, work.ledger, totals, work.settings, drawn, work.log).plan(queries)
    try:
        return work.run(), [drawn.in_words()]
    except BudgetError as error:
        found = [work.ledger.networks(query.id) for query in queries]
        n, cost = affordable(found, drawn.n_blocks, error.allowed, work.settings.depth * PER_PAGE)
        instead = f"the first {n:,} of {drawn.n_blocks:,} blocks would cost {cost:,} (blocks under [collect.sample])"
        raise BudgetError(error.price, error.spent, error.allowed, instead) from None


@dataclass(frozen=True)
class Sampling:
    """A sample that is being planned."""

    client: Client
    ledger: Ledger
    replies: Replies
    settings: Collect
    drawn: Drawn
    log: Callable[[str], None]

    def plan(self, queries: Sequence[Query]) -> None:
        """Enters the parts of every query in every block that was not counted yet. What a stop loses is the count of
        one group of blocks."""
        self._check_networks()
        for link in links_of(self.client, queries, self.ledger):
            total = self._totals(link)
            together = blocks_together(total, self.drawn.frame.size)
            name = link.query.id
            while (at := n_counted(self.ledger, name)) < self.drawn.n_blocks:
                self._group(link, at, together)
            self._pack(link)
            self._tell(link)

    def _check_networks(self) -> None:
        """Raises `ContradictionError` when the engine does not take several networks in one filter: all blocks that are
        counted together would look empty, or full."""
        check = Replies(self.replies.raw, self.ledger, CHECK)
        asked = {"together": f"net:{','.join(HALVES)}"} | {half.partition(".")[0]: f"net:{half}" for half in HALVES}
        together, *apart = (
            check.ask(name, "", text, lambda text=text: self.client.count(text)).total  # type: ignore[misc]
            for name, text in asked.items()
        )
        if abs(together - sum(apart)) > DRIFT_SHARE * sum(apart) + DRIFT:
            contradict(asked["together"], f"{together:,} matches where {sum(apart):,} should be")

    def _totals(self, link: Link) -> int:
        """Matches of a query in the IPv4 space, which is what blocks are drawn from. Asked besides: all matches, since
        what is outside (IPv6) no block can stand for."""
        sent = {EVERYWHERE: link.sent, IPV4: f"{link.sent} net:{','.join(HALVES)}"}
        replies = [
            self.replies.ask(link.query.id, part, text, lambda text=text: self.client.count(text, [COUNTRY]))  # type: ignore[misc]
            for part, text in sent.items()
        ]
        return replies[-1].total

    def _group(self, link: Link, at: int, together: int) -> None:
        """Counts a query in some blocks, and enters the networks that hold something."""

        def count(some: Sequence[Block]) -> int:
            return self.client.count(f"{link.sent} net:{','.join(map(str, some))}").total

        limit = self.settings.depth * PER_PAGE
        blocks = self.drawn.blocks[at : at + together]
        place = {block: at + n for n, block in enumerate(blocks)}
        found = [
            (place[block], network, n)
            for block, total in occupied(blocks, count(blocks), count)
            for network, n in halved(link.sent, block, total, self.client.count, limit, ADDRESS)
        ]
        with self.ledger.together():
            self.ledger.add_networks(link.query.id, found)
            set_counted(self.ledger, link.query.id, at + len(blocks))

    def _pack(self, link: Link) -> None:
        """Enters parts of several networks, since each part wastes half a page on average."""
        limit = self.settings.depth * PER_PAGE
        with self.ledger.together():
            for part in parts_of(link.sent, unplanned(self.ledger, link.query.id, self.drawn), limit):
                self.ledger.add_partition(MODE, link.query.id, part.sent, part.expected)
            self.ledger.add_done(MODE, link.query.id)

    def _tell(self, link: Link) -> None:
        own = [row for row in self.ledger.networks(link.query.id) if row[0] < self.drawn.n_blocks]
        overlap = f"; {link.note}" if link.note else ""
        self.log(
            f"{link.query.id}: {sum(n for *_, n in own):,} matches in {len({place for place, *_ in own}):,} of "
            f"{self.drawn.n_blocks:,} blocks{overlap}"
        )


def parts_of(sent: str, found: Iterable[tuple[int, str, int]], limit: int) -> Iterator[Part]:
    """Networks with matches as parts of a query, in their order."""
    return packed(sent, "net", ((network, n) for _, network, n in found), limit, TOGETHER)


def blocks_together(total: int, frame: int) -> int:
    """How many blocks to count at once, so that about every second count is zero: if matches lay at random, which they
    do not, a block would be empty with a chance of exp(-total / frame)."""
    return max(1, min(TOGETHER, round(0.7 * frame / total))) if total else TOGETHER


def occupied(blocks: Sequence[Block], total: int, count: Count) -> Iterator[tuple[Block, int]]:
    """Those of the blocks that hold matches, and how many; `total`: of all of them together."""
    if not total:
        return
    if len(blocks) == 1:
        yield blocks[0], total
        return
    half = len(blocks) // 2
    there = count(blocks[:half])
    yield from occupied(blocks[:half], there, count)
    # All that there is lies in the second half when the first is empty; else it is counted, for matches come and go.
    yield from occupied(blocks[half:], count(blocks[half:]) if there else total, count)


def affordable(found: Sequence[list[tuple[int, str, int]]], blocks: int, allowed: int, limit: int) -> tuple[int, int]:
    """How many of the first blocks so many credits buy, and what they cost. `found`: of each query the networks with
    matches, each with the place of its block."""

    def cost(n: int) -> int:
        parts = (part for rows in found for part in parts_of("", (row for row in rows if row[0] < n), limit))
        return sum(-(-part.expected // PER_PAGE) for part in parts)

    n = bisect_right(range(blocks + 1), allowed, key=cost) - 1
    return n, cost(n)
