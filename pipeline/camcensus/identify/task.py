"""One part of observations to identify and locate, as a worker process is given it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from camcensus.core import storage
from camcensus.core.tables import OBSERVATIONS, Table
from camcensus.engines.engine import no_progress
from camcensus.engines.ordered_pool import ONE_PROCESS, OrderedPool
from camcensus.engines.processes import shared
from camcensus.geolocate.database import Locator
from camcensus.identify.batches import (
    BATCH,
    Context,
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
    """One part of observations (`source`) to identify and locate. Picklable."""

    reads: ClassVar[Table] = OBSERVATIONS
    rows_at_a_time: ClassVar[int] = BATCH
    source: Path
    sha256: str
    identified: Path
    catalogue: Catalogue
    locator: Locator
    second: Locator | None
    key: bytes

    def __call__(self, on_progress: Callable[[int], None], pool: OrderedPool = ONE_PROCESS) -> IdentifiedRows:
        """Read and identify the part; with several processes, the others identify the rows that this one writes."""
        if pool.is_single:
            return self.over(None, on_progress)
        self._require()
        pieces = pool.in_order(partial(_identify_piece, self.source), pieces_of(self.source))
        return write_identified(pieces, self.identified, self.key, on_progress)

    def over(
        self, batches: Iterable[pa.RecordBatch] | None, on_progress: Callable[[int], None] = no_progress
    ) -> IdentifiedRows:
        """Identify rows that the caller read (None: the task reads them)."""
        self._require()
        return identify_part(self.source, self.identified, self.context, on_progress, batches)

    @property
    def context(self) -> Context:
        """Return what the rows are identified with."""
        return Context(identifier_of(self.catalogue), self.locator, self.key, self.second)

    def _require(self) -> None:
        storage.require(self.source, self.sha256, "is not what ingest wrote; run again with --rehash")


def _identify_piece(observations: Path, piece: Piece) -> tuple[pa.Table, IdentifiedRows]:
    """Identify a piece of a part, by the task that this process shares with the one that writes."""
    task: IdentifyTask = next(task for task in shared() if task.source == observations)
    return identify_batch(read_piece(observations, piece), task.context)
