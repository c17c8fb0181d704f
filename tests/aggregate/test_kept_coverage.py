"""Coverage is counted from `identified` alone, so no rule of dedupe makes it again."""

from pathlib import Path

import pytest

from camcensus.aggregate.stage import COVERAGE_FILES
from camcensus.core.config import load_study
from camcensus.core.console import Reporter
from camcensus.core.manifest import Manifest, load_manifest
from camcensus.run import run
from tests.commands import on
from tests.conftest import write_lines

STUDY = 'title = "t"\nwindow_days = {days}\n[dedupe]\nsame_host = {same_host}\n'


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study whose one snapshot is counted."""
    banners = [on("81.2.69.142"), on("81.2.69.142", port=81), on("81.2.69.143")]
    write_lines(tmp_path / "data/a/raw/a.json", banners)
    path = tmp_path / "study.toml"
    counted(path, days='"all"')
    return path


def counted(study: Path, days: str = '"all"', same_host: bool = True) -> Manifest:
    """Run the study with these settings; return the snapshot's manifest."""
    study.write_text(STUDY.format(days=days, same_host=str(same_host).lower()))
    run(load_study(study), Reporter(), report=False)
    found = load_manifest(study.parent / "data/a")
    assert found is not None
    return found


def made_at(study: Path) -> list[int]:
    return [(study.parent / "data/a" / name).stat().st_mtime_ns for name in COVERAGE_FILES]


def test_a_rule_of_dedupe_keeps_the_files_and_their_flow(study: Path) -> None:
    before, first = made_at(study), counted(study)
    after = counted(study, same_host=False)
    assert made_at(study) == before
    assert after.run != first.run
    assert after.stages["aggregate"].more_flows["coverage"] == first.stages["aggregate"].more_flows["coverage"]
    assert set(COVERAGE_FILES) <= set(after.stages["aggregate"].outputs)


def test_another_window_makes_them_again(study: Path) -> None:
    before = made_at(study)
    counted(study, days="30")
    assert all(new > old for new, old in zip(made_at(study), before, strict=True))


def test_a_file_that_is_gone_is_made_again(study: Path) -> None:
    gone = study.parent / "data/a/coverage.parquet"
    first = gone.read_bytes()
    gone.unlink()
    counted(study, same_host=False)
    assert gone.read_bytes() == first
