"""Every fault has a test, with its number in the name; and what a run of the fault suite says is what was tried."""

import ast
import functools
from pathlib import Path

import pytest

from tests.faults import FAULTS, numbers_in
from tools import faults

TESTS = Path(__file__).parents[1]


@functools.cache
def names() -> list[str]:
    """The name of each test there is."""
    found = (node for path in TESTS.rglob("test_*.py") for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return [node.name for node in found if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


@pytest.mark.parametrize("number", FAULTS)
def test_each_fault_has_a_test_with_its_number(number: int) -> None:
    assert [name for name in names() if number in numbers_in(name)]


def test_no_test_names_a_fault_that_is_none() -> None:
    assert list(FAULTS) == list(range(1, 31))
    assert {number for name in names() for number in numbers_in(name)} <= FAULTS.keys()


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("test_f9_x", {9}),
        ("test_f11_to_f13_f16_x[f2_-1]", {11, 12, 13, 16}),
        ("test_utf8_and_half16_x", set()),
        ("test_f30", set()),
    ],
)
def test_numbers_are_read_from_names(name: str, numbers: set[int]) -> None:
    assert numbers_in(name) == numbers


def test_a_part_that_is_run_again_takes_its_own_place_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "FOLDER", tmp_path / "faults")
    same = {"minutes": 1.5, "commit": "abc", "machine": "m", "asked_for": {"KILLS": 300}, "skipped": []}
    row = {"fault": "F1 kill -9 of run", "tries": 300, "survived": 299}
    run = {**same, "began": "2026-01-02T03:04+00:00", "stopped_early": True, "rows": [row], "failed": ["a::test_f1_b"]}
    faults.write_down("run", {**run, "rows": [], "failed": []})
    faults.write_down("others", {**run, "rows": [{**row, "fault": "F9 x"}], "failed": [], "stopped_early": False})
    path = faults.write_down("run", run)
    assert sorted(p.name for p in path.parent.iterdir()) == ["2026-01-02.json", "README.md"]
    others, kills = (path.parent / "README.md").read_text().split("## Kills of run")
    assert "| F9 x | 300 | 299 |" in others
    assert "Nothing that ran failed, nothing was skipped." in others
    assert "| F1 kill -9 of run | 300 | 299 |" in kills
    assert "STOPPED EARLY" in kills
    assert "- failed: `a::test_f1_b`" in kills
    assert "No result of that day: Mutated lines, Flipped bits, Kills of import" in kills
