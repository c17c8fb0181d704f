"""Horizontal bars: single ones with their range, and stacked ones of parts."""

from dataclasses import dataclass
from typing import Any

from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from camcensus.report.charts import style
from camcensus.report.charts.style import Frame

LEAST_ROWS = 2  # a chart of one bar keeps a bar's usual thickness
ROOM = 0.055  # of the axes' width: the least a part needs to carry its number
DARK = 0.45  # lightness under which a number is written in white


@dataclass(frozen=True)
class Bar:
    """One bar: `key` is what the data calls it, `label` what the chart does; `low` to `high`: its range."""

    key: str
    label: str
    count: float
    color: str
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Bars:
    """Bars from top to bottom. `empty`: the text where there is no bar; `number_format`: how a number is written."""

    bars: tuple[Bar, ...]
    frame: Frame
    empty: str
    number_format: str = "{:,.0f}"

    def draw(self) -> Figure:
        """Draw the figure."""
        labels = [style.label(bar.label) for bar in self.bars]
        rows = max(len(self.bars), LEAST_ROWS)
        figure, axes = style.canvas(1.8 + 0.27 * rows, self.frame, style.name_margin(labels), 0.95)
        counts = [bar.count for bar in self.bars]
        axes.barh(range(len(self.bars)), counts, color=[bar.color for bar in self.bars], height=0.72)
        style.draw_names_axis(axes, labels, rows)
        axes.set_xlim(0, max([1, *(max(bar.count, bar.high or 0) for bar in self.bars)]))
        for place, bar in enumerate(self.bars):
            self._draw_number(axes, place, bar)
        if not self.bars:
            axes.text(0.02, 0.5, self.empty, transform=axes.transAxes)
        return figure

    def _draw_number(self, axes: Any, place: int, bar: Bar) -> None:
        """Draw the bar's number beyond its end, and its range as a line with two ends."""
        end = bar.count
        if bar.low is not None and bar.high is not None and bar.high > bar.low:
            span = [bar.low, bar.high]
            axes.plot(span, [place, place], color=style.PAPER, linewidth=3.4)  # a light edge, to be seen on the bar
            axes.plot(span, [place, place], color=style.RANGE, linewidth=1.4, marker="|", markersize=7)
            end = max(end, bar.high)
        text = self.number_format.format(bar.count)
        axes.annotate(text, (end, place), (5, 0), textcoords="offset points", va="center", size=8.5)


@dataclass(frozen=True)
class Part:
    """One part of every stacked bar: its name, its count in each bar (None: not known), its colour."""

    name: str
    counts: tuple[int | None, ...]
    color: str
    hatch: str = ""


@dataclass(frozen=True)
class StackedBars:
    """Bars from top to bottom, each made of the same parts. `shares`: each bar is 100%, numbers are percent.

    `breaks`: bars that cannot be compared with the next one below; a dashed line parts them.
    """

    bars: tuple[str, ...]
    parts: tuple[Part, ...]
    frame: Frame
    shares: bool = False
    breaks: tuple[int, ...] = ()

    def draw(self) -> Figure:
        """Draw the figure."""
        rows = len(self.bars)
        figure, axes = style.canvas(2.3 + 0.4 * rows, self.frame, style.name_margin(self.bars), 0.4)
        totals = [sum(part.counts[i] or 0 for part in self.parts) for i in range(rows)]
        scales = [100 / (total or 1) if self.shares else 1 for total in totals]
        most = 100 if self.shares else max([1, *totals])
        lefts = [0.0] * rows
        for part in self.parts:
            widths = [(n or 0) * scale for n, scale in zip(part.counts, scales, strict=True)]
            axes.barh(
                range(rows), widths, left=lefts, color=part.color, height=0.7, label=style.label(part.name),
                hatch=part.hatch, edgecolor=style.PAPER, linewidth=0.7,
            )  # fmt: skip
            self._draw_numbers(axes, part, widths, lefts, most)
            lefts = [left + width for left, width in zip(lefts, widths, strict=True)]
        style.draw_names_axis(axes, [style.label(bar) for bar in self.bars], rows)
        axes.set_xlim(0, most)
        for bar in self.breaks:
            axes.axhline(bar + 0.5, color=style.INK, linewidth=0.9, linestyle=(0, (3, 2)))
        axes.legend(
            loc="upper left", bbox_to_anchor=(0, -0.02), ncols=min(4, max(1, len(self.parts))), frameon=False,
            fontsize=8, handlelength=1.2, columnspacing=1.4, borderaxespad=0.2,
        )  # fmt: skip
        return figure

    def _draw_numbers(self, axes: Any, part: Part, widths: list[float], lefts: list[float], most: float) -> None:
        """Draw the numbers of a part, in the bars where they fit."""
        red, green, blue = to_rgb(part.color)
        ink = style.ON_DARK if 0.3 * red + 0.59 * green + 0.11 * blue < DARK else style.ON_LIGHT
        for place, (width, left, n) in enumerate(zip(widths, lefts, part.counts, strict=True)):
            text = f"{width:.0f}%" if self.shares else f"{n or 0:,}"
            if width / most >= max(ROOM, 0.011 * len(text)):
                axes.text(left + width / 2, place, text, ha="center", va="center", size=8, color=ink)
