"""The geometry of the world map, for page and chart: country outlines and dots in the Equal Earth projection."""

import functools
import itertools
import json
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from camcensus.core.resources import BORDERS, bundled

Floats = npt.NDArray[np.float64]
Point = tuple[int, int]

WIDTH = 2000  # units of the picture; half a pixel on a page
SOUTH = -56.0  # degrees of latitude where the map ends; Antarctica is not in the borders file
LEAST_POINTS = 3


@dataclass(frozen=True)
class Shape:
    """One country or territory. `rings`: its outlines, holes included; `dot`: its place if it is too small to see."""

    code: str
    rings: tuple[tuple[Point, ...], ...]
    dot: Point | None

    @property
    def svg_path(self) -> str:
        """Return SVG path data: for each ring an absolute start, then relative steps."""
        return "".join(_svg_ring(ring) for ring in self.rings)


@dataclass(frozen=True)
class WorldShapes:
    """Shapes by code ("_Name": land without an ISO code, sorted first), and the size of the picture."""

    shapes: dict[str, Shape]
    width: int
    height: int


def equal_earth(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Project degrees to x and y on a sphere of radius 1, keeping areas true.

    Savric, Patterson and Jenny 2018, doi:10.1080/13658816.2018.1504949.
    """
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    root = math.sqrt(3)
    t = np.arcsin(root / 2 * np.sin(np.radians(lat)))
    slope = 9 * a4 * t**8 + 7 * a3 * t**6 + 3 * a2 * t**2 + a1
    x = 2 * root * np.radians(lon) * np.cos(t) / (3 * slope)
    y = a4 * t**9 + a3 * t**7 + a2 * t**3 + a1 * t
    return x, y


def project(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Project degrees to units of the picture, from its upper left corner."""
    corner_x, corner_y = equal_earth(np.array([180.0, 0.0]), np.array([0.0, 90.0]))
    right, top = float(corner_x[0]), float(corner_y[1])
    x, y = equal_earth(lon, lat)
    scale = WIDTH / (2 * right)
    return (x + right) * scale, (top - y) * scale


@functools.cache
def world_shapes() -> WorldShapes:
    """Read and project the bundled borders. The result is shared: do not change it."""
    content = json.loads(bundled(BORDERS).read_text(encoding="ascii"))
    polygons, points = content["polygons"], content["points"]
    shapes = {}
    for code in sorted(polygons.keys() | points.keys(), key=lambda code: (not code.startswith("_"), code)):
        rings = [_points(ring) for ring in polygons.get(code, ())]
        kept = tuple(ring for ring in rings if len(set(ring)) >= LEAST_POINTS)
        shapes[code] = Shape(code, kept, _points([points[code]])[0] if code in points else None)
    _, south = project(np.zeros(1), np.array([SOUTH]))
    return WorldShapes(shapes, WIDTH, round(float(south[0])))


def _points(ring: list[list[float]]) -> tuple[Point, ...]:
    """Whole units; points that fall together are one."""
    x, y = project(*np.array(ring, dtype=np.float64).T)
    pairs = zip(x.tolist(), y.tolist(), strict=True)
    return tuple(point for point, _ in itertools.groupby((round(a), round(b)) for a, b in pairs))


def _svg_ring(ring: tuple[Point, ...]) -> str:
    steps = "".join(
        f"{'' if x < px else ' '}{x - px}{'' if y < py else ' '}{y - py}"
        for (px, py), (x, y) in itertools.pairwise(ring)
    )
    return f"M{ring[0][0]} {ring[0][1]}l{steps.strip()}z"
