"""Ingest records of raw files: banners to `observations`, other records to the quarantine.

Accepted + quarantined + blank = records read, always. A record is one answer of one port: a line of a Shodan export, a
row of a CSV file, a service of a host.
"""

import base64
import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from camcensus.core import parquet, storage
from camcensus.core.stage_record import BLANK, QUARANTINED, Flow
from camcensus.core.tables import OBSERVATIONS
from camcensus.engines.ordered_pool import ONE_PROCESS, OrderedPool
from camcensus.ingest.kernels.compiling import why_plain
from camcensus.ingest.observe import batch_of, observe
from camcensus.ingest.telling import count_telling
from camcensus.readers.banner import Banner, Rejected
from camcensus.readers.lines import Line
from camcensus.readers.record import Batch
from camcensus.readers.registry import RawPart

REASONS = {
    "too_long": "the line is longer than 16 MiB, or a document of JSON longer than 64 MiB",
    "cut_short": "the file breaks off within the record",
    "bad_encoding": "the line is not UTF-8",
    "too_deep": "the JSON is nested too deep",
    "not_json": "the line is not JSON",
    "not_object": "the line is JSON, but not an object",
    "bad_row": "the row has a quote in the wrong place, or not as many cells as the header",
    "no_answer": "the record contains no answer of a port",
    "no_columns": "the record is a list, and nothing says which fields are in it",
    "no_address": "ip_str, ipv6 and ip are missing",
    "bad_address": "the address is not an IP address",
    "bad_port": "the port is not a whole number from 1 to 65535",
    "bad_transport": "the transport is neither tcp nor udp",
    "no_timestamp": "the timestamp is missing",
    "bad_timestamp": "the timestamp is not a time",
    "too_early": "the timestamp is before 2009, when Shodan started",
    "too_late": "the timestamp is after the file was received",
}
QUARANTINE_KEEPS = 64 << 10
ROW_GROUP = 20_000  # rows that are written together: enough to compress well, few enough to keep in memory
# Bytes of a raw file from which kernels save more than it costs to load them.
WORTH_KERNELS = 16 << 20
UNKNOWN_FIELD = "unknown field: "


@dataclass(frozen=True)
class ValidatedBatch:
    """The rows of `observations` and lines of the quarantine from some records; the other records were blank.

    `telling`: how many of the rows have evidence that can show a camera.
    """

    records: int
    rows: pa.RecordBatch
    telling: int
    reasons: Counter[str]
    quarantined: list[bytes]


@dataclass
class Ingested:
    """The counts of one raw file."""

    lines: int = 0
    accepted: int = 0
    blank: int = 0
    synthetic: int = 0
    assets_cut: int = 0
    telling: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    damage: str | None = None

    def add(self, validated: ValidatedBatch) -> None:
        """Add the counts of some records."""
        self.lines += validated.records
        self.accepted += validated.rows.num_rows
        self.blank += validated.records - validated.rows.num_rows - validated.reasons.total()
        self.synthetic += pc.sum(validated.rows.column("is_synthetic")).as_py() or 0
        self.assets_cut += pc.sum(validated.rows.column("is_assets_cut")).as_py() or 0
        self.telling += validated.telling
        self.quarantined.update(validated.reasons)

    def tally(self) -> dict[str, int]:
        """Return the counts by name for the manifest, without zeros."""
        counts = {"synthetic": self.synthetic, "assets_cut": self.assets_cut, "telling": self.telling, **self._dropped}
        counts |= {f"{UNKNOWN_FIELD}{name}": n for name, n in sorted(self.unknown.items())}
        return {"lines": self.lines, "accepted": self.accepted, **{name: n for name, n in counts.items() if n}}

    def flow(self, unit: str = "lines") -> Flow:
        """Return the reconciled flow."""
        dropped = {reason: n for reason, n in self._dropped.items() if n}
        return Flow(unit=unit, rows_in=self.lines, rows_out=self.accepted, dropped=dropped).check("ingest")

    @property
    def _dropped(self) -> dict[str, int]:
        return {BLANK: self.blank, **{f"{QUARANTINED}{code}": n for code, n in sorted(self.quarantined.items())}}


@dataclass(frozen=True)
class IngestTask:
    """A raw file to ingest into one part of `observations` and one of the quarantine (a gzip member). Picklable.

    `latest` is the last second (UTC) that a banner in it may be of.
    """

    raw: RawPart
    observations: Path
    quarantine: Path
    latest: int

    def __call__(self, on_progress: Callable[[int], None], pool: OrderedPool = ONE_PROCESS) -> Ingested:
        """Write both parts. In a `pool`, other processes parse and this one reads and writes.

        `on_progress` gets the compressed bytes read so far.
        """
        self.raw.require()
        reader = self.raw.reader
        result = Ingested()
        batches: list[pa.RecordBatch] = []
        with (
            parquet.parquet_writer(self.observations, OBSERVATIONS) as accepted,
            storage.atomic(self.quarantine) as rejected,
            gzip.GzipFile(filename="", mode="wb", fileobj=rejected, mtime=0) as member,
        ):
            in_kernels = self.raw.size >= WORTH_KERNELS and not why_plain()
            validate = partial(validate_batch, latest=self.latest, in_kernels=in_kernels)
            for validated in pool.in_order(validate, reader.batches(on_progress)):
                result.add(validated)
                member.write(b"".join(validated.quarantined))
                batches.append(validated.rows)
                if sum(rows.num_rows for rows in batches) >= ROW_GROUP:
                    accepted.write_table(pa.Table.from_batches(batches))
                    batches.clear()
            if any(rows.num_rows for rows in batches):
                accepted.write_table(pa.Table.from_batches(batches))
        result.damage, result.unknown, result.repaired = reader.damage, reader.unknown, +reader.repairs
        result.flow()
        return result


def accept(batch: Batch, latest: int, in_kernels: bool = False) -> tuple[pa.RecordBatch, dict[int, str]]:
    """Return the rows of `observations` from some records, and why others are rejected, by place; the rest is blank.

    `in_kernels`: read usual lines in kernels, which gives the same.
    """
    if not in_kernels or batch.parsed is not None:
        rows, _, reasons = _accept(batch, latest)
        return rows, reasons
    from camcensus.ingest.kernels.rows import accept as in_kernels_  # noqa: PLC0415  # Numba is not in every install

    rows, usual, unusual = in_kernels_(batch, latest)
    if not len(unusual):
        return rows, {}
    columns = (batch.numbers, batch.lines, batch.files)
    others, accepted, reasons = _accept(Batch(*([of[place] for place in unusual] for of in columns)), latest)
    merged = pa.Table.from_batches(list(_in_order(rows, usual, others, unusual[accepted]))).combine_chunks()
    return _only_batch(merged), {int(unusual[place]): reason for place, reason in reasons.items()}


def _in_order(rows: pa.RecordBatch, places: Any, others: pa.RecordBatch, between: Any) -> Iterator[pa.RecordBatch]:
    """Yield rows and others by their places, of which there are few."""
    start = 0
    for n, end in enumerate(np.searchsorted(places, between).tolist()):
        yield rows.slice(start, end - start)
        yield others.slice(n, 1)
        start = end
    yield rows.slice(start)


def _only_batch(table: pa.Table) -> pa.RecordBatch:
    return next(iter(table.to_batches()), pa.RecordBatch.from_pylist([], schema=table.schema))


def _accept(batch: Batch, latest: int) -> tuple[pa.RecordBatch, list[int], dict[int, str]]:
    """Return the rows from some records, their places, and why others are rejected, by place."""
    found = batch.found()
    banners = {place: banner for place, banner in enumerate(found) if isinstance(banner, Banner)}
    reasons = {place: rejected.reason for place, rejected in enumerate(found) if isinstance(rejected, Rejected)}
    places = list(banners)
    observed = observe(list(banners.values()), latest)
    reasons |= {places[place]: reason for place, reason in observed.rejected.items()}
    accepted = [places[place] for place in observed.accepted]
    keys = {"file": [batch.files[place] for place in accepted], "line": [batch.numbers[place] for place in accepted]}
    return batch_of(observed.columns | keys, len(accepted)), accepted, reasons


def validate_batch(batch: Batch, latest: int, in_kernels: bool = False) -> ValidatedBatch:
    """Validate records. A pure function, so that any process can run it."""
    rows, reasons = accept(batch, latest, in_kernels)
    return ValidatedBatch(
        records=len(batch.numbers),
        rows=rows,
        telling=count_telling(rows),
        reasons=Counter(reasons.values()),
        quarantined=[
            _quarantined(batch.numbers[place], batch.line(place), batch.files[place], reasons[place])
            for place in sorted(reasons)
        ],
    )


def _quarantined(number: int, line: Line, file: str, reason: str) -> bytes:
    entry = {
        "file": file,
        "line": number,
        # The line that it begins on, where records are not lines.
        **({} if number == line.number else {"at_line": line.number}),
        "reason": reason,
        "length": line.length,
        "sha256": line.sha256 or hashlib.sha256(line.data).hexdigest(),
        "bytes": base64.b64encode(line.data[:QUARANTINE_KEEPS]).decode(),
    }
    return json.dumps(entry).encode() + b"\n"
