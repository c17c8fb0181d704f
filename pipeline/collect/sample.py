"""Plans a sample: blocks of the address space drawn at random, and in which of them each query has matches; free.

Most blocks hold nothing of a query, so several are counted in one request, and halved where there is something. No
block is taken for empty that was not in a count of zero. What is found is bought whole, as parts of the mode "sample",
by `download.py`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.catalogue import Query
from pipeline.collect.blocks import Block
from pipeline.collect.census import COUNTRY
from pipeline.collect.chain import Link, links_of
from pipeline.collect.client import Client
from pipeline.collect.download import Download
from pipeline.collect.drawn import MODE, Drawn, draw, n_counted, set_counted
from pipeline.collect.ledger import Ledger
from pipeline.collect.pages import PER_PAGE
from pipeline.collect.partitions import DRIFT, DRIFT_SHARE, HALVES, contradict, halved
from pipeline.collect.replies import Replies
from pipeline.errors import BudgetError
from pipeline.study import Collect

# Where the replies are kept that say how many matches there are in all.
TOTALS = "sample-totals"
CHECK = "sample-check"
EVERYWHERE, IPV4 = "", "ipv4"
# Blocks in one count; more would make an address too long for a server.
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
    Sampling(work.client, work.ledger, Replies(work.raw, work.ledger, TOTALS), work.settings, drawn, work.say).plan(
        queries
    )
    try:
        return work.run(), [drawn.in_words()]
    except BudgetError as error:
        prices = [(drawn.block_of(part), pages) for part, pages in work.prices()]
        n, cost = affordable(prices, drawn, error.allowed - error.spent)
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
    say: Callable[[str], None]

    def plan(self, queries: Sequence[Query]) -> None:
        """Enters the parts of every query in every block that was not counted yet. What a stop loses is the count of
        one group of blocks."""
        self._check_networks()
        for link in links_of(self.client, queries, self.ledger):
            total = self._totals(link)
            together = blocks_together(total, self.drawn.frame.size)
            name, blocks = link.query.id, self.drawn.blocks
            while (at := n_counted(self.ledger, name)) < len(blocks):
                self._group(link, blocks[at : at + together], at)
            self.ledger.add_done(MODE, name)
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

    def _group(self, link: Link, blocks: Sequence[Block], at: int) -> None:
        """Counts a query in some blocks, and enters the parts of those that hold something."""

        def count(some: Sequence[Block]) -> int:
            return self.client.count(f"{link.sent} net:{','.join(map(str, some))}").total

        limit = self.settings.depth * PER_PAGE
        parts = [
            part
            for block, total in occupied(blocks, count(blocks), count)
            for part in halved(link.sent, block, total, self.client.count, limit, ADDRESS)
        ]
        with self.ledger.together():
            for network, total in parts:
                self.ledger.add_partition(MODE, link.query.id, f"{link.sent} net:{network}", total)
            set_counted(self.ledger, link.query.id, at + len(blocks))

    def _tell(self, link: Link) -> None:
        own = [part for part in self.ledger.partitions(MODE) if part.query == link.query.id]
        blocks = len({self.drawn.block_of(part) for part in own})
        overlap = f"; {link.note}" if link.note else ""
        self.say(
            f"{link.query.id}: {sum(part.expected for part in own):,} matches in {blocks:,} of {self.drawn.n_blocks:,} "
            f"blocks{overlap}"
        )


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


def affordable(prices: Sequence[tuple[Block, int]], drawn: Drawn, credits_: int) -> tuple[int, int]:
    """How many of the first blocks so many credits buy, and what they cost. `prices`: block and pages of each part."""
    pages = dict.fromkeys(drawn.blocks, 0)
    for block, n in prices:
        pages[block] += n
    spent = 0
    for n, block in enumerate(drawn.blocks):
        if spent + pages[block] > credits_:
            return n, spent
        spent += pages[block]
    return drawn.n_blocks, spent
