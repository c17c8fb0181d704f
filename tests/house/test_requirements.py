"""The page of promises: numbered without gaps, each with a test, and each test that it names is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/requirements.md").read_text(encoding="utf-8")
_ENTRY = re.compile(r"^- \*\*([PN]\d+)\*\* (.+?)(?=\n- |\n#|\Z)", re.MULTILINE | re.DOTALL)
ENTRIES = {found[1]: found[2] for found in _ENTRY.finditer(PAGE)}


def named_by(entry: str) -> list[tuple[str, str]]:
    """File and name of each test that an entry names."""
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", entry)


@pytest.mark.parametrize("letter", "PN")
def test_numbers_go_up_without_a_gap(letter: str) -> None:
    numbers = [int(name[1:]) for name in ENTRIES if name[0] == letter]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 5
    assert len(ENTRIES) == PAGE.count("\n- **")


@pytest.mark.parametrize("number", ENTRIES)
def test_each_has_tests_and_they_are_there(number: str) -> None:
    named = named_by(ENTRIES[number])
    assert named, "no test keeps it"
    for file, name in named:
        there = ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
        assert name in {node.name for node in there if isinstance(node, ast.FunctionDef)}, f"{file} has no {name}"
