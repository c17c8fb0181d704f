"""What every reader of raw files gives: one record after the other, each with its bytes and what it says."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from camcensus.readers.lines import Line, whole
from camcensus.readers.parsed_line import Found, parse_lines


class Record(NamedTuple):
    """One record of a raw file: one answer of one port, or what stands in its place.

    `number` counts from 1 and is the record's own in the file (`observations.line`). `line` has the record's bytes, as
    far as they are held, and the line that it begins on. `found` is the banner, why it is none, or None: it is blank.
    `file` is what `observations.file` says where several files are read as one.
    """

    number: int
    line: Line
    found: Found
    file: str | None = None


class Batch(NamedTuple):
    """Some consecutive records, in columns.

    `lines` has each record's `Line`, or the bytes of a line that is held whole, as they stand in the file. `said` is
    what they were found to hold; None where each is a line of JSON that nobody has looked into yet. `files` is there
    where several files are read as one. Picklable, so that another process can look into the lines.
    """

    numbers: Sequence[int]
    lines: Sequence[Line | bytes]
    said: Sequence[Found] | None = None
    files: Sequence[str | None] | None = None

    def found(self) -> Sequence[Found]:
        """What each record holds."""
        return parse_lines(self.lines) if self.said is None else self.said

    def line(self, place: int) -> Line:
        """The line of a record, by its place in the batch, from 0."""
        line = self.lines[place]
        return line if isinstance(line, Line) else whole(self.numbers[place], line)


class Reader(Protocol):
    """A raw file, read once. After reading, `damage` says where a compressed stream broke off, and `unknown` which
    fields nobody asked for, and in how many records (of some kinds of file: lines) each held something."""

    @property
    def damage(self) -> str | None:
        """Where the stream broke off; None: nowhere."""

    @property
    def unknown(self) -> Counter[str]:
        """Names of fields to records."""

    def batches(self, on_bytes: Callable[[int], None] = ...) -> Iterator[Batch]:
        """Every record in order, in bounded memory. `on_bytes` is told the compressed bytes read so far."""


# A batch ends after so many records, or so many bytes of them.
RECORDS = 4_000
BYTES = 32 << 20


def records(reader: Reader, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Record]:
    """The same records one by one."""
    for batch in reader.batches(on_bytes):
        files = batch.files or [None] * len(batch.numbers)
        yield from map(Record, batch.numbers, map(batch.line, range(len(batch.numbers))), batch.found(), files)


def in_batches(found: Iterable[Record]) -> Iterator[Batch]:
    """Records gathered into batches."""
    held: list[Record] = []
    size = 0
    for record in found:
        held.append(record)
        size += len(record.line.data)
        if len(held) >= RECORDS or size >= BYTES:
            yield Batch(*zip(*held, strict=True))
            held, size = [], 0
    if held:
        yield Batch(*zip(*held, strict=True))
