"""Charts in the house style, as matplotlib figures: a notebook shows them as PNG, `figure.savefig` writes them.

Those of the report take a study alone, or with it one snapshot (`ChoiceError` where it was not counted), and draw the
headline of `counts.parquet`, in the unit below their title. `bars` and `lines` draw any numbers: the source line, and
the mark of made-up data, come from the study and cannot be left out. What a chart shows of makers and models may be
published: cells with fewer hosts than the study's minimum are not in it."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from camcensus.api.choices import NEWEST, one
from camcensus.api.study import OpenStudy
from camcensus.core.errors import ChoiceError
from camcensus.report.charts import newest, style, years
from camcensus.report.charts.bars import Bar, Bars
from camcensus.report.charts.chart import Chart, Picture, frame
from camcensus.report.charts.lines import MOST, Line, Lines
from camcensus.report.context import ReportContext


def world_map(study: OpenStudy, snapshot: str = NEWEST) -> Figure:
    """Draw the map of the study's unit by country."""
    return _of_one(study, snapshot, newest.world_map)


def countries(study: OpenStudy, snapshot: str = NEWEST) -> Figure:
    """Draw the countries with the most, with their sensitivity ranges and ranks as ranges."""
    return _of_one(study, snapshot, newest.countries)


def makers(study: OpenStudy, snapshot: str = NEWEST) -> Figure:
    """Draw the makers with the most; the study's own are dark. Hosts of makers do not add up."""
    return _of_one(study, snapshot, newest.makers)


def models(study: OpenStudy, snapshot: str = NEWEST) -> Figure:
    """Draw the most frequent models, in hosts."""
    return _of_one(study, snapshot, newest.models)


def product_types(study: OpenStudy, snapshot: str = NEWEST) -> Figure:
    """Draw cameras, recorders, encoders, and video devices whose kind is not known."""
    return _of_one(study, snapshot, newest.product_types)


def trend(study: OpenStudy) -> Figure:
    """Draw the total, the headline's maker and the largest others; broken where snapshots cannot be compared."""
    return _over_snapshots(study, years.trend_chart)


def instrument(study: OpenStudy) -> Figure:
    """Draw the total next to what the queries of every snapshot would have returned, and that on common ports.

    From `series.parquet`.
    """
    return _over_snapshots(study, years.instrument)


def maker_shares(study: OpenStudy) -> Figure:
    """Draw makers' shares of devices by snapshot; devices add up across makers."""
    return _over_snapshots(study, years.maker_shares)


def decoys(study: OpenStudy) -> Figure:
    """Draw hosts that are counted, counted though likely decoys, and left out as certain ones."""
    return _over_snapshots(study, years.decoys)


def networks(study: OpenStudy) -> Figure:
    """Draw the kinds of network that hosts are in, by snapshot; from `networks.parquet`."""
    return _over_snapshots(study, years.networks)


def flow(study: OpenStudy, snapshot: str = NEWEST) -> Figure:
    """Draw the rows that each stage passed on and dropped; from `manifest.json`."""
    return _of_one(study, snapshot, newest.flow)


def bars(
    study: OpenStudy, values: "Mapping[str, float] | pd.Series[float]", title: str, unit: str, *,
    snapshot: str = NEWEST, number_format: str = "{:,.0f}",
) -> Figure:  # fmt: skip
    """Draw horizontal bars from top to bottom: label to number (at least 0).

    unit: the line below the title, which says what is counted. number_format: how a number is written, such as
    "{:.1f}%". Raises `ChoiceError` for numbers below 0, or missing ones.
    """
    pairs = [(str(label), float(n)) for label, n in values.items()]
    if bad := [label for label, n in pairs if not n >= 0]:
        raise ChoiceError(f"bars start at 0 and cannot show negative or missing numbers: {', '.join(bad)}")
    context = ReportContext(study.study, [one(study.results, snapshot)])
    shown = tuple(Bar(label, label, n, style.ACCENT) for label, n in pairs)
    return _draw(Bars(shown, frame(context, title, unit), "There is nothing to show.", number_format))


def lines(study: OpenStudy, values: Mapping[str, Sequence[int | None]], title: str, unit: str) -> Figure:
    """Draw up to five lines over the study's snapshots: name to one count for each snapshot (None: a gap).

    Lines are broken where two snapshots cannot be compared, and dotted where the queries are not known. Raises
    `ChoiceError` for more lines, for other numbers of counts, and for fractions.
    """
    if len(values) > MOST:
        raise ChoiceError(f"at most {MOST} lines can be distinguished; found {len(values)}")
    if wrong := [name for name, counts in values.items() if len(counts) != len(study.results)]:
        raise ChoiceError(f"one count for each of the {len(study.results)} snapshots; not so: {', '.join(wrong)}")
    if parts := [name for name, counts in values.items() if any(c % 1 for c in counts if not pd.isna(c))]:
        raise ChoiceError(f"lines are of counts, in whole numbers; not so: {', '.join(parts)}")
    context = ReportContext(study.study, study.results)
    shown = tuple(Line(n, tuple(None if pd.isna(c) else int(c) for c in counts)) for n, counts in values.items())
    return _draw(Lines(tuple(context.points), shown, frame(context, title, unit)))


def _of_one(study: OpenStudy, snapshot: str, chart: Callable[[ReportContext], Chart]) -> Figure:
    return _draw(chart(ReportContext(study.study, [one(study.results, snapshot)])).picture)


def _over_snapshots(study: OpenStudy, chart: Callable[[ReportContext], Chart]) -> Figure:
    return _draw(chart(ReportContext(study.study, study.results)).picture)


def _draw(picture: Picture) -> Figure:
    with style.house():
        return picture.draw()
