"""What is kept of web pages: their start, without what is personal and without control characters.

Pages are most of the text of a download, so they are worked on many at once and each distinct one once; only those in
which there is something to remove are looked at alone.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import privacy
from pipeline.textcolumns import GREETING, PAGE
from pipeline.texts import BEYOND, CONTROL_BEYOND_ASCII, cut

# How much of a page is looked at: a little more than is kept, so that nothing personal is cut before it is seen.
START = PAGE + GREETING
DELETE = 0x7F  # the one control character of ASCII that is no lower than the space


def kept_of(starts: Sequence[str | None]) -> pa.Array:
    """What is kept of pages, given the first `START` characters of each: for each a text, or null."""
    numbers: dict[str, int] = {}
    places = [None if start is None else numbers.setdefault(start, len(numbers)) for start in starts]
    return _cleaned(list(numbers)).take(pa.array(places, pa.int32()))


def cleaned(start: str) -> str | None:
    """What is kept of one page."""
    return cut(privacy.scrub(start), PAGE)


def _cleaned(starts: list[str]) -> pa.Array:
    """`cleaned` of each."""
    texts = pa.array(starts, pa.string())
    unusual = privacy.maybe_personal(texts, "|" + CONTROL_BEYOND_ASCII)
    one_by_one = [cleaned(starts[place]) for place in np.flatnonzero(unusual.to_numpy(zero_copy_only=False))]
    # What `cut` does, in the same order.
    looked_at = _spaced(pc.utf8_slice_codeunits(texts, 0, PAGE + BEYOND))
    kept = pc.utf8_rtrim_whitespace(pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(looked_at), 0, PAGE))
    said = pc.if_else(pc.equal(pc.binary_length(kept), 0), None, kept)
    return pc.replace_with_mask(said, unusual, pa.array(one_by_one, pa.string()))


def _spaced(texts: pa.Array) -> pa.Array:
    """The texts with a space for each control character of ASCII, which is one byte in UTF-8, and part of no other."""
    valid, offsets, data = texts.buffers()
    spaced = np.maximum(np.frombuffer(data or b"", np.uint8), ord(" "))
    spaced[spaced == DELETE] = ord(" ")
    return pa.Array.from_buffers(pa.string(), len(texts), [valid, offsets, pa.py_buffer(spaced)], offset=texts.offset)
