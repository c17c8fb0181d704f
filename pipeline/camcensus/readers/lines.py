"""Read the lines of a raw file, compressed or not, in bounded memory.

A line longer than `LONGEST` is not kept: it is hashed and counted as it passes. A compressed stream that breaks off
gives all lines before the break.
"""

import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

import zstandard
from isal import isal_zlib

from camcensus.core.errors import InputError

LONGEST = 16 << 20
CHUNK = 256 << 10  # small enough to stay in a processor's cache while it is split
BOM = b"\xef\xbb\xbf"
ZSTD_WINDOW = 1 << 31  # for frames compressed with a long window (zstd --long)
# Bytes given to a decompressor at a time. They limit its output: gzip returns at most a thousand times as much, zstd
# more than ten thousand times.
FED = {".gz": 32 << 10, ".zst": 4 << 10}
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
        before = 0
        for block in self.blocks(on_bytes):
            if isinstance(block, Line):
                before = block.number
                yield block
            else:
                yield from (complete_line(number, data) for number, data in enumerate(block, before + 1))
                before += len(block)

    def blocks(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[list[bytes] | Line]:
        """Yield the same lines many at a time, which is faster: as between line feeds, for `complete_line` to clean.

        A line that is too long, or at which the stream breaks off, comes alone, as a `Line`.
        """
        number = 0
        pending = _PartialLine()
        for chunk in self._chunks(on_bytes):
            pieces = chunk.split(b"\n")
            rest = pieces.pop()
            start = 0
            for place in _unusual(pieces, pending):
                line = pending.finish(number + place + 1, pieces[place])
                pieces[place] = line.data
                if line.too_long:
                    yield from [pieces[start:place]] if place > start else []
                    yield line
                    start = place + 1
            yield from [pieces[start:]] if len(pieces) > start else []
            number += len(pieces)
            pending.add(rest)
        if pending.length:
            last = pending.finish(number + 1, b"")
            if not last.too_long and not self.damage:
                yield [last.data]
            else:
                last = last if last.too_long else complete_line(last.number, last.data)
                yield replace(last, cut_short=self.damage is not None)

    def _chunks(self, on_bytes: Callable[[int], None]) -> Iterator[bytes]:
        with self.path.open("rb") as raw:
            stream = open_stream(self.path, raw)
            while True:
                try:
                    # Not read(): that loses what it has read when a stream breaks off.
                    chunk = stream.read1(CHUNK)
                except DAMAGE as error:
                    self.damage = f"{self.path.name} breaks off near byte {raw.tell()}: {error}"
                    return
                if not chunk:
                    return
                yield chunk
                on_bytes(raw.tell())


def _unusual(pieces: list[bytes], pending: "_PartialLine") -> list[int]:
    """Return which lines began in an earlier chunk, or are too long."""
    if pieces and max(map(len, pieces)) > LONGEST:
        return [place for place, piece in enumerate(pieces) if len(piece) > LONGEST or (pending.length and not place)]
    return [0] if pieces and pending.length else []


class _PartialLine:
    """The part of a line that was in earlier chunks."""

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
        """Return the line that ends with `piece`, not cleaned."""
        self.add(piece)
        sha256 = self.hash.hexdigest() if self.length > self.kept else None
        line = Line(number, b"".join(self.parts), self.length, sha256)
        self._clear()
        return line


def complete_line(number: int, data: bytes) -> Line:
    """Return a complete line, without the file's byte order mark and the line's carriage return."""
    if number == 1:
        data = data.removeprefix(BOM)
    data = data.removesuffix(b"\r")
    return Line(number, data, len(data))


class _Members(io.RawIOBase):
    """A compressed stream of members (zstd: frames), one after the other.

    Unlike the libraries' readers it gives everything before a break, and reports when the last member breaks off.
    """

    def __init__(self, raw: BinaryIO, new: Callable[[], Any], fed: int) -> None:
        self._raw = raw
        self._new = new
        self._fed = fed
        self._member: Any = None
        self._rest = b""
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Decompress into `buffer`. Raises one of `DAMAGE`."""
        while not self._ready:
            given = self._rest or self._raw.read(self._fed)
            if not given and self._member is None:
                return 0
            if not given:
                raise EOFError("the end of the compressed stream is missing")
            self._rest = b""
            if self._member is None:
                given = given.lstrip(b"\0")  # padding, which gzip allows after a member
            if given:
                self._decompress(given)
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _decompress(self, given: bytes) -> None:
        if self._member is None:
            self._member = self._new()
        self._ready = memoryview(self._member.decompress(given))
        if self._member.eof:
            self._rest = self._member.unused_data
            self._member = None


def _gzip_member() -> Any:
    return isal_zlib.decompressobj(wbits=16 + isal_zlib.MAX_WBITS)


def _zstd_frame() -> Any:
    return zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()


def open_stream(path: Path, raw: BinaryIO) -> io.BufferedReader:
    """Return the decompressed stream of a raw file, chosen by its name. Raises `InputError` for an unknown ending."""
    name = path.name.lower()
    if not name.endswith(known := (*ENDINGS, *CSV_ENDINGS)):
        raise InputError(path, f"is of an unknown kind; names of raw files end in {', '.join(known)}")
    if name.endswith(".gz"):
        return io.BufferedReader(_Members(raw, _gzip_member, FED[".gz"]))
    if name.endswith(".zst"):
        return io.BufferedReader(_Members(raw, _zstd_frame, FED[".zst"]))
    return cast("io.BufferedReader", raw)


ENDINGS = (".json", ".jsonl", ".json.gz", ".jsonl.gz", ".json.zst", ".jsonl.zst")
CSV_ENDINGS = (".csv", ".csv.gz", ".csv.zst")
