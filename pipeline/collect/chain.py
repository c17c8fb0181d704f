"""A maker's queries made disjoint: the second without what the first finds, and so on.

So nothing is bought twice, and what the parts announce adds up. Only a query of one term can be taken away from
another (the engine has no brackets), and each step is checked with free counts.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.catalogue import Query
from pipeline.collect.client import Client
from pipeline.collect.ledger import Ledger
from pipeline.query import parse

# Two counts asked after each other differ by what the engine saw in between.
TOLERANCE = 0.02


@dataclass(frozen=True)
class Link:
    """A query of a chain: what is sent for it, and a note in words where it overlaps with earlier ones ("": it does
    not)."""

    query: Query
    sent: str
    note: str = ""


def chain(queries: Sequence[Query], total: Callable[[str], int]) -> Iterator[Link]:
    """The queries in order, each without what the earlier ones of its maker find. `total` asks for matches; free."""
    taken: dict[str | None, list[str]] = {}
    for query in queries:
        earlier = taken.setdefault(query.manufacturer, [])
        yield _link(query, earlier, total)
        if len(parse(query.text).terms) == 1:
            earlier.append(query.text)


def _link(query: Query, taken: Sequence[str], total: Callable[[str], int]) -> Link:
    sent = " ".join([query.text, *(f"-{term}" for term in taken)])
    if not taken:
        return Link(query, sent)
    whole, left = total(query.text), total(sent)
    both = [total(f"{query.text} {term}") for term in taken]
    # What is taken away is at least the largest overlap, and at most all overlaps together.
    slack = TOLERANCE * max(whole, 1) + 1
    gone = whole - left
    if max(both) - slack <= gone <= sum(both) + slack:
        return Link(query, sent)
    return Link(
        query, query.text,
        f"overlaps: of {whole:,} matches, {left:,} remain without those of earlier queries, and "
        f"{max(both):,} to {sum(both):,} should be gone",
    )  # fmt: skip


def links_of(client: Client, queries: Sequence[Query], ledger: Ledger | None = None) -> list[Link]:
    """The chain of a collection, as it was when it was first asked for: what is sent for a query never changes in one
    snapshot."""
    known = ledger.queries() if ledger else {}
    if not all(query.id in known for query in queries):
        links = list(chain(queries, lambda text: client.count(text).total))
        if ledger is None:
            return links
        with ledger.together():
            for link in links:
                if link.query.id not in known:
                    ledger.add_query(link.query.id, link.query.text, link.sent, link.note)
        known = ledger.queries()
    return [Link(query, known[query.id]["sent"], known[query.id]["note"]) for query in queries]
