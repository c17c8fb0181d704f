"""Shodan's own exports: one JSON banner a line."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.banner import Banner, Rejected, decode
from pipeline.lines import Line, RawFile
from pipeline.sources.record import Record


class ShodanLines:
    """A file of banners, one a line. Fields that are not read are known not to be (`banner.py`), so none is unknown."""

    def __init__(self, path: Path) -> None:
        self._raw = RawFile(path)
        self.unknown: Counter[str] = Counter()

    @property
    def damage(self) -> str | None:
        """Where the compressed stream broke off."""
        return self._raw.damage

    def records(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Record]:
        """A record for each line."""
        for line in self._raw.lines(on_bytes):
            yield Record(line.number, line, found_in(line))


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
