"""What processes are sent: one raw file to ingest, one part of observations to identify and locate.

Picklable. A process that does tasks imports this and what they need, and nothing else of a run.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from camcensus.core import storage
from camcensus.core.tables import OBSERVATIONS, Table
from camcensus.engines.engine import nobody
from camcensus.engines.ordered_pool import ONE_LANE, Lanes
from camcensus.engines.processes import shared
from camcensus.geolocate.database import Locator
from camcensus.identify.batches import (
    BATCH,
    IdentifiedRows,
    Piece,
    identify_batch,
    identify_part,
    pieces_of,
    read_piece,
    write_identified,
)
from camcensus.identify.catalogue import Catalogue
from camcensus.identify.matcher import identifier_of
from camcensus.ingest.records import Ingested, ingest_records
from camcensus.readers.raw_part import RawPart


@dataclass(frozen=True)
class IngestTask:
    """A raw file to ingest."""

    raw: RawPart
    observations: Path
    quarantine: Path
    latest: int

    def __call__(self, tick: Callable[[int], None], lanes: Lanes = ONE_LANE) -> Ingested:
        """Does it."""
        self.raw.require()
        name = self.raw.path.name
        return ingest_records(self.raw.reader, name, self.observations, self.quarantine, self.latest, tick, lanes)


@dataclass(frozen=True)
class LabelTask:
    """One part of observations to identify and locate."""

    observations: Path
    sha256: str
    identified: Path
    catalogue: Catalogue
    locator: Locator
    second: Locator | None
    key: bytes

    @property
    def source(self) -> Path:
        """The part."""
        return self.observations

    @property
    def reads(self) -> Table:
        """What it is a part of."""
        return OBSERVATIONS

    @property
    def rows_at_a_time(self) -> int:
        """How many rows are looked at together."""
        return BATCH

    def __call__(self, tick: Callable[[int], None], lanes: Lanes = ONE_LANE) -> IdentifiedRows:
        """Does it; in several lanes, which share this task, other processes look at the rows that this one writes."""
        if lanes.single:
            return self.over(None, tick)
        self._require()
        labelled = lanes.in_order(partial(_labelled, self.observations), pieces_of(self.observations))
        return write_identified(labelled, self.identified, self.key, tick)

    def over(self, batches: Iterable[pa.RecordBatch] | None, tick: Callable[[int], None] = nobody) -> IdentifiedRows:
        """Does it, with rows that somebody else read (None: it reads them)."""
        self._require()
        identifier = identifier_of(self.catalogue)
        return identify_part(
            self.observations, self.identified, identifier, self.locator, self.key, tick, self.second, batches
        )  # fmt: skip

    def _require(self) -> None:
        storage.require(self.observations, self.sha256, "is not what ingest wrote; run again with --rehash")


def _labelled(observations: Path, piece: Piece) -> tuple[pa.Table, IdentifiedRows]:
    """A piece of a part, whose task is one of those that the work of this process shares."""
    task: LabelTask = next(task for task in shared() if task.observations == observations)
    identifier = identifier_of(task.catalogue)
    return identify_batch(read_piece(observations, piece), identifier, task.locator, task.key, task.second)
