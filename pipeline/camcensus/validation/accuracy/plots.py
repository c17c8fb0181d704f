"""Plots of an accuracy report."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camcensus.core import storage
from camcensus.report.charts.style import ACCENT, FAINT, PLAIN, Frame, canvas, house, label, png
from camcensus.validation.accuracy.countries import LEAST, TRUTHS

SOURCE = "The software's error in simulated worlds, never the error of a published count. camcensus accuracy."
LONGEST = 58


def draw(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Draw every plot into `folder`/charts."""
    with house():
        made = {
            "countries": countries(tables["countries"]), "coverage": coverage(tables["coverage"]),
            "queries": queries(tables["makers"]), "decoys": decoys(tables["decoys"]),
        }  # fmt: skip
    for name, figure in made.items():
        storage.write_bytes(folder / "charts" / f"{name}.png", png(figure))


def _canvas(title: str, subtitle: str, height: float, **margins: float) -> tuple[Figure, Axes]:
    return canvas(height, Frame(title, subtitle, SOURCE, True), **margins)


def countries(errors: pd.DataFrame) -> Figure:
    """Draw each country's error of hosts against each truth as dots, with the median."""
    subtitle = f"error of the count of hosts, % of the truth; countries with at least {LEAST} hosts"
    figure, axes = _canvas("How far a country's host count is from each truth", subtitle, 4.2, left=1.6)
    hosts = errors[(errors["unit"] == "n_hosts") & (errors["true"] >= LEAST)]
    for row, truth in enumerate(TRUTHS):
        values = 100 * hosts.loc[hosts["truth"] == truth, "error"].to_numpy()
        spread = np.linspace(-0.28, 0.28, max(len(values), 1))[: len(values)]
        axes.plot(values, row + spread, "o", color=PLAIN, markersize=3.5)
        if len(values):
            axes.plot([np.median(values)] * 2, [row - 0.36, row + 0.36], color=ACCENT, linewidth=2.5)
    axes.axvline(0, color=FAINT, linewidth=0.8)
    axes.set_yticks(range(len(TRUTHS)), list(TRUTHS))
    axes.invert_yaxis()
    axes.set_xscale("symlog", linthresh=20)
    axes.set_xticks([-50, -20, -10, 0, 10, 20, 50, 100], ["-50", "-20", "-10", "0", "10", "20", "50", "100"])
    return figure


def coverage(table: pd.DataFrame) -> Figure:
    """Draw how often each 95% interval contained the truth."""
    rows = table[table["interval"] != "two engines, one country"].reset_index(drop=True)
    subtitle = "% of simulated worlds; bar: 95% interval of the share; line: 95%"
    figure, axes = _canvas(
        "How often 95% intervals contain the truth", subtitle, 1.9 + 0.27 * len(rows), left=4.7, right=0.5
    )
    at = np.arange(len(rows))
    axes.hlines(at, 100 * rows["low"], 100 * rows["high"], color=PLAIN, linewidth=5)
    axes.plot(100 * rows["holds"], at, "o", color=ACCENT, markersize=5)
    axes.axvline(95, color=FAINT, linewidth=0.8, linestyle="--")
    names = [f"{a}: {b}" for a, b in zip(rows["interval"], rows["setting"], strict=True)]
    axes.set_yticks(at, [n if len(n) <= LONGEST else n[: LONGEST - 1] + "…" for n in names], size=7.5)
    axes.set_xlim(-2, 102)
    axes.invert_yaxis()
    return figure


def queries(makers: pd.DataFrame) -> Figure:
    """Draw by maker the share of devices the engine holds that the catalogue's queries return."""
    rows = makers[(makers["name"] != "all") & (makers["shown"] >= 100)].sort_values("by_queries").reset_index(drop=True)
    subtitle = "% of the maker's devices that the engine holds; makers with at least 100 devices returned"
    figure, axes = _canvas("What the catalogue's queries return of each maker", subtitle, 1.9 + 0.22 * len(rows))
    axes.barh(np.arange(len(rows)), 100 * rows["by_queries"], color=ACCENT, height=0.7)
    axes.set_yticks(np.arange(len(rows)), [label(str(name)) for name in rows["name"]], size=8)
    axes.set_xlim(0, 100)
    return figure


def decoys(table: pd.DataFrame) -> Figure:
    """Draw by kind of decoy, and for real cameras, the share of counted hosts with each grade."""
    rows = table[table["hosts"] > 0].reset_index(drop=True)
    shades = (("possible", "#c9dcea"), ("likely", PLAIN), ("certain", ACCENT))
    subtitle = "% of counted hosts graded possible, likely or certain; none: real cameras"
    figure, axes = _canvas("Which decoys are distinguished from cameras", subtitle, 1.9 + 0.3 * len(rows))
    at = np.arange(len(rows))
    for name, colour in shades:  # each grade includes the worse ones, so the darker bar covers its part
        axes.barh(at, 100 * rows[name], color=colour, height=0.7, label=name)
    axes.set_yticks(at, [f"{kind} ({n:,})" for kind, n in zip(rows["kind"], rows["hosts"], strict=True)], size=8)
    axes.set_xlim(0, 100)
    axes.invert_yaxis()
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False, fontsize=8)
    return figure
