"""What a report's `manifest.json` says: which counts it was drawn from, by what, and every file of it."""

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from camcensus.core import storage
from camcensus.core.errors import IntegrityError
from camcensus.core.manifest import Made, Manifest, Output, Strict

RECORD = "manifest.json"
FORMAT = 2
# Stages whose tables a report is drawn from.
DRAWN_FROM = ("aggregate", "series", "details", "estimates", "census", "trends")


class DrawnFrom(Strict):
    """A snapshot that a report shows: its run, what made its counts, and the tables that were drawn from."""

    run: str
    made: Made | None
    inputs: dict[str, Output]


class Report(Strict):
    """A report's record. `key`: hash of all that it depends on. Nothing in it depends on the clock or the machine."""

    format: Literal[2] = 2
    key: str
    made: Made
    snapshots: dict[str, DrawnFrom]
    outputs: dict[str, Output]

    def save(self, folder: Path) -> None:
        """Writes it into the report's folder."""
        storage.write_checksummed(folder / RECORD, self.model_dump())


def load_report(folder: Path) -> Report:
    """The record of the report in `folder`. Raises `IntegrityError` when there is none, or it is damaged."""
    path = folder / RECORD
    if not path.is_file():
        raise IntegrityError(path, "is not there: the folder holds no report that camcensus drew")
    try:
        report = Report.model_validate(storage.read_checksummed(path))
    except ValidationError as error:
        raise IntegrityError(path, f"is no record of a report: {error.errors()[0]['msg']}; draw it again") from None
    storage.require_inside(path, report.outputs)
    return report


def drawn_from(manifest: Manifest) -> DrawnFrom:
    """What a report takes from a snapshot."""
    stages = [manifest.stages[name] for name in DRAWN_FROM if name in manifest.stages]
    inputs = {name: output for stage in stages for name, output in stage.outputs.items()}
    return DrawnFrom(run=manifest.run, made=manifest.made, inputs=inputs)
