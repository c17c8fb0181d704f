"""Lines over snapshots, broken wherever two cannot be compared, and over the months of an engine's history."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matplotlib.figure import Figure

from camcensus.report.charts import style
from camcensus.report.charts.style import Frame
from camcensus.report.timeline import SeriesPoint, missing_years

MOST = len(style.LINES)
LABEL_GAP = 0.065  # of the axes' height, so that direct labels do not touch
DOTTED = (0, (1, 2.2))


@dataclass(frozen=True)
class Line:
    """One line: a count for each point (None: not shown), and where they are known the ranges.

    `apart`: points to which it does not lead from the one before, though others do.
    """

    name: str
    counts: tuple[int | None, ...]
    lows: tuple[int | None, ...] = ()
    highs: tuple[int | None, ...] = ()
    apart: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Lines:
    """Lines from zero over points, at most `MOST`."""

    points: tuple[SeriesPoint, ...]
    lines: tuple[Line, ...]
    frame: Frame

    def draw(self) -> Figure:
        """Draw the figure."""
        figure, axes = style.canvas(4.8, self.frame, left=1.0, right=2.1)
        top = 1.12 * max([1, *(n for line in self.lines for n in (*line.counts, *line.highs) if n is not None)])
        self._dress(axes, top)
        self._draw_breaks(axes, top)
        for line, look in zip(self.lines, style.LINES, strict=False):
            self._draw_line(axes, line, look)
        self._draw_labels(axes, top)
        return figure

    @property
    def _places(self) -> list[float]:
        return [point.position for point in self.points]

    def _draw_line(self, axes: Any, line: Line, look: tuple[str, str, Any]) -> None:
        """Markers for all (hollow where the collection is partial), lines between neighbours that may be joined."""
        color, marker, dash = look
        for i, (point, n) in enumerate(zip(self.points, line.counts, strict=True)):
            if n is None:
                continue
            self._draw_range(axes, line, i, color)
            face = color if point.is_complete else style.PAPER
            axes.plot(
                point.position, n, color=color, marker=marker, markersize=6.5, markerfacecolor=face,
                markeredgewidth=1.5, linestyle="none", zorder=4,
            )  # fmt: skip
            apart = bool(line.apart) and line.apart[i]
            if i and point.is_joined and not apart and (before := line.counts[i - 1]) is not None:
                line_style = DOTTED if point.has_unknown_queries else dash
                axes.plot(
                    self._places[i - 1 : i + 1], [before, n], color=color, linestyle=line_style, linewidth=2, zorder=3
                )

    def _draw_range(self, axes: Any, line: Line, i: int, color: str) -> None:
        low, high = (ends[i] if ends else None for ends in (line.lows, line.highs))
        if low is not None and high is not None and high > low:
            x = [self.points[i].position] * 2
            axes.plot(x, [low, high], color=color, linewidth=1.2, alpha=0.75)
            axes.plot(x, [low, high], "_", color=color, markersize=9, markeredgewidth=1.2, alpha=0.75)

    def _draw_breaks(self, axes: Any, top: float) -> None:
        """Draw a dashed line where the series is broken, with a number that the words beside the chart explain."""
        broken = [pair for pair in pairwise(self.points) if pair[1].break_reason]
        for number, (before, now) in enumerate(broken, 1):
            x = (before.position + now.position) / 2
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
        ticks = [(x, style.label(p.snapshot, 14)) for x, p in zip(places, self.points, strict=True)]
        ticks += [(year + places[0] % 1, f"{year}:\nnone") for year in missing_years(self.points)]
        axes.set_xticks(*zip(*ticks, strict=True))
        style.draw_numbers_axis(axes)
        axes.tick_params(length=0)
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


@dataclass(frozen=True)
class History:
    """Lines over `months` (YYYY-MM, in order): a name and a number for each month; None is a gap."""

    months: tuple[str, ...]
    lines: tuple[tuple[str, tuple[int | None, ...]], ...]
    frame: Frame

    def draw(self) -> Figure:
        """Draw the figure."""
        figure, axes = style.canvas(4.8, self.frame, left=1.0, right=2.9)
        places = range(len(self.months))
        for (name, counts), (color, _, dash) in zip(self.lines, style.LINES, strict=False):
            values = [float("nan") if n is None else n for n in counts]
            axes.plot(places, values, color=color, linestyle=dash, linewidth=1.8, label=style.label(name))
        axes.set_ylim(bottom=0)
        axes.set_xlim(0, max(1, len(self.months) - 1))
        januaries = [place for place, month in enumerate(self.months) if month.endswith("-01")]
        axes.set_xticks(januaries, [self.months[place][:4] for place in januaries])
        style.draw_numbers_axis(axes)
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=8.5)
        return figure
