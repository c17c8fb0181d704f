"""Pages of single countries and makers: figures over the snapshots, and what is finer as far as it is published."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from camcensus.core.tables import UNKNOWN
from camcensus.report import formatting, wording
from camcensus.report.context import ReportContext
from camcensus.report.inputs import Result
from camcensus.report.pages.rendering import render, source
from camcensus.report.pages.sparklines import large
from camcensus.report.tables.publish import Published
from camcensus.report.tables.small_tables import TextRow, TextTable, text_table
from camcensus.report.timeline import SeriesPoint, line_note

TOP = 50  # rows of a table of makers, countries or models
Finer = dict[str, dict[str, int]]  # country or maker to a finer name to hosts


@dataclass(frozen=True)
class Section:
    """A part of a page: title, text, table."""

    title: str
    text: str
    table: TextTable


@dataclass(frozen=True)
class DetailPage:
    """A page. `file`: below the report's folder; `view`: the view of the main page that it links to.

    `number` and `lead`: the headline; `aside`: the text below it; `picture` and `note`: the line and its caption.
    """

    file: str
    title: str
    view: str
    number: str
    lead: str
    aside: str
    picture: Markup
    note: str
    figures: TextTable
    parts: tuple[Section, ...]
    quality: tuple[str, ...]


def pages(context: ReportContext, details: Iterable[DetailPage]) -> dict[str, str]:
    """Return the text of each page by its file."""
    style = source("base.css")
    attributions = [formatting.linked(text) for text in wording.attributions(context.results)]
    same: dict[str, Any] = {"study": context.study, "words": wording, "now": context.now, "credits": attributions}
    same |= {"simulated": context.is_simulated, "citation": wording.citation(context.study, context.results)}
    return {page.file: render("detail_page.html.j2", style, page=page, **same) for page in details}


def picture_and_note(
    points: Sequence[SeriesPoint], hosts: Sequence[int | None], label: str, *, by_country: bool = False
) -> tuple[Markup, str]:
    """Return the line of hosts by snapshot, and its caption."""
    counts = ", ".join(f"{p.snapshot} {formatting.shown(n)}" for p, n in zip(points, hosts, strict=True))
    return large(points, hosts, f"{label} by snapshot: {counts}.", by_country=by_country), line_note(points, False)


def snapshot_name(point: SeriesPoint) -> str:
    """Return the snapshot, and whether it is partial."""
    return point.snapshot if point.is_complete else f"{point.snapshot} (partial)"


def finer_hosts(given: Published, level: str, key: int, name: int) -> Finer:
    """Return published hosts of a level, by two of its columns (places in a cell), without unknown names."""
    found: Finer = {}
    for cell, units in given.cells(level).items():
        if cell[name] != UNKNOWN:
            found.setdefault(str(cell[key]), {})[str(cell[name])] = units["n_hosts"] or 0
    return found


def hosts_by_snapshot(
    first: str, results: Sequence[Result], rows: Mapping[str, Sequence[int | None]], total: int | None = None
) -> TextTable:
    """Return a table of names and their hosts in each snapshot, the newest's most first.

    None: not shown. A name that is shown in no snapshot must not be among the rows. `total`: what shares are of.
    """
    order = sorted(rows, key=lambda name: ([-(n if n is not None else -1) for n in reversed(rows[name])], name))
    head = [first, *(r.snapshot for r in results), *(["% of hosts"] if total is not None else [])]
    found = []
    for name in order[:TOP]:
        cells, newest = [name, *map(formatting.shown, rows[name])], rows[name][-1]
        if total is not None:
            cells.append(formatting.HIDDEN if newest is None or not total else f"{100 * newest / total:.1f}")
        found.append(TextRow(cells))
    title = {"Maker": "Makers", "Country": "Countries", "Kind": "Kinds of device"}[first]
    return text_table(title, head, found, range(1, len(head)), empty="Nothing that may be shown.")


def newest_section(title: str, first: str, named: Mapping[str, int], snapshot: str) -> Section:
    """Return a table of names and their hosts in the newest snapshot, the most first."""
    rows = [[name, f"{n:,}"] for name, n in sorted(named.items(), key=lambda m: (-m[1], m[0]))[:TOP]]
    only = f"; only models that the catalogue names, at most {TOP}" if title == "Models" else ""
    table = text_table(title, [first, "Hosts"], rows, (1,), empty="None that may be shown.")
    return Section(title, f"Hosts, snapshot {snapshot}{only}.", table)
