"""Charts of the newest snapshot: map, countries, makers, models, kinds of device, how much is known, flow of rows."""

from collections.abc import Sequence
from dataclasses import replace

from camcensus.core.countries import country_name
from camcensus.core.tables import UNKNOWN, UNKNOWN_COUNTRY, Column
from camcensus.report import wording
from camcensus.report.charts import style
from camcensus.report.charts.bars import Bar, Bars, Part, StackedBars
from camcensus.report.charts.chart import COUNTRY, SNAPSHOT, Chart, frame
from camcensus.report.charts.world_map import WorldMap
from camcensus.report.context import ReportContext
from camcensus.report.inputs import headline_cells, world_cell
from camcensus.report.tables import facts, geo_tables, reliance, sensitivity
from camcensus.report.tables.publish import published, ranked

TOP_COUNTRIES = 20
TOP_MAKERS = 15
TOP_MODELS = 20
# Charts of bars: name to the column that holds the bars' keys.
KEYS = {
    "countries": COUNTRY[0],
    "vendors": Column("maker", "string", "maker", False),
    "models": Column("model", "string", "model", False),
    "product_types": Column("product_type", "string", "product type", False),
    "reliance": Column("field", "string", "field of evidence that is left out; all: none", False),
}
ENDS = (
    Column("low", "int64", "low end of the sensitivity range"),
    Column("high", "int64", "high end of the sensitivity range"),
)


def charts_of(context: ReportContext) -> list[Chart]:
    """Return all of them, in the order in which the page shows them."""
    context = replace(context, results=[context.now])
    found = [draw(context) for draw in (world_map, countries, makers, models, product_types, coverage, flow)]
    return [*found, without_fields(context)] if reliance.rests(context, "field") else found


def kind_name(kind: str) -> str:
    """Return a kind of device as people write it."""
    return "Video device (kind not known)" if kind == "video" else kind.replace("_", " ").capitalize()


def world_map(context: ReportContext) -> Chart:
    """Draw the map of the study's unit by country."""
    unit, values = context.unit, _ranked(context)
    title = f"Where cameras are visible from the Internet, {context.now.snapshot}"
    words = frame(context, title, f"{unit.capitalize()}, all makers")
    picture = WorldMap(tuple(values), words, context.study.countries_left_out)
    most = _largest([(country_name(code), n) for code, n in values], unit)
    alt = f"World map of {unit} by country. {most} The country table holds the same numbers."
    rows = [{"country": code, "name": country_name(code), f"n_{unit}": n} | context.marks[-1] for code, n in values]
    return Chart("map", picture, alt, "", "a country", (*COUNTRY, _counted(unit)), rows)


def countries(context: ReportContext) -> Chart:
    """Draw the countries with the most, with their sensitivity ranges and the ranks that these allow."""
    unit, counted, bars = context.unit, _ranked(context), []
    spans = sensitivity.ranges(context.study, context.now, unit)
    ranks = sensitivity.rank_ranges(counted, spans)
    for code, n in counted[:TOP_COUNTRIES]:
        span, name = spans.get(code), country_name(code)
        label = "{}  {}–{}".format(name, *ranks[code]) if code in ranks else name
        bars.append(Bar(code, label, n, style.ACCENT, *((span.low, span.high) if span else ())))
    note = f"{wording.SENSITIVITY}{f' {wording.RANKS}' if ranks else ''}" if spans else wording.NO_SENSITIVITY
    return _bar_chart(context, "countries", f"Countries with the most {unit}", bars, note)


def makers(context: ReportContext) -> Chart:
    """Draw the makers with the most; the study's own are dark."""
    given, unit = published(context.study, context.now), context.unit
    cells = given.ordered("manufacturer", f"n_{unit}")
    known = [(maker, n) for maker, n in cells if maker != UNKNOWN]
    bars = [Bar(maker, maker, n, _color(context, maker)) for maker, n in known[:TOP_MAKERS]]
    bars += [Bar(maker, "Maker unknown", n, style.GREY) for maker, n in cells if maker == UNKNOWN]
    more = wording.makers_not_shown(context.study, given.n_hidden("manufacturer"), max(0, len(known) - TOP_MAKERS))
    note = f"{_no_sum(unit, 'makers')} {more}".strip()
    return _bar_chart(context, "vendors", f"{unit.capitalize()} by maker", bars, note)


def models(context: ReportContext) -> Chart:
    """Draw the models with the most hosts, each with its maker. Models have hosts only (`publish`)."""
    cells = published(context.study, context.now).cells("manufacturer+model")
    named = [(str(c[1]), str(c[4]), u["n_hosts"] or 0) for c, u in cells.items()]
    known = sorted((cell for cell in named if cell[1] != UNKNOWN), key=lambda cell: (-cell[2], cell))[:TOP_MODELS]
    bars = [Bar(f"{maker} {model}", f"{maker} {model}", n, _color(context, maker)) for maker, model, n in known]
    unknown = sum(n for _, model, n in named if model == UNKNOWN)
    note = (
        "Only model names that the catalogue can write. On most hosts the banner does not name the model"
        f"{f' ({unknown:,} makers’ hosts here)' if unknown else ''}, so this is not a ranking of sales."
    )
    return _bar_chart(context, "models", "Most frequent models", bars, note)


def product_types(context: ReportContext) -> Chart:
    """Draw cameras, recorders, encoders, and video devices whose kind is not known."""
    unit, given = context.unit, published(context.study, context.now)
    bars = [Bar(kind, kind_name(kind), n, style.ACCENT) for kind, n in given.ordered("product_type", f"n_{unit}")]
    title = f"{unit.capitalize()} by kind of device"
    return _bar_chart(context, "product_types", title, bars, _no_sum(unit, "kinds"))


def coverage(context: ReportContext) -> Chart:
    """Draw how much is known of what was counted, in percent."""
    study, now = context.study, context.now
    world, cells = world_cell(now, study, "study"), headline_cells(now, "country", study)
    hosts, devices = world["n_hosts"] or 0, world["n_devices"] or 0
    nowhere = int(cells.loc[cells["country"] == UNKNOWN_COUNTRY, "n_hosts"].sum())
    unnamed = published(study, now).count("n_devices", manufacturer=UNKNOWN)
    asked, agreed = world["n_hosts_geo_asked"], world["n_hosts_geo_min"]
    shares = (
        ("maker", "Devices: maker known", devices - unnamed if unnamed is not None else None, devices),
        ("country", "Hosts: country known", hosts - nowhere, hosts),
        ("asked", "Hosts: country from two sources", asked, hosts),
        ("agreed", "… both sources agree", agreed, asked),
    )
    bars = tuple(
        Bar(key, label, round(100 * n / of, 2), style.ACCENT) for key, label, n, of in shares if n is not None and of
    )
    title = f"How much is known of what was counted, {now.snapshot}"
    words = frame(context, title, f"Percent, {context.where}, all makers")
    picture = Bars(bars, words, empty="Nothing was counted.", number_format="{:.1f}%")
    meaning = "what is known: maker, country; asked: a second source's country; agreed: it is the same"
    columns = (
        SNAPSHOT, Column("what", "string", meaning, False), Column("percent", "double", "percent", False)
    )  # fmt: skip
    rows = [{"what": bar.key, "percent": bar.count} | context.marks[-1] for bar in bars]
    alt = "Bar chart. " + "; ".join(f"{bar.label}: {bar.count:.1f}%" for bar in bars) + "."
    note = f"Second source: {geo_tables.second_source(now.manifest.geo)}. Agreement is not accuracy."
    return Chart("coverage", picture, alt, note, "a share", columns, rows)


def without_fields(context: ReportContext) -> Chart:
    """Draw the headline's hosts with each field of evidence left out, next to the headline."""
    bars = [Bar("all", "All fields", world_cell(context.now, context.study, "study")["n_hosts"] or 0, style.ACCENT)]
    bars += [
        Bar(row.name, f"Without {row.name}", row.n_hosts_without, style.PLAIN)
        for row in reliance.rests(context, "field")
    ]
    note = "Each bar leaves one field out. The lower it is, the more the headline rests on that field alone."
    return _bar_chart(context, "reliance", "The headline with each field of evidence left out", bars, note)


def flow(context: ReportContext) -> Chart:
    """Draw the rows that each stage passed on and dropped."""
    flows = facts.flows(context.now.manifest)
    parts = (
        Part("Passed on", tuple(f.rows_out for f in flows), style.PARTS[1]),
        Part("Dropped, each with a reason", tuple(sum(n for _, n in f.dropped) for f in flows), style.GREY, "///"),
    )
    title = f"From rows to numbers, {context.now.snapshot}"
    words = frame(context, title, "Rows that each stage received: all are accounted for.")
    picture = StackedBars(tuple(f"{f.stage} ({f.unit})" for f in flows), parts, words)
    columns = (
        SNAPSHOT,
        Column("stage", "string", "stage of the pipeline", False),
        Column("unit", "string", "what its rows are", False),
        Column("rows_in", "int64", "rows received", False),
        Column("rows_out", "int64", "rows passed on", False),
    )
    rows = [{column.name: getattr(f, column.name) for column in columns[1:]} | context.marks[-1] for f in flows]
    alt = "Bar chart. " + "; ".join(f"{f.stage}: {f.rows_in:,} in, {f.rows_out:,} out" for f in flows) + "."
    return Chart("flow", picture, alt, "The table below has the reasons.", "a stage", columns, rows)


def _bar_chart(context: ReportContext, name: str, title: str, bars: Sequence[Bar], note: str) -> Chart:
    """Return one of `KEYS`: counts as bars in the given order."""
    unit = "hosts" if name in ("models", "reliance") else context.unit
    has_ranges = any(bar.low is not None for bar in bars)
    columns = (KEYS[name], Column("label", "string", "as the chart names it", False), _counted(unit))
    rows = [
        {KEYS[name].name: bar.key, "label": bar.label, f"n_{unit}": int(bar.count), "low": bar.low, "high": bar.high}
        | context.marks[-1]
        for bar in bars
    ]
    alt = f"Bar chart. {_largest([(bar.label, int(bar.count)) for bar in bars], unit)}"
    empty = f"Nothing to show: none has {context.study.publication.min_hosts} hosts or more."
    subtitle = f"{unit.capitalize()} {context.where}, all makers."
    picture = Bars(tuple(bars), frame(context, f"{title}, {context.now.snapshot}", subtitle), empty)
    return Chart(name, picture, alt, note, "a bar", (*columns, *(ENDS if has_ranges else ())), rows)


def _counted(unit: str) -> Column:
    return Column(f"n_{unit}", "int64", f"{unit}, at the headline values", False)


def _largest(values: Sequence[tuple[str, int]], unit: str) -> str:
    top = [f"{label} {n:,}" for label, n in values[:3]]
    return f"Most {unit}: {', '.join(top)}." if top else "Nothing was counted."


def _ranked(context: ReportContext) -> list[tuple[str, int]]:
    """Country and count of those that take part in the ranking and have a count, most first."""
    unit = f"n_{context.unit}"
    cells = ranked(headline_cells(context.now, "country", context.study), context.study.countries_left_out)
    cells = cells.loc[cells[unit] > 0].sort_values([unit, "country"], ascending=[False, True])
    return [(str(c), int(n)) for c, n in zip(cells["country"], cells[unit], strict=True)]


def _color(context: ReportContext, maker: str) -> str:
    return style.ACCENT if maker in context.study.vendors else style.PLAIN


def _no_sum(unit: str, what: str) -> str:
    return f"Hosts do not add up across {what}: a host with several counts once for each." if unit == "hosts" else ""
