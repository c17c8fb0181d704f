"""The house style of charts: one look, the same bytes every time, readable in greyscale and with colour blindness."""

import io
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

SYNTHETIC = "#c0392b"
INK, FAINT, RULE, PAPER = "#222222", "#666666", "#dddddd", "#ffffff"
ACCENT, PLAIN, GREY, RANGE = "#1f5597", "#8fb4cf", "#c9c9c9", "#444444"
ON_DARK, ON_LIGHT = "#fefefe", "#1b1b1b"  # numbers on bars: the page's dark theme leaves these two as they are
# Lines differ in colour, lightness, marker and dash.
LINES = (
    ("#222222", "o", "-"), ("#0072b2", "s", "-"), ("#d55e00", "D", (0, (5, 2))), ("#009e73", "^", (0, (6, 2, 1, 2))),
    ("#cc79a7", "v", (0, (2, 1.5))),
)  # fmt: skip
# Parts of a bar from dark to light, so that neighbours differ in greyscale too.
PARTS = ("#152a60", "#1f5597", "#2c85b3", "#4fb0be", "#93d2bd", "#d3ecd9", "#e9e2d0")
WIDTH = 9.0  # inches
LINE = 0.15  # inches, a further line below a chart
MOST_CREDIT = 140  # characters that the line of credits holds
DPI = 130
FONT = "DejaVu Sans"
MAX_LABEL = 34
_RC: Any = {
    "svg.hashsalt": "camcensus",
    "svg.fonttype": "none",  # text stays text: it can be searched, read aloud, and takes a tenth of the space
    "text.parse_math": False,  # a name with dollar signs is no formula
    "font.family": "sans-serif",
    "font.sans-serif": [FONT],
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": FAINT,
    "xtick.color": FAINT,
    "ytick.color": INK,
    "figure.facecolor": PAPER,
}


@dataclass(frozen=True)
class Frame:
    """What every picture carries: its title, what is counted, the source line, the mark of made-up data."""

    title: str
    subtitle: str
    source: str
    synthetic: bool


class HouseFigure(Figure):
    """A figure that a notebook shows as the PNG that a report has."""

    def _repr_png_(self) -> bytes:
        return png(self)


def house() -> AbstractContextManager[None]:
    """Return matplotlib's settings for making and saving a chart."""
    return cast("AbstractContextManager[None]", mpl.rc_context(_RC))


def canvas(height: float, frame: Frame, left: float = 2.4, right: float = 0.9) -> tuple[Figure, Any]:
    """Return a figure of `height` inches with the frame's words, and axes between margins of `left` and `right` inches.

    Each further line of the source makes it higher.
    """
    more = LINE * frame.source.count("\n")
    height += more
    figure = HouseFigure(figsize=(WIDTH, height))
    top, bottom = 0.95, 0.75 + more
    place = (left / WIDTH, bottom / height, (WIDTH - left - right) / WIDTH, (height - top - bottom) / height)
    axes = figure.add_axes(place)
    axes.spines[["top", "right"]].set_visible(False)
    edge = 0.2 / WIDTH
    figure.text(edge, 1 - 0.2 / height, frame.title, size=14, weight="bold", va="top")
    figure.text(edge, 1 - 0.52 / height, frame.subtitle, size=9.5, color=FAINT, va="top")
    figure.text(edge, 0.13 / height, frame.source, size=7.2, color=FAINT, va="bottom", linespacing=1.4)
    if frame.synthetic:
        _draw_synthetic_marker(figure, axes, height)
    return figure, axes


def _draw_synthetic_marker(figure: Figure, axes: Any, height: float) -> None:
    axes.text(
        0.5, 0.5, "SYNTHETIC DATA", transform=axes.transAxes, size=min(40.0, 13 * (height - 1)), weight="bold",
        color=SYNTHETIC, alpha=0.13, ha="center", va="center", zorder=5,
    )  # fmt: skip
    figure.text(
        1 - 0.2 / WIDTH, 1 - 0.22 / height, "SYNTHETIC DATA", size=8, weight="bold", color=ON_DARK, ha="right",
        va="top", bbox={"facecolor": SYNTHETIC, "edgecolor": "none", "boxstyle": "square,pad=0.4"},
    )  # fmt: skip


def draw_numbers_axis(axes: Any) -> None:
    """Give the vertical axis whole numbers with thousands separators, and faint lines across."""
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda n, _: f"{n:,.0f}"))
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.set_axisbelow(True)


def draw_names_axis(axes: Any, names: Sequence[str], rows: int) -> None:
    """Name horizontal bars from top to bottom, with room for so many rows, and nothing else around them."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(rows - 0.4, -0.6)
    axes.tick_params(length=0)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def name_margin(names: Iterable[str]) -> float:
    """Return the inches that names beside bars need."""
    return 0.4 + 0.085 * max(map(len, names), default=4)


def label(text: str, most: int = MAX_LABEL) -> str:
    """Return a name as a chart can show it: no characters that the font lacks, and not too long."""
    known = font_manager.get_font(font_manager.findfont(FONT)).get_charmap()
    shown = "".join(c if ord(c) in known and c.isprintable() else "?" for c in text[: 4 * most])
    return shown if len(shown) <= most else f"{shown[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def svg(figure: Figure) -> bytes:
    """Return the figure as SVG, without anything that depends on clock or version."""
    return _saved(figure, format="svg", metadata={"Date": None, "Creator": "camcensus"})


def png(figure: Figure) -> bytes:
    """Return the figure as PNG, without anything that depends on clock or version."""
    return _saved(figure, format="png", dpi=DPI, metadata={"Software": "camcensus"})


def _saved(figure: Figure, **options: Any) -> bytes:
    with house(), io.BytesIO() as file:
        figure.savefig(file, **options)
        return file.getvalue()
