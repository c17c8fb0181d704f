"""The charts of a report: each a figure, the table it shows, and words for those who cannot see it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from matplotlib.figure import Figure

from pipeline.countries import country_name
from pipeline.report import style, words
from pipeline.report.bars import Bar, draw_bars
from pipeline.report.inputs import Result, headline_cells, simulated
from pipeline.report.publish import published, ranked
from pipeline.report.sheets import as_frame, as_table, write_csv
from pipeline.report.trend import draw_trend
from pipeline.report.worldmap import draw_world_map
from pipeline.study import Study
from pipeline.tables import UNKNOWN, Column, Table

TOP_COUNTRIES = 20
TOP_MAKERS = 15
NO_SUM = "Hosts do not add up across {}: a host with several counts once for each."
# Chart to the column that its bars are keyed by, and what is said of hosts.
KEYS = {
    "countries": ("alpha2", ""),
    "vendors": ("maker", NO_SUM.format("makers")),
    "product_types": ("product_type", NO_SUM.format("kinds")),
}


@dataclass(frozen=True)
class Chart:
    """A chart. `rows` conform to `table`; `alt` says in words what the figure shows."""

    name: str
    title: str
    alt: str
    note: str
    figure: Figure
    table: Table
    rows: list[dict[str, Any]]


def draw_charts(study: Study, results: list[Result]) -> list[Chart]:
    """All charts, in the order in which the page shows them."""
    with style.house():
        return [
            _map(study, results[-1]),
            _countries(study, results[-1]),
            _makers(study, results[-1]),
            _product_types(study, results[-1]),
            _trend(study, results),
        ]


def save_chart(chart: Chart, folder: Path) -> None:
    """Writes `charts/<name>.svg`, `.png` and `.csv`."""
    style.save(chart.figure, folder, chart.name)
    write_csv(folder / "charts" / f"{chart.name}.csv", as_frame(as_table(chart.rows, chart.table)))


def _ranked(study: Study, result: Result) -> pd.DataFrame:
    """Country cells that take part in the ranking and have a count, most first."""
    cells = ranked(headline_cells(result, "country", study), study.countries_left_out)
    unit = f"n_{study.headline_unit}"
    return cells.loc[lambda f: f[unit] > 0].sort_values([unit, "country"], ascending=[False, True])


def _map(study: Study, result: Result) -> Chart:
    unit = study.headline_unit
    cells = _ranked(study, result)
    values = {str(c): int(n) for c, n in zip(cells["country"], cells[f"n_{unit}"], strict=True)}
    title = f"Where cameras are visible from the Internet, {result.snapshot}"
    figure = draw_world_map(
        values,
        title=title,
        unit=f"{unit.capitalize()}, all makers",
        source=words.source(result),
        synthetic=simulated(study, [result]),
        left_out=study.countries_left_out,
    )
    named = [(country_name(code), n) for code, n in values.items()]
    alt = f"World map of {unit} by country. {_most(named, unit)} The country table below holds the same numbers."
    rows = [
        {"alpha2": code, "name": country_name(code), unit: n, "simulated": simulated(study, [result])}
        for code, n in values.items()
    ]
    keys = (
        Column("alpha2", pa.string(), "ISO 3166-1 alpha-2 (NA is Namibia)", False),
        Column("name", pa.string(), "name of the country or territory", False),
    )
    return Chart("map", title, alt, "", figure, _table("chart_map", "a country", keys, unit), rows)


def _countries(study: Study, result: Result) -> Chart:
    cells = _ranked(study, result).head(TOP_COUNTRIES)
    bars = [
        Bar(str(c), country_name(str(c)), int(n), style.ACCENT)
        for c, n in zip(cells["country"], cells[f"n_{study.headline_unit}"], strict=True)
    ]
    title = f"Countries with the most {study.headline_unit}, {result.snapshot}"
    return _bar_chart(study, result, "countries", title, bars)


def _makers(study: Study, result: Result) -> Chart:
    cells = _shown(study, result, "manufacturer")
    known = [(m, n) for m, n in cells if m != UNKNOWN]
    bars = [Bar(m, m, n, style.ACCENT if m in study.vendors else style.PLAIN) for m, n in known[:TOP_MAKERS]]
    bars += [Bar(m, "Maker unknown", n, style.GREY) for m, n in cells if m == UNKNOWN]
    hidden = published(study, result).n_hidden("manufacturer")
    more = words.makers_not_shown(study, hidden, max(0, len(known) - TOP_MAKERS))
    title = f"{study.headline_unit.capitalize()} by maker, {result.snapshot}"
    return _bar_chart(study, result, "vendors", title, bars, more)


def _product_types(study: Study, result: Result) -> Chart:
    said = {"video": "Video device (kind not known)"}
    bars = [
        Bar(kind, said.get(kind, kind.replace("_", " ").capitalize()), n, style.ACCENT)
        for kind, n in _shown(study, result, "product_type")
    ]
    title = f"{study.headline_unit.capitalize()} by kind of device, {result.snapshot}"
    return _bar_chart(study, result, "product_types", title, bars)


def _shown(study: Study, result: Result, level: str) -> list[tuple[str, int]]:
    """The cells of a level that may be published and their counts, most first."""
    cells = {
        name: units[f"n_{study.headline_unit}"] or 0 for name, units in published(study, result).shown(level).items()
    }
    return sorted(cells.items(), key=lambda cell: (-cell[1], cell[0]))


def _bar_chart(study: Study, result: Result, name: str, title: str, bars: list[Bar], more: str = "") -> Chart:
    """A chart of bars in the given order; `more` is said below it."""
    unit = study.headline_unit
    synthetic = simulated(study, [result])
    key, no_sum = KEYS[name]
    note = no_sum if unit == "hosts" else ""
    where = f"{unit.capitalize()} {words.outside(study.countries_left_out)}, all makers."
    empty = f"Nothing to show: none has {study.publication.min_hosts} hosts or more."
    figure = draw_bars(
        bars, title=title, unit=f"{where} {note}", source=words.source(result), synthetic=synthetic, empty=empty
    )
    columns = (
        Column(key, pa.string(), f"{key.replace('_', ' ')} (NA is Namibia)" if key == "alpha2" else key, False),
        Column("label", pa.string(), "as the chart names it", False),
    )
    rows = [{key: b.key, "label": b.label, unit: b.count, "simulated": synthetic} for b in bars]
    alt = f"Bar chart. {_most([(b.label, b.count) for b in bars], unit)}"
    said = " ".join(text for text in (note, more) if text)
    return Chart(name, title, alt, said, figure, _table(f"chart_{name}", "a bar", columns, unit), rows)


def _trend(study: Study, results: list[Result]) -> Chart:
    unit = study.headline_unit
    figure, series, breaks = draw_trend(study, results)
    columns = (
        Column("snapshot", pa.string(), "id of the snapshot", False),
        Column("maker", pa.string(), "maker; all makers: the headline total", False),
        Column(unit, pa.int64(), f"{unit}, at the headline values; null: under the study's minimum"),
        Column("break", pa.string(), "what of the instrument changed since the snapshot before; null: nothing"),
        Column("simulated", pa.bool_(), "made-up data", False),
    )
    rows: list[dict[str, Any]] = [
        {"snapshot": r.snapshot, "maker": maker, unit: n, "break": gap or None, "simulated": simulated(study, [r])}
        for maker, counts in series.items()
        for r, n, gap in zip(results, counts, breaks, strict=True)
    ]
    told = "; ".join(
        f"{maker}: " + ", ".join(f"{r.snapshot} {_number(n)}" for r, n in zip(results, counts, strict=True))
        for maker, counts in series.items()
    )
    note = "Lines are broken where the instrument changed: such snapshots cannot be compared." if any(breaks) else ""
    title = f"{unit.capitalize()} by snapshot"
    table = Table("chart_trend", "a snapshot and maker", columns)
    return Chart("trend", title, f"Line chart of {unit}. {told}.", note, figure, table, rows)


def _table(name: str, row: str, keys: tuple[Column, ...], unit: str) -> Table:
    """The table of a chart: what is counted, the count, and the mark of made-up data."""
    marks = (
        Column(unit, pa.int64(), f"{unit}, at the headline values", False),
        Column("simulated", pa.bool_(), "made-up data", False),
    )
    return Table(name, row, (*keys, *marks))


def _most(values: list[tuple[str, int]], unit: str) -> str:
    """The first few values, in words."""
    top = [f"{label} {n:,}" for label, n in values[:3]]
    return f"Most {unit}: {', '.join(top)}." if top else "Nothing was counted."


def _number(n: int | None) -> str:
    return "not shown" if n is None else f"{n:,}"
