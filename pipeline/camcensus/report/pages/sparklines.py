"""Small line drawings in pages: a trend in a table's row, and a larger one on a country's or maker's page.

Lines lead only where two snapshots may be joined; a snapshot whose count is hidden is a gap; a partial one is hollow.
Plain SVG with classes for the page's style sheet: no style attribute, no script.
"""

from collections.abc import Sequence

from markupsafe import Markup

from camcensus.report.formatting import shown
from camcensus.report.timeline import SeriesPoint

WIDE, HIGH, EDGE = 72, 20, 3
LARGE_WIDE, LARGE_HIGH = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 44, 30, 30
Box = tuple[int, int, int, int]  # left, top, width, height
Places = list[tuple[int, int] | None]


def trace(
    points: Sequence[SeriesPoint], counts: Sequence[int | None], box: Box, *, by_country: bool
) -> tuple[Places, str, str]:
    """Return a place for each snapshot that has a count (else None), and path data of the solid and dotted parts.

    by_country: another country database dots a line too.
    """
    left, top, wide, high = box
    most = max([1, *(n for n in counts if n is not None)])
    first, span = points[0].position, (points[-1].position - points[0].position) or 1.0
    places: Places = [
        None if n is None else (round(left + wide * (p.position - first) / span), round(top + high * (1 - n / most)))
        for p, n in zip(points, counts, strict=True)
    ]
    solid, dotted = "", ""
    for i, point in enumerate(points):
        one, two = places[i - 1] if i else None, places[i]
        if point.is_joined and one and two:
            is_dotted = point.has_unknown_queries or (by_country and point.has_other_geo)
            start, step = f"{one[0]} {one[1]}", f"L{two[0]} {two[1]}"
            path = dotted if is_dotted else solid
            path += step if path.endswith(f"L{start}") else f"M{start}{step}"
            solid, dotted = (solid, path) if is_dotted else (path, dotted)
    return places, solid, dotted


def spark(points: Sequence[SeriesPoint], counts: Sequence[int | None]) -> tuple[str, str, str, str]:
    """Return path data of a row's trend: solid and dotted lines, marks, hollow marks.

    Marks are at the newest snapshot, at partial ones, and where no line leads to; the lines show the others.
    """
    places, solid, dotted = trace(points, counts, (EDGE, EDGE, WIDE - 2 * EDGE, HIGH - 2 * EDGE), by_country=True)
    has_line = [point.is_joined and bool(places[i - 1]) for i, point in enumerate(points)] + [False]
    full, hollow = "", ""
    for i, (point, place) in enumerate(zip(points, places, strict=True)):
        if place and not point.is_complete:
            hollow += f"M{place[0] - 2} {place[1]}a2 2 0 1 0 4 0a2 2 0 1 0 -4 0"
        elif place and (i == len(points) - 1 or not (has_line[i] or has_line[i + 1])):
            full += f"M{place[0]} {place[1]}h0"
    return solid, dotted, full, hollow


def large(points: Sequence[SeriesPoint], counts: Sequence[int | None], label: str, *, by_country: bool) -> Markup:
    """Return the line with a number on each mark and each snapshot's name below. `label`: what it shows, as text."""
    box = (LEFT, TOP, LARGE_WIDE - LEFT - RIGHT, LARGE_HIGH - TOP - BOTTOM)
    places, solid, dotted = trace(points, counts, box, by_country=by_country)
    marks = []
    for point, place, n in zip(points, places, counts, strict=True):
        if place:
            hollow = Markup("") if point.is_complete else Markup(' class="hollow"')
            marks.append(Markup('<circle cx="{}" cy="{}" r="4"{}/>').format(*place, hollow))
            marks.append(Markup('<text x="{}" y="{}">{}</text>').format(place[0], place[1] - 9, shown(n)))
            below = (place[0], LARGE_HIGH - 6, point.label)
            marks.append(Markup('<text class="faint" x="{}" y="{}">{}</text>').format(*below))
    base = Markup('<path class="base" d="M{} {}H{}"/>').format(LEFT, LARGE_HIGH - BOTTOM, LARGE_WIDE - RIGHT)
    lines = Markup('<path d="{}"/><path class="dots" d="{}"/>').format(solid, dotted)
    return Markup('<svg class="line" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>').format(
        LARGE_WIDE, LARGE_HIGH, label, base, lines, Markup("").join(marks)
    )
