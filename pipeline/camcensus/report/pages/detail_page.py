"""Pages of single countries and makers: figures over the snapshots, and what is finer as far as it is published."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from camcensus.core.countries import country_name, load_countries
from camcensus.core.tables import UNKNOWN
from camcensus.report import wording
from camcensus.report.charts.newest import kind_name
from camcensus.report.context import ReportContext
from camcensus.report.formatting import HIDDEN, MISSING, linked, percent, rate, share, shown, signed
from camcensus.report.pages.rendering import render, source
from camcensus.report.pages.sparklines import large
from camcensus.report.tables import facts, geo_tables, sensitivity
from camcensus.report.tables.page_data import UNITS, Place, View, maker_slugs
from camcensus.report.tables.publish import Published, published
from camcensus.report.tables.small_tables import TextTable
from camcensus.report.timeline import line_note

TOP = 50  # rows of a table of makers, countries or models
FEW = 20  # hosts under which chance moves a country's numbers a lot
Finer = dict[str, dict[str, int]]  # country or maker to a finer name to hosts


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
    attributions = [linked(text) for text in wording.attributions(context.results)]
    same: dict[str, Any] = {"study": context.study, "words": wording, "now": context.now, "credits": attributions}
    same |= {"simulated": context.is_simulated, "citation": wording.citation(context.study, context.results)}
    same |= {"note": line_note(points, has_ranges=False)}
    texts = {}
    for page in details:
        counts = ", ".join(f"{p.snapshot} {shown(n)}" for p, n in zip(points, page.hosts, strict=True))
        label, by_country = f"{page.label} by snapshot: {counts}.", page.view.startswith("country=")
        picture = large(points, page.hosts, label, by_country=by_country)
        texts[page.file] = render("detail_page.html.j2", style, page=page, picture=picture, **same)
    return texts


def finer_hosts(given: Published, level: str, key: int, *names: int, has_unknown: bool = False) -> Finer:
    """Return published hosts of a level, by a column and by the names in others (places in a cell)."""
    found: Finer = {}
    for cell, units in given.cells(level).items():
        if has_unknown or cell[names[-1]] != UNKNOWN:
            found.setdefault(str(cell[key]), {})[" ".join(str(cell[n]) for n in names)] = units["n_hosts"] or 0
    return found


def hosts_by_snapshot(
    context: ReportContext, title: str, first: str, rows: Mapping[str, Sequence[int | None]], total: int | None = None
) -> TextTable:
    """Return a table of names and their hosts in each snapshot, the newest's most first.

    None: not shown. A name that is shown in no snapshot must not be among the rows. `total`: what shares are of.
    """
    order = sorted(rows, key=lambda name: ([-(n if n is not None else -1) for n in reversed(rows[name])], name))
    head = [first, *(r.snapshot for r in context.results), *(["% of hosts"] if total is not None else [])]
    found = []
    for name in order[:TOP]:
        cells, newest = [name, *map(shown, rows[name])], rows[name][-1]
        if total is not None:
            cells.append(HIDDEN if newest is None or not total else f"{100 * newest / total:.1f}")
        found.append(cells)
    return TextTable(title, head, found, range(1, len(head)), empty="Nothing that may be shown.")


def newest_section(context: ReportContext, title: str, first: str, named: Mapping[str, int]) -> Section:
    """Return a table of names and their hosts in the newest snapshot, the most first."""
    rows = [[name, f"{n:,}"] for name, n in sorted(named.items(), key=lambda m: (-m[1], m[0]))[:TOP]]
    only = f"; only models that the catalogue names, at most {TOP}" if title == "Models" else ""
    table = TextTable(title, [first, "Hosts"], rows, (1,), empty="None that may be shown.")
    return Section(title, f"Hosts, snapshot {context.now.snapshot}{only}.", table)


def country_pages(context: ReportContext, found: View) -> list[DetailPage]:
    """Return all of them, in the order of the table."""
    pages = _CountryPages(context, found)
    return [pages.page(place) for place in found.places if place.kind != "unknown"]


class _CountryPages:
    """The pages, and what they take from each snapshot: what is published, sensitivity ranges, ranks."""

    def __init__(self, context: ReportContext, found: View) -> None:
        self.context, self.found = context, found
        self.given = [published(context.study, r) for r in context.results]
        self.ranges = [sensitivity.ranges(context.study, r, "hosts") for r in context.results]
        self.ranks = [found.ranks(year.counts(found.unit)) for year in found.years]
        self.hidden = self.given[-1].hidden_by_country()
        self.models = finer_hosts(self.given[-1], "country+manufacturer+model", 0, 1, 4)
        self.cells = {
            column: [finer_hosts(given, f"country+{column}", 0, place, has_unknown=True) for given in self.given]
            for column, place in (("manufacturer", 1), ("product_type", 3))
        }

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
        makers = self._over_snapshots(code, "manufacturer", hosts[-1])
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
                Section("Kinds of device", "Hosts.", self._over_snapshots(code, "product_type", hosts[-1])),
                newest_section(self.context, "Models", "Maker and model", self.models.get(code, {})),
            ),
            quality=self._quality(place),
        )

    def _over_snapshots(self, code: str, column: str, total: int) -> TextTable:
        """Makers or kinds in each snapshot: 0 where none was seen, None where hidden."""
        rows = {}
        for name in sorted({name for one in self.cells[column] for name in one.get(code, ())}):
            label = kind_name(name) if column == "product_type" else "Maker unknown" if name == UNKNOWN else name
            rows[label] = [given.hosts_of(code, column, name) for given in self.given]
        title, first = ("Makers", "Maker") if column == "manufacturer" else ("Kinds of device", "Kind")
        return hosts_by_snapshot(self.context, title, first, rows, total)

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


class _MakerPages:
    """The pages, and what they take from each snapshot: what is published, by country and by kind of device."""

    def __init__(self, context: ReportContext) -> None:
        self.context = context
        self.given = [published(context.study, r) for r in context.results]
        self.places = [finer_hosts(given, "country+manufacturer", 1, 0) for given in self.given]
        self.kinds = [finer_hosts(given, "manufacturer+product_type", 1, 3) for given in self.given]
        self.brands = finer_hosts(self.given[-1], "manufacturer+brand", 1, 2)
        self.models = finer_hosts(self.given[-1], "manufacturer+model", 1, 4)

    def page(self, maker: str, file: str) -> DetailPage:
        """Return one maker's page."""
        context, now = self.context, self.context.now
        hosts = [given.total("n_hosts", manufacturer=maker) for given in self.given]
        kinds = {
            kind_name(kind): [given.total("n_hosts", manufacturer=maker, product_type=kind) for given in self.given]
            for kind in sorted({kind for one in self.kinds for kind in one.get(maker, ())})
        }
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
                self._by_country(maker),
                Section("Kinds of device", "Hosts.", hosts_by_snapshot(context, "Kinds of device", "Kind", kinds)),
                newest_section(context, "Brands", "Brand", self.brands.get(maker, {})),
                newest_section(context, "Models", "Model", self.models.get(maker, {})),
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
            counts = [self.given[i].total(f"n_{unit}", manufacturer=maker) for unit in UNITS]
            others = {name: n for name, n in self.given[i].ordered("manufacturer", "n_hosts") if name != UNKNOWN}
            rank = str(1 + sum(n > others[maker] for n in others.values())) if maker in others else MISSING
            has_before = not (point.is_first or point.break_reason)
            before = self.given[i - 1].total("n_hosts", manufacturer=maker) if has_before else None
            moved = facts.change(before, counts[0])
            inside = str(sum(code not in left_out for code in self.places[i].get(maker, ())))
            change = [signed(moved.absolute), percent(moved.percent)]
            rows.append([point.label, *map(shown, counts), rank, inside, *change])
        head = ["Snapshot", "Hosts", "Devices", "Banners", "Rank by hosts", "Countries shown", "Change, hosts"]
        return TextTable(f"Figures of {maker}", [*head, "Change, %"], rows, range(1, 8))

    def _by_country(self, maker: str) -> Section:
        rows = {}
        for code in sorted({code for one in self.places for code in one.get(maker, ())}):
            out = " (left out)" if code in self.context.study.countries_left_out else ""
            rows[f"{country_name(code)}{out}"] = [given.hosts_of(code, "manufacturer", maker) for given in self.given]
        table = hosts_by_snapshot(self.context, "Countries", "Country", rows)
        return Section("Countries and territories", f"Hosts, at most {TOP} countries; a dash: not shown.", table)
