"""The map in the page: shapes with their class and text for the newest snapshot, and looks and legends for all."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from camcensus.core.countries import country_name
from camcensus.report import formatting
from camcensus.report.charts.geometry import Shape, world_shapes
from camcensus.report.charts.world_map import MAX_CLASSES, STEPS, count_classes
from camcensus.report.tables.page_data import Place, View

SHADES = 6
LOOKS = {"n": "none", "f": "few", "o": "out"}  # none found, not shown, left out
FIXED_LEGEND = (("none", "None found"), ("few", "Not shown"), ("out", "Left out"), ("nocode", "No country code"))
Classes = list[tuple[float, str]]  # the lowest value of each class, and its text


@dataclass(frozen=True)
class MapShape:
    """A shape of the map. `look`: its class in the style sheet; `label`: its figures; `is_linked`: it has a page."""

    shape: Shape
    look: str
    label: str
    is_linked: bool


def map_shapes(found: View) -> list[MapShape]:
    """Return the map's shapes for the newest snapshot, all makers, in the study's unit."""
    counts = found.years[-1].counts(found.unit)
    looks, _ = looks_and_legend(found.places, [counts.get(p.code, 0) for p in found.places])
    look_of = {place.code: look for place, look in zip(found.places, looks, strict=True)}
    ranks, shapes = found.ranks(counts), []
    for code, shape in world_shapes().shapes.items():
        look = LOOKS.get(look_of.get(code, "n")) or f"k{look_of[code]}"
        if code.startswith("_"):
            shapes.append(MapShape(shape, "nocode", f"{code[1:]}: no country code, so no count", False))
            continue
        text = "left out of the map" if look == "out" else "none found"
        if code in ranks:
            text = f"{formatting.shown(counts[code])} {found.unit}, rank {ranks[code]}"
        shapes.append(MapShape(shape, look, f"{country_name(code)}: {text}", code in look_of))
    # Those without a count first, so that borders and dots of the others lie above them.
    return sorted(shapes, key=lambda one: counts[one.shape.code] or 0 if one.shape.code in ranks else -1)


def legend(found: View) -> list[tuple[str, str]]:
    """Return class and text of each entry of the legend for the same, the most first."""
    counts = found.years[-1].counts(found.unit)
    _, entries = looks_and_legend(found.places, [counts.get(p.code, 0) for p in found.places])
    return [*((f"k{entry[0]}", entry[1:]) for entry in entries), *FIXED_LEGEND]


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
    shades = [_shade(i, len(classes)) for i in range(len(classes))]
    looks = []
    for place, value, count in zip(places, values, counts, strict=False):
        if place.kind == "out":
            looks.append("o")
        elif value and place.kind == "country":
            looks.append(str(shades[max(0, sum(low <= value for low, _ in classes) - 1)]))
        else:
            looks.append("n" if count == 0 else "f")
    entries = [f"{shade}{text}" for shade, (_, text) in zip(shades, classes, strict=True)]
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


def _shade(n: int, of: int) -> int:
    """Return the n-th of so many classes: from light to dark, however many there are."""
    return 3 if of < 2 else math.floor(n * (SHADES - 1) / (of - 1) + 0.5)
