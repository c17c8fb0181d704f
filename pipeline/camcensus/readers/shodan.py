"""Read Shodan's files: exports, with a banner in each line, and pages of search results as the collector keeps them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import zstandard

from camcensus.core.errors import IntegrityError
from camcensus.readers.lenient_json import items
from camcensus.readers.lines import LONGEST, Line
from camcensus.readers.record import BYTES, RECORDS, Batch, Reader


class ShodanLines(Reader):
    """A file of banners, one in each line. `banner.py` names the fields that are read, so none is unknown."""

    def batches(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Batch]:
        """Yield a record for each line, in batches."""
        first, size = 1, 0
        batch: list[Line | bytes] = []
        for block in self.raw.blocks(on_bytes):
            if batch and (len(batch) + len(block) > RECORDS or size > BYTES):
                yield self._batch(first, batch)
                first += len(batch)
                batch, size = [], 0
            batch += block
            size += sum(len(line.data if isinstance(line, Line) else line) for line in block)
        if batch:
            yield self._batch(first, batch)

    def _batch(self, first: int, lines: list[Line | bytes]) -> Batch:
        return Batch(range(first, first + len(lines)), lines, [self.path.name] * len(lines))


class SearchPages(Reader):
    """Pages under a folder, in order, each a JSON object with a list of banners.

    A record's number is its place in its page, from 1; its file is the page's.
    """

    def __init__(self, path: Path, files: Sequence[str]) -> None:
        super().__init__(path)
        self._files = files

    def batches(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Batch]:
        """Yield the records of each page. Raises `IntegrityError` for a damaged page."""
        done = size = 0
        lines: list[Line] = []
        files: list[str] = []
        for file in self._files:
            path = self.path / file
            page = [Line(n, data[:LONGEST], len(data)) for n, data in enumerate(map(bytes, _banners(path)), 1)]
            lines += page
            files += [file] * len(page)
            size += sum(line.length for line in page)
            if len(lines) >= RECORDS or size >= BYTES:
                yield Batch([line.number for line in lines], lines, files)
                lines, files, size = [], [], 0
            done += path.stat().st_size
            on_bytes(done)
        if lines:
            yield Batch([line.number for line in lines], lines, files)


class _Page(msgspec.Struct):
    """A page, of which only the list is read; each banner stays bytes."""

    matches: list[msgspec.Raw]


_DECODE = msgspec.json.Decoder(_Page).decode


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
