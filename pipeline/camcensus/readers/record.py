"""What every reader of raw files gives: records, each with its bytes and its banner."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from camcensus.readers.banner import DECODE, UNDECODED, Banner, Rejected, decode
from camcensus.readers.lines import Line, RawFile, complete_line

# A batch ends after so many records, or so many bytes of them.
RECORDS = 4_000
BYTES = 32 << 20
Found = Banner | Rejected | None


class Record(NamedTuple):
    """One record of a raw file: one answer of one port, or what is in its place.

    `number` is the record's number in the file, from 1 (`observations.line`). `line` has the record's bytes, as far as
    they are kept, and the line that it begins on. `file` is the file's name (`observations.file`). `found` is the
    banner, why it is rejected, or None for a blank one.
    """

    number: int
    line: Line
    file: str
    found: Found


class Batch(NamedTuple):
    """Consecutive records, in columns. Picklable, so that another process can parse the lines.

    `lines` has each record's `Line`, or the bytes of a complete line as in the file. `parsed` has what they contain,
    unless each is a line of JSON that is not parsed yet.
    """

    numbers: Sequence[int]
    lines: Sequence[Line | bytes]
    files: Sequence[str]
    parsed: Sequence[Found] | None = None

    def found(self) -> Sequence[Found]:
        """Return what each record contains."""
        return parse_lines(self.lines) if self.parsed is None else self.parsed

    def line(self, place: int) -> Line:
        """Return the line of a record, by its place in the batch, from 0."""
        line = self.lines[place]
        return line if isinstance(line, Line) else complete_line(self.numbers[place], line)


class Reader(ABC):
    """A raw file, read once.

    After reading, `damage` says where the file broke off (None: nowhere), and `unknown` in how many
    records (some files: lines) each unknown field is filled.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        self.raw = RawFile(path, encoding)
        self.unknown: Counter[str] = Counter()

    @property
    def damage(self) -> str | None:
        """Where the file broke off."""
        return self.raw.damage

    @property
    def repairs(self) -> Counter[str]:
        """What was repaired, by kind (`lines.REPAIRS`)."""
        return self.raw.repairs

    @abstractmethod
    def batches(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Batch]:
        """Yield every record in order, in bounded memory. `on_bytes` gets the compressed bytes read so far."""

    def check_start(self) -> None:  # noqa: B027  the start of most formats shows nothing
        """Raise `InputError` when the start of the file shows that it is not of this format."""


def records(reader: Reader, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Record]:
    """Yield the records of a reader one by one."""
    for batch in reader.batches(on_bytes):
        yield from map(Record, batch.numbers, map(batch.line, range(len(batch.numbers))), batch.files, batch.found())


def in_batches(found: Iterable[Record]) -> Iterator[Batch]:
    """Yield records in batches."""
    batch: list[Record] = []
    size = 0
    for record in found:
        batch.append(record)
        size += len(record.line.data)
        if len(batch) >= RECORDS or size >= BYTES:
            yield Batch(*zip(*batch, strict=True))
            batch, size = [], 0
    if batch:
        yield Batch(*zip(*batch, strict=True))


def parse_lines(lines: Sequence[Line | bytes]) -> list[Found]:
    """Return what each line contains; bytes are a complete line, and not the first of its file."""
    found: list[Found] = []
    for line in lines:
        try:
            found.append(_parse(line) if isinstance(line, Line) else DECODE(line))
        except UNDECODED:
            found.append(_parse(complete_line(0, line)))  # type: ignore[arg-type]  # only bytes were decoded
    return found


def _parse(line: Line) -> Found:
    """Return the banner in a line, why it is rejected, or None for a blank line."""
    if line.fault:
        return Rejected(line.fault)
    if not line.data.strip():
        return None
    try:
        return decode(line.data)
    except Rejected as rejected:
        return Rejected(rejected.reason)
