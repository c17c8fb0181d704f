"""The queries and ports of each snapshot, and what they leave for a trend over one instrument.

A trend uses only banners that the queries of every snapshot would have returned. Queries are known of what camcensus
collected, and of imported files where the study declares them; any other snapshot breaks the series, with a reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from camcensus.core.comparability import ports_of
from camcensus.core.errors import QueryError
from camcensus.core.manifest import Manifest
from camcensus.core.query import FIELDS as FILTERS
from camcensus.core.query import Query, parse
from camcensus.readers.banner import FIELDS

NOT_KNOWN = "which queries its files were downloaded with is not known"
LONGEST = 80  # characters of a query, where it is named
ENGINE = "shodan"  # whose query language can be read


@dataclass(frozen=True)
class QuerySet:
    """The query set of one snapshot.

    `queries`: their texts, sorted. `reason`: why they cannot be replayed; "" if they can. `ports`: those that the
    engine scanned then; empty: unknown.
    """

    snapshot: str
    queries: tuple[str, ...]
    ports: tuple[int, ...]
    reason: str = ""


@dataclass(frozen=True)
class CommonQueries:
    """What the snapshots with known queries share.

    `sets`: their different query sets. `ports`: those scanned in each. `ports_known`: for all of them. `ports_differ`:
    not all scanned the same.
    """

    sets: tuple[tuple[str, ...], ...]
    ports: tuple[int, ...]
    ports_known: bool
    ports_differ: bool

    @property
    def differ(self) -> bool:
        """Return whether banners must be replayed: with one query set, each was returned by it already."""
        return len(self.sets) > 1


def query_set_of(manifest: Manifest) -> QuerySet:
    """Return the query set of a snapshot, as far as its manifest has it."""
    collection, declared = manifest.collection, manifest.declared
    texts = (
        sorted({query.text for query in collection.queries.values()}) if collection else sorted(set(declared.queries))
    )
    return QuerySet(manifest.snapshot, tuple(texts), ports_of(manifest), _reason(manifest, texts))


def _reason(manifest: Manifest, texts: Sequence[str]) -> str:
    if manifest.engine != ENGINE:
        return f"its queries are of another engine ({manifest.engine}), whose language is not read here"
    if any(item.mapping for item in manifest.inputs.values()):
        return "its files were read with a mapping, which keeps no whole banners"
    if not texts:
        return NOT_KNOWN
    if manifest.missing:
        return f"raw files are gone: {', '.join(manifest.missing)}"
    is_whole = manifest.collection is None or manifest.collection.whole_banners
    return next((reason for text in texts if (reason := unreadable(text, is_whole))), "")


def unreadable(text: str, is_whole: bool) -> str:
    """Return why a query cannot be replayed on banners, "" if it can.

    `is_whole`: banners were kept with all their fields, and not only with those that the pipeline reads.
    """
    try:
        query = parse(text)
    except QueryError as error:
        return f"its query {_short(text)} cannot be read: {error.reason}"
    lacking = [name for name in query.filters if not (is_whole or _kept(name))]
    return f"its query {_short(text)} asks for {lacking[0]}, which was not collected" if lacking else ""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _kept(name: str) -> bool:
    """Whether banners that were collected field by field have all that a filter reads."""
    found = FILTERS[name]
    if found.kind == "flag":
        return all(any(field.startswith(path) for field in FIELDS) for path in found.paths)
    return all(any(f"{path}.".startswith(f"{field}.") for field in FIELDS) for path in found.paths)


def common(snapshots: Iterable[QuerySet]) -> CommonQueries:
    """Return what the snapshots with known queries share."""
    known = [one for one in snapshots if not one.reason]
    scanned = [set(one.ports) for one in known]
    ports = sorted(set.intersection(*scanned)) if scanned else []
    return CommonQueries(
        sets=tuple(sorted({one.queries for one in known})),
        ports=tuple(ports),
        ports_known=bool(known) and all(scanned),
        ports_differ=any(one != scanned[0] for one in scanned),
    )


def parsed(sets: Sequence[Sequence[str]]) -> list[list[Query]]:
    """Return the queries of each set, parsed."""
    return [[parse(text) for text in texts] for texts in sets]
