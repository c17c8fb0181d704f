"""What every part of a report is made from: a study, its counted snapshots, audits."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from camcensus.core.config import Study
from camcensus.report import wording
from camcensus.report.inputs import Result, is_simulated
from camcensus.report.tables.audits import NO_AUDITS, Audits
from camcensus.report.timeline import SeriesPoint, series_points


@dataclass(frozen=True)
class ReportContext:
    """A study with counted snapshots, oldest first, and what audits found."""

    study: Study
    results: Sequence[Result]
    audits: Audits = NO_AUDITS

    @property
    def now(self) -> Result:
        """Return the newest snapshot."""
        return self.results[-1]

    @property
    def before(self) -> Result | None:
        """Return the snapshot before the newest."""
        return self.results[-2] if len(self.results) > 1 else None

    @property
    def unit(self) -> str:
        """Return the unit of headlines: hosts, devices or banners."""
        return self.study.headline_unit

    @property
    def where(self) -> str:
        """Return where the headline counts: worldwide, or outside the countries left out."""
        return wording.outside(self.study.countries_left_out)

    @property
    def is_simulated(self) -> bool:
        """Return whether any of it is made-up data."""
        return any(mark["simulated"] for mark in self.marks)

    @cached_property
    def marks(self) -> list[dict[str, Any]]:
        """Return what each row of a snapshot begins with: its id, and whether it is made up."""
        return [{"snapshot": r.snapshot, "simulated": is_simulated(self.study, [r])} for r in self.results]

    @cached_property
    def points(self) -> list[SeriesPoint]:
        """Return the snapshots as points of a series."""
        return series_points(self.results)
