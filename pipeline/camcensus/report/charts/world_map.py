"""The world map: countries in classes of a count, in the Equal Earth projection, with matplotlib alone.

Borders come from data/reference/borders.json (Natural Earth, simplified); nothing is fetched.
"""

import functools
import json
import math
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from camcensus.core.countries import country_name
from camcensus.core.resources import BORDERS, bundled
from camcensus.report.charts.style import SYNTHETIC, HouseFigure

Floats = npt.NDArray[np.float64]
PatchT = TypeVar("PatchT", bound=Patch)

SIZE = (12.0, 6.4)  # inches
BOTTOM = 0.092  # where the map ends and the notes begin, as a part of the height
SOUTH = -56.0  # degrees of latitude where the map ends; Antarctica is not in the borders file
MAX_CLASSES = 6
# First numbers of the classes in each decade, from fine to coarse; the finest that gives few enough classes is used.
STEPS = ((1, 2, 5), (1, 3), (1,))
# Light to dark, in greyscale too; told apart with all common kinds of colour blindness.
RAMP = LinearSegmentedColormap.from_list(
    "camcensus", ["#d3ecd9", "#93d2bd", "#4fb0be", "#2c85b3", "#1f5597", "#152a60"]
)
TEXT, FAINT, BORDER = "#2b2b2b", "#6b6b6b", "#ffffff"
BORDER_WIDTH = 0.3  # points
DOT, FAINT_DOT = 4.6, 2.8  # diameters in points


@dataclass(frozen=True)
class Pattern:
    """How land without a count is drawn: by pattern, not by colour alone, so that it is never read as a low count."""

    face: str
    edge: str
    hatch: str

    def dress(self, patch: PatchT) -> PatchT:
        """The patch, with this pattern on it."""
        patch.set(facecolor=self.face, edgecolor=self.edge, hatch=self.hatch, linewidth=BORDER_WIDTH)
        patch.set_hatch_linewidth(0.5)
        return patch


NONE_FOUND = Pattern("#f3f3f3", "#c4c4c4", "//////")
LEFT_OUT = Pattern("#e9dcc6", "#a8895a", "xxxxx")
NO_CODE = Pattern("#f3f3f3", "#b0b0b0", "-----")


@dataclass(frozen=True)
class Class:
    """Counts from `low` to `high`, both included, and their colour."""

    low: int
    high: int
    color: str

    @property
    def label(self) -> str:
        """As the legend has it: 1,000-9,999 with an en dash."""
        return f"{self.low:,}" if self.low == self.high else f"{self.low:,}\N{EN DASH}{self.high:,}"


@dataclass(frozen=True)
class Borders:
    """Outlines (as projected paths) and dots (as projected points) by alpha-2 code; "_Name": land without a code."""

    outlines: dict[str, Path]
    dots: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class WorldMap:
    """A map to be drawn: what `draw_world_map` takes, counts as pairs of alpha-2 code and count."""

    values: tuple[tuple[str, int], ...]
    title: str
    unit: str
    source: str
    synthetic: bool
    left_out: tuple[str, ...]

    def draw(self) -> Figure:
        """The figure."""
        return draw_world_map(
            dict(self.values),
            title=self.title,
            unit=self.unit,
            source=self.source,
            synthetic=self.synthetic,
            left_out=self.left_out,
        )


def draw_world_map(
    values: Mapping[str, int],
    *,
    title: str,
    unit: str,
    source: str,
    synthetic: bool,
    left_out: Collection[str] = (),
) -> Figure:
    """A map of counts by alpha-2 code.

    A country that is missing in `values`, or has 0, is hatched as "none found". Countries in `left_out` are drawn as
    left out, whatever their count. Counts that have no place on the map (ZZ, Antarctica) are named below it.
    `unit` says what is counted, `source` where the counts and the locations come from.
    """
    if bad := sorted(code for code, count in values.items() if count < 0):
        raise ValueError(f"counts below zero: {', '.join(bad)}")
    figure = HouseFigure(figsize=SIZE, facecolor="white")
    borders = load_borders()
    found = {c: n for c, n in sorted(values.items()) if n > 0 and c not in left_out}
    top = _write_texts(figure, title, unit, [*source.splitlines(), _not_drawn(found, borders)])
    axes = figure.add_axes((0.01, BOTTOM, 0.98, top - BOTTOM))
    _frame(axes)
    classes = count_classes(max(found.values(), default=0))
    _draw_land(axes, borders, found, classes, left_out)
    _draw_dots(axes, borders, found, classes, left_out)
    _draw_legend(axes, classes, bool(left_out))
    if synthetic:
        _mark_synthetic(figure, axes)
    return figure


def equal_earth(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees to x and y on a sphere of radius 1 (Savric, Patterson and Jenny 2018, doi:10.1080/13658816.2018.1504949).

    Areas are true, so a large country looks large only if it is.
    """
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    root = math.sqrt(3)
    t = np.arcsin(root / 2 * np.sin(np.radians(lat)))
    slope = 9 * a4 * t**8 + 7 * a3 * t**6 + 3 * a2 * t**2 + a1
    x = 2 * root * np.radians(lon) * np.cos(t) / (3 * slope)
    y = a4 * t**9 + a3 * t**7 + a2 * t**3 + a1 * t
    return x, y


@functools.cache
def load_borders() -> Borders:
    """The borders file, projected. Shared: do not change it."""
    content = json.loads(bundled(BORDERS).read_text(encoding="ascii"))
    outlines = {code: _outline(rings) for code, rings in content["polygons"].items()}
    codes = list(content["points"])
    x, y = equal_earth(*np.array([content["points"][c] for c in codes], dtype=np.float64).T)
    return Borders(outlines, dict(zip(codes, zip(x.tolist(), y.tolist(), strict=True), strict=True)))


def _outline(rings: Sequence[Sequence[Sequence[float]]]) -> Path:
    """One path of all rings; holes run the other way round than outer rings, so they stay empty."""
    points = np.concatenate([np.asarray(ring, dtype=np.float64) for ring in rings])
    codes = np.full(len(points), Path.LINETO, dtype=np.uint8)
    ends = np.cumsum([len(ring) for ring in rings])
    codes[ends - 1] = Path.CLOSEPOLY
    codes[np.concatenate(([0], ends[:-1]))] = Path.MOVETO
    return Path(np.column_stack(equal_earth(points[:, 0], points[:, 1])), codes)


def count_classes(largest: int) -> list[Class]:
    """At most six classes of counts, evenly wide on a logarithmic scale, that together hold 1 to `largest`."""
    if largest < 1:
        return []
    for steps in STEPS:
        lows = _lows(largest, steps)
        if len(lows) <= MAX_CLASSES:
            break
    ends = [*lows[1:], _lows(lows[-1] * 10, steps)[len(lows)]]
    lows = [1, *lows[1:]][-MAX_CLASSES:]
    ends = ends[-MAX_CLASSES:]
    lows[0] = 1  # the lowest class takes in those that were too many
    colors = [to_hex(RAMP(x)) for x in np.linspace(0, 1, len(lows))]
    return [Class(low, end - 1, color) for low, end, color in zip(lows, ends, colors, strict=True)]


def _lows(largest: int, steps: Sequence[int]) -> list[int]:
    """First numbers of the classes up to `largest`: 1, 3, 10, 30, ... for steps 1 and 3."""
    decades = range(len(str(largest)))
    return [low for d in decades for s in steps if (low := s * 10**d) <= largest]


def _color(count: int, classes: Sequence[Class]) -> str:
    return next(c.color for c in classes if c.low <= count <= c.high)


def _frame(axes: Axes) -> None:
    """An empty map with a few faint lines of latitude and longitude."""
    right = float(equal_earth(np.array([180.0]), np.array([0.0]))[0][0])
    _, (bottom, top) = equal_earth(np.zeros(2), np.array([SOUTH, 90.0]))
    axes.set_xlim(-right, right)
    axes.set_ylim(bottom, top)
    axes.set_aspect("equal")
    axes.set_axis_off()
    lats, lons = np.linspace(-60, 90, 151), np.linspace(-180, 180, 361)
    lines = [equal_earth(np.full_like(lats, lon), lats) for lon in range(-180, 181, 60)]
    lines += [equal_earth(lons, np.full_like(lons, lat)) for lat in (-30.0, 0.0, 30.0, 60.0)]
    for x, y in lines:
        axes.plot(x, y, color="#ececec", linewidth=0.6, zorder=0)


def _draw_land(
    axes: Axes, borders: Borders, found: Mapping[str, int], classes: Sequence[Class], left_out: Collection[str]
) -> None:
    """Every outline: without a code, left out, none found, or in its class's colour. One patch for each of these."""
    outlines = borders.outlines
    blank = {c: o for c, o in outlines.items() if c not in found}
    no_code = [o for c, o in blank.items() if c.startswith("_")]
    out = [o for c, o in blank.items() if c in left_out]
    none = [o for c, o in blank.items() if c not in left_out and not c.startswith("_")]
    for paths, pattern in ((no_code, NO_CODE), (out, LEFT_OUT), (none, NONE_FOUND)):
        if paths:
            axes.add_patch(pattern.dress(PathPatch(Path.make_compound_path(*paths))))
    for cls in classes:
        if paths := [outlines[c] for c, n in found.items() if c in outlines and cls.low <= n <= cls.high]:
            path = Path.make_compound_path(*paths)
            axes.add_patch(PathPatch(path, facecolor=cls.color, edgecolor=BORDER, linewidth=BORDER_WIDTH))


def _draw_dots(
    axes: Axes, borders: Borders, found: Mapping[str, int], classes: Sequence[Class], left_out: Collection[str]
) -> None:
    """Territories too small to see, the larger counts on top."""
    for code in sorted(borders.dots, key=lambda c: (found.get(c, 0), c)):
        x, y = borders.dots[code]
        if code in found:
            face, edge, size = _color(found[code], classes), BORDER, DOT
        elif code in left_out:
            face, edge, size = LEFT_OUT.face, LEFT_OUT.edge, DOT
        else:
            face, edge, size = NONE_FOUND.face, "#a5a5a5", FAINT_DOT
        axes.plot(x, y, "o", color=face, markersize=size, markeredgecolor=edge, markeredgewidth=0.5)


def _draw_legend(axes: Axes, classes: Sequence[Class], any_left_out: bool) -> None:
    """What each colour and pattern means, largest counts first, in the sea west of Chile, where there is no dot."""
    handles: list[Patch] = [Patch(facecolor=c.color, linewidth=0, label=c.label) for c in reversed(classes)]
    handles.append(NONE_FOUND.dress(Patch(label="None found")))
    if any_left_out:
        handles.append(LEFT_OUT.dress(Patch(label="Left out of the study")))
    handles.append(NO_CODE.dress(Patch(label="No country code")))
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.165, 0.0),
        frameon=False,
        fontsize=8,
        labelcolor=TEXT,
        handlelength=1.8,
        handleheight=1.1,
        labelspacing=0.35,
        borderpad=0.0,
        borderaxespad=0.3,
    )


def _not_drawn(found: Mapping[str, int], borders: Borders) -> str:
    """The counts that the map cannot show, in words; empty if it shows all."""
    places = borders.outlines.keys() | borders.dots.keys()
    missing = [f"{country_name(c)} ({c}) {n:,}" for c, n in sorted(found.items()) if c not in places]
    return f"Not on the map: {', '.join(missing)}." if missing else ""


def _write_texts(figure: Figure, title: str, unit: str, notes: Iterable[str]) -> float:
    """Title and unit above, notes below, all at the left; a dollar sign is only that.

    Returns how far up the map may reach, as a part of the figure's height.
    """
    heading = textwrap.wrap(title, 68)
    figure.text(0.02, 0.97, "\n".join(heading), size=16, weight="bold", color=TEXT, va="top", parse_math=False)
    below = 0.972 - 0.045 * len(heading)
    figure.text(0.02, below, textwrap.shorten(unit, 110), size=11, color=FAINT, va="top", parse_math=False)
    lines = [textwrap.fill(note, 165, break_on_hyphens=False) for note in notes if note]
    figure.text(0.02, 0.018, "\n".join(lines), size=8, color=FAINT, va="bottom", linespacing=1.4, parse_math=False)
    return below - 0.035


def _mark_synthetic(figure: Figure, axes: Axes) -> None:
    """Says that the data is made up: a solid label, and letters across the map for copies that are cut out of it.

    The large letters are outlines with hardly any fill, so that the colours under them stay what the legend says.
    """
    figure.text(
        0.98, 0.962, "SYNTHETIC DATA\nmade up, not measured", size=11, weight="bold", color="white", va="top",
        ha="right", multialignment="center",
        bbox={"facecolor": SYNTHETIC, "edgecolor": "none", "boxstyle": "square,pad=0.45"},
    )  # fmt: skip
    letters = TextPath((0, 0), "SYNTHETIC DATA", size=0.5, prop=FontProperties(weight="bold"))
    middle = letters.get_extents()
    place = Affine2D().translate(-(middle.x0 + middle.x1) / 2, -(middle.y0 + middle.y1) / 2).rotate_deg(8)
    outline = place.translate(0, 0.2).transform_path(letters)
    axes.add_patch(PathPatch(outline, facecolor=to_rgba(SYNTHETIC, 0.05), edgecolor=to_rgba(SYNTHETIC, 0.35), zorder=5))
