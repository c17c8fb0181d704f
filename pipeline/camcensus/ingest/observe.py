"""Turn banners into rows of `observations`, a column at a time; only unusual values are checked one by one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from camcensus.core.tables import OBSERVATIONS
from camcensus.ingest.evidence import evidence_columns
from camcensus.ingest.fields import (
    EARLIEST,
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
from camcensus.ingest.text import Memo, cutter
from camcensus.readers.banner import Banner, Rejected

V = TypeVar("V")
Cells = Sequence[Any]
# A canonical IPv4 address: no leading zeros, no short forms.
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"^{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}$"
# Shodan's timestamps, with or without the fraction.
_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?$"
_SCHEMA = OBSERVATIONS.schema
_TYPES = {column.name: column.type for column in OBSERVATIONS.columns}
_words = cutter(256)
_country, _asn = Memo(country_of), Memo(asn_of)


@dataclass(frozen=True)
class Observed:
    """Observed banners: columns of `observations` (but file and line) with a cell for each accepted banner.

    `accepted` has their places; `rejected` has the reason of each other banner by its place.
    """

    accepted: list[int]
    rejected: dict[int, str]
    columns: dict[str, Any]


def batch_of(columns: dict[str, Any], rows: int) -> pa.RecordBatch:
    """Return a record batch of `observations` from columns of cells; a missing column is null."""
    arrays = [
        pa.array(columns[name], kind) if name in columns else pa.nulls(rows, kind) for name, kind in _TYPES.items()
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA)


def observe(banners: Sequence[Banner], latest: int = LATEST) -> Observed:
    """Return the columns of the valid banners. `latest` is the last second that a timestamp may have."""
    if not banners:
        return Observed([], {}, {})
    rejected: dict[int, str] = {}
    keys = _keys(banners, latest, rejected)
    accepted = [place for place in range(len(banners)) if place not in rejected]
    if rejected:
        banners = [banners[place] for place in accepted]
        keys = {name: [cells[place] for place in accepted] for name, cells in keys.items()}
    return Observed(accepted, rejected, keys | _engine_fields(banners) | evidence_columns(banners) if banners else {})


def _keys(banners: Sequence[Banner], latest: int, rejected: dict[int, str]) -> dict[str, Cells]:
    """Return address, port, transport and time; `rejected` gets the first reason of each banner without them."""
    ports, transports, times = zip(*map(attrgetter("port", "transport", "timestamp"), banners), strict=True)
    hosts, versions = _addresses(banners, rejected)
    return {
        "host": hosts,
        "ip_version": versions,
        "port": _ports(ports, rejected),
        "transport": _transports(transports, rejected),
        "seen_at": _times(times, latest, rejected),
    }


def _each(function: Callable[[Any], V], values: Cells, rejected: dict[int, str]) -> list[V | None]:
    """Apply the function to each value; `rejected` gets the reason of those that it rejects."""
    found: list[V | None] = []
    for place, value in enumerate(values):
        try:
            found.append(function(value))
        except Rejected as reason:
            found.append(None)
            rejected.setdefault(place, reason.reason)
    return found


def _addresses(banners: Sequence[Banner], rejected: dict[int, str]) -> tuple[list[str], list[int]]:
    hosts: list[Any] = [banner.ip_str for banner in banners]
    versions = [4] * len(hosts)
    texts = pa.array([host if isinstance(host, str) else None for host in hosts], pa.string())
    usual = pc.fill_null(pc.match_substring_regex(texts, _IPV4), False)
    for place in np.flatnonzero(~usual.to_numpy(zero_copy_only=False)).tolist():
        try:
            hosts[place], versions[place] = address_of(banners[place])
        except Rejected as reason:
            rejected.setdefault(place, reason.reason)
    return hosts, versions


def _ports(values: Cells, rejected: dict[int, str]) -> Cells:
    if set(map(type, values)) == {int} and min(values) >= 1 and max(values) <= 65535:
        return values
    return _each(port_of, values, rejected)


def _transports(values: Cells, rejected: dict[int, str]) -> Cells:
    distinct = set(values)
    if distinct <= {"tcp", "udp"}:
        return values
    return _each(transport_of, values, rejected)


def _times(values: Cells, latest: int, rejected: dict[int, str]) -> Any:
    if set(map(type, values)) == {str}:
        texts = pa.array(values, pa.string())
        if pc.all(pc.match_substring_regex(texts, _TIME)).as_py():
            try:
                seconds = np.floor_divide(texts.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(), 1_000_000)
            except pa.ArrowInvalid:
                pass  # a day or hour that does not exist
            else:
                if seconds.min() >= EARLIEST and seconds.max() <= latest:
                    return seconds
    return _each(lambda value: seconds_of(value, latest), values, rejected)


_ENGINE_FIELDS = attrgetter("location", "asn", "org", "isp", "version", "http", "hash", "ssl", "synthetic_marker")


def _engine_fields(banners: Sequence[Banner]) -> dict[str, Cells]:
    """Return the engine's fields of the network, the answer and the certificate."""
    places, asns, orgs, isps, versions, http, hashes, ssl, markers = zip(*map(_ENGINE_FIELDS, banners), strict=True)
    networks = _words.of_texts(orgs)
    if None in networks:
        networks = [org or _words.of_texts([isp])[0] for org, isp in zip(networks, isps, strict=True)]
    columns: dict[str, Cells] = {
        "engine_country": _country.of_texts([place.country_code if place else None for place in places]),
        "asn": _asn.of_texts(asns),
        "network": networks,
        "firmware": _words.of_texts(versions),
        "http_status": _integers([answer.status if answer else None for answer in http]),
        "banner_hash": _integers(hashes),
        "html_hash": _integers([answer.html_hash if answer else None for answer in http]),
        "is_synthetic": [bool(marker and marker.get("synthetic") is True) for marker in markers],
    }
    if any(ssl):
        columns["cert_sha256"] = [fingerprint_of(banner) for banner in banners]
    return columns


def _integers(values: Cells) -> Any:
    if {int, type(None)}.issuperset(map(type, values)):
        try:
            return pa.array(values, pa.int64())
        except (pa.ArrowInvalid, OverflowError):
            pass  # one has more than 64 bits
    return [integer_of(value) for value in values]
