"""Number the distinct keys of rows: equal bytes, the same number. What a key is worth is decided once."""

import os
from typing import Any

import numpy as np
from numba import int64, uint64

from camcensus.ingest.kernels.compiling import kernel
from camcensus.ingest.kernels.memory import SLACK, copy, put, word_at
from camcensus.ingest.kernels.scan import _LOW

KEYS = 1 << 16  # keys that are remembered
BYTES = 48 << 20  # of all of them
# No file can be written so that its keys have equal hashes.
_SEED = int.from_bytes(os.urandom(8), "little")


@kernel
def hash_of(p, size, seed):
    """Return a hash of `size` bytes: two words at a time, so that one multiplication need not wait for the other."""
    first, second = seed ^ uint64(size), seed + uint64(0x9E3779B97F4A7C15)
    n = 0
    while n + 16 <= size:
        first = (first ^ word_at(p + n)) * uint64(0xA0761D6478BD642F)
        second = (second ^ word_at(p + n + 8)) * uint64(0xE7037ED1A0B428DB)
        first ^= first >> uint64(29)
        second ^= second >> uint64(31)
        n += 16
    while n < size:
        first = (first ^ (word_at(p + n) & _LOW[min(size - n, 8)])) * uint64(0xA0761D6478BD642F)
        first ^= first >> uint64(29)
        n += 8
    found = (first ^ (second >> uint64(17)) ^ (second << uint64(23))) * uint64(0x8EBC6AF09C88C6E3)
    return found ^ (found >> uint64(32))


@kernel
def is_same(p, q, size):
    """Return whether two texts of `size` bytes are equal."""
    n = 0
    while n + 8 <= size:
        if word_at(p + n) != word_at(q + n):
            return False
        n += 8
    return n == size or word_at(p + n) & _LOW[size - n] == word_at(q + n) & _LOW[size - n]


@kernel
def number_of(key, size, seed, slots, hashes, places, lengths, arena, state):
    """Return the number of the key of `size` bytes, which is kept at the end of the arena if it is new.

    `state` has the number of keys and of bytes. An empty slot is -1; there are more slots than keys.
    """
    found = hash_of(key, size, seed)
    slot = int64(found & uint64(len(slots) - 1))
    while slots[slot] >= 0:
        number = slots[slot]
        if hashes[number] == found and lengths[number] == size and is_same(arena + places[number], key, size):
            return number
        slot = (slot + 1) & (len(slots) - 1)
    number = state[0]
    if key != arena + state[1]:
        copy(arena + state[1], key, size)
    slots[slot], hashes[number], places[number], lengths[number] = number, found, state[1], size
    state[0] += 1
    state[1] += size
    return number


@kernel
def intern(
    base, starts, sizes, had, is_usual, columns, contexts, seed, numbers, slots, hashes, places, lengths, arena, state
):
    """Write the number of the key of each usual row.

    A key is which `contexts` the row has, and the spans of `columns`, each behind a zero byte, which
    is in no span; where there is one column and no context, the span alone. A row without any of them has the number
    -1.
    """
    is_span = len(columns) == 1 and contexts == 0
    for row in range(len(is_usual)):
        numbers[row] = -1
        if not is_usual[row]:
            continue
        blocks, total = had[row] & contexts, int64(0)
        for column in columns:
            total += sizes[row, column]
        if not blocks and not total:
            continue
        if is_span:
            key = base + starts[row, columns[0]]
            numbers[row] = number_of(key, total, seed, slots, hashes, places, lengths, arena, state)
            continue
        p = arena + state[1]
        for n in range(8):
            put(p + n, blocks >> 8 * n & 255)
        p += 8
        for column in columns:
            put(p, 0)
            copy(p + 1, base + starts[row, column], int64(sizes[row, column]))
            p += 1 + sizes[row, column]
        key = arena + state[1]
        numbers[row] = number_of(key, p - key, seed, slots, hashes, places, lengths, arena, state)


class Interner:
    """Distinct keys of many batches, in one arena, and their numbers.

    Contents decide nothing: it may be emptied between any two batches.
    """

    def __init__(self, columns: list[int], contexts: int) -> None:
        self._columns, self._contexts = np.array(columns, np.int64), contexts
        self._arena = np.empty(BYTES + SLACK, np.uint8)
        self._hashes, self._places = np.empty(KEYS, np.uint64), np.empty(KEYS, np.int64)
        self._lengths = np.empty(KEYS, np.int64)
        self.clear()

    def clear(self) -> None:
        """Forget all keys."""
        self._slots = np.full(2 * len(self._hashes), -1, np.int64)
        self._state = np.zeros(2, np.int64)

    @property
    def count(self) -> int:
        """The number of keys."""
        return int(self._state[0])

    @property
    def capacity(self) -> int:
        """How many keys it can hold."""
        return len(self._hashes)

    def make_room(self, rows: int, size: int) -> bool:
        """Be large enough for the keys of so many rows, of so many bytes. Return whether it forgot all keys for it."""
        needed = size + rows * (16 + len(self._columns)) + SLACK
        if self.count + rows <= self.capacity and int(self._state[1]) + needed <= len(self._arena):
            return False
        if needed > len(self._arena):
            self._arena = np.empty(needed, np.uint8)
        if rows > len(self._hashes):
            size = 1 << rows.bit_length()
            self._hashes, self._places = np.empty(size, np.uint64), np.empty(size, np.int64)
            self._lengths = np.empty(size, np.int64)
        self.clear()
        return True

    def numbers(self, base: int, starts: Any, sizes: Any, had: Any, is_usual: Any) -> Any:
        """Return the number of the key of each row; -1: it has none."""
        found = np.empty(len(is_usual), np.int64)
        intern(
            base, starts, sizes, had, is_usual, self._columns, self._contexts, np.uint64(_SEED), found, self._slots,
            self._hashes, self._places, self._lengths, self._arena.ctypes.data, self._state,
        )  # fmt: skip
        return found

    def keys(self, first: int) -> list[tuple[int, list[bytes]]]:
        """Return the keys from number `first`: the contexts of each, and its spans."""
        found = []
        for place, length in zip(
            self._places[first : self.count].tolist(), self._lengths[first : self.count].tolist(), strict=True
        ):
            key = self._arena[place : place + length].tobytes()
            is_span = len(self._columns) == 1 and not self._contexts
            found.append((0, [key]) if is_span else (int.from_bytes(key[:8], "little"), key[9:].split(b"\0")))
        return found
