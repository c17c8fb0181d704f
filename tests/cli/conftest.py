"""A study that was run, for the tests of the command."""

import shutil
from pathlib import Path

import pytest

from tests.commands import on, run, study_in


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two raw files that was run; copy it before changing it."""
    folder = tmp_path_factory.mktemp("counted")
    study = study_in(folder, one=[on("81.2.69.142"), on("81.2.69.143"), "bad"], two=[on("81.2.69.144")])
    done = run(study)
    assert done.stdout == ""
    assert "a: ingest: 4 lines, 3 banners accepted" in done.stderr
    return study


@pytest.fixture
def study(counted: Path, tmp_path: Path) -> Path:
    """A copy of the study that was run, which may be changed."""
    shutil.copytree(counted.parent, tmp_path / "copy")
    return tmp_path / "copy" / "study.toml"
