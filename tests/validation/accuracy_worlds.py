"""A small world, written and counted, for the tests of accuracy and estimates."""

from pathlib import Path

from camcensus.core.console import Reporter
from camcensus.validation.accuracy.counted import Counted, count_world
from camcensus.validation.simulate.world import Plan
from camcensus.validation.simulate.write import simulate

PLAN = Plan(devices=6_000, snapshots=2, seed=4)


def counted(folder: Path, plan: Plan = PLAN) -> list[Counted]:
    """The world of a plan, written to a new folder and counted: its snapshots."""
    simulate(folder, plan, Reporter())
    return [Counted(folder, name) for name in count_world(folder)]
