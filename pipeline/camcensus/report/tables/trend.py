"""A count over the snapshots, with what breaks the series: for charts as published, for the API as counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from camcensus.core.config import Study
from camcensus.core.manifest import UNKNOWN_QUERIES
from camcensus.report import wording
from camcensus.report.inputs import Result, headline_cells, world_cell
from camcensus.report.tables import sensitivity
from camcensus.report.tables.publish import published
from camcensus.report.timeline import series_points

Series = Literal["all", "queries", "ports"]
COMMON_SERIES: tuple[Series, ...] = ("queries", "ports")
NOT_MADE = "was not made; run: camcensus run"


@dataclass(frozen=True)
class TrendPoint:
    """A count of one snapshot. `low`, `high`: its sensitivity range; `reason`: why there is no count."""

    snapshot: str
    window_end: date | None
    count: int | None
    low: int | None
    high: int | None
    break_reason: str | None
    is_query_set_known: bool
    is_complete: bool
    reason: str | None


def trend(
    study: Study, results: Sequence[Result], unit: str, manufacturer: str | None = None, series: Series = "all"
) -> list[TrendPoint]:
    """Return a point for each snapshot, oldest first, without the countries that the study leaves out.

    manufacturer: None for all makers, which alone have ranges. series: which banners are counted (`OpenStudy.trend`).
    """
    points = []
    for result, point in zip(results, series_points(results), strict=True):
        window, known = result.manifest.window, result.manifest.query_set != UNKNOWN_QUERIES
        end = datetime.fromtimestamp(window.end, UTC).date() if window and window.end is not None else None
        if series == "all":
            count, reason = headline_count(study, result, unit, manufacturer, is_public=False), None
            span = None if manufacturer is not None else sensitivity.ranges(study, result, unit).get("")
            low, high = (span.low, span.high) if span else (None, None)
            own = (count, low, high, point.break_reason or None, known)
        else:
            count = series_count(study, result, unit, manufacturer, series, is_public=False)
            reason = missing_reason(result, series)
            own = (count, None, None, point.series_break or None, reason is None)
        points.append(TrendPoint(result.snapshot, end, *own, point.is_complete, reason))
    return points


def headline_count(study: Study, result: Result, unit: str, manufacturer: str | None, is_public: bool) -> int | None:
    """Return the headline total, or a maker's part of it."""
    column = f"n_{unit}"
    if manufacturer is None:
        return world_cell(result, study, "study")[column]
    if is_public:
        return published(study, result).count(column, manufacturer=manufacturer)
    cells = headline_cells(result, "manufacturer", study, "study")
    return int(cells.loc[cells["manufacturer"] == manufacturer, column].sum())


def series_rows(result: Result, manufacturer: str | None = None) -> dict[str, dict[str, Any]]:
    """Return a snapshot's rows of `tables.SERIES` by series; empty where they were not made."""
    rows = result.series.to_pylist() if result.series is not None else []
    return {row["series"]: row for row in rows if row["manufacturer"] == manufacturer}


def missing_reason(result: Result, series: str) -> str | None:
    """Return why a snapshot has no count of a series; None where it has one."""
    row = series_rows(result).get(series)
    reason: str | None = row["reason"] if row else NOT_MADE
    return reason


def series_count(
    study: Study, result: Result, unit: str, manufacturer: str | None, series: str, is_public: bool = True
) -> int | None:
    """Return a series' count; None where there is none, or a maker's may not be published.

    A maker's is hidden also where what it leaves of the maker's headline is less than may be shown.
    """
    if missing_reason(result, series):
        return None
    row = series_rows(result, manufacturer).get(series) or {"n_hosts": 0, f"n_{unit}": 0}
    if manufacturer is not None and is_public:
        total, least = published(study, result).count(manufacturer=manufacturer), study.publication.min_hosts
        if total is None or any(0 < n < least for n in (row["n_hosts"], total - row["n_hosts"])):
            return None
    return int(row[f"n_{unit}"])


def missing_reasons(results: Sequence[Result]) -> list[str]:
    """Return a sentence for each reason why snapshots have no such count."""
    found: dict[tuple[str, str], list[str]] = {}
    for result in results:
        rows = series_rows(result)
        reasons = [row["reason"] for name in COMMON_SERIES if (row := rows.get(name)) and row["reason"]]
        kind = "series" if len(reasons) == len(COMMON_SERIES) else "series on common ports"
        for reason in dict.fromkeys(reasons):
            found.setdefault((kind, reason), []).append(result.snapshot)
    return [f"No {kind} for {wording.listing(names)}: {reason}." for (kind, reason), names in found.items()]
