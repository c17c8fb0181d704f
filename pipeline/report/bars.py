"""Horizontal bars, each with its number."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from pipeline.report import style

LEAST_ROWS = 2  # a chart of one bar keeps a bar's usual thickness


@dataclass(frozen=True)
class Bar:
    """One bar: `key` is what the data calls it, `label` what the chart does."""

    key: str
    label: str
    count: int
    color: str


def draw_bars(bars: Sequence[Bar], *, title: str, unit: str, source: str, synthetic: bool, empty: str) -> Figure:
    """Bars from top to bottom in the given order. `unit`: the line below the title, which says what is counted;
    `empty`: what is said where there is no bar."""
    labels = [style.label(bar.label) for bar in bars]
    counts = [bar.count for bar in bars]
    rows = max(len(bars), LEAST_ROWS)
    figure, axes = style.canvas(
        1.8 + 0.27 * rows,
        title=title,
        unit=unit,
        source=source,
        synthetic=synthetic,
        left=0.4 + 0.085 * max(map(len, labels), default=4),
        right=0.95,
    )
    axes.barh(range(len(bars)), counts, color=[bar.color for bar in bars], height=0.72)
    axes.set_yticks(range(len(bars)), labels)
    axes.set_ylim(rows - 0.4, -0.6)
    axes.set_xlim(0, max([1, *counts]))
    axes.tick_params(length=0)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    for place, n in enumerate(counts):
        axes.annotate(f"{n:,}", (n, place), (4, 0), textcoords="offset points", va="center", size=8.5)
    if not bars:
        axes.text(0.02, 0.5, empty, transform=axes.transAxes)
    return figure
