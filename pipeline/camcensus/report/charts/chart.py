"""The charts of a report: each a picture to draw, the table it shows, and words for those who cannot see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from matplotlib.figure import Figure

from camcensus.core.tables import Column, Table
from camcensus.report import wording
from camcensus.report.charts import style
from camcensus.report.charts.bars import Part, StackedBars
from camcensus.report.charts.style import Frame
from camcensus.report.context import ReportContext
from camcensus.report.timeline import break_notes

SNAPSHOT = Column("snapshot", "string", "id of the snapshot", False)
SIMULATED = Column("simulated", "bool", "made-up data", False)
COUNTRY = (
    Column("country", "string", "ISO 3166-1 alpha-2 (NA is Namibia)", False),
    Column("name", "string", "name of the country or territory", False),
)


class Picture(Protocol):
    """What can be drawn: a frozen dataclass of plain values, so that the same values have the same repr."""

    @property
    def frame(self) -> Frame:
        """The words around it."""

    def draw(self) -> Figure:
        """Draw the figure."""


@dataclass(frozen=True)
class Chart:
    """A picture and its data: `rows` with `columns` and `simulated`; `row` says what a row is.

    `name` is that of its files; `alt` says in words what the picture shows; `note` is its caption.
    """

    name: str
    picture: Picture
    alt: str
    note: str
    row: str
    columns: tuple[Column, ...]
    rows: list[dict[str, Any]]

    @property
    def title(self) -> str:
        """Return the picture's title."""
        return self.picture.frame.title

    @property
    def table(self) -> Table:
        """Return the table that the rows conform to, which always says whether the data is made up."""
        return Table(f"chart_{self.name}", self.row, (*self.columns, SIMULATED))


def frame(context: ReportContext, title: str, subtitle: str) -> Frame:
    """Return the frame of a chart of these snapshots. `subtitle` says what is counted.

    Pictures are passed on alone, so the credits that sources ask for are in it, on a line of their own.
    """
    attributions = style.label(" ".join(wording.attributions(context.results)), style.MOST_CREDIT)
    source = "\n".join(filter(None, (wording.source(context.now, context.results[0]), attributions)))
    return Frame(title, subtitle, source, context.is_simulated)


def number(n: int | None) -> str:
    """Format 1,234, or that it is not shown."""
    return "not shown" if n is None else f"{n:,}"


def stacked_chart(
    context: ReportContext, name: str, words: Frame, parts: Sequence[Part], note: str, *, shares: bool = False
) -> Chart:
    """Return a chart of one stacked bar for each snapshot, newest first, with breaks drawn between them."""
    breaks = tuple(n for n, point in enumerate(reversed(context.points)) if point.break_reason)
    turned = tuple(Part(p.name, p.counts[::-1], p.color, p.hatch) for p in parts)
    picture = StackedBars(tuple(r.snapshot for r in reversed(context.results)), turned, words, shares, breaks)
    columns = (
        SNAPSHOT,
        Column("part", "string", "part of the bar", False),
        Column("count", "int64", "its count; null: not known or not shown"),
    )
    rows = [mark | {"part": p.name, "count": p.counts[i]} for i, mark in enumerate(context.marks) for p in parts]
    newest = ", ".join(f"{p.name} {number(p.counts[-1])}" for p in parts)
    alt = f"Stacked bars, one for each snapshot. {context.now.snapshot}: {newest}."
    note = " ".join([note, *break_notes(context.points)])
    return Chart(name, picture, alt, note, "a snapshot and part", columns, rows)
