"""A page for each maker that may be shown in any snapshot."""

from camcensus.core.countries import country_name
from camcensus.core.tables import UNKNOWN
from camcensus.report import wording
from camcensus.report.charts.newest import kind_name
from camcensus.report.context import ReportContext
from camcensus.report.formatting import MISSING, percent, shown, signed
from camcensus.report.pages.detail_page import TOP, DetailPage, Section, finer_hosts, hosts_by_snapshot, newest_section
from camcensus.report.tables import facts
from camcensus.report.tables.page_data import UNITS, maker_slugs
from camcensus.report.tables.publish import published
from camcensus.report.tables.small_tables import TextTable


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
        """One row for each snapshot, newest first."""
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
