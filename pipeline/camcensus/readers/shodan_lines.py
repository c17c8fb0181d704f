"""Read Shodan's own exports: one JSON banner in each line."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from camcensus.readers.lines import Line, RawFile, complete_line
from camcensus.readers.record import BYTES, RECORDS, Batch


class ShodanLines:
    """A file of banners, one in each line. `banner.py` names the fields that are read, so none is unknown."""

    def __init__(self, path: Path) -> None:
        self._raw = RawFile(path)
        self.unknown: Counter[str] = Counter()

    @property
    def damage(self) -> str | None:
        """Where the compressed stream broke off."""
        return self._raw.damage

    def batches(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Batch]:
        """Yield a record for each line, in batches."""
        first = 1
        batch: list[Line | bytes] = []
        size = 0
        for block in self._raw.blocks(on_bytes):
            lines = [block] if isinstance(block, Line) else block
            if batch and (len(batch) + len(lines) > RECORDS or size > BYTES):
                yield Batch(range(first, first + len(batch)), batch)
                first += len(batch)
                batch, size = [], 0
            batch += lines
            size += sum(len(line.data if isinstance(line, Line) else line) for line in lines)
            if first == 1 and isinstance(batch[0], bytes):
                batch[0] = complete_line(1, batch[0])  # it may begin with a byte order mark
        if batch:
            yield Batch(range(first, first + len(batch)), batch)
