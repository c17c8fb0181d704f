"""Earlier counts beside ours: in the same unit where that is possible, with why they differ, and never in one line."""

import csv
import functools
from collections.abc import Sequence
from dataclasses import dataclass

from camcensus.core.config import Study
from camcensus.core.countries import country_name
from camcensus.core.resources import PRIOR, bundled
from camcensus.report import formatting
from camcensus.report.inputs import Result, headline_cells, world_cell
from camcensus.report.tables.publish import published
from camcensus.report.tables.small_tables import Grid, GridRow, Head

ANY = "any"
WORLD, WITHOUT_CHINA = "world", "world without CN"
GRADES = {"P": "own page", "S": "reported", "W": "weak"}
REASONS = {
    "unit": "Another unit: cameras, servers or systems, which cannot be told from addresses, ports or devices.",
    "makers": "Other makers, or makers and brands grouped otherwise: hosts of several makers do not add up.",
    "subset": "Part of a population: vulnerable devices, or cameras whose picture could be opened. We test neither.",
    "cumulative": "A sum over time, which must not stand beside a count at one time.",
    "engine": "Another or an unnamed search engine or scan, with other ports and other addresses.",
    "queries": "Other queries and fingerprints. The choice of fingerprint moves a count more than the years do.",
    "dedupe": "Other rules, or none that were published, for repeated sights, decoys and several ports of one host.",
    "year": "Another year and window; devices come and go, and the engine scans more ports than it did.",
    "undated": "No date, so it belongs to no year.",
}


@dataclass(frozen=True)
class Figure:
    """One published figure; the columns of data/reference/prior_studies.csv."""

    study: str
    year: str
    makers: str
    unit: str
    place: str
    qualifier: str
    count: int
    grade: str
    source: str
    note: str
    our_unit: str
    our_makers: tuple[str, ...]
    differs: tuple[str, ...]


@dataclass(frozen=True)
class Prior:
    """What the page shows: words before and after the table, the table, and the reasons that it refers to."""

    intro: str
    table: Grid
    caveat: str
    reasons: tuple[str, ...]


@functools.cache
def figures() -> tuple[Figure, ...]:
    """All figures, in the order of the file. Shared: do not change it."""
    with bundled(PRIOR).open(encoding="utf-8", newline="") as file:
        return tuple(_figure(row) for row in csv.DictReader(file))


def _figure(row: dict[str, str]) -> Figure:
    lists = {name: tuple(filter(None, row.pop(name).split(";"))) for name in ("our_makers", "differs")}
    return Figure(count=int(row.pop("count")), **row, **lists)  # type: ignore[arg-type]


def prior(study: Study, result: Result) -> Prior:
    """The figures beside those of a snapshot."""
    numbers = {key: n for n, key in enumerate(REASONS, 1)}
    rows = []
    # Those beside which we have a count come first.
    for f in sorted(figures(), key=lambda f: not f.our_unit):
        ours = beside(study, result, f)
        why = ", ".join(str(numbers[key]) for key in f.differs)
        said = f"{f.qualifier} {f.count:,}".removeprefix("= ")
        cells = [f.study, f.year, f.makers, _place(f.place), f.unit, said, ours, why, GRADES[f.grade]]
        rows.append(GridRow([*cells, formatting.site(f.source)], own=ours != formatting.MISSING))
    names = ("Study", "Year", "Makers", "Place", "Unit")
    head = [
        *map(Head, names),
        Head("Published", True),
        Head(f"Ours, {result.snapshot}", True),
        Head("Why"),
        Head("Seen"),
        Head("Source"),
    ]
    said = "made-up" if study.simulated or result.manifest.simulated else "our"
    intro = (
        f"Published figures, as their authors give them, with {said} counts beside them where the unit, the makers and "
        "the place are the same. They are not one series: never draw a line from one to another."
    )
    caveat = (
        "“Seen”: own page, the study’s page or abstract; reported, another outlet that reports it; weak, undated, "
        f"unnamed or reposted. {formatting.HIDDEN}: the place and makers are the same, but our count is hidden; n/a: "
        "there is no count of ours in that unit. Where a figure is of two makers, hosts with both count once, so ours "
        "lies between two numbers."
    )
    reasons = tuple(f"{n}: {REASONS[key]}" for key, n in numbers.items())
    return Prior(intro, Grid("Earlier counts beside ours", head, rows, tall=True), caveat, reasons)


def _place(place: str) -> str:
    return {WORLD: "World", WITHOUT_CHINA: "World without China"}.get(place) or country_name(place)


def beside(study: Study, result: Result, figure: Figure) -> str:
    """Our count of the same thing, as text: a number, two ends, a dash (not shown), or n/a (none in that unit)."""
    if not figure.our_unit:
        return formatting.MISSING
    if figure.our_makers == (ANY,):
        return formatting.number(_of_all(study, result, figure))
    if figure.place == WORLD and study.countries_left_out:
        return formatting.MISSING
    if figure.place == WITHOUT_CHINA and study.countries_left_out != ("CN",):
        return formatting.MISSING
    return _between([_of_maker(study, result, figure, maker) for maker in figure.our_makers])


def _between(counts: Sequence[int | None]) -> str:
    """One count; or, of several, the least and most that all together can be."""
    known = [n for n in counts if n is not None]
    if len(known) < len(counts):
        return formatting.HIDDEN
    return f"{known[0]:,}" if len(known) == 1 else f"{max(known):,} to {sum(known):,}"


def _of_all(study: Study, result: Result, figure: Figure) -> int | None:
    unit = f"n_{figure.our_unit}"
    if figure.place == WORLD:
        return world_cell(result, study, "all")[unit]
    cells = headline_cells(result, "country", study)
    return int(cells.loc[cells["country"] == figure.place, unit].sum())


def _of_maker(study: Study, result: Result, figure: Figure, maker: str) -> int | None:
    given = published(study, result)
    if figure.place in (WORLD, WITHOUT_CHINA):
        return given.total(f"n_{figure.our_unit}", manufacturer=maker)
    return given.hosts(figure.place, maker) if figure.our_unit == "hosts" else None
