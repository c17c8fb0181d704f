"""A count over the snapshots, with what breaks the series."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal

import pyarrow as pa

from camcensus.api.choices import require_maker
from camcensus.api.frame import Frame
from camcensus.api.meaning import unit_column
from camcensus.core.config import Study
from camcensus.core.errors import UnitError
from camcensus.core.manifest import UNKNOWN_QUERIES
from camcensus.report.inputs import Result, headline_cells, world_cell
from camcensus.report.tables import sensitivity
from camcensus.report.timeline import steps

Series = Literal["all", "queries", "ports"]
Row = dict[str, Any]


def trend(study: Study, results: Sequence[Result], unit: str, manufacturer: str | None, series: Series) -> Frame:
    """One row for each snapshot, oldest first."""
    column = unit_column(unit)
    if column == "n_prefixes":
        raise UnitError("prefixes are a check on churn and have no trend; use hosts, devices or banners")
    name = column.removeprefix("n_")
    if manufacturer is not None:
        _require_maker(study, results, manufacturer)
    rows = []
    for result, step in zip(results, steps(results), strict=True):
        row: Row = {"snapshot": result.snapshot, "window_end": _end(result)}
        mended = series != "all"
        row |= _again(result, name, manufacturer, series) if mended else _count(study, result, name, manufacturer)
        row |= {
            "break": None if mended else step.broken or None,
            "queries_known": not row.get("reason") if mended else _known(result),
        }
        rows.append(row | {"complete": step.whole})
    return Frame.of(pa.Table.from_pylist(rows, _schema(name)))


def _schema(unit: str) -> pa.Schema:
    return pa.schema({
        "snapshot": pa.string(), "window_end": pa.date32(), unit: pa.int64(), "low": pa.int64(), "high": pa.int64(),
        "break": pa.string(), "queries_known": pa.bool_(), "complete": pa.bool_(), "reason": pa.string(),
    })  # fmt: skip


def _end(result: Result) -> date | None:
    window = result.manifest.window
    return datetime.fromtimestamp(window.end, UTC).date() if window and window.end is not None else None


def _known(result: Result) -> bool:
    return result.manifest.query_set != UNKNOWN_QUERIES


def _count(study: Study, result: Result, unit: str, manufacturer: str | None) -> Row:
    """The headline, with its range; or the maker's."""
    if manufacturer is None:
        span = sensitivity.ranges(study, result, unit).get("")
        ends = {"low": span.low, "high": span.high} if span else {}
        return {unit: world_cell(result, study, "study")[f"n_{unit}"], **ends}
    cells = headline_cells(result, "manufacturer", study, "study")
    found = cells.loc[cells["manufacturer"] == manufacturer, f"n_{unit}"]
    return {unit: int(found.sum())}


def _again(result: Result, unit: str, manufacturer: str | None, series: str) -> Row:
    """The count on banners that can be held against the other snapshots, or the reason why there is none."""
    rows = result.series.to_pylist() if result.series is not None else []
    own = [row for row in rows if row["series"] == series]
    if not own:
        return {unit: None, "reason": "was not made; run: camcensus run"}
    if reason := next((row["reason"] for row in own if row["reason"]), None):
        return {unit: None, "reason": reason}
    return {unit: next((row[f"n_{unit}"] for row in own if row["manufacturer"] == manufacturer), 0)}


def _require_maker(study: Study, results: Sequence[Result], manufacturer: str) -> None:
    cells = (headline_cells(result, "manufacturer", study, "study") for result in results)
    require_maker(manufacturer, (maker for found in cells for maker in found["manufacturer"]))
