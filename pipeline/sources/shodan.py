"""Shodan's own exports: one JSON banner a line."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.banner import DECODE, UNDECODED, Banner, Rejected, decode
from pipeline.lines import Line, RawFile, whole
from pipeline.sources.record import BYTES, RECORDS, Batch


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
        held: list[bytes] = []
        size = 0
        for block in self._raw.blocks(on_bytes):
            lines = [] if isinstance(block, Line) else block
            if held and (not lines or len(held) + len(lines) > RECORDS or size > BYTES):
                yield _batch(first, held)
                first += len(held)
                held, size = [], 0
            if isinstance(block, Line):
                yield Batch([first], [block], [found_in(block)])
                first += 1
            held += lines
            size += sum(map(len, lines))
        if held:
            yield _batch(first, held)


def _batch(first: int, lines: list[bytes]) -> Batch:
    """What stands in lines that are held whole, of which `first` is the number of the first."""
    found: list[Banner | Rejected | None] = []
    for number, line in enumerate(lines, first):
        try:
            # The first line may begin with a byte order mark.
            found.append(DECODE(line) if number > 1 else found_in(whole(1, line)))
        except UNDECODED:
            found.append(found_in(whole(number, line)))
    return Batch(range(first, first + len(lines)), lines, found)


def found_in(line: Line) -> Banner | Rejected | None:
    """The banner in a line, why there is none, or None for a blank line."""
    if reason := unheld(line):
        return Rejected(reason)
    if not line.data.strip():
        return None
    try:
        return decode(line.data)
    except Rejected as rejected:
        return rejected


def unheld(line: Line) -> str | None:
    """Why a line is not there whole; None when it is."""
    if line.too_long:
        return "too_long"
    return "cut_short" if line.cut_short else None
