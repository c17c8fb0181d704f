"""A page for each country and territory that was counted in any snapshot."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from camcensus.core.config import Study
from camcensus.core.countries import load_countries
from camcensus.core.tables import UNKNOWN
from camcensus.report import formatting, wording
from camcensus.report.charts.newest import kind_name
from camcensus.report.charts.sparklines import large
from camcensus.report.inputs import Result
from camcensus.report.pages.detail_page import TOP, Leaf, Section, over_snapshots
from camcensus.report.tables import facts, geo_tables, sensitivity
from camcensus.report.tables.page_data import Place, View
from camcensus.report.tables.publish import Published, published
from camcensus.report.tables.sensitivity import Range
from camcensus.report.tables.small_tables import Grid, grid
from camcensus.report.timeline import line_note

FEW = 20  # hosts under which chance moves a country's numbers a lot
Named = dict[str, dict[str, int]]  # country to name to hosts


@dataclass(frozen=True)
class Shown:
    """What of one snapshot may be shown by country: hosts by maker and by kind, the hidden makers' number, ranges."""

    given: Published
    makers: Named
    kinds: Named
    hidden: dict[str, int]
    ranges: dict[str, Range]
    ranks: dict[str, int]


def country_pages(study: Study, results: Sequence[Result], found: View) -> list[Leaf]:
    """All of them, in the order of the table."""
    shown = [_shown(study, r, year.counts(found.unit), found) for r, year in zip(results, found.years, strict=True)]
    models = _by_country(published(study, results[-1]), "country+manufacturer+model", 4)
    return [_leaf(study, results, found, place, shown, models) for place in found.places if place.kind != "unknown"]


def _shown(study: Study, result: Result, counts: dict[str, int | None], found: View) -> Shown:
    given = published(study, result)
    ranges = sensitivity.ranges(study, result, "hosts")
    hidden = given.hidden_by_country()
    makers, kinds = (
        _by_country(given, f"country+{level}", at) for level, at in (("manufacturer", 1), ("product_type", 3))
    )
    return Shown(given, makers, kinds, hidden, ranges, found.ranks(counts))


def _by_country(given: Published, level: str, place: int) -> Named:
    """Cells of a level by country; models are named with their maker."""
    named: Named = defaultdict(dict)
    for cell, units in given.cells(level).items():
        name = str(cell[place]) if place < 4 else f"{cell[1]} {cell[4]}"
        if place < 4 or cell[4] != UNKNOWN:
            named[str(cell[0])][name] = units["n_hosts"] or 0
    return named


def _leaf(
    study: Study, results: Sequence[Result], found: View, place: Place, shown: list[Shown], models: Named
) -> Leaf:
    code, now = place.code, found.years[-1]
    hosts = [year.units["hosts"].get(code, 0) for year in found.years]
    way = [year.step for year in found.years]
    rank, window = shown[-1].ranks.get(code), wording.window(results[-1].manifest.window)
    placed = f" Rank {rank} of {len(shown[-1].ranks)} by {found.unit}{_between(found, code)}." if rank else ""
    out = " This country is left out of headlines, totals and ranks." if place.kind == "out" else ""
    told = ", ".join(f"{s.snapshot} {n:,}" for s, n in zip(way, hosts, strict=True))
    return Leaf(
        file=f"countries/{code}.html",
        title=place.name,
        back=f"country={code}",
        number=f"{hosts[-1]:,}",
        lead=f"{'host' if hosts[-1] == 1 else 'hosts'} with cameras or recorders of any maker in {place.name}",
        aside=f"{now.step.snapshot}, {window}.{placed}{out} {wording.UNIT_MEANING['hosts']}",
        picture=large(way, hosts, f"Hosts in {place.name} by snapshot: {told}.", dotted=True),
        note=line_note(way, False),
        figures=_figures(found, place, shown),
        parts=(
            Section(
                "Makers",
                f"Hosts. {wording.small_cells(study)}",
                _over("Makers", "Maker", results, shown, code, "makers", hosts[-1]),
            ),
            Section(
                "Kinds of device", "Hosts.", _over("Kinds of device", "Kind", results, shown, code, "kinds", hosts[-1])
            ),
            Section(
                "Models",
                f"Hosts, snapshot {now.step.snapshot}; only models that the catalogue names, at most {TOP}.",
                _models(models[code]),
            ),
        ),
        quality=_quality(results, found, place, shown[-1]),
    )


def _between(found: View, code: str) -> str:
    """Which ranks the sensitivity ranges allow, where there is more than one."""
    span = found.years[-1].ranks[found.unit].get(code)
    return f"; with other settings {span[0]} to {span[1]}" if span else ""


def _over(
    title: str, first: str, results: Sequence[Result], shown: list[Shown], code: str, kind: str, whole: int
) -> Grid:
    """Makers or kinds in each snapshot: 0 where none was seen, None where folded."""
    names = sorted({name for one in shown for name in getattr(one, kind)[code]})
    rows: dict[str, list[int | None]] = {}
    for name in names:
        column = "manufacturer" if kind == "makers" else "product_type"
        said = ("Maker unknown" if name == UNKNOWN else name) if kind == "makers" else kind_name(name)
        rows[said] = [one.given.hosts_of(code, column, name) for one in shown]
    return over_snapshots(title, first, results, rows, whole)


def _models(named: dict[str, int]) -> Grid:
    rows = [[name, f"{n:,}"] for name, n in sorted(named.items(), key=lambda m: (-m[1], m[0]))[:TOP]]
    found = grid("Models", ["Maker and model", "Hosts"], rows, (1,))
    return Grid(found.title, found.head, found.rows, "None that may be shown.")


def _figures(found: View, place: Place, shown: list[Shown]) -> Grid:
    """One row for each snapshot, newest first."""
    code, rows = place.code, []
    for i in reversed(range(len(found.years))):
        year = found.years[i]
        counts = [year.units[unit].get(code, 0) for unit in ("hosts", "devices", "banners")]
        span = shown[i].ranges.get(code)
        before = None if not i or year.why else found.years[i - 1].units["hosts"].get(code, 0)
        moved = facts.change(before, counts[0])
        rates = (
            1e5 * counts[0] / place.people if place.people else None,
            1e6 * counts[0] / place.addresses if place.addresses else None,
        )
        rank = shown[i].ranks.get(code)
        rows.append(
            [
                year.step.snapshot if year.step.whole else f"{year.step.snapshot} (partial)",
                *(f"{n:,}" for n in counts),
                f"{span.low:,} to {span.high:,}" if span else formatting.MISSING,
                str(rank) if rank else formatting.MISSING,
                *map(formatting.rate, rates),
                formatting.signed(moved.absolute),
                formatting.percent(moved.percent),
                formatting.share(year.agreed.get(code)),
            ]
        )
    head = ["Snapshot", "Hosts", "Devices", "Banners", "Hosts, sensitivity range", f"Rank by {found.unit}"]
    head += ["Hosts per 100,000 people", "Hosts per million IPv4", "Change, hosts", "Change, %", "Location agreement"]
    return grid(f"Figures of {place.name}", head, rows, range(1, len(head)))


def _quality(results: Sequence[Result], found: View, place: Place, now: Shown) -> tuple[str, ...]:
    """What to mind of this country's numbers, newest snapshot."""
    year, said = found.years[-1], []
    agreed = year.agreed.get(place.code)
    if agreed is None:
        said.append("No second source was asked where these hosts are.")
    else:
        second = geo_tables.second_source(results[-1].manifest.geo)
        said.append(
            f"On {formatting.share(agreed)} of these hosts two location sources agree (second: {second}). "
            "Agreement is not accuracy."
        )
    hidden = now.hidden.get(place.code, 0)
    if hidden:
        makers = wording.plural(hidden, "maker is", "makers are")
        said.append(f"{makers} not shown: too few hosts, or they would tell the number of a smaller one.")
    if year.units["hosts"].get(place.code, 0) < FEW:
        said.append(f"Fewer than {FEW} hosts: a few more or less change every share and rank.")
    country = load_countries().get(place.code)
    if country and country.population_source:
        said.append(
            f"People: {country.population:,} ({country.population_source}). "
            f"IPv4 addresses located there: {country.ipv4_located:,}."
        )
    remark = geo_tables.remark(results[-1].manifest.geo)
    said += [f"The country database was {remark}."] if remark else []
    said += ["The newest collection is partial: its counts are too low."] if not year.step.whole else []
    return tuple(said)
