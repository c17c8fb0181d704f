"""The result of each stage on a small fixed input is the recorded one, or the stage has another version."""

import json
from typing import Any

import pytest

from camcensus.stages import STAGES
from tests.stage_digests import RECORDED, measured

KNOWN: dict[str, Any] = json.loads(RECORDED.read_text())


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the stages make of the input today."""
    return measured(tmp_path_factory.mktemp("digests"))


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_stage_gives_the_recorded_result_for_its_version(found: dict[str, Any], name: str) -> None:
    known, now = KNOWN[name], found[name]
    if now["version"] == known["version"]:
        moved = {table for table in known["tables"] if known["tables"][table] != now["tables"].get(table)}
        assert not moved, f"{name} gives other values in {sorted(moved)}: raise its version in stage.py, then record it"
    assert now == known, f"{name}: run python -m tests.stage_digests, and commit {RECORDED.name}"


def test_every_stage_is_recorded() -> None:
    assert KNOWN.keys() == {stage.name for stage in STAGES}
