"""A simulated Internet goes through the whole pipeline, and the demo's study fits what is simulated for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.simulate.truth import TRUTH
from pipeline.simulate.world import Plan, make_world
from pipeline.simulate.write import study_text
from pipeline.store import read_table
from pipeline.study import load_study
from pipeline.tables import COUNTED_TYPES, COUNTS
from tests.simulate.written import ROOT, made


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small world, counted and reported by the command."""
    out = made(tmp_path_factory.mktemp("world") / "out", Plan(devices=8_000, snapshots=2, seed=3))
    command = [sys.executable, "-m", "pipeline.cli", "run", "--study", str(out / "study.toml"), "--quiet"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


def test_the_report_says_that_it_is_simulated(counted: Path) -> None:
    assert "SIMULATED" in (counted / "report/index.html").read_text()


def test_the_count_lies_between_nothing_and_what_is_there(counted: Path) -> None:
    counts = read_table(counted / "data/2026/counts.parquet", COUNTS).to_pandas()
    own = counts[(counts.level == "world") & (counts.scope == "all") & (counts.ip_version == "all")]
    devices = int(own[(own.min_confidence == "medium") & (own.decoys_left_out == "certain")].n_devices.iloc[0])
    truth = read_table(counted / "truth.parquet", TRUTH).to_pandas()
    cameras = truth[(truth.snapshot == "2026") & truth.product_type.isin(COUNTED_TYPES)]
    assert cameras.returned.sum() / 2 < devices < len(cameras)


def test_the_demo_study_is_the_one_that_is_simulated_for_it(tmp_path: Path) -> None:
    demo = load_study(ROOT / "studies/demo.toml")
    written = tmp_path / "study.toml"
    written.write_text(study_text(make_world(Plan()), "queries"))
    model = load_study(written)
    assert demo.snapshots == model.snapshots
    assert (demo.vendors, demo.window_days, demo.simulated) == (model.vendors, model.window_days, True)
    assert demo.data == ROOT / "data/snapshots/simulated/data"
