"""Find the JSON values of a file that is not one value per line, in bounded memory.

Values may extend over lines, follow each other without a separator, be elements of an array, or lack the array's
brackets. Each value is kept whole up to `DOCUMENT`; an array is not one value here, but each of its elements is.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from camcensus.readers.lenient_json import decode
from camcensus.readers.lines import LONGEST, Line, PartialLine, RawFile, without_marks

DOCUMENT = 64 << 20  # bytes of a JSON value that extends over lines
STARTS = 20  # lines that are tried
HEAD = 64 << 10  # bytes that are tried, and at least a line
# What is no value: separators, a byte order mark's bytes, and the brackets of an array around values.
_VALUE = re.compile(rb"[^\s,\x1e\xef\xbb\xbf\[\]]")
# Up to a bracket, over whole texts; and up to the end of a text. Possessive, so that no byte is read again.
_OUTSIDE = re.compile(rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+', re.DOTALL)
_INSIDE = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_RUBBISH = re.compile(rb"[^\n{\[\]]*+")
_OPEN, _QUOTE = b"{[", ord('"')
_OPENING = (b"{", b"[")
_CONTINUED = (b",", b"{", b"[", b":")  # how a line ends within a value


class Start(NamedTuple):
    """How a file begins: whether each line is one value, and the first that can be decoded (None: none)."""

    has_lines: bool
    first: Any = None


def start_of(raw: RawFile) -> Start:
    """Return how a file begins. It reads `raw`, which is then of no further use."""
    head = bytearray()
    for chunk in raw.chunks():
        head += chunk
        if len(head) > LONGEST or (len(head) > HEAD and b"\n" in head):
            break
    lines = (without_marks(line).strip() for line in bytes(head).split(b"\n", STARTS)[:STARTS])
    first, found, needed = b"", None, 1
    for text in filter(None, lines):
        value = decoded(text)
        if not first:
            first = text
            if isinstance(value, dict | list):
                return Start(has_lines=True, first=value)
            # The last element of an array that has one on each line can be decoded, too.
            needed = 2 if text.endswith(_CONTINUED) else 1
        elif isinstance(value, dict | list) and value:
            found = found or value
            needed -= 1
        if not needed:
            break
    return Start(has_lines=not needed or not first.startswith(_OPENING), first=found)


def decoded(text: bytes) -> Any:
    """Return the value in a text of JSON; None if it is not JSON."""
    try:
        return decode(text)
    except (ValueError, RecursionError):
        return None


def values(raw: RawFile, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Line]:
    """Yield each JSON value, with the number of the line on which it begins; what is between them is one, too."""
    splitter = _Splitter()
    for chunk in raw.chunks(on_bytes):
        yield from splitter.split(chunk)
    if rest := splitter.rest():
        if rest.cut_short and raw.damage is None:
            raw.damage = f"{raw.path.name} ends within the record that begins on line {rest.number:,}"
        yield rest


class _Splitter:
    """A scanner over chunks: between values, or inside one, `depth` brackets deep and perhaps in a text."""

    def __init__(self) -> None:
        self._line = 1
        self._value: PartialLine | None = None
        self._number = 1
        self._depth = 0
        self._in_text = False
        self._is_escaped = False
        self._is_rubbish = False

    def split(self, chunk: bytes) -> Iterator[Line]:
        """Yield the values that end in a chunk."""
        at = counted = 0
        while at < len(chunk):
            if self._value is None:
                found = _VALUE.search(chunk, at)
                if found is None:
                    break
                at = found.start()
                self._line += chunk.count(b"\n", counted, at)
                counted = at
                self._value, self._number = PartialLine(DOCUMENT), self._line
                self._is_rubbish = chunk[at : at + 1] not in (b"{", b'"')
            end, is_complete = self._end_of_rubbish(chunk, at) if self._is_rubbish else self._end(chunk, at)
            self._value.add(chunk[at:end])
            at = end
            if is_complete:
                yield self._value.line(self._number)
                self._value = None
        self._line += chunk.count(b"\n", counted)

    def rest(self) -> Line | None:
        """Return the value that the file ends in, if there is one."""
        if self._value is None:
            return None
        return self._value.line(self._number, cut_short=not self._is_rubbish)

    @staticmethod
    def _end_of_rubbish(chunk: bytes, at: int) -> tuple[int, bool]:
        found = _RUBBISH.match(chunk, at)
        end = found.end() if found else at
        return end, end < len(chunk)

    def _end(self, chunk: bytes, at: int) -> tuple[int, bool]:
        """Return where the value ends in a chunk, and whether it is complete there."""
        while at < len(chunk):
            if self._is_escaped:
                self._is_escaped = False
                at += 1
            elif self._in_text:
                inside = _INSIDE.match(chunk, at)
                at = inside.end() if inside else at
                if at == len(chunk):
                    break
                self._is_escaped = chunk[at : at + 1] == b"\\"  # its second byte is in the next chunk
                self._in_text = self._is_escaped
                at += 1
                if not self._in_text and not self._depth:
                    return at, True
            elif chunk[at] == _QUOTE and not self._depth:
                self._in_text = True  # the value is a text
                at += 1
            else:
                outside = _OUTSIDE.match(chunk, at)
                at = outside.end() if outside else at
                if at == len(chunk):
                    break
                mark = chunk[at]
                at += 1
                if mark == _QUOTE:
                    self._in_text = True  # it ends in a later chunk
                    continue
                self._depth += 1 if mark in _OPEN else -1
                if self._depth <= 0:
                    self._depth = 0
                    return at, True
        return len(chunk), False
