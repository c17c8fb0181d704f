"""Read the lines of a raw file, compressed or not, in bounded memory.

A line longer than `LONGEST` is not kept: it is hashed and counted as it passes. A compressed stream that breaks off
gives all lines before the break.
"""

import hashlib
import re
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast, overload

import zstandard
from isal import isal_zlib

from camcensus.core.errors import InputError
from camcensus.readers.encodings import as_utf8

ENDINGS = (".json", ".jsonl", ".json.gz", ".jsonl.gz", ".json.zst", ".jsonl.zst")
CSV_ENDINGS = (".csv", ".csv.gz", ".csv.zst")
LONGEST = 16 << 20
CHUNK = 256 << 10  # small enough to stay in a processor's cache while it is split
PADDING = bytes(128)  # behind lines in memory, so that many bytes can be looked at together
BOM = b"\xef\xbb\xbf"
SEPARATOR = b"\x1e"  # before each record of a JSON text sequence (RFC 7464)
_MARKS = re.compile(b"(?:%s|%s)+" % (BOM, SEPARATOR))
# What is repaired in a file, by kind: what one and what several of it are called.
REPAIRS = {
    "byte_order_mark": ("line began with a byte order mark", "lines began with a byte order mark"),
    "record_separator": ("line began with a record separator", "lines began with a record separator"),
    "utf_16": ("file was in UTF-16", "files were in UTF-16"),
    "utf_32": ("file was in UTF-32", "files were in UTF-32"),
}
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


class Block(NamedTuple):
    """Consecutive lines: pieces of a text with each and its line feed, and where the line feeds are in it.

    If the first line is more than its bytes it is given as `first`, and is empty in the text.
    """

    first: Line | None
    pieces: "tuple[bytes | bytearray | memoryview, ...]"
    ends: "array[int]"


class Lines(Sequence["Line | bytes"]):
    """Consecutive lines in one text: each as between line feeds, for `complete_line` to clean. Picklable.

    `data` has each line with a line feed behind it, at the places `ends`, and `PADDING` behind all. A line that is more
    than its bytes is in `others`, by its place; there, `data` has an empty one.
    """

    def __init__(self, blocks: Iterable[Block]) -> None:
        pieces: list[bytes | bytearray | memoryview] = []
        self.others: dict[int, Line] = {}
        self.ends = array("i")
        for block in blocks:
            if block.first:
                self.others[len(self.ends)] = block.first
            start = self.ends[-1] + 1 if self.ends else 0
            self.ends.extend(start + end for end in block.ends)
            pieces += block.pieces
        self.data = b"".join((*pieces, PADDING))

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, place: int) -> Line | bytes: ...
    @overload
    def __getitem__(self, place: slice) -> "list[Line | bytes]": ...
    def __getitem__(self, place: int | slice) -> "Line | bytes | list[Line | bytes]":
        if isinstance(place, slice):
            return [self[n] for n in range(len(self))[place]]
        start = self.ends[place - 1] + 1 if place else 0
        return self.others.get(place) or self.data[start : self.ends[place]]

    def __iter__(self) -> "Iterator[Line | bytes]":
        lines: list[Line | bytes] = self.data.split(b"\n")  # type: ignore[assignment]  # nothing else holds it
        lines.pop()
        for place, line in self.others.items():
            lines[place] = line
        return iter(lines)


class RawFile:
    """A raw file read once, line by line.

    `encoding`: of text that has no byte order mark. After reading, `damage` says where the file broke off, and
    `repairs` counts what was repaired by kind (`REPAIRS`).
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        self.damage: str | None = None
        self.repairs: Counter[str] = Counter()
        self._encoding = encoding

    def lines(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Line]:
        """Yield every line in order. `on_bytes` gets the compressed bytes read so far."""
        number = 1
        for block in self.blocks(on_bytes):
            for line in Lines([block]):
                yield line if isinstance(line, Line) else complete_line(number, line)
                number += 1

    def blocks(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Block]:
        """Yield the same lines many at a time, which is faster."""
        number, pending = 1, PartialLine()
        for chunk in self.chunks(on_bytes):
            ends = line_feeds(chunk)
            if not ends:
                pending.add(chunk)
                continue
            pending.add(chunk[: ends[0]])
            others: bytes | memoryview = memoryview(chunk)[ends[0] + 1 : ends[-1] + 1]
            after = array("i", (end - ends[0] for end in ends))
            if SEPARATOR in chunk or (not chunk.isascii() and BOM in chunk):
                others = b"\n".join([self._without_marks(line) for line in bytes(others).split(b"\n")])
                after = array("i", (0, *(end + 1 for end in line_feeds(others))))
            if number > 1 and pending.is_whole and not pending.data.startswith((BOM, SEPARATOR)):
                size = len(pending.data)
                yield Block(None, (pending.data, b"\n", others), array("i", (size + end for end in after)))
            else:
                yield Block(self._line(number, pending), (b"\n", others), after)
            number += len(ends)
            rest, pending = chunk[ends[-1] + 1 :], PartialLine()
            pending.add(rest)
        if pending.length:
            yield Block(self._line(number, pending, cut_short=self.damage is not None), (b"\n",), array("i", [0]))

    def _line(self, number: int, pending: "PartialLine", cut_short: bool = False) -> Line:
        line = pending.line(number, cut_short)
        if line.too_long or not line.data.startswith((BOM, SEPARATOR)):
            return line
        # At the start of a file a byte order mark is in its place.
        start = line.data.removeprefix(BOM) if number == 1 else line.data
        data = self._without_marks(start).removesuffix(b"\r")
        return Line(number, data, len(data), None, cut_short)

    def _without_marks(self, line: bytes) -> bytes:
        """Return a line without the marks before it, which are counted."""
        if found := _MARKS.match(line):
            self.repairs["byte_order_mark"] += BOM in found[0]
            self.repairs["record_separator"] += SEPARATOR in found[0]
            return line[found.end() :]
        return line

    def chunks(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
        """Yield the content of the file in pieces of UTF-8, decompressed."""
        size = min(CHUNK, LONGEST)  # so that only a line of several chunks can be too long
        with self.path.open("rb") as raw:
            try:
                for piece in as_utf8(_pieces(self.path, raw), self._encoding, self._found):
                    for start in range(0, len(piece), size):
                        yield piece[start : start + size]
                        on_bytes(raw.tell())
            except DAMAGE as error:
                self.damage = f"{self.path.name} breaks off near byte {raw.tell()}: {error}"

    def _found(self, encoding: str) -> None:
        self.repairs["utf_32" if encoding.startswith("utf-32") else "utf_16"] += 1


class PartialLine:
    """The part of a line, or of a JSON value, that is read; its first `longest` bytes are kept."""

    def __init__(self, longest: int | None = None) -> None:
        self._longest = longest or LONGEST
        self.data = bytearray()
        self._hash: Any = None  # of all bytes, once they are more than are kept
        self.length = 0

    @property
    def is_whole(self) -> bool:
        """Whether all that was added is kept."""
        return self.length == len(self.data)

    def add(self, piece: bytes) -> None:
        """Add the next piece."""
        self.length += len(piece)
        if self._hash is None and self.length > self._longest:
            self._hash = hashlib.sha256(self.data)
        if self._hash:
            self._hash.update(piece)
        self.data += piece[: self._longest - len(self.data)]

    def line(self, number: int, cut_short: bool = False) -> Line:
        """Return what was added as a line, without its carriage return."""
        data = bytes(self.data)
        if not self.is_whole:
            return Line(number, data, self.length, self._hash.hexdigest(), cut_short)
        data = data.removesuffix(b"\r")
        return Line(number, data, len(data), None, cut_short)


def line_feeds(text: bytes) -> "array[int]":
    """Return where the line feeds are, faster than any other way that Python has."""
    found = array("i")
    end = text.find(b"\n")
    while end >= 0:
        found.append(end)
        end = text.find(b"\n", end + 1)
    return found


def without_marks(line: bytes) -> bytes:
    """Return a line without the byte order marks and record separators before it."""
    return _MARKS.sub(b"", line, count=1) if line.startswith((BOM, SEPARATOR)) else line


def complete_line(number: int, data: bytes) -> Line:
    """Return a complete line, without its carriage return."""
    data = data.removesuffix(b"\r")
    return Line(number, data, len(data))


def repairs_text(repairs: Mapping[str, int]) -> str:
    """Return what was repaired as text, such as "3 lines began with a byte order mark"."""
    return ", ".join(f"{n:,} {REPAIRS[kind][n > 1]}" for kind, n in sorted(repairs.items()) if n)


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
