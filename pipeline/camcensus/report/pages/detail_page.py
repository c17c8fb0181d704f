"""Pages of single countries and makers: figures over the snapshots, and what is finer as far as it is published."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from camcensus.core.config import Study
from camcensus.report import formatting, wording
from camcensus.report.inputs import Result, simulated
from camcensus.report.pages.rendering import render, source
from camcensus.report.tables.small_tables import Grid, GridRow, Head

TOP = 50  # rows of a table of makers, countries or models


@dataclass(frozen=True)
class Section:
    """A part of a page: title, words, table."""

    title: str
    words: str
    grid: Grid


@dataclass(frozen=True)
class Leaf:
    """A page. `file`: below the report's folder; `back`: the view of the main page it comes from; `number` and `lead`:
    the headline; `aside`: what stands below it; `picture` and `note`: the line and what to mind."""

    file: str
    title: str
    back: str
    number: str
    lead: str
    aside: str
    picture: Markup
    note: str
    figures: Grid
    parts: tuple[Section, ...]
    quality: tuple[str, ...]


def pages(study: Study, results: Sequence[Result], leaves: Iterable[Leaf]) -> dict[str, str]:
    """Each page by its file."""
    style = source("base.css")
    common: dict[str, Any] = {
        "study": study,
        "words": wording,
        "now": results[-1],
        "results": list(results),
        "simulated": simulated(study, list(results)),
        "credits": [formatting.linked(text) for text in wording.thanks(results)],
    }
    return {leaf.file: render("leaf.html.j2", style, leaf=leaf, **common) for leaf in leaves}


def over_snapshots(
    title: str, first: str, results: Sequence[Result], rows: dict[str, list[int | None]], whole: int | None = None
) -> Grid:
    """A table of names and their hosts in each snapshot, the newest's most first. `whole`: what shares are of.

    None: not shown. A name that is shown in no snapshot must not be among the rows.
    """
    order = sorted(rows, key=lambda name: ([-(n if n is not None else -1) for n in reversed(rows[name])], name))
    heads = [Head(first), *(Head(r.snapshot, True) for r in results)]
    heads += [Head("% of hosts", True)] if whole is not None else []
    found = []
    for name in order[:TOP]:
        cells = [name, *map(formatting.shown, rows[name])]
        newest = rows[name][-1]
        if whole is not None:
            cells.append(formatting.HIDDEN if newest is None or not whole else f"{100 * newest / whole:.1f}")
        found.append(GridRow(cells))
    return Grid(title, heads, found, "Nothing that may be shown.")
