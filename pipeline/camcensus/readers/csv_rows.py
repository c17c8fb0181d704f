"""Read the rows of a CSV file in bounded memory, without losing any.

An unclosed quote makes the csv module take the rest of the file for one cell. So where a row does not end (within
16 MiB, before the end of the file, or at a misplaced quote), each of its lines is read again as a row or rejected. No
line is read more than twice.
"""

import csv
from collections.abc import Iterator

from camcensus.readers.banner import Rejected
from camcensus.readers.lines import LONGEST, Line

PER_LINE = 256  # bytes of memory for a line in addition to its text, roughly
Row = tuple[Line, list[str] | Rejected]


class _Broken(Exception):
    """The row does not end."""


class _Lines:
    """An iterator over lines for the csv module that remembers the lines of the current row."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self.taken: list[Line] = []
        self._size = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.taken.append(line)
        self._size += line.length + PER_LINE
        if self._size > LONGEST or line.fault:
            raise _Broken
        return _text(line)

    def start_row(self) -> None:
        self.taken = []
        self._size = 0


def rows(lines: Iterator[Line], delimiter: str) -> Iterator[Row]:
    """Yield each row with its bytes: its cells (none for a blank row), or why it is rejected."""
    csv.field_size_limit(LONGEST + 1)  # of all cells in this process; the row limits a cell here
    feed = _Lines(lines)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.start_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _Broken):
            for line in feed.taken:
                yield line, _single_line(line, delimiter)
        else:
            line = _joined(feed.taken)
            yield line, _clean(cells) if line.data.strip() else []


def _single_line(line: Line, delimiter: str) -> list[str] | Rejected:
    """Return the cells of a row of one line."""
    if line.fault:
        return Rejected(line.fault)
    if not line.data.strip():
        return []
    try:
        return _clean(next(csv.reader([_text(line)], delimiter=delimiter, strict=True)))
    except csv.Error:
        return Rejected("bad_row")


def _text(line: Line) -> str:
    return line.data.decode("utf-8", "surrogateescape") + "\n"


def _clean(cells: list[str]) -> list[str] | Rejected:
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return Rejected("bad_encoding")
    return cells


def _joined(lines: list[Line]) -> Line:
    """Join the lines of a row; the row has the number of the first line."""
    if len(lines) == 1:
        return lines[0]
    data = b"\n".join(line.data for line in lines)
    return Line(lines[0].number, data, len(data))
