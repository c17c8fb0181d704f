"""The house style of charts: one look, the same bytes every time, readable in greyscale and with colour blindness."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure

from pipeline import store
from pipeline.report.worldmap import SYNTHETIC

INK, FAINT, RULE = "#222222", "#666666", "#dddddd"
ACCENT, PLAIN, GREY = "#1f5597", "#8fb4cf", "#c9c9c9"
# Lines differ in colour, lightness, marker and dash.
LINES = (
    ("#222222", "o", "-"), ("#0072b2", "s", "-"), ("#d55e00", "D", "--"), ("#009e73", "^", "-."), ("#cc79a7", "v", ":"),
)  # fmt: skip
WIDTH = 9.0  # inches
DPI = 130
FONT = "DejaVu Sans"
MAX_LABEL = 34
_RC: Any = {
    "svg.hashsalt": "camcensus",
    "svg.fonttype": "path",
    "text.parse_math": False,  # a name with dollar signs is no formula
    "font.family": FONT,
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": FAINT,
    "xtick.color": FAINT,
    "ytick.color": INK,
    "figure.facecolor": "white",
}


def house() -> AbstractContextManager[None]:
    """Settings of matplotlib while a chart is made and saved."""
    context: AbstractContextManager[None] = mpl.rc_context(_RC)
    return context


def canvas(
    height: float, *, title: str, unit: str, source: str, synthetic: bool, left: float = 2.4, right: float = 0.9
) -> tuple[Figure, Any]:
    """A figure of `height` inches with its words, and axes between margins of `left` and `right` inches."""
    figure = Figure(figsize=(WIDTH, height))
    top, bottom = 0.95, 0.75
    axes = figure.add_axes(
        (left / WIDTH, bottom / height, (WIDTH - left - right) / WIDTH, (height - top - bottom) / height)
    )
    axes.spines[["top", "right"]].set_visible(False)
    edge = 0.2 / WIDTH
    figure.text(edge, 1 - 0.2 / height, title, size=14, weight="bold", va="top")
    figure.text(edge, 1 - 0.52 / height, unit, size=9.5, color=FAINT, va="top")
    figure.text(edge, 0.13 / height, source, size=7.2, color=FAINT, va="bottom", linespacing=1.4)
    if synthetic:
        _mark(figure, axes, height)
    return figure, axes


def _mark(figure: Figure, axes: Any, height: float) -> None:
    """Says that the data is made up, across the chart and in solid letters."""
    axes.text(
        0.5, 0.5, "SYNTHETIC DATA", transform=axes.transAxes, size=min(40.0, 13 * (height - 1)), weight="bold",
        color=SYNTHETIC, alpha=0.13, ha="center", va="center", rotation=18, zorder=5,
    )  # fmt: skip
    figure.text(
        1 - 0.2 / WIDTH, 1 - 0.22 / height, "SYNTHETIC DATA", size=8, weight="bold", color="white", ha="right",
        va="top", bbox={"facecolor": SYNTHETIC, "edgecolor": "none", "boxstyle": "square,pad=0.4"},
    )  # fmt: skip


def label(text: str) -> str:
    """A name as a chart can show it: no characters that the font lacks, and not too long."""
    known = font_manager.get_font(font_manager.findfont(FONT)).get_charmap()
    shown = "".join(c if ord(c) in known and c.isprintable() else "?" for c in text)
    return shown if len(shown) <= MAX_LABEL else f"{shown[: MAX_LABEL - 1]}\N{HORIZONTAL ELLIPSIS}"


def save(figure: Figure, folder: Path, name: str) -> None:
    """Writes `charts/<name>.svg` and `.png`, without anything that depends on clock or version."""
    charts = folder / "charts"
    with house():
        with store.atomic(charts / f"{name}.svg") as file:
            figure.savefig(file, format="svg", metadata={"Date": None, "Creator": "camcensus"})
        with store.atomic(charts / f"{name}.png") as file:
            figure.savefig(file, format="png", dpi=DPI, metadata={"Software": "camcensus"})
