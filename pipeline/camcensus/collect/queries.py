"""The queries that a study collects with, made disjoint: the second without what the first finds, and so on.

So nothing is bought twice, and the totals of the parts add up. Only a query of one term can be excluded from another
(the engine has no brackets), as far as an address has room, and each exclusion is checked with free counts.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import quote

from camcensus.collect.client import Client
from camcensus.core.config import Study
from camcensus.core.errors import CamcensusError, StudyError
from camcensus.core.manifest import load_manifest
from camcensus.core.query import parse
from camcensus.identify.catalogue import Catalogue
from camcensus.identify.entries import Query
from camcensus.identify.made_queries import MADE
from camcensus.raw.collected import collection_of
from camcensus.raw.ledger import Ledger

FEEDING, WRITTEN = SETS = ("feeding", "written")

# Two counts requested one after the other differ by what the engine saw in between.
TOLERANCE = 0.02
LONGEST = 4000  # bytes of a query in an address; servers refuse longer addresses than about twice that
Total = Callable[[str], int]


def queries_of(study: Study, catalogue: Catalogue) -> list[Query]:
    """Return the queries that the study names, in order, or all of its vendors. Raises `StudyError` for wrong names."""
    chosen = study.collect.query_set
    known = {query.id: query for query in query_set(study, catalogue)}
    named, unknown = list[str](), list[str]()
    for name in study.collect.queries:
        found = [one for one in known if fnmatchcase(one, name)] if "*" in name else [name] * (name in known)
        named += found
        unknown += [] if found else [name]
    if unknown:
        where = f'an id of a query in the set "{chosen}", or such ids with "*"'
        raise StudyError(study.path, [f"collect.queries: found {name!r}; allowed: {where}" for name in unknown])
    if not named:
        is_whole = chosen not in SETS
        named = [q.id for q in known.values() if is_whole or q.manufacturer in study.vendors]
        named.sort(key=lambda name: _place(study, known[name]))
    if not named:
        raise StudyError(study.path, [f"collect.queries: the catalogue has no query for {', '.join(study.vendors)}"])
    return [known[name] for name in dict.fromkeys(named)]


def query_set(study: Study, catalogue: Catalogue) -> tuple[Query, ...]:
    """Return the query set that the study names. Raises `StudyError` when there is none of this name."""
    name = study.collect.query_set
    if name in SETS:
        return catalogue.queries if name == FEEDING else catalogue.written
    if found := _sent(study, name):
        by_text = {query.text: query for query in catalogue.queries}
        return tuple(_again(key, text, by_text, catalogue) for key, text in found.items())
    allowed = ", ".join(map(repr, (*SETS, *study.snapshot_ids())))
    raise StudyError(
        study.path, [f"collect.query_set: found {name!r}, a snapshot without known queries; allowed: {allowed}"]
    )


def _sent(study: Study, snapshot: str) -> dict[str, str]:
    """Return the queries that a snapshot was made with, by id, or by text where the study declares them."""
    if snapshot not in study.snapshot_ids():
        return {}
    manifest = load_manifest(study.data / snapshot)
    collection = manifest.collection if manifest else collection_of(study.data / snapshot, study.collect)
    if collection:
        return {name: query.text for name, query in collection.queries.items()}
    declared = manifest.declared.queries if manifest else list(study.snapshots[snapshot].queries)
    return {text: text for text in declared}


def _again(key: str, text: str, by_text: Mapping[str, Query], catalogue: Catalogue) -> Query:
    """Return a query of an earlier snapshot, which the catalogue may have no more."""
    found = by_text.get(text)
    if found and key in (found.id, text):
        return found
    return Query(
        id=key if key != text else f"again.{hashlib.sha256(text.encode()).hexdigest()[:10]}",
        text=text, since=MADE, catches="what an earlier snapshot was made with", also="not known",
        trends=not parse(text).not_in_trends, manufacturer=catalogue.maker_of(key),
    )  # fmt: skip


def _place(study: Study, query: Query) -> tuple[int, bool]:
    """Return where a query comes: by maker, and made sets first send what later queries can exclude."""
    vendors = study.vendors
    at = vendors.index(query.manufacturer) if query.manufacturer in vendors else len(vendors)
    return at, study.collect.query_set == FEEDING and len(parse(query.text).terms) > 1


@dataclass(frozen=True)
class DisjointQuery:
    """A query, the text sent for it, and a note where it overlaps with earlier queries (empty: it does not).

    `n_shared`: how many of the matches of `sent` an earlier query of the maker returns too, at least.
    """

    query: Query
    sent: str
    note: str = ""
    n_shared: int = 0


def make_disjoint(queries: Sequence[Query], total: Total) -> Iterator[DisjointQuery]:
    """Yield the queries in order, each without what the earlier ones of its maker find. `total`: free counts."""
    by_maker: dict[str | None, list[str]] = {}
    for query in queries:
        earlier = by_maker.setdefault(query.manufacturer, [])
        yield _without(query, earlier, total)
        earlier.append(query.text)


def without(text: str, earlier: Sequence[str]) -> tuple[str, list[str]]:
    """Return a query without what earlier ones find, and which of those it excludes.

    These are queries of one term, as many as an address has room for.
    """
    sent, excluded = text, list[str]()
    for other in earlier:
        longer = f"{sent} -{other}"
        if len(parse(other).terms) == 1 and len(quote(longer)) <= LONGEST:
            sent = longer
            excluded.append(other)
    return sent, excluded


def _without(query: Query, earlier: Sequence[str], total: Total) -> DisjointQuery:
    sent, excluded = without(query.text, earlier)
    if excluded and (fault := _exclusion_fault(query.text, sent, excluded, total)):
        return DisjointQuery(query, query.text, *fault)
    # Queries of several terms cannot be excluded; both together can be counted.
    both = {text: total(f"{sent} {text}") for text in earlier if text not in excluded}
    found = [f"{n:,} matches of {text} are among these too" for text, n in both.items() if n]
    return DisjointQuery(query, sent, f"overlaps: {'; '.join(found)}" if found else "", max(both.values(), default=0))


def _exclusion_fault(text: str, sent: str, single: Sequence[str], total: Total) -> tuple[str, int] | None:
    """Return why the engine does not seem to exclude what it should, and the largest overlap; None: it does."""
    # What is excluded is at least the largest overlap, and at most all overlaps together.
    n_all, n_left = total(text), total(sent)
    overlaps = [total(f"{text} {term}") for term in single]
    slack = TOLERANCE * max(n_all, 1) + 1
    if max(overlaps) - slack <= n_all - n_left <= sum(overlaps) + slack:
        return None
    reason = (
        f"overlaps: of {n_all:,} matches, {n_left:,} remain without those of earlier queries, and "
        f"{max(overlaps):,} to {sum(overlaps):,} should be gone"
    )
    return reason, max(overlaps)


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
