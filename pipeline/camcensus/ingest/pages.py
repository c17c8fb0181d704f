"""What is kept of web pages: their start, without what is personal and without control characters.

Pages are most of the text of a download, so they are worked on many at once and each distinct one once; only those in
which there is something to remove are looked at alone.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from camcensus.ingest import privacy
from camcensus.ingest.text import BEYOND, CONTROL_BEYOND_ASCII, printable
from camcensus.ingest.text_columns import PAGE

# How much of a page is looked at: more than is kept, so that nothing personal is cut before it is seen.
START = PAGE + privacy.FURTHER
DELETE = 0x7F  # the one control character of ASCII that is no lower than the space


def clean_pages(starts: Sequence[str | None]) -> pa.Array:
    """What is kept of pages, given the first `START` characters of each: for each a text, or null."""
    numbers: dict[str, int] = {}
    places = [None if start is None else numbers.setdefault(start, len(numbers)) for start in starts]
    texts = pc.utf8_slice_codeunits(_impersonal(list(numbers)), 0, PAGE + BEYOND)
    kept = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(_spaced(texts)), 0, PAGE)
    kept = pc.utf8_rtrim_whitespace(kept)
    return pc.if_else(pc.equal(pc.binary_length(kept), 0), None, kept).take(pa.array(places, pa.int32()))


def _impersonal(starts: list[str]) -> pa.Array:
    """The texts without what is personal, and with a space for each control character beyond ASCII."""
    texts = pa.array(starts, pa.string())
    unusual = privacy.maybe_personal(texts, "|" + CONTROL_BEYOND_ASCII).to_numpy(zero_copy_only=False)
    if not unusual.any():
        return texts
    impersonal = list(starts)
    for place in np.flatnonzero(unusual).tolist():
        impersonal[place] = printable(privacy.start_of(starts[place], PAGE))
    return pa.array(impersonal, pa.string())


def _spaced(texts: pa.Array) -> pa.Array:
    """The texts with a space for each control character of ASCII, which is one byte in UTF-8, and part of no other."""
    valid, offsets, data = texts.buffers()
    spaced = np.maximum(np.frombuffer(data or b"", np.uint8), ord(" "))
    spaced[spaced == DELETE] = ord(" ")
    return pa.Array.from_buffers(pa.string(), len(texts), [valid, offsets, pa.py_buffer(spaced)], offset=texts.offset)
