"""What every reader of raw files gives: one record after the other, each with its bytes and what it says."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from pipeline.banner import Banner, Rejected
from pipeline.lines import Line


class Record(NamedTuple):
    """One record of a raw file: one answer of one port, or what stands in its place.

    `number` counts from 1 and is the record's own in the file (`observations.line`). `line` has the record's bytes, as
    far as they are held, and the line that it begins on. `found` is the banner, why it is none, or None: it is blank.
    `file` is what `observations.file` says where several files are read as one.
    """

    number: int
    line: Line
    found: Banner | Rejected | None
    file: str | None = None


class Reader(Protocol):
    """A raw file, read once. After reading, `damage` says where a compressed stream broke off, and `unknown` which
    fields nobody asked for, and in how many records (of some kinds of file: lines) each held something."""

    @property
    def damage(self) -> str | None:
        """Where the stream broke off; None: nowhere."""

    @property
    def unknown(self) -> Counter[str]:
        """Names of fields to records."""

    def records(self, on_bytes: Callable[[int], None] = ...) -> Iterator[Record]:
        """Every record in order, in bounded memory. `on_bytes` is told the compressed bytes read so far."""
