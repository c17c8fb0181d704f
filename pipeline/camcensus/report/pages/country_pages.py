"""A page for each country and territory that was counted in any snapshot."""

from camcensus.core.countries import load_countries
from camcensus.core.tables import GROUPS, UNKNOWN
from camcensus.report import formatting, wording
from camcensus.report.charts.newest import kind_name
from camcensus.report.context import ReportContext
from camcensus.report.pages.detail_page import (
    DetailPage,
    Finer,
    Section,
    hosts_by_snapshot,
    newest_section,
    picture_and_note,
    snapshot_name,
)
from camcensus.report.tables import facts, geo_tables, sensitivity
from camcensus.report.tables.page_data import UNITS, Place, View
from camcensus.report.tables.publish import published
from camcensus.report.tables.small_tables import TextTable, text_table

FEW = 20  # hosts under which chance moves a country's numbers a lot


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
        self.models: Finer = {}
        for cell, units in self.given[-1].cells("country+manufacturer+model").items():
            if cell[4] != UNKNOWN:
                self.models.setdefault(str(cell[0]), {})[f"{cell[1]} {cell[4]}"] = units["n_hosts"] or 0
        self.names: dict[str, dict[str, set[str]]] = {}  # column to country to what is published in any snapshot
        for column in ("manufacturer", "product_type"):
            by_country = self.names.setdefault(column, {})
            for cell in (cell for given in self.given for cell in given.cells(f"country+{column}")):
                by_country.setdefault(str(cell[0]), set()).add(str(cell[GROUPS.index(column)]))

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
        picture, note = picture_and_note(self.context.points, hosts, f"Hosts in {place.name}", by_country=True)
        makers = self._over_snapshots(code, "manufacturer", hosts[-1])
        kinds = self._over_snapshots(code, "product_type", hosts[-1])
        return DetailPage(
            file=f"countries/{code}.html",
            title=place.name,
            view=f"country={code}",
            number=f"{hosts[-1]:,}",
            lead=f"{'host' if hosts[-1] == 1 else 'hosts'} with cameras or recorders of any maker in {place.name}",
            aside=f"{now.snapshot}, {window}.{placed}{out} {wording.UNIT_MEANING['hosts']}",
            picture=picture,
            note=note,
            figures=self._figures(place),
            parts=(
                Section("Makers", f"Hosts. {wording.small_cells(self.context.study)}", makers),
                Section("Kinds of device", "Hosts.", kinds),
                newest_section("Models", "Maker and model", self.models.get(code, {}), now.snapshot),
            ),
            quality=self._quality(place),
        )

    def _over_snapshots(self, code: str, column: str, total: int) -> TextTable:
        """Makers or kinds in each snapshot: 0 where none was seen, None where hidden."""
        rows = {}
        for name in sorted(self.names[column].get(code, ())):
            label = kind_name(name) if column == "product_type" else "Maker unknown" if name == UNKNOWN else name
            rows[label] = [given.hosts_of(code, column, name) for given in self.given]
        first = "Maker" if column == "manufacturer" else "Kind"
        return hosts_by_snapshot(first, self.context.results, rows, total)

    def _figures(self, place: Place) -> TextTable:
        """One row for each snapshot, newest first."""
        code, years, rows = place.code, self.found.years, []
        for i, year in reversed(list(enumerate(years))):
            counts = [year.units[unit].get(code, 0) for unit in UNITS]
            span, rank = self.ranges[i].get(code), self.ranks[i].get(code)
            before = None if not i or year.why else years[i - 1].units["hosts"].get(code, 0)
            moved = facts.change(before, counts[0])
            rows.append(
                [
                    snapshot_name(year.point),
                    *(f"{n:,}" for n in counts),
                    f"{span.low:,} to {span.high:,}" if span else formatting.MISSING,
                    str(rank or formatting.MISSING),
                    formatting.rate(1e5 * counts[0] / place.people if place.people else None),
                    formatting.rate(1e6 * counts[0] / place.addresses if place.addresses else None),
                    formatting.signed(moved.absolute),
                    formatting.percent(moved.percent),
                    formatting.share(year.agreed.get(code)),
                ]
            )
        head = ["Snapshot", "Hosts", "Devices", "Banners", "Hosts, sensitivity range", f"Rank by {self.found.unit}"]
        head += ["Hosts per 100,000 people", "Hosts per million IPv4", "Change, hosts", "Change, %"]
        head += ["Location agreement"]
        return text_table(f"Figures of {place.name}", head, rows, range(1, len(head)))

    def _quality(self, place: Place) -> tuple[str, ...]:
        """Return the notes on the newest snapshot's numbers."""
        year, geo = self.found.years[-1], self.context.now.manifest.geo
        agreed, hidden = year.agreed.get(place.code), self.hidden.get(place.code, 0)
        notes = ["No second source was asked where these hosts are."]
        if agreed is not None:
            second = geo_tables.second_source(geo)
            share = formatting.share(agreed)
            notes = [
                f"Two location sources agree for {share} of these hosts (second: {second}). Agreement is not accuracy."
            ]
        if hidden:
            makers = wording.plural(hidden, "maker is", "makers are")
            notes.append(f"{makers} not shown: too few hosts, or they would reveal the number of a smaller one.")
        if year.units["hosts"].get(place.code, 0) < FEW:
            notes.append(f"Fewer than {FEW} hosts: a few more or fewer change every share and rank.")
        country = load_countries().get(place.code)
        if country and country.population_source:
            notes.append(
                f"People: {country.population:,} ({country.population_source}). "
                f"IPv4 addresses located there: {country.ipv4_located:,}."
            )
        if remark := geo_tables.remark(geo):
            notes.append(f"The country database was {remark}.")
        if not year.point.is_complete:
            notes.append("The newest collection is partial: its counts are too low.")
        return tuple(notes)
