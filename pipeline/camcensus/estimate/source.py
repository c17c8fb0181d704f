"""A counted snapshot of a study, as estimates read it."""

from dataclasses import dataclass
from pathlib import Path

from camcensus.core.config import Study, load_study
from camcensus.core.errors import CamcensusError
from camcensus.core.manifest import Manifest, load_manifest, verified_files


@dataclass(frozen=True)
class Source:
    """One engine's snapshot."""

    study: Study
    snapshot: str

    @property
    def folder(self) -> Path:
        """Return the folder of its tables."""
        return self.study.data / self.snapshot

    @property
    def manifest(self) -> Manifest:
        """Its manifest. Raises `CamcensusError` if not counted, or if a sample, whose hosts are no list of all."""
        found = load_manifest(self.folder)
        if found is not None and found.basis == "sample":
            raise CamcensusError(f"{self.folder}: is a sample of address blocks; this needs a complete collection")
        if found is None or "aggregate" not in found.stages or found.window is None or found.window.end is None:
            raise CamcensusError(f"{self.folder}: is not counted yet; run: camcensus run --study {self.study.path}")
        return found

    def parts(self, table: str) -> list[Path]:
        """Return the parts of a table in order, checked against the manifest. Raises `IntegrityError`."""
        return verified_files(self.folder, self.manifest, table)


def load_source(study: Path, snapshot: str) -> Source:
    """Return a snapshot of a study file. Raises `CamcensusError` for an unknown id."""
    loaded = load_study(study)
    if snapshot not in loaded.snapshot_ids():
        raise CamcensusError(f"{study}: has no snapshot {snapshot}; there are: {', '.join(loaded.snapshot_ids())}")
    return Source(loaded, snapshot)
