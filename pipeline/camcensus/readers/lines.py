"""Read the lines of a raw file, compressed or not, in bounded memory.

A line longer than `LONGEST` is not kept: it is hashed and counted as it passes. A compressed stream that breaks off
gives all lines before the break.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, cast

import zstandard
from isal import isal_zlib

from camcensus.core.errors import InputError

ENDINGS = (".json", ".jsonl", ".json.gz", ".jsonl.gz", ".json.zst", ".jsonl.zst")
CSV_ENDINGS = (".csv", ".csv.gz", ".csv.zst")
LONGEST = 16 << 20
CHUNK = 256 << 10  # small enough to stay in a processor's cache while it is split
BOM = b"\xef\xbb\xbf"
ZSTD_WINDOW = 1 << 31  # for frames compressed with a long window (zstd --long)
# Bytes given to a decompressor at a time. They limit its output: gzip returns at most a thousand times as much, zstd
# more than ten thousand times.
FED = {".gz": 32 << 10, ".zst": 4 << 10}
MEMBER: dict[str, Callable[[], Any]] = {
    ".gz": lambda: isal_zlib.decompressobj(wbits=16 + isal_zlib.MAX_WBITS),
    ".zst": lambda: zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj(),
}
# isal's stubs call its error class an instance.
_ISAL: type[Exception] = cast("Any", isal_zlib).IsalError
DAMAGE = (EOFError, zlib.error, _ISAL, zstandard.ZstdError)


@dataclass(frozen=True)
class Line:
    """One line without its end. `data` has its first `LONGEST` bytes; `length` and `sha256` are of all its bytes."""

    number: int
    data: bytes
    length: int
    sha256: str | None = None
    cut_short: bool = False

    @property
    def too_long(self) -> bool:
        """Whether the line was longer than `data`."""
        return self.length > len(self.data)

    @property
    def fault(self) -> str | None:
        """Why `data` is not the complete line (a code of `ingest.records.REASONS`); None: it is."""
        return "too_long" if self.too_long else "cut_short" if self.cut_short else None


class RawFile:
    """A raw file read once, line by line. After reading, `damage` says where a compressed stream broke off."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage: str | None = None

    def lines(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Line]:
        """Yield every line in order. `on_bytes` gets the compressed bytes read so far."""
        for number, line in enumerate(chain.from_iterable(self.blocks(on_bytes)), 1):
            yield line if isinstance(line, Line) else complete_line(number, line)

    def blocks(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[list[Line | bytes]]:
        """Yield the same lines many at a time, which is faster: as between line feeds, for `complete_line` to clean.

        The first of each block is a `Line`, since earlier chunks may have its beginning.
        """
        number, pending = 1, _PartialLine()
        for chunk in self._chunks(on_bytes):
            first, *others = chunk.split(b"\n")
            pending.add(first)
            if others:
                rest = others.pop()
                yield [pending.line(number), *others]
                number += 1 + len(others)
                pending = _PartialLine()
                pending.add(rest)
        if pending.length:
            yield [pending.line(number, cut_short=self.damage is not None)]

    def _chunks(self, on_bytes: Callable[[int], None]) -> Iterator[bytes]:
        size = min(CHUNK, LONGEST)  # so that only a line of several chunks can be too long
        with self.path.open("rb") as raw:
            try:
                for piece in _pieces(self.path, raw):
                    for start in range(0, len(piece), size):
                        yield piece[start : start + size]
                        on_bytes(raw.tell())
            except DAMAGE as error:
                self.damage = f"{self.path.name} breaks off near byte {raw.tell()}: {error}"


class _PartialLine:
    """The part of a line that is read."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._hash = hashlib.sha256()
        self.length = 0

    def add(self, piece: bytes) -> None:
        self._kept += piece[: LONGEST - len(self._kept)]
        self._hash.update(piece)
        self.length += len(piece)

    def line(self, number: int, cut_short: bool = False) -> Line:
        data = bytes(self._kept)
        if self.length > len(data):
            return Line(number, data, self.length, self._hash.hexdigest(), cut_short)
        data = _clean(number, data)
        return Line(number, data, len(data), None, cut_short)


def complete_line(number: int, data: bytes) -> Line:
    """Return a complete line, without the file's byte order mark and the line's carriage return."""
    data = _clean(number, data)
    return Line(number, data, len(data))


def _clean(number: int, data: bytes) -> bytes:
    return (data.removeprefix(BOM) if number == 1 else data).removesuffix(b"\r")


def _pieces(path: Path, raw: BinaryIO) -> Iterator[bytes]:
    """Yield the content of a raw file, whose name says how it is compressed. Raises `InputError` for another ending."""
    name = path.name.lower()
    if not name.endswith(known := (*ENDINGS, *CSV_ENDINGS)):
        raise InputError(path, f"is of an unknown kind; names of raw files end in {', '.join(known)}")
    ending = next((ending for ending in MEMBER if name.endswith(ending)), None)
    return _decompressed(raw, ending) if ending else iter(lambda: raw.read(CHUNK), b"")


def _decompressed(raw: BinaryIO, ending: str) -> Iterator[bytes]:
    """Yield what a stream of compressed members (zstd: frames) contains.

    Unlike the libraries' readers it gives everything before a break, and reports when the last member breaks off.
    Raises one of `DAMAGE`.
    """
    member: Any = None
    rest = b""
    while given := rest or raw.read(FED[ending]):
        rest = b""
        if member is None:
            given = given.lstrip(b"\0")  # padding, which gzip allows after a member
            if not given:
                continue
            member = MEMBER[ending]()
        yield member.decompress(given)
        if member.eof:
            member, rest = None, member.unused_data
    if member is not None:
        raise EOFError("the end of the compressed stream is missing")
