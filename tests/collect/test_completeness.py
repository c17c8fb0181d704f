"""What is missing is found for each part, country and query; what only drifted is not."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camcensus.core.config import Collect
from camcensus.raw.completeness import is_short, missing
from camcensus.raw.ledger import Ledger
from camcensus.raw.ledger_rows import Partition

SETTINGS = Collect(threshold=0.98)


def part(found: int, announced: int, countries: dict[str, tuple[int, int]] | None = None, **named: int) -> Partition:
    return Partition(
        **{
            "id": 1, "mode": "download", "query": "q", "sent": "s", "expected": announced, "passes": 1,
            "announced": announced, "found": found, "countries": json.dumps(countries or {}), **named,
        }
    )  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    found = Ledger(tmp_path)
    found.set_fact("queries of download", '["q"]')
    yield found
    found.close()


def entered(ledger: Ledger, *parts: Partition, planned: dict[str, int] | None = None, total: int = 0) -> list[str]:
    for one in parts:
        ledger.add_partition(one.mode, one.query, one.sent, one.expected)
        (*_, last) = ledger.partitions(one.mode)
        ledger.settle(Partition(**{**vars(one), "id": last.id}))
    ledger.add_done("download", "q", total, planned or {})
    return missing(ledger, "download", SETTINGS)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_part_is_short_below_the_threshold_and_not_at_it(found: int, announced: int) -> None:
    assert is_short(part(found, announced), SETTINGS) == (found < 0.98 * announced)


def test_a_lost_country_is_seen_in_a_part_that_is_whole_otherwise() -> None:
    assert is_short(part(999, 1000, {"DE": (999, 999), "LU": (1, 0)}), SETTINGS)
    assert is_short(part(995, 1000, {"DE": (900, 900), "LU": (100, 95)}), SETTINGS)
    assert not is_short(part(999, 1000, {"DE": (900, 900), "LU": (100, 99)}), SETTINGS)
    assert is_short(part(990, 1000, {"DE": (990, 990), "": (10, 0)}), SETTINGS)


def test_a_part_that_was_not_asked_is_not_short_and_one_far_below_its_plan_is_until_asked_twice() -> None:
    assert not is_short(part(0, 1000, passes=0), SETTINGS)
    assert is_short(part(0, 0, expected=60), SETTINGS)
    assert not is_short(part(0, 0, expected=60, passes=2), SETTINGS)
    assert not is_short(part(0, 0, expected=5), SETTINGS)
    assert not is_short(part(93, 93, expected=100), SETTINGS)
    assert not is_short(part(1900, 1900, expected=2000), SETTINGS)
    assert is_short(part(1800, 1800, expected=2000), SETTINGS)


def test_what_is_missing_is_told_for_part_and_country(ledger: Ledger) -> None:
    assert missing(ledger, "download", SETTINGS) == ["q: not requested yet"]
    told = entered(
        ledger,
        part(200, 300, {"DE": (200, 200), "US": (100, 0), "": (0, 0)}, repeated=5, sent="q one"),
        part(100, 100, {"DE": (100, 100)}, sent="q two"),
        part(0, 0, passes=0, sent="q three"),
        total=400,
    )
    assert told == [
        "q three: not finished",
        "q one: 200 of 300 banners; 5 rows were received twice",
        "q one: US: 0 of 100 banners",
    ]


def test_parts_of_a_query_that_is_asked_no_more_count_too(ledger: Ledger) -> None:
    told = entered(ledger, part(0, 10, passes=0, query="old", sent="old"))
    assert told == ["old: not finished"]


def test_what_no_part_announced_is_a_hole(ledger: Ledger) -> None:
    """A part that planning forgot: every part is whole, and the query had more."""
    told = entered(
        ledger, part(900, 900, {"DE": (900, 900)}), planned={"DE": 905, "US": 100, "LU": 5}, total=1010
    )  # fmt: skip
    # Five in a small country may have come and gone in hours.
    assert told == ["q: US: 0 of 100 banners; its parts do not add up"]


def test_a_hole_in_all_without_countries(ledger: Ledger) -> None:
    assert entered(ledger, part(500, 500), total=1000) == ["q: 500 of 1,000 banners; its parts do not add up"]


def test_drift_of_hours_is_no_hole(ledger: Ledger) -> None:
    countries = {"DE": 1000, "US": 50, "FR": 3}
    assert entered(
        ledger, part(1010, 1010, {"DE": (970, 970), "US": (40, 40), "FR": (0, 0)}), planned=countries, total=1060
    ) == []  # fmt: skip


def test_more_than_announced_is_whole(ledger: Ledger) -> None:
    assert entered(ledger, part(1100, 1000, {"DE": (1000, 1100)}), planned={"DE": 1000}, total=1000) == []
