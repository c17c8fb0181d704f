"""Lines over the snapshots: from zero, with ranges, and broken wherever two snapshots cannot be compared."""

from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from camcensus.report.charts import style
from camcensus.report.timeline import Step, missing_years

MOST = len(style.LINES)
LABEL_GAP = 0.065  # of the axes' height, so that direct labels do not touch
DOTTED = (0, (1, 2.2))


@dataclass(frozen=True)
class Line:
    """One line: a count for each step (None: not shown), and where they are known the ranges. `apart`: steps to which
    it does not lead from the one before, though others do."""

    name: str
    counts: tuple[int | None, ...]
    lows: tuple[int | None, ...] = ()
    highs: tuple[int | None, ...] = ()
    apart: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Lines:
    """Lines over steps, at most `MOST`. `unit`: the line below the title, which says what is counted."""

    steps: tuple[Step, ...]
    lines: tuple[Line, ...]
    title: str
    unit: str
    source: str
    synthetic: bool

    def draw(self) -> Figure:
        """The figure."""
        figure, axes = style.canvas(
            4.8,
            title=self.title,
            unit=self.unit,
            source=self.source,
            synthetic=self.synthetic,
            left=1.0,
            right=2.1,
        )
        top = 1.12 * max([1, *(n for line in self.lines for n in (*line.counts, *line.highs) if n is not None)])
        self._dress(axes, top)
        self._draw_breaks(axes, top)
        for line, look in zip(self.lines, style.LINES, strict=False):
            self._draw_line(axes, line, look)
        self._draw_labels(axes, top)
        return figure

    @property
    def _places(self) -> list[float]:
        return [step.place for step in self.steps]

    def _draw_line(self, axes: Any, line: Line, look: tuple[str, str, Any]) -> None:
        """Markers for all (hollow where the collection is partial), lines between neighbours that may be joined."""
        color, marker, dash = look
        for i, (step, n) in enumerate(zip(self.steps, line.counts, strict=True)):
            if n is None:
                continue
            self._draw_range(axes, line, i, color)
            face = color if step.whole else style.PAPER
            axes.plot(
                step.place, n, color=color, marker=marker, markersize=6.5, markerfacecolor=face, markeredgewidth=1.5,
                linestyle="none", zorder=4,
            )  # fmt: skip
            apart = bool(line.apart) and line.apart[i]
            if i and step.joined and not apart and (before := line.counts[i - 1]) is not None:
                drawn = DOTTED if step.unsure else dash
                axes.plot(self._places[i - 1 : i + 1], [before, n], color=color, linestyle=drawn, linewidth=2, zorder=3)

    def _draw_range(self, axes: Any, line: Line, i: int, color: str) -> None:
        low, high = (ends[i] if ends else None for ends in (line.lows, line.highs))
        if low is not None and high is not None and high > low:
            x = [self.steps[i].place] * 2
            axes.plot(x, [low, high], color=color, linewidth=1.2, alpha=0.75)
            axes.plot(x, [low, high], "_", color=color, markersize=9, markeredgewidth=1.2, alpha=0.75)

    def _draw_breaks(self, axes: Any, top: float) -> None:
        """A dashed line where the series is broken, with a number that the words beside the chart explain."""
        number = 0
        for before, now in zip(self.steps, self.steps[1:], strict=False):
            if now.broken:
                number += 1
                x = (before.place + now.place) / 2
                axes.plot([x, x], [0, top], color=style.FAINT, linestyle=(0, (3, 3)), linewidth=1)
                axes.annotate(
                    f"break {number}", (x, top * 0.985), xytext=(4, 0), textcoords="offset points", size=8,
                    color=style.FAINT, va="top",
                )  # fmt: skip

    def _dress(self, axes: Any, top: float) -> None:
        """Axes from zero, a tick for each snapshot and for each year without one."""
        axes.set_ylim(0, top)
        places = self._places
        span = (places[-1] - places[0]) or 1.0
        axes.set_xlim(places[0] - 0.06 * span, places[-1] + 0.04 * span)
        gone = missing_years(self.steps)
        ticks = [(p, style.label(s.snapshot, 14)) for p, s in zip(places, self.steps, strict=True)]
        ticks += [(year + places[0] % 1, f"{year}:\nnone") for year in gone]
        axes.set_xticks(*zip(*ticks, strict=True))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda n, _: f"{n:,.0f}"))
        axes.tick_params(length=0)
        axes.grid(axis="y", color=style.RULE, linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines["left"].set_visible(False)

    def _draw_labels(self, axes: Any, top: float) -> None:
        """Each line's name and newest number at its end, moved apart where they would touch."""
        looks = {line.name: look for line, look in zip(self.lines, style.LINES, strict=False)}
        ends = sorted((n, line.name) for line in self.lines if (n := line.counts[-1]) is not None)
        height = -1.0
        for n, name in ends:
            height = max(n / top, height + LABEL_GAP)
            axes.annotate(
                f"{style.label(name, 16)}  {n:,}",
                (self._places[-1], n), (1.03, height), textcoords="axes fraction", color=looks[name][0],
                weight="bold", size=9, va="center",
            )  # fmt: skip
