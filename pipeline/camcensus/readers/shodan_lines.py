"""Shodan's own exports: one JSON banner a line."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from camcensus.readers.lines import Line, RawFile, whole
from camcensus.readers.record import BYTES, RECORDS, Batch


class ShodanLines:
    """A file of banners, one a line. Fields that are not read are known not to be (`banner.py`), so none is unknown."""

    def __init__(self, path: Path) -> None:
        self._raw = RawFile(path)
        self.unknown: Counter[str] = Counter()

    @property
    def damage(self) -> str | None:
        """Where the compressed stream broke off."""
        return self._raw.damage

    def batches(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Batch]:
        """A record for each line."""
        first = 1
        held: list[Line | bytes] = []
        size = 0
        for block in self._raw.blocks(on_bytes):
            lines = [block] if isinstance(block, Line) else block
            if held and (len(held) + len(lines) > RECORDS or size > BYTES):
                yield Batch(range(first, first + len(held)), held)
                first += len(held)
                held, size = [], 0
            held += lines
            size += sum(len(line.data if isinstance(line, Line) else line) for line in lines)
            if first == 1 and isinstance(held[0], bytes):
                held[0] = whole(1, held[0])  # which may begin with a byte order mark
        if held:
            yield Batch(range(first, first + len(held)), held)
