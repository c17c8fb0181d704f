"""Charts in the house style, as matplotlib figures: a notebook shows them as PNG, `figure.savefig` writes them.

Those of the report take a study alone, or with it one snapshot (`ChoiceError` where it was not counted), and draw the
headline of `counts.parquet`, in the unit that stands under their title. `bars` and `lines` draw any numbers: the source
line, and the mark of made-up data, come from the study and cannot be left out. What a chart shows of makers and models
may be published: cells with fewer hosts than the study's minimum are not in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

import pandas as pd
from matplotlib.figure import Figure

from camcensus.api.choices import NEWEST, one
from camcensus.api.study import OpenStudy
from camcensus.core.config import Study
from camcensus.core.errors import ChoiceError
from camcensus.report.charts import instrument as instruments
from camcensus.report.charts import newest, style, years
from camcensus.report.charts.bars import Bar, Bars
from camcensus.report.charts.chart import Chart, Picture, frame
from camcensus.report.charts.lines import MOST, Line, Lines
from camcensus.report.inputs import Result
from camcensus.report.tables.audits import NO_AUDITS
from camcensus.report.timeline import steps


def world_map(study: OpenStudy, snapshot: str = NEWEST) -> Figure:
    """Where they are: the map of the study's unit by country."""
    return _now(study, snapshot, newest.world_map)


def countries(study: OpenStudy, snapshot: str = NEWEST) -> Figure:
    """The countries with most, with their sensitivity ranges and ranks as ranges."""
    return _now(study, snapshot, newest.countries)


def makers(study: OpenStudy, snapshot: str = NEWEST) -> Figure:
    """Makers with most; the study's own are dark. Hosts of makers do not add up."""
    return _now(study, snapshot, newest.makers)


def models(study: OpenStudy, snapshot: str = NEWEST) -> Figure:
    """Models most seen, in hosts."""
    return _now(study, snapshot, newest.models)


def product_types(study: OpenStudy, snapshot: str = NEWEST) -> Figure:
    """Cameras, recorders, encoders, and those of which it is not known."""
    return _now(study, snapshot, newest.product_types)


def trend(study: OpenStudy) -> Figure:
    """The total, the study's makers and the largest others; broken where snapshots cannot be compared."""
    return _draw(years.trend(study.study, study.results, NO_AUDITS).picture)


def instrument(study: OpenStudy) -> Figure:
    """The total beside what the queries of every snapshot would have returned, and that on common ports; from
    `series.parquet`."""
    return _draw(instruments.instrument(study.study, study.results).picture)


def maker_shares(study: OpenStudy) -> Figure:
    """Makers' shares of devices by snapshot; devices add up across makers."""
    return _draw(years.maker_shares(study.study, study.results).picture)


def decoys(study: OpenStudy) -> Figure:
    """Hosts that are counted, counted though likely decoys, and left out as certain ones."""
    return _draw(years.decoys(study.study, study.results).picture)


def networks(study: OpenStudy) -> Figure:
    """Kinds of network that hosts are in, by snapshot; from `networks.parquet`."""
    return _draw(years.networks(study.study, study.results).picture)


def flow(study: OpenStudy, snapshot: str = NEWEST) -> Figure:
    """Rows that each stage passed on and dropped; from `manifest.json`."""
    return _now(study, snapshot, years.flow)


def bars(
    study: OpenStudy, values: "Mapping[str, float] | pd.Series[float]", title: str, unit: str, *,
    snapshot: str = NEWEST, form: str = "{:,.0f}",
) -> Figure:  # fmt: skip
    """Horizontal bars from top to bottom: label to number (at least 0). `unit` is the line that says what is counted;
    `form` how a number is written, such as "{:.1f} %". Raises `ChoiceError` for what is below 0, or missing."""
    pairs = [(str(label), float(n)) for label, n in values.items()]
    if bad := [label for label, n in pairs if not n >= 0]:
        raise ChoiceError(f"bars start at 0 and cannot show what is below, or missing: {', '.join(bad)}")
    result = one(study.results, snapshot)
    put = frame(study.study, [result], title, unit)
    drawn = tuple(Bar(label, label, n, style.ACCENT) for label, n in pairs)
    return _draw(Bars(drawn, **asdict(put), empty="There is nothing to show.", form=form))


def lines(study: OpenStudy, values: Mapping[str, Sequence[int | None]], title: str, unit: str) -> Figure:
    """Up to five lines over the study's snapshots: name to one count a snapshot (None: a gap). Lines are broken where
    two snapshots cannot be compared, and dotted where it is not known what was asked. Raises `ChoiceError` for more
    lines, for other numbers of counts, and for fractions."""
    if len(values) > MOST:
        raise ChoiceError(f"at most {MOST} lines can be told apart; found {len(values)}")
    if wrong := [name for name, counts in values.items() if len(counts) != len(study.results)]:
        raise ChoiceError(f"one count for each of the {len(study.results)} snapshots; not so: {', '.join(wrong)}")
    if parts := [name for name, counts in values.items() if any(c % 1 for c in counts if not pd.isna(c))]:
        raise ChoiceError(f"lines are of counts, in whole numbers; not so: {', '.join(parts)}")
    put = frame(study.study, study.results, title, unit)
    drawn = [Line(n, tuple(None if pd.isna(c) else int(c) for c in counts)) for n, counts in values.items()]
    return _draw(Lines(tuple(steps(study.results)), tuple(drawn), **asdict(put)))


def _now(study: OpenStudy, snapshot: str, made: Callable[[Study, Result], Chart]) -> Figure:
    result = one(study.results, snapshot)
    return _draw(made(study.study, result).picture)


def _draw(picture: Picture) -> Figure:
    with style.house():
        return picture.draw()
