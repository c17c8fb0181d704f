"""Counts of matches, from the table of a census."""

import pyarrow as pa
import pytest

from camcensus.core.tables import CENSUS
from camcensus.trends.match_rows import census_counts

SAME = {"snapshot": "2026", "engine": "Shodan", "basis": "matches", "simulated": True}


def counted(*makers: str | None) -> dict[tuple[str, str | None, str | None], int]:
    """Matches by level, country and maker, where each of the makers has a query with 7 matches in Brazil."""
    rows = [
        {"query": str(n), "manufacturer": maker, "sent": "x", "is_disjoint": True, "country": "BR", "n_matches": 7}
        for n, maker in enumerate(makers)
    ]
    found = census_counts(pa.Table.from_pylist(rows, CENSUS.schema), SAME, ("BR",)).to_pylist()
    return {(row["level"], row["country"], row["manufacturer"]): row["n_matches"] for row in found}


@pytest.mark.parametrize("maker", ["Axis", None])
def test_one_maker_or_none_has_a_world(maker: str | None) -> None:
    found = counted(maker)
    assert found["world", None, None] == found["country", "BR", None] == 7


def test_a_query_without_a_maker_is_no_world_of_several() -> None:
    assert counted("Axis", None) == {
        ("manufacturer", None, "Axis"): 7,
        ("country+manufacturer", "BR", "Axis"): 7,
    }
