"""The plan of a sample: blocks of the address space drawn at random, and in which of them each query has matches; free.

Most blocks hold no match, so several are counted in one request, and halved where there are matches. Only blocks in a
count of zero are taken as empty. The others are bought completely, several blocks in one part of the mode "sample", by
`download.py`.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence

from camcensus.collect import partitions
from camcensus.collect.download import Download
from camcensus.collect.match_counts import COUNTRY
from camcensus.collect.queries import DisjointQuery, disjoint_queries
from camcensus.core.errors import BudgetError
from camcensus.identify.entries import Query
from camcensus.raw.address_blocks import Block
from camcensus.raw.drawn_blocks import MODE, Drawn, draw, n_counted, set_counted, unplanned
from camcensus.raw.reply_files import EVERYWHERE, IPV4, PER_PAGE, TOTALS, Replies

CHECK = "sample-check"
IPV4_SPACE = ",".join(partitions.HALVES)
# Blocks in one count or part; more would make an address too long for a server.
TOGETHER = 50
# A block that is too full is halved down to one address.
ADDRESS = 32
Count = Callable[[Sequence[Block]], int]


def sample(work: Download, queries: Sequence[Query]) -> str:
    """Draw, plan and buy a sample; return why it stopped before the end (as `Download.run`). Raises `BudgetError`."""
    # Pages that a stop left over are recorded before the plan may lose parts.
    work.adopt()
    drawn = draw(work.ledger, work.settings.sample)
    _check_networks(work)
    for item in disjoint_queries(work.client, queries, work.ledger):
        _plan(work, drawn, item)
    work.done.notes.append(str(drawn))
    try:
        return work.run()
    except BudgetError as error:
        found = [work.ledger.networks(query.id) for query in queries]
        n, cost = affordable_blocks(found, drawn.n_blocks, error.allowed, work.limit)
        instead = f"the first {n:,} of {drawn.n_blocks:,} blocks would cost {cost:,} (blocks under [collect.sample])"
        raise BudgetError(error.price, error.spent, error.allowed, instead) from None


def _check_networks(work: Download) -> None:
    """Raise `ContradictionError` when the engine does not count several networks in one filter together."""
    check = Replies(work.raw, work.ledger, CHECK)
    queries = {"together": f"net:{IPV4_SPACE}"} | {half.partition(".")[0]: f"net:{half}" for half in partitions.HALVES}
    together, *apart = (check.ask(name, "", text, work.client.count).total for name, text in queries.items())
    if abs(together - sum(apart)) > partitions.DRIFT_SHARE * sum(apart) + partitions.DRIFT:
        partitions.raise_contradiction(queries["together"], f"{together:,} matches where {sum(apart):,} should be")


def _plan(work: Download, drawn: Drawn, item: DisjointQuery) -> None:
    """Record the parts of a query in every block not counted yet. A stop loses one group of blocks."""
    ledger, name = work.ledger, item.query.id
    # All matches are requested as well, since no block represents those outside the IPv4 space (IPv6).
    replies, sent = Replies(work.raw, ledger, TOTALS), {EVERYWHERE: item.sent, IPV4: f"{item.sent} net:{IPV4_SPACE}"}
    _, total = (
        replies.ask(name, part, text, lambda query: work.client.count(query, [COUNTRY])).total
        for part, text in sent.items()
    )
    together = blocks_together(total, drawn.frame.size)
    while (at := n_counted(ledger, name)) < drawn.n_blocks:
        found = list(_networks_with_matches(work, item.sent, drawn.blocks[at : at + together], at))
        with ledger.together():
            ledger.add_networks(name, found)
            set_counted(ledger, name, min(at + together, drawn.n_blocks))
    with ledger.together():
        for part in parts_of(item.sent, unplanned(ledger, name, drawn), work.limit):
            ledger.add_partition(MODE, name, part.sent, part.expected)
        ledger.add_done(MODE, name)
    own = [row for row in ledger.networks(name) if row[0] < drawn.n_blocks]
    overlap = f"; {item.note}" if item.note else ""
    work.log(
        f"{name}: {sum(n for *_, n in own):,} matches in {len({place for place, *_ in own}):,} of "
        f"{drawn.n_blocks:,} blocks{overlap}"
    )


def _networks_with_matches(
    work: Download, sent: str, blocks: Sequence[Block], first: int
) -> Iterator[tuple[int, str, int]]:
    """Yield place of the block, network and matches; `first`: the place of the first block."""

    def count(some: Sequence[Block]) -> int:
        return work.client.count(f"{sent} net:{','.join(map(str, some))}").total

    for block, total in find_occupied(blocks, count(blocks), count):
        for network, n in partitions.split_network(sent, block, total, work.client.count, work.limit, ADDRESS):
            yield first + blocks.index(block), network, n


def parts_of(sent: str, found: Iterable[tuple[int, str, int]], limit: int) -> Iterator[partitions.Part]:
    """Return networks with matches as parts of a query, in their order."""
    return partitions.pack_values(sent, "net", ((network, n) for _, network, n in found), limit, TOGETHER)


def blocks_together(total: int, frame: int) -> int:
    """Return how many blocks to count at once, so that about every second count is zero."""
    # If matches were spread at random, which they are not, a block would be empty with probability exp(-total / frame).
    return max(1, min(TOGETHER, round(0.7 * frame / total))) if total else TOGETHER


def find_occupied(blocks: Sequence[Block], total: int, count: Count) -> Iterator[tuple[Block, int]]:
    """Yield the blocks that hold matches, and how many; `total`: of all of them together."""
    if not total:
        return
    if len(blocks) == 1:
        yield blocks[0], total
        return
    half = len(blocks) // 2
    first = count(blocks[:half])
    yield from find_occupied(blocks[:half], first, count)
    # All matches are in the second half when the first is empty; else it is counted, for matches come and go.
    yield from find_occupied(blocks[half:], count(blocks[half:]) if first else total, count)


def affordable_blocks(
    found: Sequence[list[tuple[int, str, int]]], blocks: int, allowed: int, limit: int
) -> tuple[int, int]:
    """Return how many of the first blocks `allowed` credits buy, and what they cost. `found`: networks by query."""

    def cost(n: int) -> int:
        parts = (part for rows in found for part in parts_of("", (row for row in rows if row[0] < n), limit))
        return sum(-(-part.expected // PER_PAGE) for part in parts)

    n = bisect_right(range(blocks + 1), allowed, key=cost) - 1
    return n, cost(n)
