"""The charts of a report: each a picture to be drawn, the table it shows, and words for those who cannot see it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import pyarrow as pa
from matplotlib.figure import Figure

from camcensus.core.config import Study
from camcensus.core.tables import Column, Table
from camcensus.report import wording
from camcensus.report.charts import style
from camcensus.report.charts.stacks import Part, Stacks
from camcensus.report.inputs import Result, simulated
from camcensus.report.timeline import break_notes, steps

NO_SUM = "Hosts do not add up across {}: a host with several counts once for each."
MARK = Column("simulated", pa.bool_(), "made-up data", False)
SNAPSHOT = Column("snapshot", pa.string(), "id of the snapshot", False)


class Picture(Protocol):
    """What can be drawn: a frozen dataclass of plain values, so that the same values have the same repr."""

    def draw(self) -> Figure:
        """The figure."""
        ...


@dataclass(frozen=True)
class Chart:
    """A chart. `rows` conform to `table`; `alt` says in words what the picture shows, `note` what to mind."""

    name: str
    title: str
    alt: str
    note: str
    picture: Picture
    table: Table
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Frame:
    """What every picture carries: the title, what is counted, the source line, the mark of made-up data."""

    title: str
    unit: str
    source: str
    synthetic: bool


def frame(study: Study, results: Sequence[Result], title: str, unit: str) -> Frame:
    """The frame of a chart of these snapshots. Its pictures are passed on alone, so the credits that are owed stand in
    it, on a line of their own."""
    owed = style.label(" ".join(wording.thanks(results)), style.MOST_CREDIT)
    source = "\n".join(filter(None, (wording.source(results[-1], results[0]), owed)))
    return Frame(title, unit, source, simulated(study, list(results)))


def table(name: str, row: str, *columns: Column) -> Table:
    """The table of a chart, which always says whether the data is made up."""
    return Table(f"chart_{name}", row, (*columns, MARK))


def most(values: Sequence[tuple[str, int]], unit: str) -> str:
    """The first few values, in words."""
    top = [f"{label} {n:,}" for label, n in values[:3]]
    return f"Most {unit}: {', '.join(top)}." if top else "Nothing was counted."


def number(n: int | None) -> str:
    """1,234, or that it is not shown."""
    return "not shown" if n is None else f"{n:,}"


def stacked(
    study: Study, results: Sequence[Result], name: str, title: str, unit: str, parts: Sequence[Part], note: str,
    shares: bool = False,
) -> Chart:  # fmt: skip
    """A chart of one stacked bar for each snapshot, newest first, with breaks drawn between them and told."""
    way = steps(results)
    note = " ".join([note, *break_notes(way)])
    breaks = tuple(n for n, step in enumerate(reversed(way)) if step.broken)
    put = frame(study, results, title, unit)
    turned = tuple(Part(p.name, tuple(reversed(p.counts)), p.color, p.hatch) for p in parts)
    picture = Stacks(tuple(r.snapshot for r in reversed(results)), turned, **asdict(put), shares=shares, breaks=breaks)
    columns = (
        SNAPSHOT,
        Column("part", pa.string(), "part of the bar", False),
        Column("count", pa.int64(), "its count; null: not known or not shown"),
    )
    rows = [
        {"snapshot": r.snapshot, "part": p.name, "count": p.counts[i], "simulated": simulated(study, [r])}
        for i, r in enumerate(results)
        for p in parts
    ]
    newest = ", ".join(f"{p.name} {number(p.counts[-1])}" for p in parts)
    alt = f"Stacked bars, one for each snapshot. {results[-1].snapshot}: {newest}."
    return Chart(name, title, alt, note, picture, table(name, "a snapshot and part", *columns), rows)
