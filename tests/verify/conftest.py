"""A study that was imported, collected, counted and drawn, for all tests of verification."""

from pathlib import Path

import pytest

from tests.shared import built_once
from tests.verify.worlds import counted_in


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the study's file, which all processes of a test run share; change copies only."""
    return built_once(tmp_path_factory, "verified", lambda to: counted_in(to / "study")) / "study/study.toml"
