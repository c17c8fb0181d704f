"""The purge of a snapshot: files with addresses are removed; counts, manifest and checksums are kept."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from camcensus.core.errors import CamcensusError
from camcensus.core.manifest import Manifest, load_manifest
from camcensus.raw.collected import bundles_of
from camcensus.raw.imports import LEDGER, read_ledger
from camcensus.raw.ledger import CHECKSUM, FILE
from camcensus.raw.snapshot import STATS
from camcensus.raw.stage_base import Stage

# The ledgers in raw/ are kept: what was received, when, with which checksum.
_KEPT_RAW = {LEDGER, FILE, CHECKSUM, ".lock"}


@dataclass(frozen=True)
class Purged:
    """Files and bytes that were removed."""

    files: int
    bytes: int


def purge(folder: Path, stages: Sequence[Stage]) -> Purged:
    """Remove raw files, and all that private stages wrote. The caller holds the lock. Raises `CamcensusError`."""
    manifest = load_manifest(folder)
    private = [stage for stage in stages if stage.is_private]
    public = {stage.name for stage in stages if not stage.is_private}
    if manifest is None or not (manifest.stages.keys() & public):
        raise CamcensusError(f"{folder}: was never counted, so nothing would be left of it; run camcensus run first")
    # Tables may be folders of parts.
    folders = (*(name for stage in private for name in stage.writes), ".scratch", "audit")
    outputs = [name for s in private if s.name in manifest.stages for name in manifest.stages[s.name].outputs]
    # First the record: a killed purge is then known to have begun, and the same command finishes it.
    manifest.purged = sorted({*outputs, *(f"raw/{name}" for name in manifest.inputs)})
    manifest.save(folder)
    files = [p for p in (folder / "raw").rglob("*") if p.is_file() and p.name not in _KEPT_RAW]
    files += [folder / name for name in outputs] + [folder / STATS]
    files += [p for name in folders for p in (folder / name).rglob("*") if p.is_file()]
    existing = sorted({path for path in files if path.is_file()})
    size = sum(path.stat().st_size for path in existing)
    for path in existing:
        path.unlink()
    for name in folders:
        shutil.rmtree(folder / name, ignore_errors=True)
    for path in sorted((p for p in (folder / "raw").rglob("*") if p.is_dir()), reverse=True):
        path.rmdir()
    return Purged(len(existing), size)


def was_purged(manifest: Manifest | None) -> bool:
    """Return whether a snapshot was purged; it cannot be counted again."""
    return manifest is not None and bool(manifest.purged)


def refuse_purged(folder: Path) -> None:
    """Raise `CamcensusError` for a purged snapshot: new files are not what was counted."""
    if was_purged(load_manifest(folder)):
        raise CamcensusError(f"{folder.name} was purged and its counts are final; use another snapshot")


def overdue(folder: Path, days: int | None, now: datetime | None = None) -> int | None:
    """Return the age of the newest raw file in days, where the study keeps it for fewer; None: it may be kept."""
    if days is None or was_purged(load_manifest(folder)):
        return None
    received = [str(entry["received"]) for entry in read_ledger(folder).values()]
    received += [bundle.received for bundle in bundles_of(folder).values()]
    if not received:
        return None
    age = (now or datetime.now(UTC)) - max(map(datetime.fromisoformat, received))
    return age.days if age.days > days else None
