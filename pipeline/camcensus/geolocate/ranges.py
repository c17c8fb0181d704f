"""Look up addresses in sorted ranges, each with a country code."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from camcensus.core.countries import canonical_code
from camcensus.raw.address_blocks import special_ranges

_ZERO, _NINE = b"09"

Keys = npt.NDArray[Any]


@dataclass(frozen=True)
class Ranges:
    """Sorted starts of ranges of one IP version, and the country code of each; a range ends where the next starts.

    The first starts at 0.
    """

    starts: Keys
    codes: npt.NDArray[np.str_]

    def look_up(self, keys: Keys) -> npt.NDArray[np.str_]:
        """Return the code of each key; '' where the database has none."""
        found: npt.NDArray[np.str_] = self.codes[_places(self.starts, keys)]
        return found

    def countries(self, keys: Keys) -> list[str]:
        """Return the ISO alpha-2 code of each key; ZZ where there is none."""
        found: list[str] = self._names[_places(self.starts, keys)].tolist()
        return found

    @cached_property
    def _names(self) -> npt.NDArray[np.object_]:
        """The canonical country of each range."""
        codes, which = np.unique(self.codes, return_inverse=True)
        return np.array([canonical_code(str(code)) for code in codes], dtype=object)[which]


def key_v4(hosts: Sequence[str]) -> Keys:
    """Return canonical IPv4 addresses as unsigned 32-bit integers. Raises `ValueError` for any other text.

    All are parsed at once: the end of each number, then its digits backwards. That is several times as fast as
    `socket.inet_aton` for each.
    """
    if not hosts:
        return np.empty(0, np.uint32)
    text = np.frombuffer(("\n" + "\n".join(hosts) + "\n").encode(), np.uint8)
    marks = np.flatnonzero(text < _ZERO)
    ends, digits = marks[1:], np.diff(marks) - 1
    shape = np.frombuffer(b"...\n" * len(hosts), np.uint8)
    if len(ends) != len(shape) or (text[ends] != shape).any() or text.max() > _NINE or digits.min() < 1:
        raise ValueError("not an IPv4 address in canonical form")
    values = text[ends - 1].astype(np.uint16) - _ZERO
    values += np.where(digits > 1, text[ends - 2] - _ZERO, 0).astype(np.uint16) * 10
    values += np.where(digits > 2, text[ends - 3] - _ZERO, 0).astype(np.uint16) * 100
    if digits.max() > 3 or values.max() > 255:
        raise ValueError("not an IPv4 address in canonical form")
    return values.astype(np.uint8).view(">u4").astype(np.uint32)


def key_v6(hosts: Sequence[str]) -> Keys:
    """Return IPv6 addresses as 16 bytes in network order and a guard byte; there are prefixes longer than /64."""
    return np.array([socket.inet_pton(socket.AF_INET6, h) + b"\x01" for h in hosts], dtype="S17")


def keys_of(addresses: list[int], bits: int) -> Keys:
    """Return the keys of addresses given as integers of 32 or 128 bits."""
    if bits == 32:
        return np.array(addresses, dtype=np.uint32)
    # numpy drops trailing NULs of byte strings, hence the 17th byte.
    return np.array([address.to_bytes(16) + b"\x01" for address in addresses], dtype="S17")


def keys_of_halves(high: Keys, low: Keys, version: int) -> Keys:
    """Return the keys of addresses given as two integers of 64 bits each."""
    if version == 4:
        return low.astype(np.uint32)
    octets = np.ones((len(high), 17), np.uint8)
    octets[:, :8] = high.astype(">u8").view(np.uint8).reshape(-1, 8)
    octets[:, 8:16] = low.astype(">u8").view(np.uint8).reshape(-1, 8)
    return octets.view("S17").reshape(-1)


def without_special(ranges: Ranges, version: int) -> Ranges:
    """Return the ranges without codes in private and reserved address space."""
    bits = 32 if version == 4 else 128
    starts, codes = ranges.starts, ranges.codes
    for first, last in special_ranges(version):
        edges = keys_of([first] if last + 1 == 1 << bits else [first, last + 1], bits)
        new_codes = ["", *Ranges(starts, codes).look_up(edges[1:]).tolist()]
        before = np.searchsorted(starts, edges[0])
        after = np.searchsorted(starts, edges[-1], side="right") if len(edges) == 2 else len(starts)
        starts = np.concatenate([starts[:before], edges, starts[after:]])
        codes = np.concatenate([codes[:before], np.array(new_codes, codes.dtype), codes[after:]])
    return Ranges(starts, codes)


def count_special(hosts: Sequence[str]) -> int:
    """Count the canonical addresses in private and reserved address space."""
    v4, v6 = [h for h in hosts if ":" not in h], [h for h in hosts if ":" in h]
    return sum(
        int((_outside(version).look_up(keys(some)) == "").sum())
        for version, keys, some in ((4, key_v4, v4), (6, key_v6, v6))
        if some
    )


@cache
def _outside(version: int) -> Ranges:
    """Return ranges with a code everywhere but in private and reserved address space."""
    return without_special(Ranges(keys_of([0], 32 if version == 4 else 128), np.array(["-"], dtype="<U2")), version)


def _places(starts: Keys, keys: Keys) -> npt.NDArray[np.intp]:
    """Return the number of each key's range; -1 before the first.

    IPv4 keys are sorted first, each with its place in one 64-bit integer: sorted keys are found several times faster.
    """
    if keys.dtype != np.uint32:
        return np.searchsorted(starts, keys, side="right") - 1
    packed = np.sort(keys.astype(np.uint64) << np.uint64(32) | np.arange(len(keys), dtype=np.uint64))
    found = np.empty(len(keys), np.intp)
    found[(packed & np.uint64(0xFFFF_FFFF)).astype(np.intp)] = (
        np.searchsorted(starts, (packed >> np.uint64(32)).astype(np.uint32), side="right") - 1
    )
    return found
