"""One raw file to ingest, as a worker process is given it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from camcensus.engines.ordered_pool import ONE_PROCESS, OrderedPool
from camcensus.ingest.records import Ingested, ingest_records
from camcensus.readers.raw_part import RawPart


@dataclass(frozen=True)
class IngestTask:
    """A raw file to ingest. `latest`: the last second (UTC) that a banner in it may be of. Picklable."""

    raw: RawPart
    observations: Path
    quarantine: Path
    latest: int

    def __call__(self, on_progress: Callable[[int], None], pool: OrderedPool = ONE_PROCESS) -> Ingested:
        """Write the observations and the quarantine of the file."""
        self.raw.require()
        name = self.raw.path.name
        return ingest_records(self.raw.reader, name, self.observations, self.quarantine, self.latest, on_progress, pool)
