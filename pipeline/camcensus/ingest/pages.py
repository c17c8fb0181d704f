"""Keep the start of web pages and the elements that `assets.py` lists, without personal data and control characters.

Pages are most of the text of a download, and most are those of the same devices, so each distinct one is read once.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from camcensus.ingest import privacy
from camcensus.ingest.assets import assets_of
from camcensus.ingest.text import PAGE, Memo, cut

START = PAGE + privacy.FURTHER  # read of a page: more than is kept, so that no personal data is cut in half


def _start_of(start: str | None) -> str | None:
    return cut(privacy.start_of(start, PAGE), PAGE) if start else None


_ASSETS, _STARTS = Memo(assets_of), Memo(_start_of)


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
    return pa.array(list(map(_STARTS.__getitem__, starts)), pa.string())
