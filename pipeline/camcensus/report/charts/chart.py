"""The charts of a report: each a picture to draw, the table it shows, and words for those who cannot see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
from matplotlib.figure import Figure

from camcensus.core.tables import Column, Table
from camcensus.report import wording
from camcensus.report.charts import style
from camcensus.report.charts.bars import Bar, Bars, Part, StackedBars
from camcensus.report.charts.style import Frame
from camcensus.report.context import ReportContext
from camcensus.report.inputs import is_simulated
from camcensus.report.timeline import break_notes

NO_SUM = "Hosts do not add up across {}: a host with several counts once for each."
SNAPSHOT = Column("snapshot", pa.string(), "id of the snapshot", False)
COUNTRY = (
    Column("country", pa.string(), "ISO 3166-1 alpha-2 (NA is Namibia)", False),
    Column("name", pa.string(), "name of the country or territory", False),
)
ENDS = (("low", "low end of the sensitivity range"), ("high", "high end of the sensitivity range"))


class Picture(Protocol):
    """What can be drawn: a frozen dataclass of plain values, so that the same values have the same repr."""

    def draw(self) -> Figure:
        """Draw the figure."""
        ...


@dataclass(frozen=True)
class Titles:
    """A chart's name (of its files), its title, and the line below it, which says what is counted."""

    name: str
    title: str
    subtitle: str


@dataclass(frozen=True)
class Chart:
    """A chart. `rows` conform to `table`; `alt` says in words what the picture shows; `note` is its caption."""

    name: str
    title: str
    alt: str
    note: str
    picture: Picture
    table: Table
    rows: list[dict[str, Any]]


def frame(context: ReportContext, titles: Titles) -> Frame:
    """Return the frame of a chart of these snapshots.

    Pictures are passed on alone, so the credits that sources ask for are in it, on a line of their own.
    """
    attributions = style.label(" ".join(wording.attributions(context.results)), style.MOST_CREDIT)
    source = "\n".join(filter(None, (wording.source(context.now, context.results[0]), attributions)))
    return Frame(titles.title, titles.subtitle, source, context.is_simulated)


def chart_table(name: str, row: str, *columns: Column) -> Table:
    """Return the table of a chart, which always says whether the data is made up."""
    return Table(f"chart_{name}", row, (*columns, Column("simulated", pa.bool_(), "made-up data", False)))


def largest(values: Sequence[tuple[str, int]], unit: str) -> str:
    """Return a sentence with the first few values."""
    top = [f"{label} {n:,}" for label, n in values[:3]]
    return f"Most {unit}: {', '.join(top)}." if top else "Nothing was counted."


def number(n: int | None) -> str:
    """Format 1,234, or that it is not shown."""
    return "not shown" if n is None else f"{n:,}"


def over_snapshots(context: ReportContext, counts: Sequence[int | None]) -> str:
    """Return snapshots with their counts: 2025 1,234, 2026 not shown."""
    return ", ".join(f"{r.snapshot} {number(n)}" for r, n in zip(context.results, counts, strict=True))


def bar_chart(
    context: ReportContext, titles: Titles, key: Column, bars: Sequence[Bar], note: str, unit: str
) -> Chart:  # fmt: skip
    """Return a chart of counts as bars in the given order. `key`: the column that holds the bars' keys."""
    empty = f"Nothing to show: none has {context.study.publication.min_hosts} hosts or more."
    column, has_ranges = f"n_{unit}", any(bar.low is not None for bar in bars)
    columns = [
        key,
        Column("label", pa.string(), "as the chart names it", False),
        Column(column, pa.int64(), f"{unit}, at the headline values", False),
        *(Column(name, pa.int64(), meaning) for name, meaning in ENDS if has_ranges),
    ]
    rows = [
        {key.name: bar.key, "label": bar.label, column: int(bar.count), "simulated": context.is_simulated}
        | ({"low": bar.low, "high": bar.high} if has_ranges else {})
        for bar in bars
    ]
    alt = f"Bar chart. {largest([(bar.label, int(bar.count)) for bar in bars], unit)}"
    picture = Bars(tuple(bars), frame(context, titles), empty)
    return Chart(titles.name, titles.title, alt, note, picture, chart_table(titles.name, "a bar", *columns), rows)


def stacked_chart(
    context: ReportContext, titles: Titles, parts: Sequence[Part], note: str, *, shares: bool = False
) -> Chart:  # fmt: skip
    """Return a chart of one stacked bar for each snapshot, newest first, with breaks drawn between them."""
    points, results = context.points, context.results
    note = " ".join([note, *break_notes(points)])
    breaks = tuple(n for n, point in enumerate(reversed(points)) if point.break_reason)
    turned = tuple(Part(p.name, tuple(reversed(p.counts)), p.color, p.hatch) for p in parts)
    snapshots = tuple(r.snapshot for r in reversed(results))
    picture = StackedBars(snapshots, turned, frame(context, titles), shares, breaks)
    columns = (
        SNAPSHOT,
        Column("part", pa.string(), "part of the bar", False),
        Column("count", pa.int64(), "its count; null: not known or not shown"),
    )
    rows = [
        {"snapshot": r.snapshot, "part": p.name, "count": p.counts[i], "simulated": is_simulated(context.study, [r])}
        for i, r in enumerate(results)
        for p in parts
    ]
    newest = ", ".join(f"{p.name} {number(p.counts[-1])}" for p in parts)
    alt = f"Stacked bars, one for each snapshot. {context.now.snapshot}: {newest}."
    table = chart_table(titles.name, "a snapshot and part", *columns)
    return Chart(titles.name, titles.title, alt, note, picture, table, rows)
