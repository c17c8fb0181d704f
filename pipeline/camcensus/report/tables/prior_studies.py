"""Earlier counts next to ours: in the same unit where possible, with why they differ, and never in one line."""

import csv
import functools
from collections.abc import Mapping, Sequence

from camcensus.core.config import Study
from camcensus.core.countries import country_name
from camcensus.core.resources import PRIOR, bundled
from camcensus.report.formatting import HIDDEN, MISSING, number, site
from camcensus.report.inputs import Result, headline_cells, world_cell
from camcensus.report.tables.publish import published
from camcensus.report.tables.small_tables import TextTable

ANY = "any"
WORLD, WITHOUT_CHINA = "world", "world without CN"
PLACES = {WORLD: "World", WITHOUT_CHINA: "World without China"}
GRADES = {"P": "own page", "S": "reported", "W": "weak"}
REASONS = {
    "unit": "Another unit: cameras, servers or systems, which are not addresses, ports or devices.",
    "makers": "Other makers, or makers and brands grouped otherwise: hosts of several makers do not add up.",
    "subset": "Part of a population: vulnerable devices, or cameras whose picture could be opened. We test neither.",
    "cumulative": "A sum over time, which cannot be compared with a count at one time.",
    "engine": "Another or an unnamed search engine or scan, with other ports and other addresses.",
    "queries": "Other queries and fingerprints. The choice of fingerprint moves a count more than the years do.",
    "dedupe": "Other rules, or none that were published, for repeated banners, decoys and several ports of one host.",
    "year": "Another year and window; devices come and go, and the engine scans more ports than it did.",
    "undated": "No date, so it belongs to no year.",
}


@functools.cache
def figures() -> tuple[dict[str, str], ...]:
    """Return all figures (columns of data/reference/prior_studies.csv), in the order of the file; do not change it."""
    with bundled(PRIOR).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def prior(study: Study, result: Result) -> TextTable:
    """Return the figures next to those of a snapshot; the numbers of their reasons are the places in `REASONS`."""
    reason_numbers = {key: n for n, key in enumerate(REASONS, 1)}
    rows, ours = [], []
    # Those for which we have a count come first.
    for place, f in enumerate(sorted(figures(), key=lambda f: not f["our_unit"])):
        count = our_count(study, result, f)
        if count != MISSING:
            ours.append(place)
        why = ", ".join(str(reason_numbers[key]) for key in _names(f["differs"]))
        theirs = f"{f['qualifier']} {int(f['count']):,}".removeprefix("= ")
        where = PLACES.get(f["place"]) or country_name(f["place"])
        cells = [f["study"], f["year"], f["makers"], where, f["unit"], theirs, count, why]
        rows.append([*cells, GRADES[f["grade"]], site(f["source"])])
    head = [
        "Study", "Year", "Makers", "Place", "Unit", "Published", f"Ours, {result.snapshot}", "Why", "Seen", "Source",
    ]  # fmt: skip
    return TextTable("Earlier counts and ours", head, rows, (5, 6), ours, is_long=True)


def _names(text: str) -> list[str]:
    return [name for name in text.split(";") if name]


def our_count(study: Study, result: Result, figure: Mapping[str, str]) -> str:
    """Return our count of the same thing: a number, two ends, a dash (not shown), or n/a (none in that unit)."""
    unit, place, makers = f"n_{figure['our_unit']}", figure["place"], _names(figure["our_makers"])
    if not figure["our_unit"]:
        return MISSING
    if makers == [ANY] and place == WORLD:
        return number(world_cell(result, study, "all")[unit])
    if makers == [ANY]:
        cells = headline_cells(result, "country", study)
        return number(int(cells.loc[cells["country"] == place, unit].sum()))
    left_out = study.countries_left_out
    if (place == WORLD and left_out) or (place == WITHOUT_CHINA and left_out != ("CN",)):
        return MISSING
    given = published(study, result)
    if place in (WORLD, WITHOUT_CHINA):
        return _together([given.count(unit, manufacturer=maker) for maker in makers])
    hosts = [given.count(country=place, manufacturer=maker) for maker in makers]
    return _together(hosts if unit == "n_hosts" else [None] * len(makers))


def _together(counts: Sequence[int | None]) -> str:
    """Return one count; or, of several, the least and most that all together can be."""
    known = [n for n in counts if n is not None]
    if len(known) < len(counts):
        return HIDDEN
    return f"{known[0]:,}" if len(known) == 1 else f"{max(known):,} to {sum(known):,}"
