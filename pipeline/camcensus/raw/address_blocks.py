"""The public IPv4 space as blocks, and the blocks of a sample.

The frame is all blocks of one prefix length with any address outside special space, in order of address. The n-th draw
(n = 0, 1, ...) is the SHA-256 of the text "camcensus sample SEED /LENGTH N", read as a number (big-endian), modulo the
size of the frame: the place of a block in it. A block drawn before is skipped. So the first blocks of a seed are a
simple random sample without replacement, the same on every machine, and more blocks only add to fewer.
"""

import hashlib
import ipaddress
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, count

from camcensus.core.errors import CamcensusError

BITS = 32
Block = ipaddress.IPv4Network
# Address space without hosts of the Internet: private, reserved, for documentation, multicast. A separate list, since
# `ipaddress.is_global` differs between versions of Python. Source: the IANA IPv4 and IPv6 Special-Purpose Address
# Registries (entries that are not globally reachable) and the multicast ranges, as of 2026-11.
V4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
)  # fmt: skip
V6 = (
    "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
    "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)  # fmt: skip


def special_ranges(version: int) -> list[tuple[int, int]]:
    """Return first and last address of each special range of one IP version, as integers, in order."""
    networks = [ipaddress.ip_network(text) for text in (V4 if version == 4 else V6)]
    return sorted((int(network.network_address), int(network.broadcast_address)) for network in networks)


@dataclass(frozen=True)
class Frame:
    """All blocks of a prefix length (at most 24) that a sample can draw."""

    prefix_length: int

    @cached_property
    def _runs(self) -> list[tuple[int, int]]:
        """Return runs of neighbouring blocks as numbers: the first, and the one after the last."""
        size = 1 << (BITS - self.prefix_length)
        runs = []
        start = 0
        for first, last in special_ranges(4):
            # Only blocks completely in special space are not in the frame.
            reserved, after = -(-first // size), (last + 1) // size
            if after > reserved:
                runs.append((start, reserved))
                start = after
        return [(first, end) for first, end in [*runs, (start, 1 << self.prefix_length)] if first < end]

    @cached_property
    def _ends(self) -> list[int]:
        """Return the number of blocks up to the end of each run."""
        return list(accumulate(end - first for first, end in self._runs))

    @property
    def size(self) -> int:
        """Return the number of blocks."""
        return self._ends[-1]

    def block(self, place: int) -> Block:
        """Return the block at a place in the frame, from 0."""
        run = bisect_right(self._ends, place)
        number = self._runs[run][1] - (self._ends[run] - place)
        return Block((number << (BITS - self.prefix_length), self.prefix_length))

    def draw(self, seed: int, blocks: int) -> list[Block]:
        """Return `blocks` blocks in the order of the draw. Raises `CamcensusError` when the frame has fewer."""
        if blocks > self.size:
            raise CamcensusError(
                f"collect.sample.blocks: found {blocks:,}; allowed: at most {self.size:,}, the public blocks of prefix "
                f"length {self.prefix_length}. Draw fewer, or collect with --mode download"
            )
        texts = (f"camcensus sample {seed} /{self.prefix_length} {n}" for n in count())
        places: dict[int, None] = {}
        while len(places) < blocks:
            places[int.from_bytes(hashlib.sha256(next(texts).encode()).digest()) % self.size] = None
        return [self.block(place) for place in places]
