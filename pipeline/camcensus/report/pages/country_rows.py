"""The country table as the page first shows it: the newest snapshot, all makers, in the study's unit."""

from dataclasses import dataclass

from markupsafe import Markup

from camcensus.core.config import Study
from camcensus.report import formatting, wording
from camcensus.report.charts.sparklines import spark
from camcensus.report.tables import facts
from camcensus.report.tables.page_data import Place, View

MOST_COLUMNS = 3  # makers of the study with a column of their own; the switch has the others
MOST_NAMED = 2  # makers named in a row


@dataclass(frozen=True)
class Heading:
    """A column: its name, what stands below it, how it sorts (text, up or down first), and what of it the switches
    change."""

    name: str
    note: str
    sort: str
    key: str


@dataclass(frozen=True)
class Cell:
    """What is shown, and the number it sorts by (None: missing, always last)."""

    text: str | Markup
    value: float | None = None


@dataclass(frozen=True)
class Row:
    """A row: kind is country, out (left out), unknown or world; `tail` are the cells after name and code."""

    kind: str
    code: str
    name: str
    rank: Cell
    tail: list[Cell]


def columns(study: Study, found: View) -> list[Heading]:
    """Headings in the order of the cells."""
    since = f"since {found.years[-2].step.snapshot}" if len(found.years) > 1 else "no earlier snapshot"
    unit = found.unit
    return [
        Heading("Rank", f"by {unit}", "up", "rank"),
        Heading("Country or territory", "", "text", "name"),
        Heading("Code", "ISO", "text", "code"),
        Heading("Hosts", "", "down", "hosts"),
        Heading("Devices", "", "down", "devices"),
        Heading("Banners", "", "down", "banners"),
        Heading("Per 100,000", f"{unit}, people", "down", "people"),
        Heading("Per million", f"{unit}, IPv4 addresses", "down", "addresses"),
        Heading("Change", f"{unit} {since}", "down", "change"),
        Heading("Change, %", since, "down", "percent"),
        Heading("Trend", unit, "down", "trend"),
        Heading("Makers", "% of hosts, largest", "down", "share"),
        Heading("Agreement", "%, two location sources", "down", "agreed"),
        *(Heading(vendor, "hosts", "down", "maker") for vendor in study.vendors[:MOST_COLUMNS]),
    ]


def country_rows(study: Study, found: View) -> list[Row]:
    """Rows by rank, then left-out countries, Unknown and World."""
    ranks = found.ranks(found.years[-1].counts(found.unit))
    rows = []
    for place in found.places:
        rank = _rank(found, place.code, ranks.get(place.code))
        rows.append(Row(place.kind, place.code, place.name, rank, _tail(study, found, place)))
    world = f"World {wording.outside(study.countries_left_out)}" if study.countries_left_out else "World"
    return [*rows, Row("world", "", world, Cell(""), _tail(study, found, None))]


def _rank(found: View, code: str, rank: int | None) -> Cell:
    """The rank, and behind it those that the sensitivity ranges allow."""
    if rank is None:
        return Cell("")
    span = found.years[-1].ranks[found.unit].get(code)
    return Cell(Markup("{} <small>({}–{})</small>").format(rank, *span) if span else str(rank), rank)


def _tail(study: Study, found: View, place: Place | None) -> list[Cell]:
    """The cells after name and code; `place` is None for the World row."""
    code, year = (place.code if place else ""), found.years[-1]
    units = [_count(year.units[unit].get(code, 0)) for unit in ("hosts", "devices", "banners")]
    makers = [_maker(found, m, code) for m in study.vendors[:MOST_COLUMNS]]
    return [
        *units,
        *_rates(found, place),
        *_change(found, code),
        _trend(found, code),
        _makers(found, code),
        _agreed(found, code),
        *makers,
    ]


def _rates(found: View, place: Place | None) -> list[Cell]:
    """Per 100,000 people and per million addresses."""
    year = found.years[-1]
    if place is None:
        values = year.rates[found.unit]
    else:
        n = year.units[found.unit].get(place.code, 0)
        values = (_rate(n, place.people, 100_000), _rate(n, place.addresses, 1_000_000))
    return [Cell(formatting.rate(value), value) for value in values]


def _rate(n: int, of: int | None, each: int) -> float | None:
    return round(each * n / of, 4) if of else None


def _change(found: View, code: str) -> list[Cell]:
    """Against the snapshot before, where the two may be held against each other."""
    if len(found.years) < 2 or found.years[-1].why:
        return [Cell(formatting.MISSING), Cell(formatting.MISSING)]
    one, two = (year.units[found.unit].get(code, 0) for year in found.years[-2:])
    moved = facts.change(one, two)
    relative = None if moved.percent is None else round(moved.percent, 4)
    text = (
        formatting.percent(relative).removesuffix(" %") if relative else ("0" if relative == 0 else formatting.MISSING)
    )
    return [Cell(formatting.signed(moved.absolute), moved.absolute), Cell(text, relative)]


def _trend(found: View, code: str) -> Cell:
    """Sorted by how high the line ends, from zero to the row's own most."""
    counts = [year.units[found.unit].get(code, 0) for year in found.years]
    most = max(counts)
    return Cell(spark([year.step for year in found.years], counts), round(counts[-1] / most, 4) if most else None)


def _makers(found: View, code: str) -> Cell:
    """The largest makers that may be shown, by their share of the hosts; sorted by the largest's."""
    year = found.years[-1]
    hosts = year.units["hosts"].get(code, 0)
    own = {m: n for m, counts in year.makers.items() if (n := counts.get(code)) and hosts}
    top = sorted(own, key=lambda m: (-own[m], m))[:MOST_NAMED]
    text = ", ".join(f"{m} {100 * own[m] / hosts:.0f} %" for m in top)
    return Cell(text or formatting.HIDDEN, round(own[top[0]] / hosts, 4) if top else None)


def _agreed(found: View, code: str) -> Cell:
    value = found.years[-1].agreed.get(code)
    return Cell(formatting.MISSING if value is None else f"{100 * value:.1f}", value)


def _maker(found: View, maker: str, code: str) -> Cell:
    return _count(found.years[-1].makers[maker].get(code, 0))


def _count(n: int | None) -> Cell:
    return Cell(formatting.shown(n), n)


def data(found: View) -> dict[str, object]:
    """What `page.js` needs to show the table and the map of another snapshot, unit or maker. Lists follow the places,
    the world's number last; null: not shown."""
    codes = [*(place.code for place in found.places), ""]
    return {
        "unit": found.unit,
        "places": [[p.code, p.name, p.kind, p.people, p.addresses] for p in found.places],
        "makers": list(found.makers),
        "years": [
            {
                "id": year.step.snapshot,
                "x": year.step.place,
                "whole": year.step.whole,
                "joined": year.step.joined,
                "dots": year.step.unsure or year.step.relocated,
                "why": year.why,
                "caveat": year.caveat,
                "rates": {unit: list(pair) for unit, pair in year.rates.items()},
                "ranks": {unit: [spans.get(code) for code in codes] for unit, spans in year.ranks.items()},
                "agreed": [year.agreed.get(code) for code in codes],
                "units": {unit: [counts.get(code, 0) for code in codes] for unit, counts in year.units.items()},
                "makers": [[year.makers[m].get(code, 0) for code in codes] for m in found.makers],
            }
            for year in found.years
        ],
    }
