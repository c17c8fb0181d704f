"""Read Shodan's files: exports of whatever shape, and pages of search results as the collector keeps them."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from camcensus.core.errors import IntegrityError
from camcensus.readers.documents import start_of, values
from camcensus.readers.lenient_json import decode, items
from camcensus.readers.lines import LONGEST, Block, Line, Lines, RawFile
from camcensus.readers.record import BYTES, RECORDS, Batch, Reader

DEEPEST = 3  # arrays of pages, and the like
# What a reply about a host says once for all of its banners.
_OF_HOST = ("ip_str", "ip", "ipv6", "asn", "org", "isp")
_OF_PLACE = ("country_code", "country_name", "city", "region_code")


class ShodanFile(Reader):
    """A file of banners: one in each line; or pages of results, replies about hosts, arrays, over lines or not.

    Its start decides which. `banner.py` names the fields that are read, so none is unknown.
    """

    def batches(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Batch]:
        """Yield a record for each banner or blank, in batches."""
        start = start_of(RawFile(self.path))
        if start.has_lines and not _holds_several(start.first):
            return self._lines(on_bytes)
        found = self.raw.lines(on_bytes) if start.has_lines else values(self.raw, on_bytes)
        return self._parts(chain.from_iterable(map(_parts_of, found)))

    def _lines(self, on_bytes: Callable[[int], None]) -> Iterator[Batch]:
        """Yield a record for each line."""
        first, lines, size = 1, 0, 0
        blocks: list[Block] = []
        for block in self.raw.blocks(on_bytes):
            if blocks and (lines + len(block.ends) > RECORDS or size > BYTES):
                yield self._batch(first, Lines(blocks))
                first, lines, size, blocks = first + lines, 0, 0, []
            blocks.append(block)
            lines += len(block.ends)
            size += block.ends[-1] + (len(block.first.data) if block.first else 0)
        if blocks:
            yield self._batch(first, Lines(blocks))

    def _parts(self, parts: Iterable[Line]) -> Iterator[Batch]:
        """Yield a record for each banner of pages, replies and arrays."""
        first, size = 1, 0
        batch: list[Line | bytes] = []
        for line in parts:
            batch.append(line)
            size += len(line.data)
            if len(batch) >= RECORDS or size >= BYTES:
                yield self._batch(first, batch)
                first += len(batch)
                batch, size = [], 0
        if batch:
            yield self._batch(first, batch)

    def _batch(self, first: int, lines: Sequence[Line | bytes]) -> Batch:
        return Batch(range(first, first + len(lines)), lines, [self.path.name] * len(lines))


def _holds_several(found: Any) -> bool:
    """Return whether decoded JSON is no banner but holds several."""
    return isinstance(found, list) or (
        isinstance(found, dict) and any(isinstance(found.get(name), list) for name in ("matches", "data"))
    )


def _parts_of(line: Line) -> Iterator[Line]:
    """Yield the banners of a value; a blank line for a page without any."""
    if line.fault:
        yield line
        return
    is_empty = True
    for data in _banners_in(line.data):
        is_empty = False
        yield Line(line.number, data[:LONGEST], len(data))
    if is_empty:
        yield Line(line.number, b"", 0)


class _Document(msgspec.Struct):
    """The lists of a page (`matches`) and of a reply about a host (`data`); each banner stays bytes."""

    matches: msgspec.Raw = msgspec.Raw(b"")
    data: msgspec.Raw = msgspec.Raw(b"")


_DOCUMENT = msgspec.json.Decoder(_Document).decode
_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw]).decode
_NOT_STRICT = (msgspec.MsgspecError, UnicodeError, RecursionError)


def _banners_in(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """Yield the banners of a JSON value as bytes: the value itself, unless it is a page, a reply or an array."""
    text = data.strip()
    if text.startswith(b"["):
        elements = _elements(text) if depth < DEEPEST else None
        if elements is None:
            yield text
        else:
            yield from chain.from_iterable(_banners_in(element, depth + 1) for element in elements)
    elif (matches := _listed(text, "matches")) is not None:
        yield from matches
    elif (banners := _listed(text, "data")) is not None:
        host = _object(text)
        yield from (_completed(banner, host) for banner in banners)
    else:
        yield text


def _listed(text: bytes, name: str) -> list[bytes] | None:
    """Return the elements of the list `name` of an object as bytes; None if it has no such list."""
    try:
        found = bytes(getattr(_DOCUMENT(text), name))
    except _NOT_STRICT:
        pass  # one banner with a lone surrogate must not cost the others
    else:
        return _elements(found) if found.startswith(b"[") else None
    try:
        return list(items(text, name))
    except (ValueError, RecursionError):
        return None


def _elements(array: bytes) -> list[bytes] | None:
    """Return the elements of an array as bytes; None if it is not JSON."""
    try:
        return [bytes(element) for element in _ELEMENTS(array)]
    except _NOT_STRICT:
        pass
    try:
        return list(items(array, None))
    except (ValueError, RecursionError):
        return None


def _completed(data: bytes, host: dict[str, Any]) -> bytes:
    """Return a banner of a reply about a host, with what the reply says once for all of them."""
    banner = _object(data)
    if not banner:
        return data
    lacking = {name: host[name] for name in _OF_HOST if host.get(name) and banner.get(name) in (None, "")}
    place = banner.get("location")
    if not (isinstance(place, dict) and place.get("country_code")):
        of_host = {name: host[name] for name in _OF_PLACE if host.get(name)}
        lacking |= {"location": {**(place if isinstance(place, dict) else {}), **of_host}} if of_host else {}
    return json.dumps(banner | lacking).encode() if lacking else data


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = decode(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


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
            page = [Line(n, data[:LONGEST], len(data)) for n, data in enumerate(_banners(path), 1)]
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


def _banners(path: Path) -> Iterable[bytes]:
    banners = _listed(read_page(path), "matches")
    if banners is None:
        raise IntegrityError(path, "is damaged: it is not JSON with a list of matches")
    return banners


def read_page(path: Path) -> bytes:
    """Return a page as received. Raises `IntegrityError` when it is damaged."""
    try:
        return zstandard.ZstdDecompressor().decompress(path.read_bytes())
    except (OSError, zstandard.ZstdError) as error:
        raise IntegrityError(path, f"is damaged: {error}") from None
