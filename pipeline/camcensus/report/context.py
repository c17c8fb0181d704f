"""What every part of a report is made from: a study, its counted snapshots, audits."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from camcensus.core.config import Study
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
    def is_simulated(self) -> bool:
        """Return whether any of it is made-up data."""
        return is_simulated(self.study, self.results)

    @cached_property
    def points(self) -> list[SeriesPoint]:
        """Return the snapshots as points of a series."""
        return series_points(self.results)
