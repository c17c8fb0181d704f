"""Placeholders for charts: most tests of whole runs check numbers, and drawing takes two thirds of a small run's time.

Tests of the report draw for real, and others where they ask for it with `drawn`.
"""

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from camcensus.report.charts import drawing
from camcensus.report.charts.chart import Picture

SWITCH = "CAMCENSUS_TEST_PICTURES"  # a variable of the environment, so that commands in other processes see it too
DRAWN, PLACEHOLDERS = "drawn", "placeholders"
PLACEHOLDER = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><title>not drawn</title></svg>', b"not drawn"
_render, _pool = drawing.render, drawing._pool


def render(picture: Picture) -> tuple[bytes, bytes]:
    """Return the picture, or the placeholder where the running test wants no picture.

    A pool is started for real pictures only; its processes may have the environment of an earlier test.
    """
    is_wanted = os.environ.get(SWITCH) != PLACEHOLDERS or multiprocessing.parent_process() is not None
    return _render(picture) if is_wanted else PLACEHOLDER


def install() -> None:
    """Let the switch decide from now on, in this process and those that it forks."""
    drawing.render = render
    drawing._pool = lambda pictures: None if os.environ.get(SWITCH) == PLACEHOLDERS else _pool(pictures)


@contextmanager
def _switched(to: str) -> Iterator[None]:
    before = os.environ.get(SWITCH, DRAWN)
    os.environ[SWITCH] = to
    try:
        yield
    finally:
        os.environ[SWITCH] = before


def drawn() -> AbstractContextManager[None]:
    """Draw for real in this context."""
    return _switched(DRAWN)


def placeholders() -> AbstractContextManager[None]:
    """Draw placeholders in this context."""
    return _switched(PLACEHOLDERS)
