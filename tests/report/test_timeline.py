"""Points of a series, and sensitivity ranges: what is joined, what is broken, and how far choices move a count."""

from typing import Any

import pytest

from camcensus.core.config import Study
from camcensus.core.manifest import DeclaredProvenance, Instrument, Window
from camcensus.report.inputs import Result
from camcensus.report.tables.sensitivity import Range, change_range, choices, ranges
from camcensus.report.tables.small_tables import breaks
from camcensus.report.timeline import missing_years, series_points
from tests.report.conftest import DAY, START, make_result

SAME = {"query_set": "q1", "catalogue": "c1", "rules": "r1", "geo_db": "g1"}


def series(*parts: dict[str, Any]) -> list[Result]:
    """A snapshot for each part of a manifest, a year apart unless `year` says otherwise."""
    found = []
    for n, part in enumerate(parts):
        end = START + 365 * DAY * part.pop("year", n)
        window = Window(start=end - 30 * DAY, end=end, days=30)
        found.append(make_result(str(2023 + n), manifest={"window": window} | part))
    return found


def used(**changed: str) -> dict[str, Any]:
    """Part of a manifest: an instrument of which something changed."""
    return {"instrument": Instrument.model_validate(SAME | changed)}


@pytest.mark.parametrize(
    ("part", "joined", "broken"),
    [
        (used(), True, ""),
        (used(query_set="q2"), False, "another query set"),
        (used(catalogue="c2", rules="r2"), False, "another catalogue and other counting rules"),
        (used(geo_db="g2"), True, ""),
        ({"complete": False}, False, "one of the two collections is partial"),
        ({"engine": "censys"}, False, "engine or way of collecting differ"),
        ({"year": 2}, False, ""),
    ],
)
def test_what_is_joined(part: dict[str, Any], joined: bool, broken: str) -> None:
    point = series_points(series({}, dict(part)))[1]
    assert (point.is_joined, point.break_reason) == (joined, broken)


def test_f24_another_country_database_is_told() -> None:
    points = series_points(series({}, used(geo_db="g2")))
    assert points[1].has_other_geo
    assert breaks(points) == [
        "2023 to 2024: another edition of the country database, so lines of countries are dotted."
    ]


def test_other_ports_are_told_where_both_are_known() -> None:
    points = series_points(
        series(*({"declared": DeclaredProvenance(ports=ports)} for ports in ([80], [80], [], [80, 554], [80])))
    )
    assert [point.has_other_ports for point in points] == [False, False, False, False, True]
    assert all(point.is_joined for point in points[1:])
    assert "2026 to 2027: the engine scanned other ports" in breaks(points)[0]


def test_f27_missing_years_are_named() -> None:
    assert missing_years(series_points(series({}, {"year": 1}, {"year": 4}))) == [2025, 2026]
    assert missing_years(series_points(series({}))) == []


def test_one_snapshot_has_no_breaks() -> None:
    assert breaks(series_points(series({}))) == ["There is only one snapshot, so there is nothing to compare it with."]


def test_a_range_is_of_all_choices(study: Study) -> None:
    result = make_result("2024")
    counted = choices(study, result, "hosts")
    # The fixture has decoys left in for the world alone: 526 + 11 * 5; both sources agree on nine in ten.
    assert {key: counts[""] for key, counts in counted.items() if "" in counts} == {
        ("none", "medium", "first"): 581, ("none", "medium", "both"): 523, ("none", "medium", "either"): 639,
        ("certain", "medium", "first"): 526, ("certain", "medium", "both"): 474, ("certain", "medium", "either"): 578,
    }  # fmt: skip
    assert ranges(study, result, "hosts")[""] == Range(474, 639)
    assert ranges(study, result, "devices")[""] == Range(576, 634)


def test_the_range_of_a_change_makes_each_choice_alike_in_both(study: Study) -> None:
    one, two = make_result("2023", {("US", "Hikvision"): 100}), make_result("2024", {("US", "Hikvision"): 150})
    assert change_range(study, one, two, "hosts") == Range(45, 55)
