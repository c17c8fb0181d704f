"""What each snapshot asked of the engine, and what that leaves for a trend over one instrument.

A trend uses only banners that the queries of every snapshot would have returned. Queries are known of what camcensus
collected, and of imported files where the study says which they were; all others break the series, and say why.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from camcensus.core.errors import QueryError
from camcensus.core.manifest import Manifest
from camcensus.core.query import FIELDS as FILTERS
from camcensus.core.query import Query, parse
from camcensus.ingest.fields_read import FIELDS

NOT_KNOWN = "which queries its files were downloaded with is not known"
LONGEST = 80  # characters of a query, where it is named
ENGINE = "shodan"  # whose query language can be read


@dataclass(frozen=True)
class Asked:
    """What one snapshot asked. `queries`: their texts, sorted; `why`: why they cannot be held against banners, "" if
    they can. `ports`: those that the engine looked at then; none: not known."""

    snapshot: str
    queries: tuple[str, ...]
    ports: tuple[int, ...]
    why: str = ""


@dataclass(frozen=True)
class Common:
    """What the snapshots with known queries have in common. `sets`: their different query sets; `ports`: those looked
    at in each of them, where `ports_known` of all, and `ports_moved` where not all looked at the same."""

    sets: tuple[tuple[str, ...], ...]
    ports: tuple[int, ...]
    ports_known: bool
    ports_moved: bool

    @property
    def differ(self) -> bool:
        """Whether banners must be held against queries: with one set, each was returned by it already."""
        return len(self.sets) > 1


def asked_of(manifest: Manifest) -> Asked:
    """What a snapshot asked, as far as its manifest tells."""
    collection, told = manifest.collection, manifest.told
    texts = sorted({query.text for query in collection.queries.values()}) if collection else sorted(set(told.queries))
    return Asked(manifest.snapshot, tuple(texts), ports_of(manifest), _why(manifest, texts))


def ports_of(manifest: Manifest) -> tuple[int, ...]:
    """The ports that the engine looked at for a snapshot, sorted; none: not known."""
    known = manifest.collection.ports if manifest.collection else manifest.told.ports
    return tuple(sorted(set(known)))


def _why(manifest: Manifest, texts: Sequence[str]) -> str:
    if manifest.engine != ENGINE:
        return f"its queries are of another engine ({manifest.engine}), whose language is not read here"
    if any(item.mapping for item in manifest.inputs.values()):
        return "its files were read with a mapping, which keeps no whole banners"
    if not texts:
        return NOT_KNOWN
    if manifest.missing:
        return f"raw files are gone: {', '.join(manifest.missing)}"
    whole = manifest.collection is None or manifest.collection.whole_banners
    return next((why for text in texts if (why := unreadable(text, whole))), "")


def unreadable(text: str, whole: bool) -> str:
    """Why a query cannot be held against banners; "" if it can. `whole`: banners were kept with all their fields, and
    not only with those that the pipeline reads."""
    try:
        query = parse(text)
    except QueryError as error:
        return f"its query {_short(text)} cannot be read: {error.reason}"
    lacking = [name for name in query.filters if not (whole or _kept(name))]
    return f"its query {_short(text)} asks for {lacking[0]}, which was not collected" if lacking else ""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _kept(name: str) -> bool:
    """Whether banners that were collected field by field have all that a filter looks at."""
    found = FILTERS[name]
    if found.kind == "flag":
        return all(any(field.startswith(path) for field in FIELDS) for path in found.paths)
    return all(any(f"{path}.".startswith(f"{field}.") for field in FIELDS) for path in found.paths)


def common(snapshots: Iterable[Asked]) -> Common:
    """What those whose queries are known have in common."""
    known = [one for one in snapshots if not one.why]
    looked = [set(one.ports) for one in known]
    ports = sorted(set.intersection(*looked)) if looked else []
    return Common(
        sets=tuple(sorted({one.queries for one in known})),
        ports=tuple(ports),
        ports_known=bool(known) and all(looked),
        ports_moved=any(one != looked[0] for one in looked),
    )


def parsed(sets: Sequence[Sequence[str]]) -> list[list[Query]]:
    """The queries of each set, ready."""
    return [[parse(text) for text in texts] for texts in sets]
