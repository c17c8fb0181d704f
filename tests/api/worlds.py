"""A small simulated world, counted with the demo's study: what tests of the API and examples in docstrings ask."""

import shutil
from pathlib import Path

import pytest

from camcensus.api import OpenStudy, open_study
from camcensus.core.console import Reporter
from camcensus.validation.simulate.world import Plan
from camcensus.validation.simulate.write import simulate
from tests.shared import built_once

ROOT = Path(__file__).parent.parent.parent
SEED = 20261101
SMALL = Plan(3_000, 2, SEED)


def make_world(root: Path, plan: Plan = SMALL) -> OpenStudy:
    """Writes a world to where the demo's is, and counts it. `root` stands for the root of a checkout."""
    simulate(root / "data/snapshots/simulated", plan, Reporter(), 1)
    (root / "studies").mkdir()
    shutil.copy(ROOT / "studies/demo.toml", root / "studies")
    return open_study(root / "studies/demo.toml").run(report=True, workers=1)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> OpenStudy:
    """Return the world's study, which all processes of a test run share; change copies only."""
    return open_study(built_once(tmp_path_factory, "checkout", make_world) / "studies/demo.toml")
