"""Rows of a CSV file, in bounded memory, none of them lost.

The csv module finds where a row ends; lines are remembered until it has. A quote that is not closed would make it
take the rest of the file for one cell. So where a row does not come to its end (16 MiB on, or before the file ends, or
at a quote in the wrong place), each line it has run over is read again on its own: the lines that are rows are rows,
the others are refused. No line is read more than twice.
"""

import csv
from collections.abc import Iterator

from camcensus.readers.banner import Rejected
from camcensus.readers.lines import LONGEST, Line
from camcensus.readers.parsed_line import why_incomplete

# What a line costs in memory beside its bytes, roughly.
PER_LINE = 256
Row = tuple[Line, list[str] | Rejected]


class _Broken(Exception):
    """The row does not come to its end."""


class _Lines:
    """Lines as the csv module takes them, and those it took for the row at hand."""

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
        if self._size > LONGEST or why_incomplete(line):
            raise _Broken
        return _text(line)

    def forget(self) -> None:
        """A new row begins."""
        self.taken = []
        self._size = 0


def rows(lines: Iterator[Line], delimiter: str) -> Iterator[Row]:
    """Every row with the bytes it was read from: its cells (none: it is blank), or why it is none."""
    # The module's own limit, of all cells in this process; a cell is bounded here by its row.
    csv.field_size_limit(LONGEST + 1)
    feed = _Lines(lines)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.forget()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _Broken):
            for line in feed.taken:
                yield line, _alone(line, delimiter)
        else:
            line = _joined(feed.taken)
            yield line, _clean(cells) if line.data.strip() else []


def _alone(line: Line, delimiter: str) -> list[str] | Rejected:
    """The cells of a line that is a row of its own."""
    if reason := why_incomplete(line):
        return Rejected(reason)
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
    """The lines of one row as one; it begins where the first does."""
    if len(lines) == 1:
        return lines[0]
    data = b"\n".join(line.data for line in lines)
    return Line(lines[0].number, data, len(data))
