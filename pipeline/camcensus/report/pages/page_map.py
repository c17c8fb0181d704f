"""The map in the page: shapes with their class and text for the newest snapshot, and looks and legends for all."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from camcensus.core.countries import country_name
from camcensus.report import formatting
from camcensus.report.charts.geometry import Shape, world_shapes
from camcensus.report.charts.world_map import MAX_CLASSES, STEPS, count_classes
from camcensus.report.tables.page_data import Place, View

SHADES = 6
LOOKS = {"n": "none", "f": "few", "o": "out"}  # none found, not shown, left out
FIXED_LEGEND = (("none", "None found"), ("few", "Not shown"), ("out", "Left out"), ("nocode", "No country code"))
Classes = list[tuple[float, str]]  # the lowest value of each class, and its text


class MapShape(NamedTuple):
    """A shape of the map. `look`: its class in the style sheet; `label`: its figures; `is_linked`: it has a page."""

    shape: Shape
    look: str
    label: str
    is_linked: bool


def shapes_and_legend(found: View) -> tuple[list[MapShape], list[tuple[str, str]]]:
    """Return the map of the newest snapshot in the study's unit: shapes, and class and text of each legend entry."""
    counts = found.years[-1].counts(found.unit)
    looks, entries = looks_and_legend(found.places, [counts.get(p.code, 0) for p in found.places])
    look_of = {place.code: LOOKS.get(look, f"k{look}") for place, look in zip(found.places, looks, strict=True)}
    ranks, shapes = found.ranks(counts), []
    for code, shape in world_shapes().shapes.items():
        look = look_of.get(code, "none")
        text = "left out of the map" if look == "out" else "none found"
        if code in ranks:
            text = f"{formatting.shown(counts[code])} {found.unit}, rank {ranks[code]}"
        one = MapShape(shape, look, f"{country_name(code)}: {text}", code in look_of)
        if code.startswith("_"):
            one = MapShape(shape, "nocode", f"{code[1:]}: no country code, so no count", False)
        shapes.append(one)
    # Those without a count first, so that borders and dots of the others lie above them.
    shapes.sort(key=lambda one: counts[one.shape.code] or 0 if one.shape.code in ranks else -1)
    return shapes, [*((f"k{entry[0]}", entry[1:]) for entry in entries), *FIXED_LEGEND]


def looks_and_legend(
    places: Sequence[Place], counts: Sequence[int | None], rates: Sequence[float | None] | None = None
) -> tuple[str, list[str]]:
    """Return a look for each place, a character each, and the legend: a shade and a text each, the most first.

    counts: None is not shown. rates: what the map shows in place of the counts. A look is a shade from 0 to 5, or one
    of `LOOKS`.
    """
    values = counts if rates is None else rates
    inside = [v for p, v in zip(places, values, strict=False) if p.kind == "country" and v]
    classes = _count_classes(inside) if rates is None else _rate_classes(inside)
    # From light to dark, however many there are.
    last = len(classes) - 1
    shades = [math.floor(n * (SHADES - 1) / last + 0.5) for n in range(last + 1)] if last > 0 else [3]
    looks = []
    for place, value, count in zip(places, values, counts, strict=False):
        if place.kind == "out":
            looks.append("o")
        elif value and place.kind == "country":
            looks.append(str(shades[max(0, sum(low <= value for low, _ in classes) - 1)]))
        else:
            looks.append("n" if count == 0 else "f")
    entries = [f"{shade}{text}" for shade, (_, text) in zip(shades, classes, strict=False)]
    return "".join(looks), entries[::-1]


def _count_classes(values: Sequence[float]) -> Classes:
    classes = count_classes(int(max(values, default=0)))
    return [(c.low, c.label if c != classes[-1] else f"{c.low:,} or more") for c in classes]


def _rate_classes(values: Sequence[float]) -> Classes:
    """At most six classes, evenly wide on a logarithmic scale."""
    if not values:
        return []
    decades = range(math.floor(math.log10(min(values))), math.floor(math.log10(max(values))) + 1)
    for steps in STEPS:
        lows = [low for d in decades for s in steps if (low := float(f"{s * 10.0**d:.1g}")) <= max(values)]
        if len(lows) <= MAX_CLASSES:
            break
    lows = lows[-MAX_CLASSES:]
    texts = [f"{low:,.0f}" if low >= 1 else f"{low:g}" for low in lows]
    labels = [f"{one} to {two}" for one, two in pairwise(texts)] + [f"{texts[-1]} or more"]
    if min(values) < lows[0]:
        labels[0] = f"under {texts[1]}"
    return list(zip(lows, labels, strict=True))
