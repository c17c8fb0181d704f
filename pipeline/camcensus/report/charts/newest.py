"""Charts of the newest snapshot: map, countries, makers, models, kinds, coverage."""

from dataclasses import asdict

import pyarrow as pa

from camcensus.core.config import Study
from camcensus.core.countries import country_name
from camcensus.core.tables import UNKNOWN, UNKNOWN_COUNTRY, Column
from camcensus.report import wording
from camcensus.report.charts import style
from camcensus.report.charts.bars import Bar, Bars
from camcensus.report.charts.chart import NO_SUM, SNAPSHOT, Chart, frame, most, table
from camcensus.report.charts.world_map import WorldMap
from camcensus.report.inputs import Result, headline_cells, world_cell
from camcensus.report.tables import geo_tables, sensitivity
from camcensus.report.tables.publish import published, ranked
from camcensus.report.tables.ranks import ranks

TOP_COUNTRIES = 20
TOP_MAKERS = 15
TOP_MODELS = 20
KINDS = {"video": "Video device (kind not known)"}


def charts_of(study: Study, result: Result) -> list[Chart]:
    """All of them, in the order in which the page shows them."""
    return [
        world_map(study, result),
        countries(study, result),
        makers(study, result),
        models(study, result),
        product_types(study, result),
        coverage(study, result),
    ]


def kind_name(kind: str) -> str:
    """A kind of device as people write it."""
    return KINDS.get(kind, kind.replace("_", " ").capitalize())


def _ranked(study: Study, result: Result) -> list[tuple[str, int]]:
    """Country and count of those that take part in the ranking and have a count, most first."""
    cells = ranked(headline_cells(result, "country", study), study.countries_left_out)
    unit = f"n_{study.headline_unit}"
    cells = cells.loc[lambda f: f[unit] > 0].sort_values([unit, "country"], ascending=[False, True])
    return [(str(c), int(n)) for c, n in zip(cells["country"], cells[unit], strict=True)]


def world_map(study: Study, result: Result) -> Chart:
    """Where they are."""
    unit, values = study.headline_unit, _ranked(study, result)
    title = f"Where cameras are visible from the Internet, {result.snapshot}"
    put = frame(study, [result], title, f"{unit.capitalize()}, all makers")
    picture = WorldMap(tuple(values), **asdict(put), left_out=study.countries_left_out)
    named = [(country_name(code), n) for code, n in values]
    alt = f"World map of {unit} by country. {most(named, unit)} The country table holds the same numbers."
    rows = [{"alpha2": code, "name": country_name(code), unit: n, "simulated": put.synthetic} for code, n in values]
    columns = (
        Column("alpha2", pa.string(), "ISO 3166-1 alpha-2 (NA is Namibia)", False),
        Column("name", pa.string(), "name of the country or territory", False),
        Column(unit, pa.int64(), f"{unit}, at the headline values", False),
    )
    return Chart("map", title, alt, "", picture, table("map", "a country", *columns), rows)


def countries(study: Study, result: Result) -> Chart:
    """The countries with most, with their sensitivity ranges, and the ranks that these allow."""
    unit = study.headline_unit
    spans = sensitivity.ranges(study, result, unit)
    counted, bars = _ranked(study, result), []
    placed = ranks(counted, spans)
    for code, n in counted[:TOP_COUNTRIES]:
        span, name = spans.get(code), country_name(code)
        ends = (span.low, span.high) if span else (None, None)
        label = "{}  {}–{}".format(name, *placed[code]) if code in placed else name
        bars.append(Bar(code, label, n, style.ACCENT, *ends))
    title = f"Countries with the most {unit}, {result.snapshot}"
    note = f"{wording.SENSITIVITY}{f' {wording.RANKS}' if placed else ''}" if spans else wording.NO_SENSITIVITY
    return _bar_chart(study, result, "countries", "alpha2", title, bars, note)


def makers(study: Study, result: Result) -> Chart:
    """Makers with most; the study's own are dark."""
    cells = _shown(study, result, "manufacturer")
    known = [(m, n) for m, n in cells if m != UNKNOWN]
    bars = [Bar(m, m, n, style.ACCENT if m in study.vendors else style.PLAIN) for m, n in known[:TOP_MAKERS]]
    bars += [Bar(m, "Maker unknown", n, style.GREY) for m, n in cells if m == UNKNOWN]
    hidden = published(study, result).n_hidden("manufacturer")
    more = wording.makers_not_shown(study, hidden, max(0, len(known) - TOP_MAKERS))
    note = f"{_no_sum(study, 'makers')} {more}".strip()
    title = f"{study.headline_unit.capitalize()} by maker, {result.snapshot}"
    return _bar_chart(study, result, "vendors", "maker", title, bars, note)


def models(study: Study, result: Result) -> Chart:
    """Models with most hosts, each with its maker. Models have hosts only (`publish`)."""
    cells = published(study, result).cells("manufacturer+model")
    known = sorted(
        ((str(c[1]), str(c[4]), u["n_hosts"] or 0) for c, u in cells.items() if c[4] != UNKNOWN),
        key=lambda cell: (-cell[2], cell),
    )
    bars = [
        Bar(f"{maker} {model}", f"{maker} {model}", n, style.ACCENT if maker in study.vendors else style.PLAIN)
        for maker, model, n in known[:TOP_MODELS]
    ]
    unknown = sum(u["n_hosts"] or 0 for c, u in cells.items() if c[4] == UNKNOWN)
    note = (
        "Only model names that the catalogue knows how to write. On most hosts the banner does not name the model"
        f"{f' ({unknown:,} makers’ hosts here)' if unknown else ''}, so this is not a ranking of what is sold."
    )
    title = f"Models most seen, {result.snapshot}"
    return _bar_chart(study, result, "models", "model", title, bars, note, unit="hosts")


def product_types(study: Study, result: Result) -> Chart:
    """Cameras, recorders, encoders, and those of which it is not known."""
    bars = [Bar(kind, kind_name(kind), n, style.ACCENT) for kind, n in _shown(study, result, "product_type")]
    title = f"{study.headline_unit.capitalize()} by kind of device, {result.snapshot}"
    return _bar_chart(study, result, "product_types", "product_type", title, bars, _no_sum(study, "kinds"))


def coverage(study: Study, result: Result) -> Chart:
    """How much is known of what was counted, in percent."""
    world = world_cell(result, study, "study")
    hosts, devices = world["n_hosts"] or 0, world["n_devices"] or 0
    cells = headline_cells(result, "country", study)
    nowhere = int(cells.loc[cells["country"] == UNKNOWN_COUNTRY, "n_hosts"].sum())
    unnamed = published(study, result).total("n_devices", manufacturer=UNKNOWN)
    asked, agreed = world["n_hosts_geo_asked"], world["n_hosts_geo_min"]
    found = (
        (
            "maker",
            "Devices: maker known",
            _percent(devices - unnamed if unnamed is not None else None, devices),
        ),
        ("country", "Hosts: country known", _percent(hosts - nowhere, hosts)),
        ("asked", "Hosts: second opinion on it", _percent(asked, hosts)),
        ("agreed", "… both sources agree", _percent(agreed if asked else None, asked)),
    )
    bars = tuple(Bar(key, label, n, style.ACCENT) for key, label, n in found if n is not None)
    title = f"How much is known of what was counted, {result.snapshot}"
    put = frame(study, [result], title, f"Percent, {wording.outside(study.countries_left_out)}, all makers")
    picture = Bars(bars, **asdict(put), empty="Nothing was counted.", form="{:.1f} %")
    columns = (
        SNAPSHOT,
        Column(
            "what", pa.string(), "what is known: maker, country; asked: a second opinion; agreed: it is the same", False
        ),
        Column("percent", pa.float64(), "percent", False),
    )
    rows = [{"snapshot": result.snapshot, "what": b.key, "percent": b.count, "simulated": put.synthetic} for b in bars]
    alt = "Bar chart. " + "; ".join(f"{b.label}: {b.count:.1f} %" for b in bars) + "."
    note = f"Second source: {geo_tables.second_source(result.manifest.geo)}. Agreement is not accuracy."
    return Chart("coverage", title, alt, note, picture, table("coverage", "a share", *columns), rows)


def _percent(part: int | None, whole: int | None) -> float | None:
    return round(100 * part / whole, 2) if part is not None and whole else None


def _no_sum(study: Study, what: str) -> str:
    return NO_SUM.format(what) if study.headline_unit == "hosts" else ""


def _shown(study: Study, result: Result, level: str) -> list[tuple[str, int]]:
    """The cells of a level that may be published and their counts, most first."""
    unit = f"n_{study.headline_unit}"
    cells = {name: units[unit] or 0 for name, units in published(study, result).shown(level).items()}
    return sorted(cells.items(), key=lambda cell: (-cell[1], cell[0]))


def _bar_chart(
    study: Study, result: Result, name: str, key: str, title: str, bars: list[Bar], note: str, unit: str = ""
) -> Chart:
    """A chart of bars in the given order."""
    unit = unit or study.headline_unit
    said = f"{unit.capitalize()} {wording.outside(study.countries_left_out)}, all makers."
    put = frame(study, [result], title, said)
    empty = f"Nothing to show: none has {study.publication.min_hosts} hosts or more."
    ranged = any(bar.low is not None for bar in bars)
    columns = [
        Column(key, pa.string(), f"{key} (NA is Namibia)" if key == "alpha2" else key.replace("_", " "), False),
        Column("label", pa.string(), "as the chart names it", False),
        Column(unit, pa.int64(), f"{unit}, at the headline values", False),
    ]
    if ranged:
        columns += [Column(end, pa.int64(), f"{end} end of the sensitivity range") for end in ("low", "high")]
    rows = [
        {key: b.key, "label": b.label, unit: int(b.count), "simulated": put.synthetic}
        | ({"low": b.low, "high": b.high} if ranged else {})
        for b in bars
    ]
    alt = f"Bar chart. {most([(b.label, int(b.count)) for b in bars], unit)}"
    picture = Bars(tuple(bars), **asdict(put), empty=empty)
    return Chart(name, title, alt, note, picture, table(name, "a bar", *columns), rows)
