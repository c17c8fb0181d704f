"""Paths through decoded JSON, and the fields that no path leads to."""

from typing import Any

import pytest

from camcensus.readers.json_paths import LONGEST, MANY, all_at, first_at, path_of, tree_of, unknown_fields


@pytest.mark.parametrize(
    ("found", "name", "values"),
    [
        ({"a": 1}, "a", [1]),
        ({"a": {"b": "x"}}, "a.b", ["x"]),
        ({"a": [{"b": ""}, {"c": 1}, {"b": ["x", "y"]}, {"b": "z"}]}, "a.b", ["x", "y", "z"]),
        ({"a": None}, "a", []),
        ({"a": ""}, "a", []),
        ({"a": 0, "b": False}, "a", [0]),
        ({"a": {"b": 1}}, "a", []),
        ({"a": 1}, "a.b", []),
        ({"a": [[1]]}, "a", []),
        ([{"a": 1}, 5, {"a": 2}], "a", [1, 2]),
        ("text", "a", []),
    ],
)
def test_values_at_a_path(found: Any, name: str, values: list[Any]) -> None:
    assert all_at(found, [path_of(name, flat=False)]) == values
    assert first_at(found, [path_of(name, flat=False)]) == (values[0] if values else None)


def test_the_first_path_that_says_something_counts_and_where_all_count_all_do() -> None:
    found = {"a": "", "b": "y", "c": "z"}
    assert first_at(found, [("a",), ("b",), ("c",)]) == "y"
    assert all_at(found, [("a",), ("b",), ("c",)]) == ["y", "z"]
    assert len(all_at({"a": list(range(1000))}, [("a",)])) == MANY


def test_keys_with_dots_are_keys_where_the_mapping_says_so() -> None:
    assert first_at({"a.b": 1}, [path_of("a.b", flat=True)]) == 1
    assert first_at({"a.b": 1}, [path_of("a.b", flat=False)]) is None


@pytest.mark.parametrize(
    ("found", "unknown"),
    [
        ({"a": 1, "b": {"c": 1, "d": {"deep": [1]}}}, set()),
        ({"x": 1, "b": {"y": 1}}, {"x", "b.y"}),
        ({"x": {"y": {"z": 1}}}, {"x"}),
        ({"x": None, "y": "", "z": [], "w": {}}, set()),
        ({"x": 0, "y": False}, {"x", "y"}),
        ({"b": "an object was promised"}, {"b"}),
        ({"b": [{"c": 1}, {"y": 1}, 5]}, {"b", "b.y"}),
        ({"e": {"f": 1, "whatever": 1, "g": {"h": 1}}}, set()),
        ({"e": {"g": {"i": 1}}}, {"e.g.i"}),
        ({"n" * 1000: 1}, {"n" * LONGEST}),
        ({"\ud800": 1}, {"?"}),
    ],
)
def test_fields_nobody_asked_for_are_named_by_their_outermost(found: dict[str, Any], unknown: set[str]) -> None:
    known = tree_of([("a",), ("b", "c"), ("b", "d"), ("b", "d", "deep", "more"), ("e", "*"), ("e", "g", "h")])
    assert unknown_fields(found, known) == unknown


def test_what_is_nested_very_deep_is_not_followed() -> None:
    found: Any = 1
    for _ in range(5000):
        found = [found]
    assert all_at({"a": found}, [("a",)]) == []
    assert unknown_fields({"a": found}, tree_of([("a", "b")])) == {"a"}
