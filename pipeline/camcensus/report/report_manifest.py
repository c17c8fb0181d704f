"""A report's `manifest.json`: the counts it was drawn from, what drew it, and every file of it."""

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from camcensus.core import storage
from camcensus.core.errors import IntegrityError
from camcensus.core.manifest import BuildInfo
from camcensus.core.stage_record import Output, Strict

RECORD = "manifest.json"
FORMAT = 3


class DrawnFrom(Strict):
    """A snapshot that a report shows: its run, what made its counts, and the tables that were drawn from."""

    run: str
    build: BuildInfo | None
    inputs: dict[str, Output]


class Report(Strict):
    """A report's record. `depends_on`: name to checksum or version. Nothing in it depends on the clock or machine."""

    format: Literal[3] = 3
    depends_on: dict[str, str]
    build: BuildInfo
    snapshots: dict[str, DrawnFrom]
    outputs: dict[str, Output]

    def save(self, folder: Path) -> None:
        """Write it into the report's folder."""
        storage.write_checksummed(folder / RECORD, self.model_dump())


def load_report(folder: Path) -> Report:
    """Return the record of the report in `folder`. Raise `IntegrityError` if it is missing or damaged."""
    path = folder / RECORD
    if not path.is_file():
        raise IntegrityError(path, "is not there: the folder holds no report that camcensus drew")
    try:
        report = Report.model_validate(storage.read_checksummed(path))
    except ValidationError as error:
        raise IntegrityError(path, f"is no record of a report: {error.errors()[0]['msg']}; draw it again") from None
    storage.require_inside(path, report.outputs)
    return report
