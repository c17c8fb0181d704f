"""What the page's table and map can be switched between: every snapshot, unit and larger maker, country by country.

All of it is published (`publish`): totals of countries, and hosts of a maker where they may be shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from camcensus.core.config import Study
from camcensus.core.countries import country_name, load_countries
from camcensus.core.tables import UNKNOWN, UNKNOWN_COUNTRY
from camcensus.report import wording
from camcensus.report.inputs import Result, headline_cells, world_cell
from camcensus.report.tables import facts
from camcensus.report.tables.country_table import world_rates
from camcensus.report.tables.geo_tables import agreement
from camcensus.report.tables.publish import is_ranked, published
from camcensus.report.tables.ranks import Ranks, country_ranks
from camcensus.report.timeline import Step, steps

UNITS = ("hosts", "devices", "banners")
MOST_MAKERS = 20
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
    """One snapshot. `units`: unit to counts by country ("" the world's); `makers`: the same of each maker's hosts
    (None: folded); `agreed`: share of hosts whose country both sources give; `rates`: unit to the world's
    per 100,000 people and per million addresses; `ranks`: unit to the best and worst rank that the sensitivity ranges
    allow, of countries with more than one; `why`: why it cannot be held against the one before, "" if it can;
    `caveat`: what to mind of its changes, in words."""

    step: Step
    why: str
    caveat: str
    units: dict[str, dict[str, int]]
    makers: dict[str, Counts]
    agreed: dict[str, float | None]
    rates: dict[str, tuple[float | None, float | None]]
    ranks: dict[str, Ranks]

    def counts(self, measure: str) -> dict[str, int | None]:
        """Counts of a unit, all makers."""
        return dict(self.units[measure])


@dataclass(frozen=True)
class View:
    """Places by the newest count, makers with the study's own first, and a `Year` for each snapshot, oldest first."""

    unit: str
    places: tuple[Place, ...]
    makers: tuple[str, ...]
    years: tuple[Year, ...]

    def ranks(self, counts: Counts) -> dict[str, int]:
        """Place of each ranked country with a count that is shown; the same counts share the better place."""
        found = {p.code: n for p in self.places if p.kind == "country" and (n := counts.get(p.code))}
        ordered = sorted(found.values(), reverse=True)
        first = {n: i + 1 for i, n in reversed(list(enumerate(ordered)))}
        return {code: first[n] for code, n in found.items()}


def view(study: Study, results: Sequence[Result]) -> View:
    """The view of all snapshots."""
    way = steps(results)
    makers = _makers(study, results[-1])
    before: Sequence[Result | None] = [None, *results[:-1]]
    years = tuple(_year(study, b, r, s, makers) for b, r, s in zip(before, results, way, strict=True))
    codes = {code for year in years for code in year.units["hosts"]} - {""} | {UNKNOWN_COUNTRY}
    newest = years[-1].units[study.headline_unit]
    kinds = {code: _kind(study, code) for code in codes}
    order = sorted(codes, key=lambda c: (("country", "out", "unknown").index(kinds[c]), -newest.get(c, 0), c))
    return View(study.headline_unit, tuple(_place(c, kinds[c]) for c in order), makers, years)


def _place(code: str, kind: str) -> Place:
    country = load_countries().get(code)
    name = country_name(code) if country else "Unknown"
    return Place(code, name, kind, country.population if country else None, country.ipv4_located if country else None)


def _kind(study: Study, code: str) -> str:
    if code == UNKNOWN_COUNTRY:
        return "unknown"
    return "country" if is_ranked(code, study.countries_left_out) else "out"


def _makers(study: Study, newest: Result) -> tuple[str, ...]:
    """The study's makers, then the largest others, as far as there is room."""
    found = published(study, newest).shown("manufacturer")
    others = [m for m in found if m not in study.vendors and m != UNKNOWN]
    others.sort(key=lambda m: (-(found[m]["n_hosts"] or 0), m))
    return (*study.vendors, *others)[: max(MOST_MAKERS, len(study.vendors))]


def _year(study: Study, before: Result | None, result: Result, step: Step, makers: tuple[str, ...]) -> Year:
    # Where the line breaks, a difference is no change of the world.
    why = facts.no_change(before, result)
    minded = wording.not_corrected(before, result) if before else ""
    caveat = f"Changes are n/a: {why}." if why else minded and f"Changes: n{minded[1:]}"
    cells = headline_cells(result, "country", study).to_dict("records")
    world, given = world_cell(result, study, "study"), published(study, result)
    units = {u: {str(c["country"]): int(c[f"n_{u}"]) for c in cells} | {"": world[f"n_{u}"] or 0} for u in UNITS}
    codes = [code for code in units["hosts"] if code]
    own: dict[str, Counts] = {
        m: {code: given.hosts(code, m) for code in codes} | {"": given.total("n_hosts", manufacturer=m)} for m in makers
    }
    rows: list[dict[Any, Any]] = [*cells, world | {"country": ""}]
    agreed = {str(row["country"]): agreement(row) for row in rows if row["country"] != UNKNOWN_COUNTRY}
    rates = {unit: world_rates(study.countries_left_out, counts) for unit, counts in units.items()}
    ranks = {unit: _ranks(study, result, unit, counts) for unit, counts in units.items()}
    return Year(step, why, caveat, units, own, agreed, rates, ranks)


def _ranks(study: Study, result: Result, unit: str, counts: dict[str, int]) -> Ranks:
    found = country_ranks(study, result, unit, counts)
    return {code: (best, worst) for code, (best, worst) in found.items() if best < worst}
