"""Lines over the months of a search engine's history."""

from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from camcensus.report.charts import style
from camcensus.report.charts.chart import Frame


@dataclass(frozen=True)
class History:
    """Lines over `months` (YYYY-MM, in order): a name and a number for each month, None where there is none."""

    frame: Frame
    months: tuple[str, ...]
    lines: tuple[tuple[str, tuple[int | None, ...]], ...]

    def draw(self) -> Figure:
        """The figure. A month without a number is a gap."""
        frame = self.frame
        figure, axes = style.canvas(
            4.8, title=frame.title, unit=frame.unit, source=frame.source, synthetic=frame.synthetic, left=1.0, right=2.9
        )
        places = range(len(self.months))
        for (name, counts), (color, _, dash) in zip(self.lines, style.LINES, strict=False):
            drawn = [float("nan") if n is None else n for n in counts]
            axes.plot(places, drawn, color=color, linestyle=dash, linewidth=1.8, label=style.label(name))
        axes.set_ylim(bottom=0)
        axes.set_xlim(0, max(1, len(self.months) - 1))
        januaries = [place for place, month in enumerate(self.months) if month.endswith("-01")]
        axes.set_xticks(januaries, [self.months[place][:4] for place in januaries])
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda n, _: f"{n:,.0f}"))
        axes.grid(axis="y", color=style.RULE, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=8.5)
        return figure
