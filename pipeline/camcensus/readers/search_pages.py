"""Pages of search results, as the collector keeps them: each a JSON object with a list of banners."""

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
        """Records of each page. Raises `IntegrityError` for a page that is not as it was received."""
        done = 0
        held: list[tuple[int, Line, str]] = []
        for file in self._files:
            path = self._raw / file
            for number, raw in enumerate(_banners(path), 1):
                data = bytes(raw)
                held.append((number, Line(number, data[:LONGEST], len(data)), file))
            if sum(line.length for _, line, _ in held) >= BYTES or len(held) >= RECORDS:
                yield _batch(held)
                held = []
            done += path.stat().st_size
            on_bytes(done)
        if held:
            yield _batch(held)


def _batch(held: list[tuple[int, Line, str]]) -> Batch:
    numbers, lines, files = zip(*held, strict=True)
    return Batch(numbers, lines, files=files)


def _banners(path: Path) -> Iterable[msgspec.Raw | bytes]:
    body = read_page(path)
    try:
        return _DECODE(body).matches
    except msgspec.MsgspecError:
        pass  # one banner with half a character must not cost the other 99
    try:
        return list(items(body, "matches"))
    except (ValueError, RecursionError) as error:
        raise IntegrityError(path, f"is damaged: {error}") from None


def read_page(path: Path) -> bytes:
    """A page as received. Raises `IntegrityError` when it is damaged."""
    try:
        return zstandard.ZstdDecompressor().decompress(path.read_bytes())
    except (OSError, zstandard.ZstdError) as error:
        raise IntegrityError(path, f"is damaged: {error}") from None
