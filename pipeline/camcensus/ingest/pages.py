"""Keep the start of web pages and the elements that `assets.py` lists, without personal data and control characters.

Pages are most of the text of a download, so they are cleaned many at a time and each distinct one once; only pages with
something to remove are cleaned one by one.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from camcensus.ingest import privacy
from camcensus.ingest.assets import assets_of
from camcensus.ingest.text import BEYOND, CONTROL_BEYOND_ASCII, PAGE, Memo, printable

START = PAGE + privacy.FURTHER  # read of a page: more than is kept, so that no personal data is cut in half
DELETE = 0x7F  # the one control character of ASCII that is no lower than the space

# Most pages are those of the same devices.
_ASSETS = Memo(assets_of)
_IMPERSONAL: Memo[str] = Memo(partial(privacy.start_of, longest=PAGE))


class Pages(NamedTuple):
    """What is kept of pages, a cell for each: the start, the elements that are listed, whether some of them are cut."""

    starts: pa.Array
    assets: pa.Array
    is_cut: pa.Array


def read_pages(pages: Sequence[str | None], kept: Mapping[str | None, str | None]) -> Pages:
    """Return what is kept of pages, each distinct one read once. `kept`: the elements of a page to what is kept."""
    numbers: dict[str, int] = {}
    places = [None if page is None else numbers.setdefault(page, len(numbers)) for page in pages]
    found = list(map(_ASSETS.__getitem__, numbers))
    rows = pa.array(places, pa.int32())
    return Pages(
        clean_pages([page[:START] for page in numbers]).take(rows),
        pa.array([kept[assets] for assets, _ in found], pa.string()).take(rows),
        pa.array([is_cut for _, is_cut in found], pa.bool_()).take(rows),
    )


def clean_pages(starts: Sequence[str | None]) -> pa.Array:
    """Return what is kept of each page (null: nothing), from its first `START` characters."""
    numbers: dict[str, int] = {}
    places = [None if start is None else numbers.setdefault(start, len(numbers)) for start in starts]
    texts = pc.utf8_slice_codeunits(_impersonal(list(numbers)), 0, PAGE + BEYOND)
    kept = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(_spaced(texts)), 0, PAGE)
    kept = pc.utf8_rtrim_whitespace(kept)
    return pc.if_else(pc.equal(pc.binary_length(kept), 0), None, kept).take(pa.array(places, pa.int32()))


def _impersonal(starts: list[str]) -> pa.Array:
    """Remove personal data, and replace control characters beyond ASCII by spaces."""
    texts = pa.array(list(map(_IMPERSONAL.__getitem__, starts)), pa.string())
    unusual = pc.match_substring_regex(texts, CONTROL_BEYOND_ASCII)
    if not pc.any(unusual).as_py():
        return texts
    return pa.array([printable(text) if text else text for text in texts.to_pylist()], pa.string())


def _spaced(texts: pa.Array) -> pa.Array:
    """Replace ASCII control characters by spaces; in UTF-8 each is one byte, and part of no other character."""
    valid, offsets, data = texts.buffers()
    spaced = np.maximum(np.frombuffer(data or b"", np.uint8), ord(" "))
    spaced[spaced == DELETE] = ord(" ")
    return pa.Array.from_buffers(pa.string(), len(texts), [valid, offsets, pa.py_buffer(spaced)], offset=texts.offset)
