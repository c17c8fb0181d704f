"""Turn banners into rows of `observations`, a column at a time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import pyarrow as pa

from camcensus.core.tables import OBSERVATIONS
from camcensus.ingest.columns import keeper
from camcensus.ingest.evidence import evidence_columns
from camcensus.ingest.fields import (
    LATEST,
    address_of,
    asn_of,
    country_of,
    fingerprint_of,
    integer_of,
    port_of,
    seconds_of,
    transport_of,
    vulnerabilities_of,
)
from camcensus.ingest.text import Memo
from camcensus.readers.banner import Banner, Rejected

_SCHEMA = OBSERVATIONS.schema
_KEYS = ("host", "ip_version", "port", "transport", "seen_at")
_network, _firmware = keeper("network"), keeper("firmware")
_region, _city = keeper("region"), keeper("city")
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
        pa.array(columns[field.name], field.type) if field.name in columns else pa.nulls(rows, field.type)
        for field in _SCHEMA
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA)


def observe(banners: Sequence[Banner], latest: int = LATEST) -> Observed:
    """Return the columns of the valid banners. `latest` is the last second that a timestamp may have."""
    keys: dict[int, tuple[str, int, int, str, int]] = {}
    rejected: dict[int, str] = {}
    for place, banner in enumerate(banners):
        try:
            where = (*address_of(banner), port_of(banner.port), transport_of(banner.transport))
            keys[place] = (*where, seconds_of(banner.timestamp, latest))
        except Rejected as reason:
            rejected[place] = reason.reason
    if not keys:
        return Observed([], rejected, {})
    accepted = [banners[place] for place in keys]
    columns = dict(zip(_KEYS, zip(*keys.values(), strict=True), strict=True))
    return Observed(list(keys), rejected, columns | engine_fields(accepted, ENGINE_FIELDS) | evidence_columns(accepted))


def engine_fields(banners: Sequence[Banner], names: Iterable[str]) -> dict[str, Sequence[Any]]:
    """Return some of `ENGINE_FIELDS`."""
    return {name: ENGINE_FIELDS[name](banners) for name in names}


def _networks(banners: Sequence[Banner]) -> Sequence[Any]:
    organisations = zip(_network.of_all([b.org for b in banners]), banners, strict=True)
    return [organisation or _network.of(banner.isp) for organisation, banner in organisations]


def _placed(memo: Memo[Any], field: str) -> Callable[[Sequence[Banner]], Sequence[Any]]:
    get = attrgetter(field)
    return lambda banners: memo.of_all([get(b.location) if b.location else None for b in banners])


# The engine's fields of the network, the answer and the certificate, by column.
ENGINE_FIELDS: dict[str, Callable[[Sequence[Banner]], Sequence[Any]]] = {
    "engine_country": _placed(_country, "country_code"),
    "asn": lambda banners: _asn.of_all([b.asn for b in banners]),
    "network": _networks,
    "region": _placed(_region, "region_code"),
    "city": _placed(_city, "city"),
    "vulns": lambda banners: [vulnerabilities_of(b.vulns) if b.vulns else None for b in banners],
    "firmware": lambda banners: _firmware.of_all([b.version for b in banners]),
    "http_status": lambda banners: [integer_of(b.http.status) if b.http else None for b in banners],
    "banner_hash": lambda banners: [integer_of(b.hash) for b in banners],
    "html_hash": lambda banners: [integer_of(b.http.html_hash) if b.http else None for b in banners],
    "is_synthetic": lambda banners: [
        bool(b.synthetic_marker and b.synthetic_marker.get("synthetic") is True) for b in banners
    ],
    "cert_sha256": lambda banners: list(map(fingerprint_of, banners)),
}
