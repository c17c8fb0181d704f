"""The trend: the headline total and the study's vendors, snapshot by snapshot."""

from itertools import pairwise
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.report import style, words
from pipeline.report.inputs import Result, simulated, world_cell
from pipeline.report.publish import published
from pipeline.study import Study

ALL = "All makers"
MAX_VENDORS = len(style.LINES) - 1
LABEL_GAP = 0.065  # of the axes' height, so that direct labels do not touch
Series = dict[str, list[int | None]]


def draw_trend(study: Study, results: list[Result]) -> tuple[Figure, Series, list[str]]:
    """The figure, the counts it shows, and where its lines are broken.

    Counts: by maker, one for each snapshot. Breaks: for each snapshot what of the instrument changed since the one
    before, "" for nothing.
    """
    series, breaks = _series(study, results), _breaks(results)
    unit = study.headline_unit
    gaps = any(breaks)
    figure, axes = style.canvas(
        4.6,
        title=f"{unit.capitalize()} by snapshot",
        unit=f"{unit.capitalize()} {words.outside(study.countries_left_out)}."
        + (" Lines are broken where the instrument changed." if gaps else ""),
        source=words.source(results[-1], results[0]),
        synthetic=simulated(study, results),
        left=1.0,
        right=2.0,
    )
    places = _places(results)
    for counts, (color, marker, dash) in zip(series.values(), style.LINES, strict=False):
        _line(axes, places, counts, breaks, color=color, marker=marker, linestyle=dash)
    top = max([1, *(n for counts in series.values() for n in counts if n is not None)])
    _dress(axes, places, results, top)
    _direct_labels(axes, places[-1], series, top)
    return figure, series, breaks


def _series(study: Study, results: list[Result]) -> Series:
    """Counts of all makers and of the first vendors; None where a count may not be shown."""
    unit = f"n_{study.headline_unit}"
    found: Series = {ALL: [world_cell(r, study, "study")[unit] for r in results]}
    for vendor in study.vendors[:MAX_VENDORS]:
        found[vendor] = [published(study, r).total(unit, manufacturer=vendor) for r in results]
    return found


def _breaks(results: list[Result]) -> list[str]:
    """What makes each snapshot not comparable with the one before.

    A new edition of the geolocation database does not: it follows the addresses, and hardly moves a total.
    """
    found = [""]
    for before, now in pairwise(results):
        parts = [p for p in words.changed_instrument(before.manifest, now.manifest) if p != "geolocation edition"]
        if not (before.manifest.complete and now.manifest.complete):
            parts.append("partial collection")
        found.append(words.listing(parts))
    return found


def _places(results: list[Result]) -> list[float]:
    """Where snapshots stand on the axis: by the end of their window.

    Evenly, where an end is not known or not later than the one before.
    """
    ends = [r.manifest.window.end if r.manifest.window else None for r in results]
    known = [float(e) for e in ends if e is not None]
    rising = len(known) == len(results) and all(a < b for a, b in pairwise(known))
    return known if rising else [float(i) for i in range(len(results))]


def _line(axes: Any, places: list[float], counts: list[int | None], breaks: list[str], **look: str) -> None:
    """Markers for all, lines only between neighbours that can be compared."""
    shown = [(x, n) for x, n in zip(places, counts, strict=True) if n is not None]
    if shown:
        axes.plot(*zip(*shown, strict=True), color=look["color"], marker=look["marker"], linestyle="none", markersize=6)
    for i in range(1, len(counts)):
        pair = counts[i - 1 : i + 1]
        if None not in pair and not breaks[i]:
            axes.plot(places[i - 1 : i + 1], pair, color=look["color"], linestyle=look["linestyle"], linewidth=2)


def _dress(axes: Any, places: list[float], results: list[Result], top: int) -> None:
    """Axes from zero, a tick for each snapshot."""
    axes.set_ylim(0, top * 1.1)
    span = (places[-1] - places[0]) or 1.0
    axes.set_xlim(places[0] - 0.06 * span, places[-1] + 0.04 * span)
    axes.set_xticks(places, [style.label(r.snapshot) for r in results])
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda n, _: f"{n:,.0f}"))
    axes.tick_params(length=0)
    axes.grid(axis="y", color=style.RULE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)


def _direct_labels(axes: Any, x: float, series: Series, top: int) -> None:
    """Each line's name and newest number at its end, moved apart where they would touch."""
    looks = dict(zip(series, style.LINES, strict=False))
    ends = sorted((n, maker) for maker, counts in series.items() if (n := counts[-1]) is not None)
    height = -1.0
    for n, maker in ends:
        height = max(n / (top * 1.1), height + LABEL_GAP)
        axes.annotate(
            f"{style.label(maker)}  {n:,}",
            (x, n), (1.03, height), textcoords="axes fraction", color=looks[maker][0],
            weight="bold", size=9, va="center",
        )  # fmt: skip
