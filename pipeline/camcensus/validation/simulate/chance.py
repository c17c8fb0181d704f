"""Numbers that look random and depend on nothing but a seed, a name and ids.

Each draw is a hash of (seed, name, ids), so any device's address in any year can be asked for alone, in any order and
in blocks of any size, and is always the same. The hash is the finaliser of splitmix64 (Steele, Lea and Flood 2014),
once for each id.
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
Ids = Ints | Bits | int

_STEP = np.uint64(0x9E3779B97F4A7C15)
_ONE, _TWO = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_UNIT = 1.0 / (1 << 53)


@dataclass(frozen=True)
class Chance:
    """All draws of one world."""

    seed: int

    def bits(self, name: str, *ids: Ids) -> Bits:
        """64 bits for each element of the ids, which are broadcast against each other."""
        state: Any = np.uint64(_number(name, self.seed))
        with np.errstate(over="ignore"):
            for each in ids:
                state = _mixed((np.asarray(each).astype(np.uint64) + _STEP) ^ state)
        return np.atleast_1d(state)

    def share(self, name: str, *ids: Ids) -> Floats:
        """Numbers evenly spread over [0, 1)."""
        return (self.bits(name, *ids) >> np.uint64(11)).astype(np.float64) * _UNIT

    def normal(self, name: str, *ids: Ids) -> Floats:
        """Normal numbers of mean 0 and deviation 1 (Box and Muller)."""
        radius = np.sqrt(-2.0 * np.log1p(-self.share(name, *ids)))
        return np.asarray(radius * np.cos(2.0 * np.pi * self.share(f"{name} angle", *ids)), np.float64)

    def pick(self, name: str, weights: Floats, *ids: Ids) -> Ints:
        """Indices drawn with these weights."""
        edges = np.cumsum(weights, dtype=np.float64)
        found: Ints = np.searchsorted(edges[:-1], self.share(name, *ids) * edges[-1], side="right").astype(np.int64)
        return found

    def below(self, name: str, limit: Ints | int, *ids: Ids) -> Ints:
        """Whole numbers from 0 up to, and without, the limit."""
        found: Ints = (self.share(name, *ids) * np.asarray(limit)).astype(np.int64)
        return found


def _mixed(state: Any) -> Any:
    state = (state ^ (state >> np.uint64(30))) * _ONE
    state = (state ^ (state >> np.uint64(27))) * _TWO
    return state ^ (state >> np.uint64(31))


@functools.cache
def _number(name: str, seed: int) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed} {name}".encode(), digest_size=8).digest(), "big")
