"""Purge: everything with an address in it goes, counts, manifest and checksums stay, and it is written down."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from camcensus.core.errors import CamcensusError
from camcensus.core.manifest import Manifest, load_manifest
from camcensus.raw.bundles import bundles_of, has_ledger
from camcensus.raw.imports import LEDGER, read_ledger
from camcensus.raw.ledger import CHECKSUM, FILE
from camcensus.raw.snapshot import STATS

# Of raw/ the ledgers stay: what was received, when, with which checksum.
_KEPT_RAW = {LEDGER, FILE, CHECKSUM, ".lock"}
_STAGES = ("ingest", "identify", "dedupe", "returned")
_FOLDERS = ("observations.parquet", "identified.parquet", "returned.parquet", ".quarantine", ".scratch", "audit")


@dataclass(frozen=True)
class Purged:
    """What went: files and bytes."""

    files: int
    bytes: int


def purge(folder: Path) -> Purged:
    """Removes raw files, observations, and every table with a row for a banner or a device. The caller holds the lock.

    Raises `CamcensusError` when the snapshot was not counted: there would be nothing left of it.
    """
    manifest = load_manifest(folder)
    if manifest is None or not (manifest.stages.keys() & {"aggregate", "estimates", "census", "trends"}):
        raise CamcensusError(f"{folder}: was never counted, so nothing would be left of it; run camcensus run first")
    outputs = [name for stage in _STAGES if stage in manifest.stages for name in manifest.stages[stage].outputs]
    # First the record: a purge that is killed is then known to have begun, and is done again by the same command.
    manifest.purged = sorted({*outputs, *(f"raw/{name}" for name in manifest.inputs)})
    manifest.save(folder)
    gone = [p for p in (folder / "raw").rglob("*") if p.is_file() and p.name not in _KEPT_RAW]
    gone += [folder / name for name in outputs] + [folder / STATS]
    gone += [p for name in _FOLDERS for p in (folder / name).rglob("*") if p.is_file()]
    there = sorted({path for path in gone if path.is_file()})
    size = sum(path.stat().st_size for path in there)
    for path in there:
        path.unlink()
    for name in _FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    for path in sorted((p for p in (folder / "raw").rglob("*") if p.is_dir()), reverse=True):
        path.rmdir()
    return Purged(len(there), size)


def was_purged(manifest: Manifest | None) -> bool:
    """Whether a snapshot was purged; nothing can be counted of it again."""
    return manifest is not None and bool(manifest.purged)


def refuse_purged(folder: Path) -> None:
    """Raises `CamcensusError` for a snapshot that was purged: what comes now is not what was counted."""
    if was_purged(load_manifest(folder)):
        raise CamcensusError(
            f"{folder.name} was purged, and its counts stay as they are; use a snapshot of another name"
        )


def age_of(folder: Path, now: datetime) -> timedelta | None:
    """How long ago the newest raw file was received; None when it is not known."""
    received = [str(entry["received"]) for entry in read_ledger(folder).values()]
    if has_ledger(folder):
        received += [bundle.received for bundle in bundles_of(folder).values()]
    return now - max(datetime.fromisoformat(text) for text in received) if received else None


def overdue(folder: Path, days: int | None, now: datetime | None = None) -> int | None:
    """Days since the newest raw file came, where a study lets it lie for fewer; None: it may lie on, or is gone."""
    if days is None or was_purged(load_manifest(folder)):
        return None
    age = age_of(folder, now or datetime.now(UTC))
    return age.days if age is not None and age.days > days else None
