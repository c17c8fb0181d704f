"""Checks of arguments: snapshots, levels, tables, makers. Errors name the allowed values."""

from collections.abc import Iterable, Sequence

from camcensus.aggregate.counts import HEADLINE_DECOYS, HEADLINE_IP, variants
from camcensus.core.errors import ChoiceError, InstrumentError
from camcensus.core.tables import BY_NAME, GROUPS, Table
from camcensus.report.inputs import WORLD, Result
from camcensus.report.tables.publish import LEVELS as PUBLISHED
from camcensus.report.tables.publish import TOTALS
from camcensus.report.timeline import series_points

ALL, NEWEST = "all", "newest"
# All levels, in the order of error messages. Of a snapshot without a camera only the first has a cell.
LEVELS = (*TOTALS, *PUBLISHED, "model", "country+brand")


def names_of(value: str | Sequence[str], what: str) -> list[str]:
    """Return the names in a list; a text is one name. Raises `ChoiceError` for other types, such as 2026."""
    names = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    if wrong := [name for name in names if not isinstance(name, str)]:
        raise ChoiceError(f"{what}: found {wrong[0]!r}; allowed: names as text, such as {str(wrong[0])!r}")
    return names


def one_of(value: str, allowed: Sequence[str], what: str) -> str:
    """Return the value if it is allowed. Raises `ChoiceError`."""
    if value not in allowed:
        raise ChoiceError(f"{what}: found {value!r}; allowed: {', '.join(map(repr, allowed))}")
    return value


def chosen(results: Sequence[Result], snapshots: str | Sequence[str]) -> list[Result]:
    """Return the chosen snapshots, oldest first: "all", "newest", an id, or several. Raises `ChoiceError`."""
    counted = {result.snapshot: result for result in results}
    if snapshots == ALL:
        return list(results)
    if snapshots == NEWEST:
        return [results[-1]]
    names = names_of(snapshots, "snapshots")
    if (wrong := [name for name in names if name not in counted]) or not names:
        fault = f"no counted snapshot {', '.join(wrong)}" if wrong else "no snapshot was named"
        raise ChoiceError(f"{fault}; there are: {', '.join(counted)} (or {ALL!r}, {NEWEST!r})")
    return [result for result in results if result.snapshot in names]


def one(results: Sequence[Result], snapshot: str) -> Result:
    """Return the one chosen snapshot. Raises `ChoiceError` for none, and for several."""
    found = chosen(results, snapshot)
    if len(found) > 1:
        raise ChoiceError(f"this is of one snapshot; choose one of {', '.join(r.snapshot for r in found)}")
    return found[0]


def level_of(level: str | Sequence[str]) -> str:
    """Return the level's name, whatever the order of its columns. Raises `ChoiceError` if it is not counted."""
    names = level.split("+") if isinstance(level, str) else names_of(level, "level")
    columns = [] if names in ([WORLD], []) else names
    name = "+".join(sorted(columns, key=lambda c: GROUPS.index(c) if c in GROUPS else len(GROUPS))) or WORLD
    if name not in LEVELS:
        raise ChoiceError(f"there is no level {name!r}; every level is counted on its own: {', '.join(LEVELS)}")
    return name


def require_variant(level: str, scope: str, asked: dict[str, str], min_confidence: str) -> None:
    """Raise `ChoiceError` for a variant that is not counted.

    min_confidence: the headline's; levels finer than countries are counted at the headline's values alone.
    """
    for name, value in {"scope": scope, **asked}.items():
        one_of(value, list(dict.fromkeys(variant[name] for variant in variants())), name)
    headline = {"min_confidence": min_confidence, "ip_version": HEADLINE_IP, "decoys_left_out": HEADLINE_DECOYS}
    if level not in TOTALS and asked != headline:
        raise ChoiceError(
            f"level {level} was not counted with {asked}; all variants are counted at levels world and country, the "
            f"others at the headline's values: {headline}"
        )


def table_of(name: str) -> Table:
    """Return the table of that name. Raises `ChoiceError`, which lists the names, for another."""
    if name not in BY_NAME:
        raise ChoiceError(f"there is no table {name!r}; there are: {', '.join(BY_NAME)}")
    return BY_NAME[name]


def require_maker(name: str, counted: Iterable[object]) -> None:
    """Raise `ChoiceError` for a maker without a cell. `counted`: those of the cells."""
    if name not in (known := {str(maker) for maker in counted}):
        raise ChoiceError(f"no cell of maker {name!r}; there are: {', '.join(sorted(known))}")


def one_instrument(results: Sequence[Result], *instead: str, are_queries_the_same: bool = False) -> None:
    """Raise `InstrumentError` where neighbours were counted with different instruments.

    instead: what to do; "{together}" in it stands for the snapshots since the last break. Another edition of the
    country database breaks no series, and the queries are often not known: these are reported next to the numbers
    (`OpenStudy.instrument`, `trend`), not refused. are_queries_the_same: of series over the same queries.
    """
    points = series_points(results)
    why = [point.series_break if are_queries_the_same else point.break_reason for point in points]
    if broken := [n for n, reason in enumerate(why) if reason]:
        reasons = "; ".join(f"{points[n].snapshot}: {why[n]}" for n in broken)
        together = [point.snapshot for point in points[broken[-1] :]]
        advice = "; or ".join(instead).format(together=together)
        raise InstrumentError(f"these cannot be compared with the snapshot before: {reasons}. Instead: {advice}")
