"""`run-log.json` in a data folder: the time, machine and result of each run. No comparison covers it."""

import os
import platform
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from camcensus.core import storage
from camcensus.core.errors import CamcensusError, IntegrityError
from camcensus.core.fingerprints import package_version
from camcensus.core.stage_record import Strict

FILE = "run-log.json"
KEPT = 500  # runs; older ones are dropped


class Counted(Strict):
    """What a run did with a snapshot: its stages, the run's id, and the id before it (null: none)."""

    run: str
    before: str | None
    stages: list[str]


class Entry(Strict):
    """One run: its command line, times (UTC), machine, engine and workers, what it did, and why it ended early."""

    command: str
    version: str
    began: str
    ended: str
    machine: str
    system: str
    processors: int
    workers: int
    engine: str = "local"
    snapshots: dict[str, Counted] = Field(default_factory=dict)
    report: str | None = None
    error: str | None = None

    def did(self, snapshot: str, run: str, before: str, stages: list[str]) -> None:
        """Record what was done with a snapshot, if anything was."""
        if stages:
            self.snapshots[snapshot] = Counted(run=run, before=before or None, stages=stages)


class RunLog(Strict):
    """All runs, oldest first."""

    format: Literal[1] = 1
    runs: list[Entry] = Field(default_factory=list)


@contextmanager
def logged(data: Path, workers: int, engine: str = "local") -> Iterator[Entry]:
    """Add a run to the log of a data folder when it ends, unless it did nothing."""
    entry = Entry(
        command=shlex.join(["camcensus", *sys.argv[1:]]),
        version=package_version(),
        began=_now(),
        ended="",
        machine=platform.node(),
        system=platform.platform(),
        processors=os.cpu_count() or 1,
        workers=workers,
        engine=engine,
    )
    try:
        yield entry
    except CamcensusError as error:
        entry.error = str(error)
        with suppress(OSError):  # the first error is the one to report
            _append(data, entry)
        raise
    if entry.snapshots or entry.report:
        _append(data, entry)


def _append(data: Path, entry: Entry) -> None:
    entry.ended = _now()
    log = read_log(data)
    log.runs = [*log.runs, entry][-KEPT:]
    storage.write_checksummed(data / FILE, log.model_dump())


def read_log(data: Path) -> RunLog:
    """Return the log of a data folder; an empty one when it is missing or damaged: nothing depends on it."""
    try:
        return RunLog.model_validate(storage.read_checksummed(data / FILE))
    except (OSError, IntegrityError, ValidationError):
        return RunLog()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
