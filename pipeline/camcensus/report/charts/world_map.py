"""The world map as a chart: countries in classes of a count, drawn by matplotlib alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from camcensus.core.countries import country_name
from camcensus.report.charts import style
from camcensus.report.charts.geometry import Shape, project, world_shapes
from camcensus.report.charts.style import Frame

PatchT = TypeVar("PatchT", bound=Patch)

HEIGHT = 5.4  # inches
EDGE = 0.1  # inches beside the map
MAX_CLASSES = 6
# First numbers of the classes in each decade, from fine to coarse; the finest that gives few enough classes is used.
STEPS = ((1, 2, 5), (1, 3), (1,))
# Light to dark, in greyscale too; told apart with all common kinds of colour blindness.
RAMP = LinearSegmentedColormap.from_list(
    "camcensus", ["#d3ecd9", "#93d2bd", "#4fb0be", "#2c85b3", "#1f5597", "#152a60"]
)
BORDER, BORDER_WIDTH = "#ffffff", 0.3  # points
GRATICULE = "#ececec"
DOT, FAINT_DOT = 4.6, 2.8  # diameters in points


@dataclass(frozen=True)
class Pattern:
    """How land without a count is drawn: by pattern, not by colour alone, so that it is never read as a low count."""

    face: str
    edge: str
    hatch: str

    def apply(self, patch: PatchT) -> PatchT:
        """Return the patch with this pattern on it."""
        patch.set(facecolor=self.face, edgecolor=self.edge, hatch=self.hatch, linewidth=BORDER_WIDTH)
        patch.set_hatch_linewidth(0.5)
        return patch


NONE_FOUND = Pattern("#f3f3f3", "#c4c4c4", "//////")
LEFT_OUT = Pattern("#e9dcc6", "#a8895a", "xxxxx")
NO_CODE = Pattern("#f3f3f3", "#b0b0b0", "-----")


@dataclass(frozen=True)
class CountClass:
    """Counts from `low` to `high`, both included, and their colour."""

    low: int
    high: int
    color: str

    @property
    def label(self) -> str:
        """Return the legend's text: 1,000-9,999 with an en dash."""
        return f"{self.low:,}" if self.low == self.high else f"{self.low:,}\N{EN DASH}{self.high:,}"


@dataclass(frozen=True)
class WorldMap:
    """A map of counts by alpha-2 code.

    A country that is missing in `values`, or has 0, is hatched as "none found". Countries in `left_out` are drawn as
    left out, whatever their count. Counts that have no place on the map (ZZ, Antarctica) are named below it.
    """

    values: tuple[tuple[str, int], ...]
    frame: Frame
    left_out: tuple[str, ...] = ()

    def draw(self) -> Figure:
        """Draw the figure. Raises `ValueError` for counts below zero."""
        if bad := sorted(code for code, count in self.values if count < 0):
            raise ValueError(f"counts below zero: {', '.join(bad)}")
        found = {c: n for c, n in sorted(self.values) if n > 0 and c not in self.left_out}
        source = "\n".join(filter(None, (self.frame.source, _not_on_the_map(found))))
        figure, axes = style.canvas(HEIGHT, replace(self.frame, source=source), left=EDGE, right=EDGE)
        _draw_graticule(axes)
        classes = count_classes(max(found.values(), default=0))
        self._draw_land(axes, found, classes)
        self._draw_dots(axes, found, classes)
        self._draw_legend(axes, classes)
        return figure

    def _draw_land(self, axes: Axes, found: Mapping[str, int], classes: Sequence[CountClass]) -> None:
        """One patch for each look, so that the file stays small."""
        land = {code: _path(shape) for code, shape in world_shapes().shapes.items() if shape.rings}
        blank: dict[Pattern, list[Path]] = {NO_CODE: [], LEFT_OUT: [], NONE_FOUND: []}
        for code in (code for code in land if code not in found):
            look = NO_CODE if code.startswith("_") else LEFT_OUT if code in self.left_out else NONE_FOUND
            blank[look].append(land[code])
        for pattern, paths in blank.items():
            if paths:
                axes.add_patch(pattern.apply(PathPatch(Path.make_compound_path(*paths))))
        for one in classes:
            if paths := [land[c] for c, n in found.items() if c in land and one.low <= n <= one.high]:
                path = Path.make_compound_path(*paths)
                axes.add_patch(PathPatch(path, facecolor=one.color, edgecolor=BORDER, linewidth=BORDER_WIDTH))

    def _draw_dots(self, axes: Axes, found: Mapping[str, int], classes: Sequence[CountClass]) -> None:
        """Territories too small to see, the larger counts on top."""
        dots = {code: shape.dot for code, shape in world_shapes().shapes.items() if shape.dot}
        for code in sorted(dots, key=lambda c: (found.get(c, 0), c)):
            face, edge, size = NONE_FOUND.face, "#a5a5a5", FAINT_DOT
            if code in found:
                color = next(one.color for one in classes if one.low <= found[code] <= one.high)
                face, edge, size = color, BORDER, DOT
            elif code in self.left_out:
                face, edge, size = LEFT_OUT.face, LEFT_OUT.edge, DOT
            axes.plot(*dots[code], "o", color=face, markersize=size, markeredgecolor=edge, markeredgewidth=0.5)

    def _draw_legend(self, axes: Axes, classes: Sequence[CountClass]) -> None:
        """Largest counts first, in the sea west of Chile, where there is no dot."""
        handles: list[Patch] = [Patch(facecolor=c.color, linewidth=0, label=c.label) for c in reversed(classes)]
        handles.append(NONE_FOUND.apply(Patch(label="None found")))
        if self.left_out:
            handles.append(LEFT_OUT.apply(Patch(label="Left out of the study")))
        handles.append(NO_CODE.apply(Patch(label="No country code")))
        axes.legend(
            handles=handles, loc="lower left", bbox_to_anchor=(0.17, 0.0), frameon=False, fontsize=6,
            labelcolor=style.INK, handlelength=1.6, handleheight=1.1, labelspacing=0.3, borderpad=0, borderaxespad=0.2,
        )  # fmt: skip


def count_classes(largest: int) -> list[CountClass]:
    """Return at most six classes of counts, evenly wide on a logarithmic scale, that together hold 1 to `largest`."""
    if largest < 1:
        return []
    decades = range(len(str(largest)) + 1)
    for steps in STEPS:
        numbers = [step * 10**decade for decade in decades for step in steps]
        lows = [low for low in numbers if low <= largest]
        if len(lows) <= MAX_CLASSES:
            break
    lows, end = lows[-MAX_CLASSES:], numbers[len(lows)]
    lows[0] = 1  # the lowest class takes in those that were too many
    colors = [to_hex(RAMP(x)) for x in np.linspace(0, 1, len(lows))]
    pairs = zip(pairwise([*lows, end]), colors, strict=True)
    return [CountClass(low, high - 1, color) for (low, high), color in pairs]


def _path(shape: Shape) -> Path:
    """One path of all rings; holes run the other way round than outer rings, so they stay empty."""
    points = [point for ring in shape.rings for point in ring]
    codes = [code for ring in shape.rings for code in (Path.MOVETO, *[Path.LINETO] * (len(ring) - 2), Path.CLOSEPOLY)]
    return Path(np.array(points, dtype=np.float64), codes)


def _draw_graticule(axes: Axes) -> None:
    """Draw an empty map with a few faint lines of latitude and longitude."""
    size = world_shapes()
    axes.set(xlim=(0, size.width), ylim=(size.height, 0), aspect="equal")
    axes.set_axis_off()
    lats, lons = np.linspace(-60, 90, 151), np.linspace(-180, 180, 361)
    lines = [project(np.full_like(lats, lon), lats) for lon in range(-180, 181, 60)]
    lines += [project(lons, np.full_like(lons, lat)) for lat in (-30.0, 0.0, 30.0, 60.0)]
    for x, y in lines:
        axes.plot(x, y, color=GRATICULE, linewidth=0.6, zorder=0)


def _not_on_the_map(found: Mapping[str, int]) -> str:
    """Return the counts that the map cannot show; empty if it shows all."""
    shapes = world_shapes().shapes
    missing = [f"{country_name(c)} ({c}) {n:,}" for c, n in sorted(found.items()) if c not in shapes]
    return f"Not on the map: {', '.join(missing)}." if missing else ""
