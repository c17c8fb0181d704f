"""Small country databases for tests, in the layouts that there are."""

import ipaddress
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from camcensus.geolocate.database import open_locator

GEOIP2 = {"1.0.0.0/24": "AU", "1.0.1.0/24": "CN", "2.16.0.0/13": "NL", "8.8.8.0/24": "US", "2a00:1450::/32": "IE"}
ROOT = Path(__file__).parent.parent
EPOCH = 1_780_000_000


def encoded(value: Any) -> bytes:
    """A value in the MaxMind DB data format."""
    if isinstance(value, str):
        raw = value.encode()
        return bytes([0x40 | len(raw)]) + raw
    if isinstance(value, int):
        return b"\xc4" + value.to_bytes(4)
    if isinstance(value, bytes):
        return value
    if isinstance(value, list):
        return bytes([len(value), 4]) + b"".join(map(encoded, value))
    return bytes([0xE0 | len(value)]) + b"".join(encoded(k) + encoded(v) for k, v in value.items())


def mmdb(
    path: Path, records: Mapping[str, Any], kind: str = "GeoLite2-Country", epoch: int = EPOCH, bits: int = 32
) -> Path:
    """A MaxMind DB of disjoint networks. `bits`: of each child of a node."""
    nodes: list[list[int | None]] = [[None, None]]
    data = bytearray()
    leaves: dict[tuple[int, int], int] = {}
    written: dict[int, int] = {}  # records that are one object are written once
    for _ in range(96 if any(":" not in name for name in records) else 0):  # IPv4 is what lies under 96 zeros
        nodes[-1][0] = len(nodes)
        nodes.append([None, None])
    v4 = len(nodes) - 1
    for name, record in records.items():
        network = ipaddress.ip_network(name)
        length = network.prefixlen + (96 if network.version == 4 else 0)
        number, at = int(network.network_address), v4 if network.version == 4 else 0
        for depth in range(length - network.prefixlen, length):
            side = number >> (127 - depth) & 1
            if depth == length - 1:
                leaves[at, side] = written.setdefault(id(record), len(data))
            elif (following := nodes[at][side]) is not None:
                at = following
            else:
                nodes.append([None, None])
                nodes[at][side] = at = len(nodes) - 1
        if written[id(record)] == len(data):
            data += encoded(record)
    count = len(nodes)
    tree = bytearray()
    for at, node in enumerate(nodes):
        left, right = (
            count + 16 + leaves[at, side] if (at, side) in leaves else count if following is None else following
            for side, following in enumerate(node)
        )
        if bits == 28:  # the middle octet has the upper four bits of both
            left, right = left & 0xFF_FFFF, (left >> 24) << 28 | right
            tree += left.to_bytes(3) + right.to_bytes(4)
        else:
            tree += left.to_bytes(bits // 8) + right.to_bytes(bits // 8)
    about = {
        "node_count": count, "record_size": b"\xa1" + bytes([bits]), "ip_version": b"\xa1\x06", "database_type": kind,
        "languages": ["en"], "binary_format_major_version": b"\xa1\x02", "binary_format_minor_version": b"\xa0",
        "build_epoch": b"\x08\x02" + epoch.to_bytes(8), "description": {"en": "made up"},
    }  # fmt: skip
    path.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + encoded(about))
    return path


def official(records: Mapping[str, str]) -> dict[str, Any]:
    """Records in the layout of GeoLite2 Country."""
    return {network: {"country": {"iso_code": code, "geoname_id": 1}} for network, code in records.items()}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache of this test's own, and nothing held in memory."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    open_locator.cache_clear()
    yield tmp_path / "cache" / "camcensus"
    open_locator.cache_clear()
