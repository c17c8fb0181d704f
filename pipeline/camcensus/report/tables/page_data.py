"""What the page's table and map can be switched between: every snapshot, unit and larger maker, country by country.

All of it is published (`publish`): totals of countries, and hosts of a maker where they may be shown.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from camcensus.core.config import Study
from camcensus.core.countries import load_countries
from camcensus.core.tables import UNKNOWN, UNKNOWN_COUNTRY
from camcensus.report import wording
from camcensus.report.context import ReportContext
from camcensus.report.inputs import Result, headline_cells, world_cell
from camcensus.report.tables import facts
from camcensus.report.tables.country_table import world_rates
from camcensus.report.tables.geo_tables import agreement
from camcensus.report.tables.publish import is_ranked, published
from camcensus.report.tables.sensitivity import Ranks, country_ranks
from camcensus.report.timeline import SeriesPoint

UNITS = ("hosts", "devices", "banners")
MOST_MAKERS = 12  # in the switch; every maker that is shown has a page
Counts = dict[str, int | None]  # by country code


@dataclass(frozen=True)
class Place:
    """A row: kind is country, out (left out of headlines) or unknown."""

    code: str
    name: str
    kind: str
    people: int | None
    addresses: int | None


@dataclass(frozen=True)
class Year:
    """One snapshot. `units`: unit to counts by country ("" the world's); `makers`: the same of each maker's hosts.

    A maker's count is None where it is hidden. `agreed`: share of hosts whose country both sources give; `rates`: unit
    to the world's per 100,000 people and per million addresses; `ranks`: unit to the best and worst rank that the
    sensitivity ranges allow, of countries with more than one; `why`: why it cannot be compared with the one before, ""
    if it can; `caveat`: a sentence on its changes.
    """

    point: SeriesPoint
    why: str
    caveat: str
    units: dict[str, dict[str, int]]
    makers: dict[str, Counts]
    agreed: dict[str, float | None]
    rates: dict[str, tuple[float | None, float | None]]
    ranks: dict[str, Ranks]

    def counts(self, measure: str) -> Counts:
        """Return the counts of a unit, or a maker's hosts."""
        return dict(self.units[measure]) if measure in self.units else self.makers[measure]


@dataclass(frozen=True)
class View:
    """Places by the newest count, makers with the study's own first, and a `Year` for each snapshot, oldest first."""

    unit: str
    places: tuple[Place, ...]
    makers: tuple[str, ...]
    years: tuple[Year, ...]

    def ranks(self, counts: Counts) -> dict[str, int]:
        """Return the rank of each ranked country with a count that is shown; the same counts share the better one."""
        found = {p.code: n for p in self.places if p.kind == "country" and (n := counts.get(p.code))}
        ordered = sorted(found.values(), reverse=True)
        first = {n: i + 1 for i, n in reversed(list(enumerate(ordered)))}
        return {code: first[n] for code, n in found.items()}


def view(context: ReportContext) -> View:
    """Return the view of all snapshots."""
    study, unit = context.study, context.unit
    # The study's makers, then the largest others, as far as there is room.
    found = published(study, context.now).ordered("manufacturer", "n_hosts")
    others = [maker for maker, _ in found if maker not in (*study.vendors, UNKNOWN)]
    makers = (*study.vendors, *others)[: max(MOST_MAKERS, len(study.vendors))]
    before: Sequence[Result | None] = [None, *context.results[:-1]]
    pairs = zip(before, context.results, context.points, strict=True)
    years = tuple(_year(study, one, two, point, makers) for one, two, point in pairs)
    codes = {code for year in years for code in year.units["hosts"]} - {""} | {UNKNOWN_COUNTRY}
    newest, kinds = years[-1].units[unit], ("country", "out", "unknown")
    places = [_place(study, code) for code in codes]
    places.sort(key=lambda place: (kinds.index(place.kind), -newest.get(place.code, 0), place.code))
    return View(unit, tuple(places), makers, years)


def maker_slugs(context: ReportContext) -> dict[str, str]:
    """Return the name in addresses of every maker that is shown in any snapshot, and of the study's own.

    Two makers with the same one get a number.
    """
    shown = {maker for r in context.results for maker in published(context.study, r).shown("manufacturer")}
    slugs: dict[str, str] = {}  # to maker
    for maker in sorted((shown | set(context.study.vendors)) - {UNKNOWN}):
        base = re.sub(r"[^a-z0-9]+", "-", maker.lower()).strip("-")[:60] or "maker"
        free = (slug for slug in (base, *(f"{base}-{n}" for n in range(2, len(slugs) + 3))) if slug not in slugs)
        slugs[next(free)] = maker
    return {maker: slug for slug, maker in slugs.items()}


def _place(study: Study, code: str) -> Place:
    country = load_countries().get(code)
    kind = "country" if is_ranked(code, study.countries_left_out) else "out"
    if country is None:
        return Place(code, "Unknown", "unknown" if code == UNKNOWN_COUNTRY else kind, None, None)
    return Place(code, country.name, kind, country.population, country.ipv4_located)


def _year(study: Study, before: Result | None, result: Result, point: SeriesPoint, makers: tuple[str, ...]) -> Year:
    # Where the line breaks, a difference is no change of the world.
    why = facts.no_change(before, result)
    remark = wording.not_corrected(before, result) if before else ""
    caveat = f"Changes are n/a: {why}." if why else remark and f"Changes: n{remark[1:]}"
    cells = headline_cells(result, "country", study).to_dict("records")
    world, given = world_cell(result, study, "study"), published(study, result)
    units = {u: {str(c["country"]): int(c[f"n_{u}"]) for c in cells} | {"": world[f"n_{u}"] or 0} for u in UNITS}
    own = {m: {code: given.count(country=code, manufacturer=m) for code in units["hosts"]} for m in makers}
    rows: list[dict[Any, Any]] = [*cells, world | {"country": ""}]
    agreed = {str(row["country"]): agreement(row) for row in rows if row["country"] != UNKNOWN_COUNTRY}
    rates = {unit: world_rates(study.countries_left_out, counts) for unit, counts in units.items()}
    ranks = {}
    for unit, counts in units.items():
        ranked = {code: n for code, n in counts.items() if code and is_ranked(code, study.countries_left_out)}
        spans = country_ranks(study, result, unit, ranked)
        ranks[unit] = {code: (best, worst) for code, (best, worst) in spans.items() if best < worst}
    return Year(point, why, caveat, units, own, agreed, rates, ranks)
