"""The map of the page: each country's outline as an SVG path of whole numbers, and dots for what is too small to see.

Drawn from the same bundled borders and in the same projection (Equal Earth) as the map that is a file.
"""

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.path import Path

from camcensus.report.charts.world_map import SOUTH, equal_earth, load_borders

WIDTH = 2000  # units of the picture; half a pixel on a page
LEAST_POINTS = 3


@dataclass(frozen=True)
class Shape:
    """One country or territory. `path`: SVG path data; `dot`: where its dot stands, for those too small to see."""

    code: str
    path: str
    dot: tuple[int, int] | None


@dataclass(frozen=True)
class Outlines:
    """Shapes by code, those without an ISO code ("_Name") first, and the size of the picture."""

    shapes: tuple[Shape, ...]
    width: int
    height: int


@functools.cache
def outlines() -> Outlines:
    """All shapes. Shared: do not change it."""
    right = float(equal_earth(np.array([180.0]), np.array([0.0]))[0][0])
    _, (bottom, top) = equal_earth(np.zeros(2), np.array([SOUTH, 90.0]))
    scale = WIDTH / (2 * right)
    borders = load_borders()

    def place(x: float, y: float) -> tuple[int, int]:
        return round((x + right) * scale), round((top - y) * scale)

    codes = sorted(borders.outlines.keys() | borders.dots.keys())
    shapes = []
    for code in codes:
        path = _path(borders.outlines[code], place) if code in borders.outlines else ""
        dot = place(*borders.dots[code]) if code in borders.dots else None
        shapes.append(Shape(code, path, dot))
    shapes.sort(key=lambda shape: (not shape.code.startswith("_"), shape.code))
    return Outlines(tuple(shapes), WIDTH, round(float(top - bottom) * scale))


def _path(outline: Any, place: Callable[[float, float], tuple[int, int]]) -> str:
    """Path data: an absolute start, then steps from point to point; points that fall together are one."""
    found = []
    starts = [i for i, code in enumerate(outline.codes) if code == Path.MOVETO]
    for start, end in itertools.pairwise([*starts, len(outline.codes)]):
        ring = [place(float(x), float(y)) for x, y in outline.vertices[start:end]]
        points = [point for point, _ in itertools.groupby(ring)]
        if len(set(points)) < LEAST_POINTS:
            continue
        steps = "".join(
            f"{'' if x < px else ' '}{x - px}{'' if y < py else ' '}{y - py}"
            for (px, py), (x, y) in itertools.pairwise(points)
        )
        found.append(f"M{points[0][0]} {points[0][1]}l{steps.strip()}z")
    return "".join(found)
