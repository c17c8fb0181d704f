"""Read the search tree of a MaxMind DB, one level of all branches at a time.

A reader that yields one network after the other takes some ten times as long for a million networks.
"""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

import maxminddb
import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]
_V4_DEPTH = 96  # IPv4 is under 96 zeros of an IPv6 tree
_EMPTY = np.uint64(0)


@dataclass(frozen=True)
class Leaves:
    """The networks of one IP version in order, with no gap between them.

    `high` and `low`: the halves of each first address. `records`: where its record is in the file; 0 where it has none.
    """

    high: Numbers
    low: Numbers
    records: Numbers

    def address(self, at: int, version: int) -> str:
        """Return the first address of a network."""
        number = int(self.high[at]) << 64 | int(self.low[at])
        return str(ipaddress.IPv4Address(number) if version == 4 else ipaddress.IPv6Address(number))


def read_leaves(plain: Path, reader: maxminddb.Reader) -> tuple[Leaves, Leaves]:
    """Return all networks of IPv4 and of IPv6, those without a record too. Raises `ValueError` for a damaged tree.

    What an IPv6 tree repeats of IPv4 elsewhere (mapped, 6to4 and Teredo addresses) has no record, as in the publisher's
    reader.
    """
    meta = reader.metadata()
    children = _children(plain, meta.node_count, meta.record_size)
    is_v6 = meta.ip_version == 6
    v4_start = _v4_start(children) if is_v6 else None
    found: list[tuple[Numbers, Numbers, Numbers]] = []
    nodes, high, low = (np.zeros(1, np.uint64) for _ in range(3))
    for depth in range(1, (128 if is_v6 else 32) + 1):
        nodes = children[nodes.astype(np.intp)].reshape(-1)
        high, low = high.repeat(2), low.repeat(2)
        bit = (64 if is_v6 else 32) - depth
        half, shift = (high, bit) if bit >= 0 and is_v6 else (low, bit % 64)
        half[1::2] |= np.uint64(1 << shift)
        is_again = np.zeros(len(nodes), bool) if v4_start is None else (nodes == v4_start) & ((high | low) != 0)
        is_leaf = (nodes >= len(children)) | is_again
        records = np.where(is_again, _EMPTY, nodes)[is_leaf]
        found.append((high[is_leaf], low[is_leaf], np.where(records > len(children), records, _EMPTY)))
        nodes, high, low = nodes[~is_leaf], high[~is_leaf], low[~is_leaf]
        if len(nodes) > len(children):
            break
    if len(nodes):
        raise ValueError("its search tree has a circle")
    high, low, records = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((low, high))
    whole = Leaves(high[order], low[order], records[order])
    none = Leaves(*(np.zeros(1, np.uint64) for _ in range(3)))
    return _split(whole) if is_v6 else (whole, none)


def _split(leaves: Leaves) -> tuple[Leaves, Leaves]:
    """Return the networks of an IPv6 tree by version. Those of mapped addresses have no record."""
    prefix = leaves.low >> np.uint64(32)
    is_v4 = (leaves.high == 0) & (prefix == 0)
    is_mapped = (leaves.high == 0) & (prefix == np.uint64(0xFFFF))
    v4 = Leaves(leaves.high[is_v4], leaves.low[is_v4], leaves.records[is_v4])
    # Where nothing is below ::/96, the first network may hold IPv6 as well.
    is_other = is_v4 | is_mapped if np.count_nonzero(is_v4) > 1 else is_mapped
    records = np.where(is_other, _EMPTY, leaves.records)
    return v4, Leaves(leaves.high, leaves.low, records)


def _v4_start(children: Numbers) -> int | None:
    """Return the node of all of IPv4 in an IPv6 tree; None if the tree has no such node."""
    node = 0
    for _ in range(_V4_DEPTH):
        node = int(children[node, 0])
        if node >= len(children):
            return None
    return node


def _children(plain: Path, nodes: int, bits: int) -> Numbers:
    """Return both children of each node, as 24, 28 or 32 bits each are in the file. Raises `ValueError`."""
    size = bits // 4
    if bits not in (24, 28, 32):
        raise ValueError(f"its record size is {bits} bits; 24, 28 and 32 exist")
    with plain.open("rb") as file:
        tree = np.frombuffer(file.read(nodes * size), np.uint8)
    if not nodes or len(tree) < nodes * size:
        raise ValueError("its search tree is cut short")
    octets = tree.reshape(nodes, size).astype(np.uint64)
    middle = octets[:, 3]
    left, right = (octets[:, :3], octets[:, 4:]) if bits == 28 else (octets[:, : size // 2], octets[:, size // 2 :])
    both = np.zeros((nodes, 2), np.uint64)
    if bits == 28:
        both[:, 0], both[:, 1] = middle >> np.uint64(4), middle & np.uint64(15)
    for side, part in enumerate((left, right)):
        for octet in part.T:
            both[:, side] = both[:, side] << np.uint64(8) | octet
    return both
