"""What takes long: made once for all processes of a test run, or marked slow."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.pictures import drawn, placeholders


def built_once(
    factory: pytest.TempPathFactory, name: str, build: Callable[[Path], object], is_drawn: bool = False
) -> Path:
    """Return the folder `name` of this test run; the first process that asks fills it with `build`, the others wait.

    `is_drawn`: with charts, which take half of the time; else with placeholders.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder, done = base / name, base / f"{name}.done"
    with FileLock(base / f"{name}.lock"):
        if not done.exists():
            folder.mkdir()
            with drawn() if is_drawn else placeholders():
                build(folder)
            done.touch()
    return folder


def mostly_slow(values: Sequence[Any], fast: int) -> list[Any]:
    """Return parameters that test the same with other random values: all but the first `fast` are marked slow."""
    return [*values[:fast], *(pytest.param(value, marks=pytest.mark.slow) for value in values[fast:])]
