"""The queries and ports of each snapshot, and what they leave for a trend over one instrument.

A trend uses only banners that the queries of every snapshot would have returned. Queries are known of what camcensus
collected, and of imported files where the study declares them; any other snapshot breaks the series, with a reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from camcensus.core.comparability import ports_of
from camcensus.core.errors import QueryError
from camcensus.core.manifest import Manifest
from camcensus.core.query import FIELDS as FILTERS
from camcensus.core.query import parse
from camcensus.readers.banner import ALWAYS_ASKED_FOR

NOT_KNOWN = "which queries its files were downloaded with is not known"
LONGEST = 80  # characters of a query, where it is named
ENGINE = "shodan"  # whose query language can be read


@dataclass(frozen=True)
class QuerySet:
    """The query set of one snapshot."""

    snapshot: str
    queries: tuple[str, ...]  # texts, sorted
    ports: tuple[int, ...]  # that the engine scanned then; empty: unknown
    reason: str = ""  # why the queries cannot be replayed


@dataclass(frozen=True)
class CommonQueries:
    """What the snapshots with known queries share."""

    sets: tuple[tuple[str, ...], ...]  # different ones
    ports: tuple[int, ...]  # scanned in each
    ports_known: bool  # of all
    ports_differ: bool

    @property
    def differ(self) -> bool:
        """Return whether banners must be replayed: with one query set, each was returned by it already."""
        return len(self.sets) > 1


def query_set_of(manifest: Manifest) -> QuerySet:
    """Return the query set of a snapshot, as far as its manifest has it."""
    collection = manifest.collection
    sent = (query.text for query in collection.queries.values()) if collection else manifest.declared.queries
    texts = sorted(set(sent))
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


@lru_cache(maxsize=4096)
def unreadable(text: str, is_whole: bool) -> str:
    """Return why a query cannot be replayed, "" if it can. `is_whole`: banners were kept with all their fields."""
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    try:
        query = parse(text)
    except QueryError as error:
        return f"its query {short} cannot be read: {error.reason}"
    lacking = [name for name in query.filters if not (is_whole or _kept(name))]
    return f"its query {short} asks for {lacking[0]}, which was not collected" if lacking else ""


def _kept(name: str) -> bool:
    """Whether banners that were collected field by field have all that a filter reads."""
    if FILTERS[name].kind == "flag":
        return all(any(field.startswith(path) for field in ALWAYS_ASKED_FOR) for path in FILTERS[name].paths)
    return all(any(f"{path}.".startswith(f"{field}.") for field in ALWAYS_ASKED_FOR) for path in FILTERS[name].paths)


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
