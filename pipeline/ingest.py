"""Ingest: records of raw files to `observations`, and what is not a banner to the quarantine.

Accepted + quarantined + blank = records read, always. A record is one answer of one port: a line of a Shodan export, a
row of a CSV file, a service of a host.
"""

import base64
import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import store
from pipeline.banner import Banner, Rejected
from pipeline.evidence import evidence_of, text_of
from pipeline.fields import (
    LATEST,
    address_of,
    asn_of,
    country_of,
    fingerprint_of,
    integer_of,
    port_of,
    seconds_of,
    transport_of,
)
from pipeline.manifest import Flow
from pipeline.sources.record import Reader, Record
from pipeline.sources.registry import SHODAN, Source
from pipeline.tables import OBSERVATIONS

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
# A batch ends after so many records, or so many bytes of them.
BATCH = 5_000
BATCH_BYTES = 64 << 20
QUARANTINE_KEEPS = 64 << 10
UNKNOWN_FIELD = "unknown field: "
_SCHEMA = OBSERVATIONS.schema
_COLUMNS = [(column.name, column.type) for column in OBSERVATIONS.columns]


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
) -> Ingested:
    """Reads one raw file into one part of `observations` and one part of the quarantine; see `ingest_records`.

    `source` knows how to read it.
    """
    return ingest_records(source.reader(raw), raw.name, observations, quarantine, latest, tick)


def ingest_records(
    reader: Reader, file: str, observations: Path, quarantine: Path, latest: int = LATEST,
    tick: Callable[[int], None] = lambda _: None,
) -> Ingested:  # fmt: skip
    """Reads records into one part of `observations` and one part of the quarantine (gzip member).

    `file` is what the records' file is called, `latest` the last second a timestamp may have; `tick` is told the
    compressed bytes read so far.
    """
    result = Ingested()
    with store.parquet_writer(observations, OBSERVATIONS) as accepted, store.atomic(quarantine) as rejected:
        with gzip.GzipFile(filename="", mode="wb", fileobj=rejected, mtime=0) as member:
            for rows in _batches(reader.records(tick), file, latest, result, member):
                accepted.write_batch(to_batch(rows))
    result.damage, result.unknown = reader.damage, reader.unknown
    result.flow()
    return result


def _batches(
    records: Iterable[Record], file: str, latest: int, result: Ingested, quarantine: gzip.GzipFile
) -> Iterator[list[dict[str, Any]]]:
    """Rows of good records, a batch at a time; bad records go to the quarantine. A banner is let go of as soon as its
    row is made, which is faster than to hold a batch of them."""
    rows: list[dict[str, Any]] = []
    held = size = 0
    for record in records:
        name = record.file or file
        row = _judge(record, name, latest, result)
        if isinstance(row, str):
            quarantine.write(_quarantined(record, name, row))
        elif row is not None:
            rows.append(row)
        held, size = held + 1, size + len(record.line.data)
        if held >= BATCH or size > BATCH_BYTES:
            if rows:
                yield rows
            rows, held, size = [], 0, 0
    if rows:
        yield rows


def _judge(record: Record, file: str, latest: int, result: Ingested) -> dict[str, Any] | str | None:
    """The row of a good record, the reason of a bad one, None for a blank one; counts it in `result`."""
    result.lines += 1
    if record.found is None:
        result.blank += 1
        return None
    try:
        if isinstance(record.found, Rejected):
            raise record.found
        row = observe(record.found, latest)
    except Rejected as rejected:
        result.quarantined[rejected.reason] += 1
        return rejected.reason
    row["file"], row["line"] = file, record.number
    result.accepted += 1
    result.synthetic += row["synthetic"]
    return row


def observe(banner: Banner, latest: int = LATEST) -> dict[str, Any]:
    """A row of `observations` (but file and line) from a banner. Raises `Rejected` with the reason."""
    host, version = address_of(banner)
    row: dict[str, Any] = {
        "host": host,
        "ip_version": version,
        "port": port_of(banner.port),
        "transport": transport_of(banner.transport),
        "seen": seconds_of(banner.timestamp, latest),
        "engine_country": country_of(banner.location.country_code if banner.location else None),
        "asn": asn_of(banner.asn),
        "network": (text_of(banner.org) or text_of(banner.isp) or "")[:256] or None,
        "firmware": (text_of(banner.version) or "")[:256] or None,
        "http_status": integer_of(banner.http.status) if banner.http else None,
        "banner_hash": integer_of(banner.hash),
        "html_hash": integer_of(banner.http.html_hash) if banner.http else None,
        "cert_sha256": fingerprint_of(banner),
        "synthetic": bool(banner.mark and banner.mark.get("synthetic") is True),
    }
    row.update(evidence_of(banner))
    return row


def to_batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    """Rows as a record batch of `observations`; a column that a row lacks is null."""
    held = set().union(*rows)
    columns = [
        pa.array([row.get(name) for row in rows], kind) if name in held else pa.nulls(len(rows), kind)
        for name, kind in _COLUMNS
    ]
    return pa.RecordBatch.from_arrays(columns, schema=_SCHEMA)


def _quarantined(record: Record, file: str, reason: str) -> bytes:
    line = record.line
    told = {
        "file": file,
        "line": record.number,
        # Where it begins in the file, if a record is not simply a line.
        **({} if record.number == line.number else {"at_line": line.number}),
        "reason": reason,
        "length": line.length,
        "sha256": line.sha256 or hashlib.sha256(line.data).hexdigest(),
        "bytes": base64.b64encode(line.data[:QUARANTINE_KEEPS]).decode(),
    }
    return json.dumps(told).encode() + b"\n"
