"""Random numbers that depend only on a seed, a name and ids.

Each draw is a hash of (seed, name, ids), so any device's address in any year can be drawn alone, in any order and in
blocks of any size, with the same result. The hash is the finaliser of splitmix64 (Steele, Lea and Flood 2014), applied
once per id.
"""

import functools
import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Ids = Ints | Bits | int

_STEP = np.uint64(0x9E3779B97F4A7C15)
_ONE, _TWO = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_UNIT = 1.0 / (1 << 53)


@dataclass(frozen=True)
class Chance:
    """All draws of one world."""

    seed: int

    def bits(self, name: str, *ids: Ids) -> Bits:
        """Return 64 bits for each element of the ids, which are broadcast against each other."""
        state: Any = np.uint64(_number(name, self.seed))
        with np.errstate(over="ignore"):
            for each in ids:
                state = _mixed((np.asarray(each).astype(np.uint64) + _STEP) ^ state)
        return np.atleast_1d(state)

    def uniform(self, name: str, *ids: Ids) -> Floats:
        """Return numbers from [0, 1)."""
        return (self.bits(name, *ids) >> np.uint64(11)).astype(np.float64) * _UNIT

    def normal(self, name: str, *ids: Ids) -> Floats:
        """Return normal numbers of mean 0 and deviation 1 (Box and Muller)."""
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(name, *ids)))
        return np.asarray(radius * np.cos(2.0 * np.pi * self.uniform(f"{name} angle", *ids)), np.float64)

    def choice(self, name: str, weights: Floats, *ids: Ids) -> Ints:
        """Return indices drawn with these weights."""
        edges = np.cumsum(weights, dtype=np.float64)
        drawn = self.uniform(name, *ids) * edges[-1]
        found: Ints = np.searchsorted(edges[:-1], drawn, side="right").astype(np.int64)
        return found

    def integers(self, name: str, limit: Ints | int, *ids: Ids) -> Ints:
        """Return integers from 0 to below the limit."""
        found: Ints = (self.uniform(name, *ids) * np.asarray(limit)).astype(np.int64)
        return found


def _mixed(state: Any) -> Any:
    state = (state ^ (state >> np.uint64(30))) * _ONE
    state = (state ^ (state >> np.uint64(27))) * _TWO
    return state ^ (state >> np.uint64(31))


@functools.cache
def _number(name: str, seed: int) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed} {name}".encode(), digest_size=8).digest(), "big")
