"""Counts against the known truth of a simulated world."""

from pathlib import Path

import pandas as pd

from camcensus.api.frame import Frame
from camcensus.core.config import Study
from camcensus.core.errors import ChoiceError
from camcensus.validation.accuracy.counted import CountedWorld
from camcensus.validation.accuracy.countries import TRUTHS, by_truth, country_errors, true_counts


def errors(study: Study, snapshot: str, against: str) -> Frame:
    """A row for each country and unit."""
    if against not in TRUTHS:
        known = "; ".join(f"{name}: {what}" for name, what in TRUTHS.items())
        raise ChoiceError(f"there is no truth {against!r}; there are: {known}")
    world = _world(study, snapshot)
    return _frame(country_errors(world.by_country(), true_counts(world, against)))


def summary(study: Study, snapshot: str, least: int) -> Frame:
    """A row for each unit and truth."""
    found = by_truth(_world(study, snapshot), least=least)
    return _frame(found[["truth", *(c for c in found.columns if c != "truth")]])


def _frame(found: pd.DataFrame) -> Frame:
    return Frame.of(Frame(found).arrow())


def _world(study: Study, snapshot: str) -> CountedWorld:
    folder: Path = study.data.parent
    if not (folder / "truth.parquet").is_file():
        raise ChoiceError(
            f"{study.path.name}: its truth is not known, as of no real count. Where errors can be found: camcensus "
            "audit (labels by hand), camcensus estimate (two engines); of the software alone: a simulated world"
        )
    return CountedWorld(folder, snapshot)
