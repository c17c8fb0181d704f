"""Ingest: lines of raw files to `observations`, and what is not a banner to the quarantine.

Accepted + quarantined + blank = lines read, always.
"""

import base64
import gzip
import hashlib
import ipaddress
import json
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import store
from pipeline.banner import Banner, Rejected, decode
from pipeline.evidence import evidence_of, text_of
from pipeline.lines import Line, RawFile
from pipeline.manifest import Flow
from pipeline.tables import OBSERVATIONS

REASONS = {
    "too_long": "the line is longer than 16 MiB",
    "cut_short": "the compressed file breaks off within the line",
    "bad_encoding": "the line is not UTF-8",
    "too_deep": "the JSON is nested too deep",
    "not_json": "the line is not JSON",
    "not_object": "the line is JSON, but not an object",
    "no_address": "none of ip_str, ipv6 and ip is there",
    "bad_address": "the address is not an IP address",
    "bad_port": "the port is not a whole number from 1 to 65535",
    "bad_transport": "the transport is neither tcp nor udp",
    "no_timestamp": "the timestamp is missing",
    "bad_timestamp": "the timestamp is not a time",
    "too_early": "the timestamp is before 2009, when the engine began",
    "too_late": "the timestamp is after the file was received",
}
BATCH = 5_000
QUARANTINE_KEEPS = 64 << 10
EARLIEST = int(datetime(2009, 1, 1, tzinfo=UTC).timestamp())
# A file that nobody saw arrive: only a date past this is taken for wrong.
LATEST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  timestamps without a zone are compared with it, and are UTC
_ASN = re.compile(r"(?:AS)?(\d{1,10})", re.IGNORECASE)
_SHA256 = re.compile("[0-9a-f]{64}")
_INT64 = 1 << 63
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
    damage: str | None = None

    def tally(self) -> dict[str, int]:
        """The numbers by name, for the manifest; those that are nothing have no name."""
        named = {"synthetic": self.synthetic, "blank": self.blank}
        named |= {f"quarantined: {reason}": n for reason, n in sorted(self.quarantined.items())}
        return {"lines": self.lines, "accepted": self.accepted, **{name: n for name, n in named.items() if n}}

    def flow(self) -> Flow:
        """The reconciliation, checked."""
        dropped = {"blank": self.blank, **{f"quarantined: {k}": v for k, v in sorted(self.quarantined.items())}}
        gone = {reason: n for reason, n in dropped.items() if n}
        return Flow(unit="lines", rows_in=self.lines, rows_out=self.accepted, dropped=gone).check("ingest")


def ingest_file(
    raw: Path, observations: Path, quarantine: Path, latest: int = LATEST, tick: Callable[[int], None] = lambda _: None
) -> Ingested:
    """Reads one raw file into one part of `observations` and one part of the quarantine (gzip member).

    `latest` is the last second a timestamp may have; `tick` is told the compressed bytes read so far.
    """
    result = Ingested()
    source = RawFile(raw)
    with store.parquet_writer(observations, OBSERVATIONS) as accepted, store.atomic(quarantine) as rejected:
        with gzip.GzipFile(filename="", mode="wb", fileobj=rejected, mtime=0) as member:
            for batch in _batches(source.lines(tick)):
                rows: list[dict[str, Any]] = []
                for line in batch:
                    row = _judge(line, raw.name, latest, result)
                    if isinstance(row, str):
                        member.write(_quarantined(line, raw.name, row))
                    elif row is not None:
                        rows.append(row)
                if rows:
                    accepted.write_batch(to_batch(rows))
    result.damage = source.damage
    result.flow()
    return result


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line.data)
        if len(batch) >= BATCH or size > 64 << 20:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _judge(line: Line, file: str, latest: int, result: Ingested) -> dict[str, Any] | str | None:
    """The row of a good line, the reason of a bad one, None for a blank one; counts it in `result`."""
    result.lines += 1
    try:
        banner = banner_of(line)
        if banner is None:
            result.blank += 1
            return None
        row = observe(banner, latest)
    except Rejected as rejected:
        result.quarantined[rejected.reason] += 1
        return rejected.reason
    row["file"], row["line"] = file, line.number
    result.accepted += 1
    result.synthetic += row["synthetic"]
    return row


def banner_of(line: Line) -> Banner | None:
    """The banner in a line; None for a blank one. Raises `Rejected` with the reason."""
    if line.too_long or line.cut_short:
        raise Rejected("too_long" if line.too_long else "cut_short")
    return decode(line.data) if line.data.strip() else None


def observe(banner: Banner, latest: int = LATEST) -> dict[str, Any]:
    """A row of `observations` (but file and line) from a banner. Raises `Rejected` with the reason."""
    host, version = address_of(banner)
    row: dict[str, Any] = {
        "host": host,
        "ip_version": version,
        "port": port_of(banner.port),
        "transport": _transport(banner.transport),
        "seen": seconds_of(banner.timestamp, latest),
        "engine_country": _country(banner.location.country_code if banner.location else None),
        "asn": _asn(banner.asn),
        "network": (text_of(banner.org) or text_of(banner.isp) or "")[:256] or None,
        "firmware": (text_of(banner.version) or "")[:256] or None,
        "http_status": _integer(banner.http.status) if banner.http else None,
        "banner_hash": _integer(banner.hash),
        "html_hash": _integer(banner.http.html_hash) if banner.http else None,
        "cert_sha256": _fingerprint(banner),
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


def address_of(banner: Banner) -> tuple[str, int]:
    """The canonical address and its version; an IPv4 address mapped into IPv6 is the IPv4 address."""
    found = banner.ip_str or banner.ipv6
    if found is None or found == "":
        if isinstance(banner.ip, int) and not isinstance(banner.ip, bool) and 0 <= banner.ip < 1 << 32:
            return str(ipaddress.IPv4Address(banner.ip)), 4
        raise Rejected("no_address" if banner.ip is None else "bad_address")
    if not isinstance(found, str):
        raise Rejected("bad_address")
    if ":" not in found:
        try:
            # Strict: refuses leading zeros and short forms, so what passes is canonical.
            socket.inet_pton(socket.AF_INET, found)
        except (OSError, ValueError):
            raise Rejected("bad_address") from None
        return found, 4
    try:
        address = ipaddress.IPv6Address(found)
    except ValueError:
        raise Rejected("bad_address") from None
    if address.scope_id is not None:
        raise Rejected("bad_address")
    return (str(address.ipv4_mapped), 4) if address.ipv4_mapped else (str(address), 6)


def port_of(value: Any) -> int:
    """The port as a whole number from 1 to 65535; a string of digits is one, True is not."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 5:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
        raise Rejected("bad_port")
    return value


def seconds_of(value: Any, latest: int) -> int:
    """The timestamp as seconds since 1970; one without a zone is UTC, as all of Shodan's are."""
    if value is None or value == "":
        raise Rejected("no_timestamp")
    try:
        time = datetime.fromisoformat(value)
        if time.tzinfo is not None:
            time = time.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, TypeError, OverflowError):
        raise Rejected("bad_timestamp") from None
    delta = time - _EPOCH
    seconds = delta.days * 86400 + delta.seconds
    if seconds < EARLIEST:
        raise Rejected("too_early")
    if seconds > latest:
        raise Rejected("too_late")
    return seconds


def _transport(value: Any) -> str:
    if value is None:
        return "tcp"
    if value in ("tcp", "udp"):
        return str(value)
    raise Rejected("bad_transport")


def _country(value: Any) -> str | None:
    return value.upper() if isinstance(value, str) and len(value) == 2 and value.isascii() and value.isalpha() else None


def _asn(value: Any) -> int | None:
    match = _ASN.fullmatch(str(value)) if value is not None else None
    return int(match[1]) if match else None


def _integer(value: Any) -> int | None:
    """A whole number that fits into int64; anything else counts as absent."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if -_INT64 <= value < _INT64 else None


def _fingerprint(banner: Banner) -> str | None:
    cert = banner.ssl.cert if banner.ssl else None
    value = cert.fingerprint.sha256 if cert and cert.fingerprint else None
    digits = value.replace(":", "").lower() if isinstance(value, str) else ""
    return digits if _SHA256.fullmatch(digits) else None


def _quarantined(line: Line, file: str, reason: str) -> bytes:
    record = {
        "file": file,
        "line": line.number,
        "reason": reason,
        "length": line.length,
        "sha256": line.sha256 or hashlib.sha256(line.data).hexdigest(),
        "bytes": base64.b64encode(line.data[:QUARANTINE_KEEPS]).decode(),
    }
    return json.dumps(record).encode() + b"\n"
