"""Read pages of search results as the collector keeps them: each a JSON object with a list of banners."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import zstandard

from camcensus.core.errors import IntegrityError
from camcensus.readers.lenient_json import items
from camcensus.readers.lines import LONGEST, Line
from camcensus.readers.record import BYTES, RECORDS, Batch


class _Page(msgspec.Struct):
    """A page, of which only the list is read; each banner stays bytes."""

    matches: list[msgspec.Raw]


_DECODE = msgspec.json.Decoder(_Page).decode


class SearchPages:
    """Pages under `raw`, in order. A record's number is its place in its page, from 1."""

    def __init__(self, raw: Path, files: Sequence[str]) -> None:
        self._raw = raw
        self._files = files
        self.unknown: Counter[str] = Counter()
        self.damage: str | None = None

    def batches(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Batch]:
        """Yield the records of each page. Raises `IntegrityError` for a damaged page."""
        done = 0
        numbers: list[int] = []
        lines: list[Line] = []
        files: list[str] = []
        for file in self._files:
            path = self._raw / file
            banners = [bytes(raw) for raw in _banners(path)]
            numbers += range(1, len(banners) + 1)
            lines += (Line(number, data[:LONGEST], len(data)) for number, data in enumerate(banners, 1))
            files += [file] * len(banners)
            if len(lines) >= RECORDS or sum(line.length for line in lines) >= BYTES:
                yield Batch(numbers, lines, files=files)
                numbers, lines, files = [], [], []
            done += path.stat().st_size
            on_bytes(done)
        if lines:
            yield Batch(numbers, lines, files=files)


def _banners(path: Path) -> Iterable[msgspec.Raw | bytes]:
    body = read_page(path)
    try:
        return _DECODE(body).matches
    except msgspec.MsgspecError:
        pass  # one banner with a lone surrogate must not cost the other 99
    try:
        return list(items(body, "matches"))
    except (ValueError, RecursionError) as error:
        raise IntegrityError(path, f"is damaged: {error}") from None


def read_page(path: Path) -> bytes:
    """Return a page as received. Raises `IntegrityError` when it is damaged."""
    try:
        return zstandard.ZstdDecompressor().decompress(path.read_bytes())
    except (OSError, zstandard.ZstdError) as error:
        raise IntegrityError(path, f"is damaged: {error}") from None
