"""One part of observations to identify and locate, as a worker process is given it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from camcensus.core import storage
from camcensus.core.tables import OBSERVATIONS, Table
from camcensus.engines.engine import no_progress
from camcensus.engines.ordered_pool import ONE_PROCESS, OrderedPool
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


@dataclass(frozen=True)
class IdentifyTask:
    """One part of observations to identify and locate. Picklable."""

    observations: Path
    sha256: str
    identified: Path
    catalogue: Catalogue
    locator: Locator
    second: Locator | None
    key: bytes

    @property
    def source(self) -> Path:
        """Return the file of the part."""
        return self.observations

    @property
    def reads(self) -> Table:
        """Return the table that it is a part of."""
        return OBSERVATIONS

    @property
    def rows_at_a_time(self) -> int:
        """Return how many rows make a batch."""
        return BATCH

    def __call__(self, on_progress: Callable[[int], None], pool: OrderedPool = ONE_PROCESS) -> IdentifiedRows:
        """Read and identify the part; with several pool, other processes identify the rows that this one writes."""
        if pool.is_single:
            return self.over(None, on_progress)
        self._require()
        labelled = pool.in_order(partial(_labelled, self.observations), pieces_of(self.observations))
        return write_identified(labelled, self.identified, self.key, on_progress)

    def over(
        self, batches: Iterable[pa.RecordBatch] | None, on_progress: Callable[[int], None] = no_progress
    ) -> IdentifiedRows:
        """Identify rows that somebody else read (None: it reads them)."""
        self._require()
        identifier = identifier_of(self.catalogue)
        return identify_part(
            self.observations, self.identified, identifier, self.locator, self.key, on_progress, self.second, batches
        )

    def _require(self) -> None:
        storage.require(self.observations, self.sha256, "is not what ingest wrote; run again with --rehash")


def _labelled(observations: Path, piece: Piece) -> tuple[pa.Table, IdentifiedRows]:
    """A piece of a part, whose task is one of those that the work of this process shares."""
    task: IdentifyTask = next(task for task in shared() if task.observations == observations)
    identifier = identifier_of(task.catalogue)
    return identify_batch(read_piece(observations, piece), identifier, task.locator, task.key, task.second)
