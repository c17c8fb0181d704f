"""Ingest: records of raw files to `observations`, and what is not a banner to the quarantine.

Accepted + quarantined + blank = records read, always. A record is one answer of one port: a line of a Shodan export, a
row of a CSV file, a service of a host.
"""

import base64
import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from camcensus.core import storage
from camcensus.core.stage_record import Flow
from camcensus.core.tables import OBSERVATIONS
from camcensus.engines.ordered_pool import ONE_LANE, Lanes
from camcensus.ingest.fields import LATEST
from camcensus.ingest.observe import batch_of, observe
from camcensus.readers.banner import Banner, Rejected
from camcensus.readers.lines import Line
from camcensus.readers.record import Batch, Reader
from camcensus.readers.registry import SHODAN, Source

REASONS = {
    "too_long": "the line is longer than 16 MiB",
    "cut_short": "the compressed file breaks off within the line",
    "bad_encoding": "the line is not UTF-8",
    "too_deep": "the JSON is nested too deep",
    "not_json": "the line is not JSON",
    "not_object": "the line is JSON, but not an object",
    "bad_row": "the row has a quote in the wrong place, or not as many cells as the header",
    "no_answer": "the record holds no answer of a port",
    "no_address": "none of ip_str, ipv6 and ip is there",
    "bad_address": "the address is not an IP address",
    "bad_port": "the port is not a whole number from 1 to 65535",
    "bad_transport": "the transport is neither tcp nor udp",
    "no_timestamp": "the timestamp is missing",
    "bad_timestamp": "the timestamp is not a time",
    "too_early": "the timestamp is before 2009, when the engine began",
    "too_late": "the timestamp is after the file was received",
}
QUARANTINE_KEEPS = 64 << 10
# Rows that are written together: enough to compress well, few enough to be held.
ROW_GROUP = 20_000
UNKNOWN_FIELD = "unknown field: "


@dataclass(frozen=True)
class ValidatedBatch:
    """What became of some records: rows of `observations`, and lines of the quarantine with how many for which reason;
    the rest were blank."""

    records: int
    rows: pa.RecordBatch
    reasons: Counter[str]
    quarantined: list[bytes]


@dataclass
class Ingested:
    """What came of one raw file."""

    lines: int = 0
    accepted: int = 0
    blank: int = 0
    synthetic: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    damage: str | None = None

    def add(self, validated: ValidatedBatch) -> None:
        """Counts what became of some records."""
        self.lines += validated.records
        self.accepted += validated.rows.num_rows
        self.blank += validated.records - validated.rows.num_rows - validated.reasons.total()
        self.synthetic += pc.sum(validated.rows.column("is_synthetic")).as_py() or 0
        self.quarantined.update(validated.reasons)

    def tally(self) -> dict[str, int]:
        """The numbers by name, for the manifest; those that are nothing have no name."""
        named = {"synthetic": self.synthetic, "blank": self.blank}
        named |= {f"quarantined: {reason}": n for reason, n in sorted(self.quarantined.items())}
        named |= {f"{UNKNOWN_FIELD}{name}": n for name, n in sorted(self.unknown.items())}
        return {"lines": self.lines, "accepted": self.accepted, **{name: n for name, n in named.items() if n}}

    def flow(self) -> Flow:
        """The reconciliation, checked."""
        dropped = {"blank": self.blank, **{f"quarantined: {k}": v for k, v in sorted(self.quarantined.items())}}
        gone = {reason: n for reason, n in dropped.items() if n}
        return Flow(unit="lines", rows_in=self.lines, rows_out=self.accepted, dropped=gone).check("ingest")


def ingest_file(
    raw: Path,
    observations: Path,
    quarantine: Path,
    latest: int = LATEST,
    tick: Callable[[int], None] = lambda _: None,
    source: Source = SHODAN,
    lanes: Lanes = ONE_LANE,
) -> Ingested:
    """Reads one raw file into one part of `observations` and one part of the quarantine; see `ingest_records`.

    `source` knows how to read it.
    """
    return ingest_records(source.reader(raw), raw.name, observations, quarantine, latest, tick, lanes)


def ingest_records(
    reader: Reader, file: str, observations: Path, quarantine: Path, latest: int = LATEST,
    tick: Callable[[int], None] = lambda _: None, lanes: Lanes = ONE_LANE,
) -> Ingested:  # fmt: skip
    """Reads records into one part of `observations` and one part of the quarantine (gzip member).

    `file` is what the records' file is called, `latest` the last second a timestamp may have; `tick` is told the
    compressed bytes read so far. With several `lanes`, other processes look into what this one reads and writes.
    """
    result = Ingested()
    held: list[pa.RecordBatch] = []
    with (
        storage.parquet_writer(observations, OBSERVATIONS) as accepted,
        storage.atomic(quarantine) as rejected,
        gzip.GzipFile(filename="", mode="wb", fileobj=rejected, mtime=0) as member,
    ):
        for validated in lanes.in_order(partial(validate_batch, file=file, latest=latest), reader.batches(tick)):
            result.add(validated)
            member.write(b"".join(validated.quarantined))
            held.append(validated.rows)
            if sum(rows.num_rows for rows in held) >= ROW_GROUP:
                accepted.write_table(pa.Table.from_batches(held))
                held.clear()
        if any(rows.num_rows for rows in held):
            accepted.write_table(pa.Table.from_batches(held))
    result.damage, result.unknown = reader.damage, reader.unknown
    result.flow()
    return result


def validate_batch(batch: Batch, file: str, latest: int) -> ValidatedBatch:
    """What becomes of records. A pure function of them, so that any process can do it."""
    found = batch.found()
    banners = {place: banner for place, banner in enumerate(found) if isinstance(banner, Banner)}
    reasons = {place: rejected.reason for place, rejected in enumerate(found) if isinstance(rejected, Rejected)}
    places = list(banners)
    seen = observe(list(banners.values()), latest)
    reasons |= {places[place]: reason for place, reason in seen.rejected.items()}
    kept = [places[place] for place in seen.accepted]
    files = [name or file for name in batch.files] if batch.files else [file] * len(found)
    which = {"file": [files[place] for place in kept], "line": [batch.numbers[place] for place in kept]}
    return ValidatedBatch(
        records=len(found),
        rows=batch_of(seen.columns | which, len(kept)),
        reasons=Counter(reasons.values()),
        quarantined=[
            _quarantined(batch.numbers[place], batch.line(place), files[place], reasons[place])
            for place in sorted(reasons)
        ],
    )


def _quarantined(number: int, line: Line, file: str, reason: str) -> bytes:
    told = {
        "file": file,
        "line": number,
        # Where it begins in the file, if a record is not simply a line.
        **({} if number == line.number else {"at_line": line.number}),
        "reason": reason,
        "length": line.length,
        "sha256": line.sha256 or hashlib.sha256(line.data).hexdigest(),
        "bytes": base64.b64encode(line.data[:QUARANTINE_KEEPS]).decode(),
    }
    return json.dumps(told).encode() + b"\n"
