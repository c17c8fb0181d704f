"""Libraries that only `requirements-all.lock` has: tests that need one are skipped where `make test` alone was run."""

import importlib
import os
from types import ModuleType

import pytest

NEEDED = "CAMCENSUS_NEED_ALL"


def optional(name: str) -> ModuleType:
    """Return a module; without it skip the test or file that asks, or fail where CAMCENSUS_NEED_ALL is set."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if os.environ.get(NEEDED):
            raise
        pytest.skip(f"{error.name} is not installed: make .venv/all", allow_module_level=True)
