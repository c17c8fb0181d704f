"""What adds up, held against cells that were counted; a sum of anything else is refused."""

from itertools import groupby
from typing import Any

import pytest

from camcensus.core.errors import UnitError
from camcensus.core.tables import GROUPS, UNITS
from camcensus.core.units import adds_up, total
from tests.census import census, somewhere

VARIANT = {"scope": "all", "ip_version": "4", "min_confidence": "medium", "decoys_left_out": "certain"}
Row = dict[str, Any]


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """The headline's cells of a random table."""
    found = census(tmp_path_factory.mktemp("units"), somewhere(3), days=30, counts=True)
    return [row for row in found.counts if VARIANT.items() <= row.items()]


@pytest.mark.parametrize("column", GROUPS)
@pytest.mark.parametrize("unit", UNITS)
def test_a_sum_is_what_was_counted_or_is_refused(cells: list[Row], unit: str, column: str) -> None:
    level = [row for row in cells if row["level"] == column]
    (world,) = (row for row in cells if row["level"] == "world")
    assert len(level) > 1
    if adds_up(unit, column):
        assert total(level, unit) == world[unit]
        return
    with pytest.raises(UnitError, match=f"{unit} does not add up across {column}"):
        total(level, unit)
    # The refusal is needed: across some column the cells have more than the whole.
    assert sum(row[unit] for row in level) >= world[unit]


def test_hosts_of_one_maker_add_up_across_countries(cells: list[Row]) -> None:
    level = sorted(
        (row for row in cells if row["level"] == "country+manufacturer"), key=lambda row: str(row["manufacturer"])
    )
    makers = {row["manufacturer"]: row["n_hosts"] for row in cells if row["level"] == "manufacturer"}
    sums = {maker: total(rows, "n_hosts") for maker, rows in groupby(level, lambda row: row["manufacturer"])}
    assert sums == makers


def test_cells_of_two_variants_or_one_cell_twice_are_refused(cells: list[Row]) -> None:
    level = [row for row in cells if row["level"] == "country"]
    for rows in ([*level, level[0]], [*level[:1], {**level[1], "scope": "study"}]):
        with pytest.raises(UnitError, match="choose one variant"):
            total(rows, "n_banners")


def test_cells_of_two_levels_are_refused_whether_they_say_their_level_or_not(cells: list[Row]) -> None:
    both = [row for row in cells if row["level"] in ("world", "country")]
    with pytest.raises(UnitError, match="choose one variant"):
        total(both, "n_hosts")
    with pytest.raises(UnitError, match="choose one level"):
        total([{name: row[name] for name in (*GROUPS, "n_hosts")} for row in both], "n_hosts")


def test_what_is_no_unit_is_refused_and_nothing_is_nothing() -> None:
    with pytest.raises(UnitError, match="is not a unit"):
        total([], "n_matches")
    assert total([], "n_hosts") == 0
