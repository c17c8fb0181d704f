"""A maker's queries made disjoint: the second without what the first finds, and so on.

So nothing is bought twice, and what the parts announce adds up. Only a query of one term can be taken away from
another (the engine has no brackets), and each step is checked with free counts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from camcensus.collect.client import Client
from camcensus.core.errors import CamcensusError
from camcensus.core.query import parse
from camcensus.identify.catalogue import Query
from camcensus.raw.ledger import Ledger

# Two counts asked after each other differ by what the engine saw in between.
TOLERANCE = 0.02
Total = Callable[[str], int]


@dataclass(frozen=True)
class Link:
    """A query of a chain: what is sent for it, and a note in words where it overlaps with earlier ones ("": it does
    not)."""

    query: Query
    sent: str
    note: str = ""


def chain(queries: Sequence[Query], total: Total) -> Iterator[Link]:
    """The queries in order, each without what the earlier ones of its maker find. `total` asks for matches; free."""
    earlier: dict[str | None, list[str]] = {}
    for query in queries:
        before = earlier.setdefault(query.manufacturer, [])
        yield _link(query, before, total)
        before.append(query.text)


def _link(query: Query, earlier: Sequence[str], total: Total) -> Link:
    single = [text for text in earlier if len(parse(text).terms) == 1]
    sent = " ".join([query.text, *(f"-{term}" for term in single)])
    if single and (note := _not_taken(query.text, sent, single, total)):
        return Link(query, query.text, note)
    # What cannot be taken away is said; queries of several terms can be asked for together with another.
    both = {text: total(f"{sent} {text}") for text in earlier if text not in single}
    found = [f"{n:,} matches of {text} are among these too" for text, n in both.items() if n]
    return Link(query, sent, f"overlaps: {'; '.join(found)}" if found else "")


def _not_taken(text: str, sent: str, single: Sequence[str], total: Total) -> str:
    """Why the engine does not seem to take away what it should; empty: it does. What is taken away is at least the
    largest overlap, and at most all overlaps together."""
    whole, left = total(text), total(sent)
    both = [total(f"{text} {term}") for term in single]
    slack = TOLERANCE * max(whole, 1) + 1
    if max(both) - slack <= whole - left <= sum(both) + slack:
        return ""
    return (
        f"overlaps: of {whole:,} matches, {left:,} remain without those of earlier queries, and "
        f"{max(both):,} to {sum(both):,} should be gone"
    )


def links_of(client: Client, queries: Sequence[Query], ledger: Ledger | None = None) -> list[Link]:
    """The chain of a collection, as it was when it was first asked for: what is sent for a query never changes in one
    snapshot. Raises `CamcensusError` where the study's queries have changed such that it would have to."""

    def total(text: str) -> int:
        return client.count(text).total

    if ledger is None:
        return list(chain(queries, total))
    known = ledger.queries()
    _check_same(queries, known)
    if not all(query.id in known for query in queries):
        # Those that are there come first, so that new ones are without what these find.
        ordered = sorted(queries, key=lambda query: list(known).index(query.id) if query.id in known else len(known))
        links = list(chain(ordered, total))
        with ledger.together():
            for link in links:
                if link.query.id not in known:
                    ledger.add_query(link.query.id, link.query.text, link.sent, link.note)
        known = ledger.queries()
    return [Link(query, known[query.id]["sent"], known[query.id]["note"]) for query in queries]


def _check_same(queries: Sequence[Query], known: Mapping[str, Mapping[str, str]]) -> None:
    wanted = {query.id: query for query in queries if query.id in known}
    gone = {name: entered["text"] for name, entered in known.items() if name not in {query.id for query in queries}}
    for name, query in wanted.items():
        if query.text != known[name]["text"]:
            raise CamcensusError(f"{name}: is another query than this snapshot was begun with; collect into a new one")
        for other, text in gone.items():
            if f" -{text}" in known[name]["sent"]:
                raise CamcensusError(
                    f"{name}: is asked for without what {other} finds, which is not among the study's queries any "
                    "more; put it back, or collect into a new snapshot"
                )
