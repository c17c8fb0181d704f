"""Query replay: which banners the queries of every snapshot would have returned, row by row.

Raw files are read once more, since evidence is bounded and queries read all of a banner. That happens only where
snapshots have different queries; with the same ones every banner was returned by them already.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from camcensus.core import parquet
from camcensus.core.query import Fields, Query, parse
from camcensus.core.tables import QUERY_REPLAY
from camcensus.readers.banner import Banner, untyped
from camcensus.readers.record import Record, records
from camcensus.readers.registry import RawPart

BATCH = 50_000


@dataclass
class Replayed:
    """What one raw file gave: banners read, and those that its own queries and all query sets return."""

    banners: int = 0
    own: int = 0
    rows: int = 0


@dataclass(frozen=True)
class ReplayTask:
    """One raw file on which to replay query sets; `own`: the place of the snapshot's. Picklable."""

    raw: RawPart
    to: Path
    sets: tuple[tuple[str, ...], ...]
    own: int

    def __call__(self, on_progress: Callable[[int], None]) -> Replayed:
        """Write the banners that every query set returns."""
        self.raw.require()
        with parquet.parquet_writer(self.to, QUERY_REPLAY) as writer:
            found = Replayed()
            read = records(self.raw.reader, on_progress)
            for batch in _batches(read, Matcher(self.sets, self.own), found):
                writer.write_batch(batch)
        return found


class Matcher:
    """Replays query sets on banners; each query is evaluated at most once for a banner."""

    def __init__(self, sets: Sequence[Sequence[str]], own: int) -> None:
        """Parse the query sets; `own` is the place of the snapshot's own."""
        everywhere = set(sets[0]).intersection(*sets)
        self._shared = [parse(text) for text in sorted(everywhere)]
        self._rest = [[parse(text) for text in one if text not in everywhere] for one in sets]
        self._own = own

    def matches(self, banner: dict[str, Any]) -> tuple[bool, bool]:
        """Return whether the snapshot's own queries match, and whether every set's do."""
        fields = Fields(banner)
        for place, query in enumerate(self._shared):
            if query.returns(fields):
                # First for the next banners: few queries return most of them.
                self._shared.insert(0, self._shared.pop(place))
                return True, True
        known: dict[str, bool] = {}
        own = _any(self._rest[self._own], fields, known)
        return own, own and all(_any(queries, fields, known) for queries in self._rest)


def _any(queries: Sequence[Query], fields: Fields, known: dict[str, bool]) -> bool:
    for query in queries:
        if query.text not in known:
            known[query.text] = query.returns(fields)
        if known[query.text]:
            return True
    return False


def _batches(read: Iterable[Record], matcher: Matcher, found: Replayed) -> Iterable[pa.RecordBatch]:
    rows: list[dict[str, Any]] = []
    decode = msgspec.json.Decoder().decode
    for record in read:
        if not isinstance(record.found, Banner):
            continue
        found.banners += 1
        own, common = matcher.matches(_whole(decode, record.line.data))
        found.own += own
        if common:
            found.rows += 1
            rows.append({"file": record.file, "line": record.number})
        if len(rows) >= BATCH:
            yield pa.RecordBatch.from_pylist(rows, QUERY_REPLAY.schema)
            rows = []
    yield pa.RecordBatch.from_pylist(rows, QUERY_REPLAY.schema)


def _whole(decode: Callable[[bytes], Any], data: bytes) -> dict[str, Any]:
    """Decode a whole banner as ingest does: text that is not strict JSON goes to the lenient decoder."""
    try:
        found: dict[str, Any] = decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return untyped(data)
    return found
