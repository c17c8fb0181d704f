"""Shodan Trends from one set of banners: how many there were in each month since 2017-06.

Banners that span more than a year count in the month of their timestamp. A snapshot has no history, so one is made up:
a hash of address and port draws the first month of each banner, such that a fifth exists at the start and all at the
end. The same banner always has the same history, so facets and disjoint queries add up.
"""

import re
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from camcensus.core.query import FILTERS, NOT_IN_TRENDS
from camcensus.validation.loopback.index import LONG, Index, Mask

FIRST = "2017-06"
AT_START = 0.2
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
TREND_FILTERS = tuple(name for name in FILTERS if name not in NOT_IN_TRENDS)
NO_FACET = LONG | {"after", "before", "has_screenshot", "has_ssl", "net"}
TREND_FACETS = tuple(name for name in TREND_FILTERS if name not in NO_FACET | {"cpe"})


class History:
    """The history of an index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        stamped = sorted({month for month in index.months if _MONTH.fullmatch(month) and month >= FIRST})
        self.months = _months(FIRST, stamped[-1] if stamped else FIRST)
        self._dated = len(stamped) > 12
        if self._dated:
            place = {month: i for i, month in enumerate(self.months)}
            since = [place.get(month, -1) for month in index.months]
        else:
            since = [_first_month(f"{host}:{port}", len(self.months)) for host, port, _ in index.places]
        self._since: npt.NDArray[np.int32] = np.array(since, np.int32)

    def reply(self, mask: Mask, facets: Sequence[tuple[str, int]]) -> dict[str, Any]:
        """Return the reply for the rows in the mask. `facets`: names and sizes; `total` is the sum over all months."""
        months = [mask & self._present(i) for i in range(len(self.months))]
        counts = [int(month.sum()) for month in months]
        matches = [{"month": month, "count": count} for month, count in zip(self.months, counts, strict=True)]
        found: dict[str, Any] = {"total": sum(counts), "matches": matches}
        if facets:
            found["facets"] = {name: self._facet(name, size, months) for name, size in facets}
        return found

    def _present(self, month: int) -> Mask:
        return self._since == month if self._dated else self._since <= month

    def _facet(self, name: str, size: int, masks: list[Mask]) -> list[dict[str, Any]]:
        values = [
            [{"value": value, "count": count} for value, count in self._index.facet(name, mask)[:size]]
            for mask in masks
        ]
        return [{"key": month, "values": each} for month, each in zip(self.months, values, strict=True)]


def _months(first: str, last: str) -> list[str]:
    start, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return [f"{number // 12}-{number % 12 + 1:02}" for number in range(start, end + 1)]


def _first_month(place: str, months: int) -> int:
    """Return the month, by number, from which a banner exists."""
    chance = zlib.crc32(place.encode()) / 2**32
    if chance < AT_START:
        return 0
    return min(months - 1, int((chance - AT_START) / (1 - AT_START) * (months - 1)) + 1)
