"""Pages of search results, as the collector keeps them: each a JSON object with a list of banners."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from pipeline.collect.loose import items
from pipeline.collect.pages import read
from pipeline.errors import IntegrityError
from pipeline.lines import LONGEST, Line
from pipeline.sources.record import Batch, Record, in_batches
from pipeline.sources.shodan import found_in


class _Page(msgspec.Struct):
    """A page, of which only the list is read; each banner stays the bytes that it came as."""

    matches: list[msgspec.Raw]


_DECODE = msgspec.json.Decoder(_Page).decode


class SearchPages:
    """Pages under `raw`, one after the other. A record's number is its place in its page, from 1."""

    def __init__(self, raw: Path, files: Sequence[str]) -> None:
        self._raw = raw
        self._files = files
        self.unknown: Counter[str] = Counter()
        self.damage: str | None = None

    def batches(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Batch]:
        """The same records, gathered."""
        return in_batches(self._records(on_bytes))

    def _records(self, on_bytes: Callable[[int], None]) -> Iterator[Record]:
        """A record for each banner. Raises `IntegrityError` for a page that is not as it was received."""
        done = 0
        for file in self._files:
            path = self._raw / file
            for number, raw in enumerate(_banners(path), 1):
                data = bytes(raw)
                line = Line(number, data[:LONGEST], len(data))
                yield Record(number, line, found_in(line), file)
            done += path.stat().st_size
            on_bytes(done)


def _banners(path: Path) -> Iterable[msgspec.Raw | bytes]:
    body = read(path)
    try:
        return _DECODE(body).matches
    except msgspec.MsgspecError:
        pass  # one banner with half a character must not cost the other 99
    try:
        return list(items(body, "matches"))
    except (ValueError, RecursionError) as error:
        raise IntegrityError(path, f"is damaged: {error}") from None
