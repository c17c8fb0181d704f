"""The map in the page: shapes with their class and words for the newest snapshot, and the legend."""

import math
from dataclasses import dataclass

from camcensus.core.countries import country_name
from camcensus.report import formatting
from camcensus.report.charts.outlines import Outlines, Shape, outlines
from camcensus.report.charts.world_map import count_classes
from camcensus.report.tables.page_data import View


@dataclass(frozen=True)
class Land:
    """A shape as it is first drawn. `look`: its class in the style sheet; `label`: its figures in words; `linked`: it
    has a page."""

    shape: Shape
    look: str
    label: str
    linked: bool


@dataclass(frozen=True)
class PageMap:
    """The picture's size, its lands, and the legend: class and words, the most first."""

    size: Outlines
    lands: tuple[Land, ...]
    legend: tuple[tuple[str, str], ...]


def page_map(found: View) -> PageMap:
    """The map of the newest snapshot, all makers, in the study's unit."""
    size = outlines()
    counts = found.years[-1].counts(found.unit)
    kinds = {place.code: place.kind for place in found.places}
    inside = {c: n for c, n in counts.items() if kinds.get(c) == "country" and n}
    classes = count_classes(max(inside.values(), default=0))
    ranks = found.ranks(counts)
    lands = []
    for shape in size.shapes:
        n = inside.get(shape.code)
        look = next((shade(i, len(classes)) for i, c in enumerate(classes) if n and c.low <= n <= c.high), "none")
        look = "out" if kinds.get(shape.code) == "out" else "nocode" if shape.code.startswith("_") else look
        lands.append(Land(shape, look, _label(found, shape.code, kinds, n, ranks), shape.code in kinds))
    # Those without a count first, so that borders and dots of the others lie above them.
    lands.sort(key=lambda land: (inside.get(land.shape.code, -1), land.shape.code))
    top = len(classes) - 1
    legend = [(shade(i, len(classes)), f"{c.low:,} or more" if i == top else c.label) for i, c in enumerate(classes)][
        ::-1
    ]
    more = [("none", "None found"), ("few", "Not shown"), ("out", "Left out"), ("nocode", "No country code")]
    return PageMap(size, tuple(lands), (*legend, *more))


def shade(n: int, of: int) -> str:
    """The style sheet's class of the n-th of so many classes: from light to dark, however many there are."""
    return f"k{3 if of < 2 else math.floor(n * 5 / (of - 1) + 0.5)}"


def _label(found: View, code: str, kinds: dict[str, str], n: int | None, ranks: dict[str, int]) -> str:
    if code.startswith("_"):
        return f"{code[1:]}: no country code, so no count"
    name = country_name(code)
    if kinds.get(code) == "out":
        return f"{name}: left out of the map"
    return f"{name}: {formatting.number(n)} {found.unit}, rank {ranks[code]}" if n else f"{name}: none found"
