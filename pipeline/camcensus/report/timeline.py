"""The snapshots as points of a series: their place in time, and whether one may be joined to the one before.

Two neighbours are joined by a line only where both are complete, were made with the same instrument, and are not so far
apart that one between them is missing. Where it is not known which queries were sent, the line is dotted: the
instrument may not be the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from camcensus.core.comparability import (
    CHANGED,
    NOT_OF_TOTALS,
    QUERY_SET,
    breaks,
    changed_instrument,
    scanned_other_ports,
)
from camcensus.core.manifest import UNKNOWN_QUERIES
from camcensus.report import wording
from camcensus.report.inputs import Result

GAP = 1.5  # years between two snapshots from which on one is missing


@dataclass(frozen=True)
class SeriesPoint:
    """One snapshot in a series.

    position: the end of its window in years, or its number where that is not known. break_reason: why its totals cannot
    be compared with the one before ("" where they can, and for the first). changed: parts of the instrument that
    differ from the one before. has_unknown_queries: the query set of it or of the one before is not known.
    has_other_ports: the engine is known to have scanned other ports. has_gap: snapshots are missing before it.
    """

    snapshot: str
    position: float
    is_complete: bool
    break_reason: str = ""
    changed: tuple[str, ...] = ()
    has_unknown_queries: bool = False
    has_other_ports: bool = False
    has_gap: bool = False
    is_first: bool = False

    @property
    def label(self) -> str:
        """Return the snapshot's id, and whether it is partial."""
        return self.snapshot if self.is_complete else f"{self.snapshot} (partial)"

    @property
    def has_other_geo(self) -> bool:
        """Return whether the country database is another one than in the point before."""
        return NOT_OF_TOTALS in self.changed

    @property
    def series_break(self) -> str:
        """Return why series over the same queries cannot be compared with the point before ("" where they can)."""
        parts = [part for part in self.changed if part not in (QUERY_SET, NOT_OF_TOTALS)]
        return wording.listing([CHANGED[part] for part in parts])

    @property
    def is_joined(self) -> bool:
        """Return whether a line may lead here from the point before."""
        return not (self.is_first or self.break_reason or self.has_gap)


def series_points(results: Sequence[Result]) -> list[SeriesPoint]:
    """Return a point for each snapshot, oldest first."""
    ends = [r.manifest.window.end if r.manifest.window else None for r in results]
    known = [end for end in ends if end is not None]
    is_dated = len(known) == len(results) and all(a < b for a, b in pairwise(known))
    positions = [_year(end) for end in known] if is_dated else [float(n) for n in range(len(results))]
    found = [SeriesPoint(r.snapshot, positions[0], r.manifest.complete, is_first=True) for r in results[:1]]
    for (before, now), (one, two) in zip(pairwise(results), pairwise(positions), strict=True):
        pair = (before.manifest, now.manifest)
        point = SeriesPoint(
            now.snapshot, two, now.manifest.complete, wording.listing(breaks(*pair)), tuple(changed_instrument(*pair)),
            has_unknown_queries=UNKNOWN_QUERIES in (_query_set(before), _query_set(now)),
            has_other_ports=scanned_other_ports(*pair), has_gap=is_dated and two - one > GAP,
        )  # fmt: skip
        found.append(point)
    return found


def break_notes(points: Sequence[SeriesPoint]) -> list[str]:
    """Return a sentence for each break."""
    broken = [point for point in points if point.break_reason]
    return [f"Break {n}, before {point.snapshot}: {point.break_reason}." for n, point in enumerate(broken, 1)]


def line_note(points: Sequence[SeriesPoint], has_ranges: bool) -> str:
    """Return the note below lines over these points: breaks, gaps, hollow markers, ranges."""
    notes = break_notes(points)
    notes += [f"Snapshots are missing between {a.snapshot} and {b.snapshot}." for a, b in pairwise(points) if b.has_gap]
    if any(point.has_unknown_queries and point.is_joined for point in points):
        notes.append("Dotted lines: the queries are not known, so the instrument may not be the same.")
    if not all(point.is_complete for point in points):
        notes.append("Hollow markers are partial collections.")
    if has_ranges:
        notes.append(f"{wording.SENSITIVITY} They are known for all makers together, not for one.")
    return " ".join(notes)


def missing_years(points: Sequence[SeriesPoint]) -> list[int]:
    """Return the calendar years in gaps in which there is no snapshot."""
    years = {int(point.position) for point in points}
    between = [range(int(a.position) + 1, int(b.position)) for a, b in pairwise(points) if b.has_gap]
    return [year for one in between for year in one if year not in years]


def _query_set(result: Result) -> str:
    return result.manifest.instrument.query_set if result.manifest.instrument else UNKNOWN_QUERIES


def _year(seconds: int) -> float:
    """2026.5 for the middle of 2026."""
    year = datetime.fromtimestamp(seconds, UTC).year
    start, end = (datetime(y, 1, 1, tzinfo=UTC).timestamp() for y in (year, year + 1))
    return round(year + (seconds - start) / (end - start), 4)
