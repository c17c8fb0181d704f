"""The queries that a study collects with, made disjoint: the second without what the first finds, and so on.

So nothing is bought twice, and the totals of the parts add up. Only a query of one term can be excluded from another
(the engine has no brackets), and each exclusion is checked with free counts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from camcensus.collect.client import Client
from camcensus.core.config import Study
from camcensus.core.errors import CamcensusError, StudyError
from camcensus.core.query import parse
from camcensus.identify.catalogue import Catalogue
from camcensus.identify.entries import Query
from camcensus.raw.ledger import Ledger

# Two counts requested one after the other differ by what the engine saw in between.
TOLERANCE = 0.02
Total = Callable[[str], int]


def queries_of(study: Study, catalogue: Catalogue) -> list[Query]:
    """Return the queries that the study names, in order, or all of its vendors. Raises `StudyError` for wrong ids."""
    known = {query.id: query for query in catalogue.queries}
    named = study.collect.queries or tuple(
        query.id for vendor in study.vendors for query in catalogue.queries if query.manufacturer == vendor
    )
    if unknown := [name for name in named if name not in known]:
        raise StudyError(
            study.path, [f"collect.queries: found {name!r}; allowed: an id of a query in queries/" for name in unknown]
        )
    if not named:
        raise StudyError(study.path, [f"collect.queries: the catalogue has no query for {', '.join(study.vendors)}"])
    return [known[name] for name in dict.fromkeys(named)]


@dataclass(frozen=True)
class DisjointQuery:
    """A query, the text sent for it, and a note where it overlaps with earlier queries (empty: it does not)."""

    query: Query
    sent: str
    note: str = ""


def make_disjoint(queries: Sequence[Query], total: Total) -> Iterator[DisjointQuery]:
    """Yield the queries in order, each without what the earlier ones of its maker find. `total`: free counts."""
    by_maker: dict[str | None, list[str]] = {}
    for query in queries:
        earlier = by_maker.setdefault(query.manufacturer, [])
        yield _without(query, earlier, total)
        earlier.append(query.text)


def _without(query: Query, earlier: Sequence[str], total: Total) -> DisjointQuery:
    single = [text for text in earlier if len(parse(text).terms) == 1]
    sent = " ".join([query.text, *(f"-{term}" for term in single)])
    if single and (note := _exclusion_fault(query.text, sent, single, total)):
        return DisjointQuery(query, query.text, note)
    # Queries of several terms cannot be excluded; both together can be counted.
    both = {text: total(f"{sent} {text}") for text in earlier if text not in single}
    found = [f"{n:,} matches of {text} are among these too" for text, n in both.items() if n]
    return DisjointQuery(query, sent, f"overlaps: {'; '.join(found)}" if found else "")


def _exclusion_fault(text: str, sent: str, single: Sequence[str], total: Total) -> str:
    """Return why the engine does not seem to exclude what it should; empty: it does."""
    # What is excluded is at least the largest overlap, and at most all overlaps together.
    n_all, n_left = total(text), total(sent)
    overlaps = [total(f"{text} {term}") for term in single]
    slack = TOLERANCE * max(n_all, 1) + 1
    if max(overlaps) - slack <= n_all - n_left <= sum(overlaps) + slack:
        return ""
    return (
        f"overlaps: of {n_all:,} matches, {n_left:,} remain without those of earlier queries, and "
        f"{max(overlaps):,} to {sum(overlaps):,} should be gone"
    )


def disjoint_queries(client: Client, queries: Sequence[Query], ledger: Ledger | None = None) -> list[DisjointQuery]:
    """Return the disjoint queries of a collection, as when it began; raises `CamcensusError` if they would change."""

    def total(text: str) -> int:
        return client.count(text).total

    if ledger is None:
        return list(make_disjoint(queries, total))
    known = ledger.queries()
    _check_same(queries, known)
    if any(query.id not in known for query in queries):
        # Known queries come first, so that new ones exclude what these find.
        places = {name: place for place, name in enumerate(known)}
        ordered = sorted(queries, key=lambda query: places.get(query.id, len(places)))
        found = list(make_disjoint(ordered, total))
        with ledger.together():
            for item in found:
                if item.query.id not in known:
                    ledger.add_query(item.query.id, item.query.text, item.sent, item.note)
        known = ledger.queries()
    return [DisjointQuery(query, known[query.id]["sent"], known[query.id]["note"]) for query in queries]


def _check_same(queries: Sequence[Query], known: Mapping[str, Mapping[str, str]]) -> None:
    removed = {name: entered["text"] for name, entered in known.items() if name not in {query.id for query in queries}}
    for query in queries:
        name, entered = query.id, known.get(query.id)
        if entered and query.text != entered["text"]:
            raise CamcensusError(f"{name}: the query has changed since this snapshot began; collect into a new one")
        if entered and (excluded := [other for other, text in removed.items() if f" -{text}" in entered["sent"]]):
            raise CamcensusError(
                f"{name}: excludes what {excluded[0]} finds, which the study no longer has; put it back, or collect "
                "into a new snapshot"
            )
