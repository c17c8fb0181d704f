"""A page for each country and territory that was counted in any snapshot."""

from camcensus.core.countries import load_countries
from camcensus.core.tables import GROUPS, UNKNOWN
from camcensus.report import wording
from camcensus.report.charts.newest import kind_name
from camcensus.report.context import ReportContext
from camcensus.report.formatting import MISSING, percent, rate, share, signed
from camcensus.report.pages.detail_page import DetailPage, Section, finer_hosts, hosts_by_snapshot, newest_section
from camcensus.report.tables import facts, geo_tables, sensitivity
from camcensus.report.tables.page_data import UNITS, Place, View
from camcensus.report.tables.publish import published
from camcensus.report.tables.small_tables import TextTable

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
        self.models = finer_hosts(self.given[-1], "country+manufacturer+model", 0, 1, 4)
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
        for name in sorted(self.names[column].get(code, ())):
            label = kind_name(name) if column == "product_type" else "Maker unknown" if name == UNKNOWN else name
            rows[label] = [given.hosts_of(code, column, name) for given in self.given]
        title, first = ("Makers", "Maker") if column == "manufacturer" else ("Kinds of device", "Kind")
        return hosts_by_snapshot(self.context, title, first, rows, total)

    def _figures(self, place: Place) -> TextTable:
        """One row for each snapshot, newest first."""
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
        """Return the notes on the newest snapshot's numbers."""
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
