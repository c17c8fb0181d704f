"""Check which units add up across what, and sum cells.

A host has one country in a snapshot, so hosts add up across countries. A host with devices of two makers counts for
each of them, so hosts add up across nothing else. Prefixes add up across nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from camcensus.core.errors import UnitError
from camcensus.core.tables import GROUPS, UNITS

_ACROSS = {
    "n_banners": frozenset(GROUPS),
    "n_devices": frozenset(GROUPS),
    "n_hosts": frozenset({"country"}),
    "n_prefixes": frozenset[str](),
}


def adds_up(unit: str, across: str) -> bool:
    """Return whether cells that differ in the column `across` may be summed in a unit."""
    return across in _ACROSS[unit]


def total(cells: Iterable[Mapping[str, Any]], unit: str) -> int:
    """Return the sum of a unit over distinct cells of `counts` of one level, snapshot and variant.

    A column outside the level is null or missing. Raises `UnitError` for other cells, and where the unit does not add
    up across a column in which the cells differ.
    """
    rows = list(cells)
    if unit not in UNITS:
        raise UnitError(f"{unit} is not a unit; units are {', '.join(UNITS)}")
    groups = {tuple(row.get(name) for name in GROUPS) for row in rows}
    others = {tuple(row.get(name) for name in _SAME) for row in rows}
    if len(others) > 1 or len(groups) < len(rows):
        raise UnitError(f"the cells differ in more than {', '.join(GROUPS)}, or one is repeated; choose one variant")
    if len({tuple(value is None for value in group) for group in groups}) > 1:
        raise UnitError("the cells are of several levels, which count the same things again; choose one level")
    differing = [name for name, values in zip(GROUPS, zip(*groups, strict=True), strict=False) if len(set(values)) > 1]
    if wrong := [name for name in differing if not adds_up(unit, name)]:
        raise UnitError(f"{unit} does not add up across {', '.join(wrong)}; use the cell counted without it")
    return sum(int(row[unit] or 0) for row in rows)


_SAME = ("level", "snapshot", "engine", "basis", "scope", "ip_version", "min_confidence", "decoys_left_out")
