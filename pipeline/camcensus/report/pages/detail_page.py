"""Pages of single countries and makers: figures over the snapshots, and what is finer as far as it is published."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from camcensus.core.countries import country_name, load_countries
from camcensus.core.tables import GROUPS, UNKNOWN
from camcensus.report import wording
from camcensus.report.charts.newest import kind_name
from camcensus.report.context import ReportContext
from camcensus.report.formatting import HIDDEN, MISSING, percent, rate, share, shown, signed
from camcensus.report.pages.rendering import render, source
from camcensus.report.pages.sparklines import large
from camcensus.report.tables import facts, geo_tables, sensitivity
from camcensus.report.tables.page_data import UNITS, Place, View, maker_slugs
from camcensus.report.tables.publish import Published, published
from camcensus.report.tables.small_tables import TextTable
from camcensus.report.timeline import line_note

TOP = 50  # rows of a table of makers, countries or models
FEW = 20  # hosts under which chance moves a country's numbers a lot
TITLES = {  # of a table of a column, and of the names in it
    "country": ("Countries", "Country"),
    "manufacturer": ("Makers", "Maker"),
    "product_type": ("Kinds of device", "Kind"),
}


@dataclass(frozen=True)
class Section:
    """A part of a page: title, text, table."""

    title: str
    text: str
    table: TextTable


@dataclass(frozen=True)
class DetailPage:
    """A page. `file`: below the report's folder; `view`: the view of the main page that it links to.

    `number` and `lead`: the headline; `aside`: the text below it; `hosts`: the line's, by snapshot; `label`: what they
    are.
    """

    file: str
    title: str
    view: str
    number: str
    lead: str
    aside: str
    hosts: Sequence[int | None]
    label: str
    figures: TextTable
    parts: tuple[Section, ...]
    quality: tuple[str, ...]


def pages(context: ReportContext, details: Iterable[DetailPage]) -> dict[str, str]:
    """Return the text of each page by its file."""
    style, points = source("base.css"), context.points
    same: dict[str, Any] = {
        "study": context.study, "words": wording, "now": context.now, "simulated": context.is_simulated,
        "credits": wording.attributions(context.results), "note": line_note(points, has_ranges=False),
        "citation": wording.citation(context.study, context.results),
    }  # fmt: skip
    texts = {}
    for page in details:
        counts = ", ".join(f"{p.snapshot} {shown(n)}" for p, n in zip(points, page.hosts, strict=True))
        label, by_country = f"{page.label} by snapshot: {counts}.", page.view.startswith("country=")
        picture = large(points, page.hosts, label, by_country=by_country)
        texts[page.file] = render("detail_page.html.j2", style, page=page, picture=picture, **same)
    return texts


class _Pages:
    """Pages of the values of one column (`own`), with the published hosts of each by finer columns."""

    def __init__(self, context: ReportContext, own: str, over: Sequence[str], newest: Sequence[str]) -> None:
        """`over`: columns shown over the snapshots; `newest`: columns shown of the newest one."""
        self.context, self.own = context, own
        self.given = [published(context.study, r) for r in context.results]
        self._over = {column: [finer_hosts(given, own, column) for given in self.given] for column in over}
        self._newest = {column: finer_hosts(self.given[-1], own, column) for column in newest}

    def over_snapshots(self, value: str, column: str, total: int | None = None) -> TextTable:
        """Return the hosts of each finer name in each snapshot, the newest's most first; `total`: what shares are of.

        0: none was seen; None: not shown. A name that is shown in no snapshot is not among the rows.
        """
        names = sorted({name for one in self._over[column] for name in one.get(value, ())})
        rows = {
            self._label(column, name): [given.count(**{self.own: value, column: name}) for given in self.given]
            for name in names
        }
        order = sorted(rows, key=lambda name: ([-(n if n is not None else -1) for n in reversed(rows[name])], name))
        title, first = TITLES[column]
        head = [first, *(r.snapshot for r in self.context.results), *(["% of hosts"] if total is not None else [])]
        found = []
        for name in order[:TOP]:
            cells, newest = [name, *map(shown, rows[name])], rows[name][-1]
            if total is not None:
                cells.append(HIDDEN if newest is None or not total else f"{100 * newest / total:.1f}")
            found.append(cells)
        return TextTable(title, head, found, range(1, len(head)), empty="Nothing that may be shown.")

    def newest_section(self, value: str, column: str, first: str) -> Section:
        """Return the hosts of each finer name in the newest snapshot, the most first."""
        title, named = f"{column.rpartition('+')[2].capitalize()}s", self._newest[column].get(value, {})
        rows = [[name, f"{n:,}"] for name, n in sorted(named.items(), key=lambda m: (-m[1], m[0]))[:TOP]]
        only = f"; only models that the catalogue names, at most {TOP}" if title == "Models" else ""
        table = TextTable(title, [first, "Hosts"], rows, (1,), empty="None that may be shown.")
        return Section(title, f"Hosts, snapshot {self.context.now.snapshot}{only}.", table)

    def _label(self, column: str, name: str) -> str:
        if column == "country":
            return f"{country_name(name)}{' (left out)' if name in self.context.study.countries_left_out else ''}"
        return kind_name(name) if column == "product_type" else "Maker unknown" if name == UNKNOWN else name


def finer_hosts(given: Published, own: str, columns: str) -> dict[str, dict[str, int]]:
    """Return published hosts of each value of a column, by the names in finer columns ("manufacturer+model")."""
    finer, found = columns.split("+"), defaultdict[str, dict[str, int]](dict)
    for cell, units in given.cells("+".join(group for group in GROUPS if group in (own, *finer))).items():
        named = dict(zip(GROUPS, cell, strict=True))
        if UNKNOWN not in (named["brand"], named["model"]):
            found[str(named[own])][" ".join(str(named[column]) for column in finer)] = units["n_hosts"] or 0
    return found


def country_pages(context: ReportContext, found: View) -> list[DetailPage]:
    """Return all of them, in the order of the table."""
    pages = _CountryPages(context, found)
    return [pages.page(place) for place in found.places if place.kind != "unknown"]


class _CountryPages(_Pages):
    """The pages of countries, with sensitivity ranges and ranks of each snapshot."""

    def __init__(self, context: ReportContext, found: View) -> None:
        super().__init__(context, "country", ("manufacturer", "product_type"), ("manufacturer+model",))
        self.found = found
        self.ranges = [sensitivity.ranges(context.study, r, "hosts") for r in context.results]
        self.ranks = [found.ranks(year.counts(found.unit)) for year in found.years]
        self.hidden = self.given[-1].hidden_by_country()

    def page(self, place: Place) -> DetailPage:
        """Return one country's page."""
        code, found, now = place.code, self.found, self.context.now
        hosts = [year.units["hosts"].get(code, 0) for year in found.years]
        rank, of = self.ranks[-1].get(code), len(self.ranks[-1])
        span = found.years[-1].ranks[found.unit].get(code)
        ranged = f"; with other settings {span[0]} to {span[1]}" if span else ""
        placed = f" Rank {rank} of {of} by {found.unit}{ranged}." if rank else ""
        out = " This country is left out of headlines, totals and ranks." if place.kind == "out" else ""
        window = wording.window(now.manifest.window)
        makers, kinds = (self.over_snapshots(code, column, hosts[-1]) for column in ("manufacturer", "product_type"))
        return DetailPage(
            file=f"countries/{code}.html",
            title=place.name,
            view=f"country={code}",
            number=f"{hosts[-1]:,}",
            lead=f"{'host' if hosts[-1] == 1 else 'hosts'} with cameras or recorders of any maker in {place.name}",
            aside=f"{now.snapshot}, {window}.{placed}{out} {wording.UNIT_MEANING['hosts']}",
            hosts=hosts,
            label=f"Hosts in {place.name}",
            figures=self._figures(place),
            parts=(
                Section("Makers", f"Hosts. {wording.small_cells(self.context.study)}", makers),
                Section("Kinds of device", "Hosts.", kinds),
                self.newest_section(code, "manufacturer+model", "Maker and model"),
            ),
            quality=self._quality(place),
        )

    def _figures(self, place: Place) -> TextTable:
        code, years, rows = place.code, self.found.years, []
        for i, year in reversed(list(enumerate(years))):
            counts = [year.units[unit].get(code, 0) for unit in UNITS]
            span = self.ranges[i].get(code)
            moved = facts.change(None if not i or year.why else years[i - 1].units["hosts"].get(code, 0), counts[0])
            rows.append([
                year.point.label, *(f"{n:,}" for n in counts),
                f"{span.low:,} to {span.high:,}" if span else MISSING, str(self.ranks[i].get(code) or MISSING),
                rate(1e5 * counts[0] / place.people if place.people else None),
                rate(1e6 * counts[0] / place.addresses if place.addresses else None),
                signed(moved.absolute), percent(moved.percent), share(year.agreed.get(code)),
            ])  # fmt: skip
        head = [
            "Snapshot", "Hosts", "Devices", "Banners", "Hosts, sensitivity range", f"Rank by {self.found.unit}",
            "Hosts per 100,000 people", "Hosts per million IPv4", "Change, hosts", "Change, %", "Location agreement",
        ]  # fmt: skip
        return TextTable(f"Figures of {place.name}", head, rows, range(1, len(head)))

    def _quality(self, place: Place) -> tuple[str, ...]:
        year, geo, country = self.found.years[-1], self.context.now.manifest.geo, load_countries().get(place.code)
        agreed, hidden, remark = year.agreed.get(place.code), self.hidden.get(place.code, 0), geo_tables.remark(geo)
        notes = {
            "No second source was asked where these hosts are.": agreed is None,
            f"Two location sources agree for {share(agreed)} of these hosts (second: {geo_tables.second_source(geo)}). "
            "Agreement is not accuracy.": agreed is not None,
            f"{wording.plural(hidden, 'maker is', 'makers are')} not shown: too few hosts, or they would reveal the "
            "number of a smaller one.": hidden,
            f"Fewer than {FEW} hosts: a few more or fewer change every share and rank.":
                year.units["hosts"].get(place.code, 0) < FEW,
            f"People: {place.people or 0:,} ({country.population_source if country else ''}). "
            f"IPv4 addresses located there: {place.addresses or 0:,}.": country and country.population_source,
            f"The country database was {remark}.": remark,
            "The newest collection is partial: its counts are too low.": not year.point.is_complete,
        }  # fmt: skip
        return tuple(note for note, applies in notes.items() if applies)


def maker_files(context: ReportContext) -> dict[str, str]:
    """Return maker to file, by name."""
    named = {maker for r in context.results for maker in published(context.study, r).shown("manufacturer")}
    return {maker: f"makers/{slug}.html" for maker, slug in maker_slugs(context).items() if maker in named}


def maker_pages(context: ReportContext) -> list[DetailPage]:
    """Return all of them, by name."""
    pages = _MakerPages(context)
    return [pages.page(maker, file) for maker, file in maker_files(context).items()]


class _MakerPages(_Pages):
    """The pages of makers."""

    def __init__(self, context: ReportContext) -> None:
        super().__init__(context, "manufacturer", ("country", "product_type"), ("brand", "model"))

    def page(self, maker: str, file: str) -> DetailPage:
        """Return one maker's page."""
        context, now = self.context, self.context.now
        hosts = [given.count(manufacturer=maker) for given in self.given]
        places = f"Hosts, at most {TOP} countries; a dash: not shown."
        return DetailPage(
            file=file,
            title=maker,
            view=f"maker={file.removeprefix('makers/').removesuffix('.html')}",
            number=shown(hosts[-1]),
            lead=f"hosts with cameras or recorders made by {maker} {context.where}",
            aside=f"{now.snapshot}, {wording.window(now.manifest.window)}. {wording.UNIT_MEANING['hosts']}",
            hosts=hosts,
            label=f"Hosts with cameras of {maker}",
            figures=self._figures(maker),
            parts=(
                Section("Countries and territories", places, self.over_snapshots(maker, "country")),
                Section("Kinds of device", "Hosts.", self.over_snapshots(maker, "product_type")),
                self.newest_section(maker, "brand", "Brand"),
                self.newest_section(maker, "model", "Model"),
            ),
            quality=(
                "Cameras sold under another brand count for this maker only where the evidence shows it.",
                "No sensitivity range: other settings are counted for all makers together, not for one.",
                wording.small_cells(context.study),
            ),
        )

    def _figures(self, maker: str) -> TextTable:
        rows, left_out = [], self.context.study.countries_left_out
        for i, point in reversed(list(enumerate(self.context.points))):
            counts = [self.given[i].count(f"n_{unit}", manufacturer=maker) for unit in UNITS]
            others = {name: n for name, n in self.given[i].ordered("manufacturer", "n_hosts") if name != UNKNOWN}
            rank = str(1 + sum(n > others[maker] for n in others.values())) if maker in others else MISSING
            has_before = not (point.is_first or point.break_reason)
            before = self.given[i - 1].count(manufacturer=maker) if has_before else None
            moved = facts.change(before, counts[0])
            inside = str(sum(code not in left_out for code in self._over["country"][i].get(maker, ())))
            change = [signed(moved.absolute), percent(moved.percent)]
            rows.append([point.label, *map(shown, counts), rank, inside, *change])
        head = ["Snapshot", "Hosts", "Devices", "Banners", "Rank by hosts", "Countries shown", "Change, hosts"]
        return TextTable(f"Figures of {maker}", [*head, "Change, %"], rows, range(1, 8))
