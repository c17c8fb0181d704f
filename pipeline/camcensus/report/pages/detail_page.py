"""Pages of single countries and makers: figures over the snapshots, and what is finer as far as it is published."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from camcensus.core.tables import UNKNOWN
from camcensus.report import formatting, wording
from camcensus.report.context import ReportContext
from camcensus.report.pages.rendering import render, source
from camcensus.report.pages.sparklines import large
from camcensus.report.tables.publish import Published
from camcensus.report.tables.small_tables import TextTable
from camcensus.report.timeline import line_note

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

    `number` and `lead`: the headline; `aside`: the text below it; `hosts`: the line's, by snapshot; `label`: what they
    are.
    """

    file: str
    title: str
    view: str
    number: str
    lead: str
    aside: str
    hosts: Sequence[int | None]
    label: str
    figures: TextTable
    parts: tuple[Section, ...]
    quality: tuple[str, ...]


def pages(context: ReportContext, details: Iterable[DetailPage]) -> dict[str, str]:
    """Return the text of each page by its file."""
    style, points = source("base.css"), context.points
    attributions = [formatting.linked(text) for text in wording.attributions(context.results)]
    same: dict[str, Any] = {"study": context.study, "words": wording, "now": context.now, "credits": attributions}
    same |= {"simulated": context.is_simulated, "citation": wording.citation(context.study, context.results)}
    same |= {"note": line_note(points, has_ranges=False)}
    texts = {}
    for page in details:
        counts = ", ".join(f"{p.snapshot} {formatting.shown(n)}" for p, n in zip(points, page.hosts, strict=True))
        label, by_country = f"{page.label} by snapshot: {counts}.", page.view.startswith("country=")
        picture = large(points, page.hosts, label, by_country=by_country)
        texts[page.file] = render("detail_page.html.j2", style, page=page, picture=picture, **same)
    return texts


def finer_hosts(given: Published, level: str, key: int, *names: int) -> Finer:
    """Return published hosts of a level, by a column and by the names in others (places in a cell), none unknown."""
    found: Finer = {}
    for cell, units in given.cells(level).items():
        if cell[names[-1]] != UNKNOWN:
            found.setdefault(str(cell[key]), {})[" ".join(str(cell[n]) for n in names)] = units["n_hosts"] or 0
    return found


def hosts_by_snapshot(
    context: ReportContext, title: str, first: str, rows: Mapping[str, Sequence[int | None]], total: int | None = None
) -> TextTable:
    """Return a table of names and their hosts in each snapshot, the newest's most first.

    None: not shown. A name that is shown in no snapshot must not be among the rows. `total`: what shares are of.
    """
    order = sorted(rows, key=lambda name: ([-(n if n is not None else -1) for n in reversed(rows[name])], name))
    head = [first, *(r.snapshot for r in context.results), *(["% of hosts"] if total is not None else [])]
    found = []
    for name in order[:TOP]:
        cells, newest = [name, *map(formatting.shown, rows[name])], rows[name][-1]
        if total is not None:
            cells.append(formatting.HIDDEN if newest is None or not total else f"{100 * newest / total:.1f}")
        found.append(cells)
    return TextTable(title, head, found, range(1, len(head)), empty="Nothing that may be shown.")


def newest_section(context: ReportContext, title: str, first: str, named: Mapping[str, int]) -> Section:
    """Return a table of names and their hosts in the newest snapshot, the most first."""
    rows = [[name, f"{n:,}"] for name, n in sorted(named.items(), key=lambda m: (-m[1], m[0]))[:TOP]]
    only = f"; only models that the catalogue names, at most {TOP}" if title == "Models" else ""
    table = TextTable(title, [first, "Hosts"], rows, (1,), empty="None that may be shown.")
    return Section(title, f"Hosts, snapshot {context.now.snapshot}{only}.", table)
