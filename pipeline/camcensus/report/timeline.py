"""The snapshots as steps of a series: where each stands in time, and whether it may be joined to the one before.

Two neighbours are joined by a line only where both are whole, were made with the same instrument, and are not so far
apart that one between them is missing. Where it is not known what was asked of the engine, the line is dotted: nobody
can say that the instrument was the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from camcensus.core.comparability import NOT_OF_TOTALS, breaks, changed_instrument, scanned_other_ports
from camcensus.core.manifest import UNKNOWN_QUERIES
from camcensus.report import wording
from camcensus.report.inputs import Result

GAP = 1.5  # years between two snapshots from which on one is missing


@dataclass(frozen=True)
class Step:
    """One snapshot in a series.

    place: the end of its window in years, or its number where that is not known; whole: the collection is; broken: why
    its totals cannot be held against the one before ("" where they can, and for the first); moved: what of the
    instrument changed since, the geolocation edition among it; unsure: what was asked is not known of it or of the one
    before; ported: the engine is known to have looked at other ports; gap: snapshots are missing before it.
    """

    snapshot: str
    place: float
    whole: bool
    broken: str = ""
    moved: tuple[str, ...] = ()
    unsure: bool = False
    ported: bool = False
    gap: bool = False
    first: bool = False

    @property
    def relocated(self) -> bool:
        """Whether the country database is another one than in the step before."""
        return NOT_OF_TOTALS in self.moved

    @property
    def joined(self) -> bool:
        """Whether a line may lead here from the step before."""
        return not (self.first or self.broken or self.gap)


def steps(results: Sequence[Result]) -> list[Step]:
    """A step for each snapshot, oldest first."""
    places = _places(results)
    dated = _are_dates(results)
    found = [Step(results[0].snapshot, places[0], results[0].manifest.complete, first=True)] if results else []
    for (before, now), (one, two) in zip(pairwise(results), pairwise(places), strict=True):
        moved = changed_instrument(before.manifest, now.manifest)
        gap = dated and two - one > GAP
        unsure = UNKNOWN_QUERIES in (_asked(before), _asked(now))
        ported = scanned_other_ports(before.manifest, now.manifest)
        broken = wording.listing(breaks(before.manifest, now.manifest))
        found.append(Step(now.snapshot, two, now.manifest.complete, broken, tuple(moved), unsure, ported, gap))
    return found


def _asked(result: Result) -> str:
    """The query set's version."""
    used = result.manifest.instrument
    return used.query_set if used else UNKNOWN_QUERIES


def break_notes(way: Sequence[Step]) -> list[str]:
    """A sentence for each break."""
    broken = [step for step in way if step.broken]
    return [f"Break {n}, before {step.snapshot}: {step.broken}." for n, step in enumerate(broken, 1)]


def line_note(way: Sequence[Step], ranged: bool) -> str:
    """What to mind of lines over these steps: breaks, gaps, hollow marks, ranges."""
    said = break_notes(way)
    said += [f"Between {a.snapshot} and {b.snapshot} snapshots are missing." for a, b in pairwise(way) if b.gap]
    if any(step.unsure and step.joined for step in way):
        said.append("Dotted lines: what was asked of the engine is not known, so the instrument may not be the same.")
    if not all(step.whole for step in way):
        said.append("Hollow marks are partial collections.")
    if ranged:
        said.append(f"{wording.SENSITIVITY} They are known of all makers together, not of one.")
    return " ".join(said)


def missing_years(found: Sequence[Step]) -> list[int]:
    """Calendar years between the first and the last step in which there is none, where a gap says that one is due."""
    years = {int(step.place) for step in found}
    between = [range(int(a.place) + 1, int(b.place)) for a, b in pairwise(found) if b.gap]
    return [year for one in between for year in one if year not in years]


def _ends(results: Sequence[Result]) -> list[int | None]:
    return [r.manifest.window.end if r.manifest.window else None for r in results]


def _are_dates(results: Sequence[Result]) -> bool:
    """Whether the windows' ends are known and rise."""
    known = [end for end in _ends(results) if end is not None]
    return len(known) == len(results) and all(a < b for a, b in pairwise(known))


def _places(results: Sequence[Result]) -> list[float]:
    """The windows' ends as years with decimals; even steps where they are not known."""
    if not _are_dates(results):
        return [float(n) for n in range(len(results))]
    return [_year(end) for end in _ends(results) if end is not None]


def _year(seconds: int) -> float:
    """2026.5 for the middle of 2026."""
    year = datetime.fromtimestamp(seconds, UTC).year
    start, end = (datetime(y, 1, 1, tzinfo=UTC).timestamp() for y in (year, year + 1))
    return round(year + (seconds - start) / (end - start), 4)
