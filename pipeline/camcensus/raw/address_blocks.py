"""The public IPv4 space as blocks, and which of them a sample holds.

The blocks are those of one prefix length with any address outside special space, in order of address: the frame. The
n-th draw (n = 0, 1, ...) is the SHA-256 of the text "camcensus sample SEED /LENGTH N", read as a number (big-endian),
modulo the size of the frame: the place of a block in it. A block that was drawn before is passed over. So the first
blocks of a seed are a simple random sample without replacement, the same on every machine, and more blocks only add to
fewer.
"""

import hashlib
import ipaddress
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, count

from camcensus.core.errors import CamcensusError
from camcensus.raw.special_addresses import special_ranges

BITS = 32
Block = ipaddress.IPv4Network


@dataclass(frozen=True)
class Frame:
    """All blocks of a prefix length (at most 24) that a sample may hold."""

    prefix_length: int

    @cached_property
    def _runs(self) -> list[tuple[int, int]]:
        """Runs of neighbouring blocks as numbers: the first, and the one after the last."""
        size = 1 << (BITS - self.prefix_length)
        runs = []
        start = 0
        for first, last in special_ranges(4):
            # Only blocks that lie in special space as a whole are no part of the frame.
            gone, after = -(-first // size), (last + 1) // size
            if after > gone:
                runs.append((start, gone))
                start = after
        return [(first, end) for first, end in [*runs, (start, 1 << self.prefix_length)] if first < end]

    @cached_property
    def _ends(self) -> list[int]:
        """How many blocks there are up to the end of each run."""
        return list(accumulate(end - first for first, end in self._runs))

    @property
    def size(self) -> int:
        """How many blocks there are."""
        return self._ends[-1]

    def block(self, place: int) -> Block:
        """The block at a place in the frame, from 0."""
        run = bisect_right(self._ends, place)
        number = self._runs[run][1] - (self._ends[run] - place)
        return Block((number << (BITS - self.prefix_length), self.prefix_length))

    def draw(self, seed: int, blocks: int) -> list[Block]:
        """So many blocks, in the order in which they are drawn. Raises `CamcensusError` when there are fewer."""
        if blocks > self.size:
            raise CamcensusError(
                f"collect.sample.blocks: found {blocks:,}; there are {self.size:,} public blocks of prefix length "
                f"{self.prefix_length}; draw at most that many, or collect with --mode download"
            )
        places: dict[int, None] = {}
        for n in count():
            if len(places) == blocks:
                break
            text = f"camcensus sample {seed} /{self.prefix_length} {n}"
            places[int.from_bytes(hashlib.sha256(text.encode()).digest()) % self.size] = None
        return [self.block(place) for place in places]
