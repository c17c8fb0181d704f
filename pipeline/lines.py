"""Lines of a raw file, whatever its compression, in bounded memory.

A line longer than `LONGEST` is not held: it is hashed and counted as it passes. A compressed stream that breaks off
gives all lines before the break, then says where it broke.
"""

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import zstandard
from isal import igzip, isal_zlib

from pipeline.errors import InputError

LONGEST = 16 << 20
CHUNK = 4 << 20
BOM = b"\xef\xbb\xbf"
# Frames compressed with a long window (zstd --long) do not open with the default one.
ZSTD_WINDOW = 1 << 31
# isal's stubs call its error class an instance.
_ISAL: type[Exception] = cast(Any, isal_zlib).IsalError
DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error, _ISAL, zstandard.ZstdError)


@dataclass(frozen=True)
class Line:
    """One line without its end. `data` keeps its first `LONGEST` bytes; `length` and `sha256` are of the whole."""

    number: int
    data: bytes
    length: int
    sha256: str | None = None
    cut_short: bool = False

    @property
    def too_long(self) -> bool:
        """The line was longer than what is held."""
        return self.length > len(self.data)


class RawFile:
    """A raw file read once, line by line. After reading, `damage` says where a compressed stream broke off."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage: str | None = None

    def lines(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Line]:
        """Every line in order. `on_bytes` is told the compressed bytes read so far."""
        number = 0
        held = _Held()
        for chunk in self._chunks(on_bytes):
            pieces = chunk.split(b"\n")
            for piece in pieces[:-1]:
                number += 1
                yield held.finish(number, piece)
            held.add(pieces[-1])
        if held.length or self.damage:
            number += 1
            last = held.finish(number, b"")
            yield Line(number, last.data, last.length, last.sha256, cut_short=self.damage is not None)

    def _chunks(self, on_bytes: Callable[[int], None]) -> Iterator[bytes]:
        with self.path.open("rb") as raw:
            stream = open_stream(self.path, raw)
            first = True
            while True:
                try:
                    chunk = stream.read(CHUNK)
                except DAMAGE as error:
                    self.damage = f"{self.path.name} breaks off near byte {raw.tell()}: {error}"
                    return
                if not chunk:
                    return
                yield chunk.removeprefix(BOM) if first else chunk
                first = False
                on_bytes(raw.tell())


class _Held:
    """The part of a line that came with earlier chunks."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self.parts: list[bytes] = []
        self.kept = 0
        self.length = 0
        self.hash = hashlib.sha256()

    def add(self, piece: bytes) -> None:
        if not piece:
            return
        room = LONGEST - self.kept
        if room > 0:
            self.parts.append(piece[:room])
            self.kept += len(self.parts[-1])
        self.length += len(piece)
        self.hash.update(piece)

    def finish(self, number: int, piece: bytes) -> Line:
        if not self.length:
            return Line(number, piece.removesuffix(b"\r"), len(piece.removesuffix(b"\r")))
        self.add(piece)
        data = b"".join(self.parts)
        if self.length == self.kept:
            data = data.removesuffix(b"\r")
            line = Line(number, data, len(data))
        else:
            line = Line(number, data, self.length, self.hash.hexdigest())
        self._clear()
        return line


def open_stream(path: Path, raw: BinaryIO) -> BinaryIO:
    """The decompressed stream of a raw file, chosen by its name. Raises `InputError` for a kind it does not know."""
    name = path.name.lower()
    if name.endswith((".json", ".jsonl")):
        return raw
    if name.endswith((".json.gz", ".jsonl.gz")):
        return cast(BinaryIO, cast(Any, igzip).open(raw, "rb"))
    if name.endswith((".json.zst", ".jsonl.zst")):
        reader = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).stream_reader(raw, read_across_frames=True)
        return cast(BinaryIO, reader)
    raise InputError(path, f"is of an unknown kind; {KINDS}")


ENDINGS = (".json", ".jsonl", ".json.gz", ".jsonl.gz", ".json.zst", ".jsonl.zst")
KINDS = f"give files that hold one banner a line and end in {', '.join(ENDINGS)}"
