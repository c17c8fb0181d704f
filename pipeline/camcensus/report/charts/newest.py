"""Charts of the newest snapshot: map, countries, makers, models, kinds of device, how much is known, flow of rows."""

from dataclasses import replace

import pyarrow as pa

from camcensus.core.countries import country_name
from camcensus.core.tables import UNKNOWN, UNKNOWN_COUNTRY, Column
from camcensus.report import wording
from camcensus.report.charts import style
from camcensus.report.charts.bars import Bar, Bars, Part, StackedBars
from camcensus.report.charts.chart import (
    COUNTRY,
    NO_SUM,
    SNAPSHOT,
    Chart,
    Titles,
    bar_chart,
    chart_table,
    frame,
    largest,
)
from camcensus.report.charts.world_map import WorldMap
from camcensus.report.context import ReportContext
from camcensus.report.inputs import headline_cells, world_cell
from camcensus.report.tables import facts, geo_tables, sensitivity
from camcensus.report.tables.publish import published, ranked
from camcensus.report.tables.sensitivity import rank_ranges

TOP_COUNTRIES = 20
TOP_MAKERS = 15
TOP_MODELS = 20
KINDS = {"video": "Video device (kind not known)"}


def charts_of(context: ReportContext) -> list[Chart]:
    """Return all of them, in the order in which the page shows them."""
    context = replace(context, results=[context.now])
    return [draw(context) for draw in (world_map, countries, makers, models, product_types, coverage, flow)]


def kind_name(kind: str) -> str:
    """Return a kind of device as people write it."""
    return KINDS.get(kind, kind.replace("_", " ").capitalize())


def world_map(context: ReportContext) -> Chart:
    """Draw the map of the study's unit by country."""
    unit, values = context.unit, _ranked(context)
    titles = Titles(
        "map",
        f"Where cameras are visible from the Internet, {context.now.snapshot}",
        f"{unit.capitalize()}, all makers",
    )
    picture = WorldMap(tuple(values), frame(context, titles), context.study.countries_left_out)
    named = [(country_name(code), n) for code, n in values]
    alt = f"World map of {unit} by country. {largest(named, unit)} The country table holds the same numbers."
    rows = [
        {"country": code, "name": country_name(code), f"n_{unit}": n, "simulated": context.is_simulated}
        for code, n in values
    ]
    table = chart_table("map", "a country", *COUNTRY, _unit_column(unit))
    return Chart("map", titles.title, alt, "", picture, table, rows)


def countries(context: ReportContext) -> Chart:
    """Draw the countries with the most, with their sensitivity ranges and the ranks that these allow."""
    unit, counted, bars = context.unit, _ranked(context), []
    spans = sensitivity.ranges(context.study, context.now, unit)
    ranks = rank_ranges(counted, spans)
    for code, n in counted[:TOP_COUNTRIES]:
        span, name = spans.get(code), country_name(code)
        label = "{}  {}–{}".format(name, *ranks[code]) if code in ranks else name
        bars.append(Bar(code, label, n, style.ACCENT, *((span.low, span.high) if span else ())))
    note = f"{wording.SENSITIVITY}{f' {wording.RANKS}' if ranks else ''}" if spans else wording.NO_SENSITIVITY
    titles = _titles(context, "countries", f"Countries with the most {unit}", unit)
    return bar_chart(context, titles, COUNTRY[0], bars, note, unit)


def makers(context: ReportContext) -> Chart:
    """Draw the makers with the most; the study's own are dark."""
    cells = _shown(context, "manufacturer")
    known = [(maker, n) for maker, n in cells if maker != UNKNOWN]
    bars = [Bar(maker, maker, n, _color(context, maker)) for maker, n in known[:TOP_MAKERS]]
    bars += [Bar(maker, "Maker unknown", n, style.GREY) for maker, n in cells if maker == UNKNOWN]
    hidden = published(context.study, context.now).n_hidden("manufacturer")
    more = wording.makers_not_shown(context.study, hidden, max(0, len(known) - TOP_MAKERS))
    titles = _titles(context, "vendors", f"{context.unit.capitalize()} by maker", context.unit)
    return bar_chart(context, titles, _key("maker"), bars, f"{_no_sum(context, 'makers')} {more}".strip(), context.unit)


def models(context: ReportContext) -> Chart:
    """Draw the models with the most hosts, each with its maker. Models have hosts only (`publish`)."""
    cells = published(context.study, context.now).cells("manufacturer+model")
    named = ((str(c[1]), str(c[4]), u["n_hosts"] or 0) for c, u in cells.items() if c[4] != UNKNOWN)
    known = sorted(named, key=lambda cell: (-cell[2], cell))
    bars = [
        Bar(f"{maker} {model}", f"{maker} {model}", n, _color(context, maker)) for maker, model, n in known[:TOP_MODELS]
    ]
    unknown = sum(u["n_hosts"] or 0 for c, u in cells.items() if c[4] == UNKNOWN)
    note = (
        "Only model names that the catalogue can write. On most hosts the banner does not name the model"
        f"{f' ({unknown:,} makers’ hosts here)' if unknown else ''}, so this is not a ranking of sales."
    )
    titles = _titles(context, "models", "Most frequent models", "hosts")
    return bar_chart(context, titles, _key("model"), bars, note, "hosts")


def product_types(context: ReportContext) -> Chart:
    """Draw cameras, recorders, encoders, and video devices whose kind is not known."""
    bars = [Bar(kind, kind_name(kind), n, style.ACCENT) for kind, n in _shown(context, "product_type")]
    titles = _titles(context, "product_types", f"{context.unit.capitalize()} by kind of device", context.unit)
    return bar_chart(context, titles, _key("product_type"), bars, _no_sum(context, "kinds"), context.unit)


def coverage(context: ReportContext) -> Chart:
    """Draw how much is known of what was counted, in percent."""
    study, now = context.study, context.now
    world = world_cell(now, study, "study")
    hosts, devices = world["n_hosts"] or 0, world["n_devices"] or 0
    cells = headline_cells(now, "country", study)
    nowhere = int(cells.loc[cells["country"] == UNKNOWN_COUNTRY, "n_hosts"].sum())
    unnamed = published(study, now).total("n_devices", manufacturer=UNKNOWN)
    asked, agreed = world["n_hosts_geo_asked"], world["n_hosts_geo_min"]
    shares = (
        ("maker", "Devices: maker known", devices - unnamed if unnamed is not None else None, devices),
        ("country", "Hosts: country known", hosts - nowhere, hosts),
        ("asked", "Hosts: country from two sources", asked, hosts),
        ("agreed", "… both sources agree", agreed, asked),
    )
    percents = [(key, label, round(100 * n / of, 2)) for key, label, n, of in shares if n is not None and of]
    title = f"How much is known of what was counted, {now.snapshot}"
    titles = Titles("coverage", title, f"Percent, {wording.outside(study.countries_left_out)}, all makers")
    bars = tuple(Bar(key, label, percent, style.ACCENT) for key, label, percent in percents)
    picture = Bars(bars, frame(context, titles), empty="Nothing was counted.", number_format="{:.1f}%")
    meaning = "what is known: maker, country; asked: a second source's country; agreed: it is the same"
    columns = (
        SNAPSHOT, Column("what", pa.string(), meaning, False), Column("percent", pa.float64(), "percent", False)
    )  # fmt: skip
    rows = [
        {"snapshot": now.snapshot, "what": b.key, "percent": b.count, "simulated": context.is_simulated} for b in bars
    ]
    alt = "Bar chart. " + "; ".join(f"{b.label}: {b.count:.1f}%" for b in bars) + "."
    note = f"Second source: {geo_tables.second_source(now.manifest.geo)}. Agreement is not accuracy."
    return Chart("coverage", title, alt, note, picture, chart_table("coverage", "a share", *columns), rows)


def flow(context: ReportContext) -> Chart:
    """Draw the rows that each stage passed on and dropped."""
    flows = facts.flows(context.now.manifest)
    parts = (
        Part("Passed on", tuple(f.rows_out for f in flows), style.PARTS[1]),
        Part("Dropped, each with a reason", tuple(sum(n for _, n in f.dropped) for f in flows), style.GREY, "///"),
    )
    title = f"From rows to numbers, {context.now.snapshot}"
    titles = Titles("flow", title, "Rows that each stage received: all are accounted for.")
    picture = StackedBars(tuple(f"{f.stage} ({f.unit})" for f in flows), parts, frame(context, titles))
    columns = (
        SNAPSHOT,
        Column("stage", pa.string(), "stage of the pipeline", False),
        Column("unit", pa.string(), "what its rows are", False),
        Column("rows_in", pa.int64(), "rows received", False),
        Column("rows_out", pa.int64(), "rows passed on", False),
    )
    same = {"snapshot": context.now.snapshot, "simulated": context.is_simulated}
    rows = [same | {name: getattr(f, name) for name in ("stage", "unit", "rows_in", "rows_out")} for f in flows]
    alt = "Bar chart. " + "; ".join(f"{f.stage}: {f.rows_in:,} in, {f.rows_out:,} out" for f in flows) + "."
    note = "The table below has the reasons."
    return Chart("flow", title, alt, note, picture, chart_table("flow", "a stage", *columns), rows)


def _ranked(context: ReportContext) -> list[tuple[str, int]]:
    """Country and count of those that take part in the ranking and have a count, most first."""
    left_out, unit = context.study.countries_left_out, f"n_{context.unit}"
    cells = ranked(headline_cells(context.now, "country", context.study), left_out)
    cells = cells.loc[lambda f: f[unit] > 0].sort_values([unit, "country"], ascending=[False, True])
    return [(str(c), int(n)) for c, n in zip(cells["country"], cells[unit], strict=True)]


def _shown(context: ReportContext, level: str) -> list[tuple[str, int]]:
    """Return the cells of a level that may be published and their counts, most first."""
    shown = published(context.study, context.now).shown(level)
    cells = {name: units[f"n_{context.unit}"] or 0 for name, units in shown.items()}
    return sorted(cells.items(), key=lambda cell: (-cell[1], cell[0]))


def _titles(context: ReportContext, name: str, title: str, unit: str) -> Titles:
    where = wording.outside(context.study.countries_left_out)
    return Titles(name, f"{title}, {context.now.snapshot}", f"{unit.capitalize()} {where}, all makers.")


def _color(context: ReportContext, maker: str) -> str:
    return style.ACCENT if maker in context.study.vendors else style.PLAIN


def _no_sum(context: ReportContext, what: str) -> str:
    return NO_SUM.format(what) if context.unit == "hosts" else ""


def _key(name: str) -> Column:
    return Column(name, pa.string(), name.replace("_", " "), False)


def _unit_column(unit: str) -> Column:
    return Column(f"n_{unit}", pa.int64(), f"{unit}, at the headline values", False)
