"""Small line drawings in pages: a trend in a table's row, and a larger one on a country's or maker's page.

Lines lead only where two snapshots may be joined; a snapshot whose count is hidden is a gap; a partial one is hollow.
Plain SVG with classes for the page's style sheet: no style attribute, no script. `page.js` draws the same in the
browser when another unit, maker or year is chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from camcensus.report.formatting import shown
from camcensus.report.timeline import Step

WIDE, HIGH, EDGE = 72, 20, 3
LARGE_WIDE, LARGE_HIGH = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 44, 30, 30


@dataclass(frozen=True)
class Trace:
    """Where the marks of a line stand: a point for each snapshot that has one; path data of solid and dotted parts."""

    points: tuple[tuple[float, float] | None, ...]
    solid: str
    dotted: str


def trace(
    way: Sequence[Step], counts: Sequence[int | None], box: tuple[float, float, float, float], dotted: bool = False
) -> Trace:
    """The line in a box of left, top, width and height. `dotted`: the line is a country's, so another country database
    dots it too."""
    left, top, wide, high = box
    most = max([1, *(n for n in counts if n is not None)])
    first, span = way[0].place, (way[-1].place - way[0].place) or 1.0
    points = [
        None if n is None else (round(left + wide * (s.place - first) / span, 1), round(top + high * (1 - n / most), 1))
        for s, n in zip(way, counts, strict=True)
    ]
    parts: dict[bool, list[str]] = {False: [], True: []}
    for i, step in enumerate(way):
        one, two = points[i - 1] if i else None, points[i]
        if step.joined and one and two:
            unsure = step.unsure or (dotted and step.relocated)
            parts[unsure].append(f"M{one[0]:g} {one[1]:g}L{two[0]:g} {two[1]:g}")
    return Trace(tuple(points), "".join(parts[False]), "".join(parts[True]))


def spark(way: Sequence[Step], counts: Sequence[int | None]) -> Markup:
    """A row's trend, without words: the table has the numbers."""
    found = trace(way, counts, (EDGE, EDGE, WIDE - 2 * EDGE, HIGH - 2 * EDGE), dotted=True)
    ends = [step.joined and bool(found.points[i - 1]) for i, step in enumerate(way)] + [False]
    marks = Markup("").join(
        Markup('<circle cx="{:g}" cy="{:g}" r="2"{}/>').format(
            *point, Markup("") if step.whole else Markup(' class="hollow"')
        )
        for i, (step, point) in enumerate(zip(way, found.points, strict=True))
        # A mark at the newest, at partial ones, and at what no line leads to; the lines show the others.
        if point and (i == len(way) - 1 or not step.whole or not (ends[i] or ends[i + 1]))
    )
    return Markup('<svg class="spark" viewBox="0 0 {} {}" aria-hidden="true">{}{}</svg>').format(
        WIDE, HIGH, _lines(found), marks
    )


def large(way: Sequence[Step], counts: Sequence[int | None], label: str, dotted: bool = False) -> Markup:
    """The same with a number on each mark and each snapshot's name below. `label`: what it shows, in words."""
    box = (LEFT, TOP, LARGE_WIDE - LEFT - RIGHT, LARGE_HIGH - TOP - BOTTOM)
    found = trace(way, counts, box, dotted)
    marks = []
    for step, point, n in zip(way, found.points, counts, strict=True):
        if point:
            hollow = Markup("") if step.whole else Markup(' class="hollow"')
            marks.append(Markup('<circle cx="{:g}" cy="{:g}" r="4"{}/>').format(*point, hollow))
            marks.append(Markup('<text x="{:g}" y="{:g}">{}</text>').format(point[0], point[1] - 9, shown(n)))
            name = step.snapshot if step.whole else f"{step.snapshot} (partial)"
            marks.append(Markup('<text class="faint" x="{:g}" y="{}">{}</text>').format(point[0], LARGE_HIGH - 6, name))
    base = Markup('<path class="base" d="M{} {}H{}"/>').format(LEFT, LARGE_HIGH - BOTTOM, LARGE_WIDE - RIGHT)
    return Markup('<svg class="line" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>').format(
        LARGE_WIDE, LARGE_HIGH, label, base, _lines(found), Markup("").join(marks)
    )


def _lines(found: Trace) -> Markup:
    solid = Markup('<path d="{}"/>').format(found.solid) if found.solid else Markup("")
    return solid + (Markup('<path class="dots" d="{}"/>').format(found.dotted) if found.dotted else Markup(""))
