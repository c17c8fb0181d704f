"""What may be asked for: snapshots, levels, tables, makers. What may not is refused, with what there is instead."""

from collections.abc import Iterable, Sequence

import pyarrow.compute as pc

from pipeline.errors import ChoiceError, InstrumentError
from pipeline.report.inputs import WORLD, Result
from pipeline.report.steps import steps
from pipeline.tables import BY_NAME, GROUPS, Table

ALL, NEWEST = "all", "newest"
APART = (
    'take them one at a time (snapshots="2026"); count all with one catalogue and rules (camcensus run); see what the '
    'queries of every snapshot would have returned (trend(series="queries")); or keep them apart yourself with '
)


def chosen(results: Sequence[Result], snapshots: str | Sequence[str]) -> list[Result]:
    """The snapshots asked for, oldest first: "all", "newest", an id, or several. Raises `ChoiceError`."""
    there = {result.snapshot: result for result in results}
    if snapshots == ALL:
        return list(results)
    if snapshots == NEWEST:
        return [results[-1]]
    names = [snapshots] if isinstance(snapshots, str) else list(snapshots)
    if wrong := [name for name in names if name not in there]:
        raise ChoiceError(
            f"no counted snapshot {', '.join(wrong)}; there are: {', '.join(there)} (or {ALL!r}, {NEWEST!r})"
        )
    if not names:
        raise ChoiceError(f"no snapshot was named; there are: {', '.join(there)} (or {ALL!r}, {NEWEST!r})")
    return [result for result in results if result.snapshot in names]


def one(results: Sequence[Result], snapshot: str) -> Result:
    """The one snapshot asked for. Raises `ChoiceError` for none, and for several."""
    found = chosen(results, snapshot)
    if len(found) > 1:
        raise ChoiceError(f"this is of one snapshot; choose one of {', '.join(r.snapshot for r in found)}")
    return found[0]


def level_of(level: str | Sequence[str], result: Result) -> str:
    """The level's name, whatever the order of its columns. Raises `ChoiceError` for one that was not counted."""
    names = level.split("+") if isinstance(level, str) else list(level)
    columns = [] if names in ([WORLD], []) else names
    name = "+".join(sorted(columns, key=lambda c: GROUPS.index(c) if c in GROUPS else len(GROUPS))) or WORLD
    counted = sorted(pc.unique(result.counts["level"]).to_pylist(), key=lambda one: (one != WORLD, one.count("+"), one))
    if name not in counted:
        raise ChoiceError(f"there is no level {name!r}; every level is counted on its own: {', '.join(counted)}")
    return name


def table_of(name: str) -> Table:
    """The table of that name. Raises `ChoiceError` for another, with those there are."""
    if name not in BY_NAME:
        raise ChoiceError(f"there is no table {name!r}; there are: {', '.join(BY_NAME)}")
    return BY_NAME[name]


def require_maker(name: str, counted: Iterable[object]) -> None:
    """Raises `ChoiceError` for a maker without a cell. `counted`: those of the cells."""
    if name not in (there := {str(maker) for maker in counted}):
        raise ChoiceError(f"no cell of maker {name!r}; there are: {', '.join(sorted(there))}")


def one_instrument(results: Sequence[Result], otherwise: str) -> None:
    """Raises `InstrumentError` where neighbours were counted with different instruments. `otherwise`: the argument that
    allows it. Another edition of the country database breaks no series, and what was asked is often not known: these
    are told beside the numbers (`OpenStudy.instrument`, `trend`), not refused."""
    broken = [f"{step.snapshot}: {step.broken}" for step in steps(results) if step.broken]
    if broken:
        raise InstrumentError(
            f"these cannot be held against the snapshot before: {'; '.join(broken)}. Instead: {APART}{otherwise}"
        )
