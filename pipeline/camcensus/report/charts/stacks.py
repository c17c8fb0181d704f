"""Stacked bars, one for each snapshot or stage: parts of a whole, with their numbers where there is room."""

from dataclasses import dataclass
from typing import Any

from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from camcensus.report.charts import style

ROOM = 0.055  # of the axes' width: the least a part needs to carry its number
DARK = 0.45  # lightness under which a number is written in white


@dataclass(frozen=True)
class Part:
    """One part of every bar: its name and its count in each (None: not known), and its colour."""

    name: str
    counts: tuple[int | None, ...]
    color: str
    hatch: str = ""


@dataclass(frozen=True)
class Stacks:
    """Bars from top to bottom, each made of the same parts. `shares`: each bar is 100 %, numbers are percent;
    `breaks`: the bars that cannot be held against the next one below, from which a dashed line parts them."""

    bars: tuple[str, ...]
    parts: tuple[Part, ...]
    title: str
    unit: str
    source: str
    synthetic: bool
    shares: bool = False
    breaks: tuple[int, ...] = ()

    def draw(self) -> Figure:
        """The figure."""
        figure, axes = style.canvas(
            2.3 + 0.4 * len(self.bars),
            title=self.title,
            unit=self.unit,
            source=self.source,
            synthetic=self.synthetic,
            left=0.4 + 0.085 * max(map(len, self.bars), default=4),
            right=0.4,
        )
        totals = [sum(part.counts[i] or 0 for part in self.parts) for i in range(len(self.bars))]
        wholes = [n or 1 for n in totals] if self.shares else [1] * len(totals)
        most = 100 if self.shares else max([1, *totals])
        lefts = [0.0] * len(self.bars)
        for part in self.parts:
            widths = [
                (100 if self.shares else 1) * (n or 0) / whole for n, whole in zip(part.counts, wholes, strict=True)
            ]
            axes.barh(
                range(len(self.bars)), widths, left=lefts, color=part.color, height=0.7, label=style.label(part.name),
                hatch=part.hatch, edgecolor=style.PAPER, linewidth=0.7,
            )  # fmt: skip
            self._write(axes, part, widths, lefts, most)
            lefts = [left + width for left, width in zip(lefts, widths, strict=True)]
        self._dress(axes, most)
        return figure

    def _write(self, axes: Any, part: Part, widths: list[float], lefts: list[float], most: float) -> None:
        """The numbers of a part, in the bars where they fit."""
        r, g, b = to_rgb(part.color)
        ink = style.ON_DARK if 0.3 * r + 0.59 * g + 0.11 * b < DARK else style.ON_LIGHT
        for place, (width, left, n) in enumerate(zip(widths, lefts, part.counts, strict=True)):
            text = f"{width:.0f} %" if self.shares else f"{n or 0:,}"
            if width / most >= max(ROOM, 0.011 * len(text)):
                axes.text(left + width / 2, place, text, ha="center", va="center", size=8, color=ink)

    def _dress(self, axes: Any, most: float) -> None:
        axes.set_yticks(range(len(self.bars)), [style.label(bar) for bar in self.bars])
        axes.set_ylim(len(self.bars) - 0.4, -0.6)
        axes.set_xlim(0, most)
        for bar in self.breaks:
            axes.axhline(bar + 0.5, color=style.INK, linewidth=0.9, linestyle=(0, (3, 2)))
        axes.set_xticks([])
        axes.tick_params(length=0)
        axes.spines["bottom"].set_visible(False)
        axes.legend(
            loc="upper left", bbox_to_anchor=(0, -0.02), ncols=min(4, max(1, len(self.parts))), frameon=False,
            fontsize=8, handlelength=1.2, columnspacing=1.4, borderaxespad=0.2,
        )  # fmt: skip
