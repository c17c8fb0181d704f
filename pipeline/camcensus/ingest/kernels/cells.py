"""Write columns of texts as Arrow buffers: bytes are copied from where they are, once."""

from typing import Any

import numpy as np
import pyarrow as pa
from numba import int64

from camcensus.ingest.kernels.compiling import kernel
from camcensus.ingest.kernels.memory import copy


@kernel
def pick(numbers, places, lengths, at, sizes):
    """Give each row that has no text yet (size -1) the one of its key, where its key has one."""
    for row in range(len(numbers)):
        if sizes[row] < 0 and numbers[row] >= 0:
            at[row], sizes[row] = places[numbers[row]], lengths[numbers[row]]


@kernel
def lay_out(sizes, rows, offsets, valid):
    """Write the offsets and marks of the texts of `rows`. Return how many have none."""
    total, missing = int64(0), int64(0)
    for n in range(len(rows)):
        offsets[n] = total
        size = sizes[rows[n]]
        if size < 0:
            missing += 1
        else:
            total += size
            valid[n >> 3] |= 1 << (n & 7)
    offsets[len(rows)] = total
    return missing


@kernel
def gather(at, sizes, rows, offsets, to):
    """Copy the texts of `rows` to where their offsets say."""
    for n in range(len(rows)):
        if sizes[rows[n]] > 0:
            copy(to + offsets[n], at[rows[n]], int64(sizes[rows[n]]))


def text_array(at: Any, sizes: Any, rows: Any) -> pa.Array:
    """Return the texts of `rows` as an Arrow array; a size of -1 is null."""
    offsets, valid = np.empty(len(rows) + 1, np.int32), np.zeros((len(rows) + 7) // 8, np.uint8)
    missing = lay_out(sizes, rows, offsets, valid)
    if missing == len(rows):
        return pa.nulls(len(rows), pa.string())
    data = np.empty(offsets[-1], np.uint8)
    gather(at, sizes, rows, offsets, data.ctypes.data)
    marks = pa.py_buffer(valid) if missing else None
    return pa.Array.from_buffers(
        pa.string(), len(rows), [marks, pa.py_buffer(offsets), pa.py_buffer(data)], int(missing)
    )


class Texts:
    """The text that each key has in one column: where its bytes are, and how many; -1: none."""

    def __init__(self, keys: int) -> None:
        self.places, self.lengths = np.zeros(keys, np.int64), np.full(keys, -1, np.int32)
        self._held: list[bytes] = []

    def add(self, numbers: Any, texts: list[str]) -> None:
        """Keep the texts of keys."""
        encoded = [text.encode() for text in texts]
        lengths = np.array(list(map(len, encoded)), np.int64)
        held = b"".join(encoded)
        self._held.append(held)
        self.places[numbers] = np.frombuffer(held or b"\0", np.uint8).ctypes.data + np.cumsum(lengths) - lengths
        self.lengths[numbers] = lengths
