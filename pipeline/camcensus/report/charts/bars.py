"""Horizontal bars, each with its number and, where there is one, its sensitivity range."""

from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from camcensus.report.charts import style

LEAST_ROWS = 2  # a chart of one bar keeps a bar's usual thickness


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
    """Bars from top to bottom. `unit`: the line below the title, which says what is counted; `empty`: what is said
    where there is no bar; `form`: how a number is written."""

    bars: tuple[Bar, ...]
    title: str
    unit: str
    source: str
    synthetic: bool
    empty: str
    form: str = "{:,.0f}"

    def draw(self) -> Figure:
        """The figure."""
        labels = [style.label(bar.label) for bar in self.bars]
        rows = max(len(self.bars), LEAST_ROWS)
        figure, axes = style.canvas(
            1.8 + 0.27 * rows,
            title=self.title,
            unit=self.unit,
            source=self.source,
            synthetic=self.synthetic,
            left=0.4 + 0.085 * max(map(len, labels), default=4),
            right=0.95,
        )
        places = range(len(self.bars))
        axes.barh(places, [b.count for b in self.bars], color=[b.color for b in self.bars], height=0.72)
        axes.set_yticks(places, labels)
        axes.set_ylim(rows - 0.4, -0.6)
        axes.set_xlim(0, max([1, *(max(b.count, b.high or 0) for b in self.bars)]))
        axes.tick_params(length=0)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        for place, bar in enumerate(self.bars):
            _number(axes, place, bar, self.form)
        if not self.bars:
            axes.text(0.02, 0.5, self.empty, transform=axes.transAxes)
        return figure


def _number(axes: Any, place: int, bar: Bar, form: str) -> None:
    """The bar's number beyond its end, and its range as a line with two ends."""
    end = bar.count
    if bar.low is not None and bar.high is not None and bar.high > bar.low:
        span = [bar.low, bar.high]
        axes.plot(span, [place, place], color=style.PAPER, linewidth=3.4)  # a light edge, to be seen on the bar
        axes.plot(span, [place, place], color=style.RANGE, linewidth=1.4, marker="|", markersize=7)
        end = max(end, bar.high)
    axes.annotate(form.format(bar.count), (end, place), (5, 0), textcoords="offset points", va="center", size=8.5)
