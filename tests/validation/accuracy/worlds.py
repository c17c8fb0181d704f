"""A small world, written and counted, for the tests of accuracy and estimates."""

from pathlib import Path

import pytest

from camcensus.core.config import load_study
from camcensus.core.console import Reporter
from camcensus.validation.accuracy.counted import CountedWorld, count_world
from camcensus.validation.simulate.world import Plan
from camcensus.validation.simulate.write import simulate
from tests.shared import built_once

PLAN = Plan(devices=6_000, snapshots=2, seed=4)


def counted(folder: Path, plan: Plan = PLAN) -> list[CountedWorld]:
    """The world of a plan, written to a new folder and counted: its snapshots."""
    simulate(folder, plan, Reporter())
    return [CountedWorld(folder, name) for name in count_world(folder)]


def worlds_of(folder: Path) -> list[CountedWorld]:
    """Return the snapshots of a world that was written and counted, oldest first."""
    return [CountedWorld(folder, name) for name in load_study(folder / "study.toml").snapshot_ids()]


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the usual world, which all processes of a test run share; change copies only."""
    return built_once(factory, "accuracy", lambda to: counted(to / "out")) / "out"
