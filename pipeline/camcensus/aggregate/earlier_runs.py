"""Earlier counts of a snapshot, kept when it is counted again so that the two can be compared."""

import shutil
from pathlib import Path

from camcensus.core import storage
from camcensus.core.manifest import Manifest

FOLDER = "runs"
KEPT = 10
FILES = ("counts.parquet", "networks.parquet")


def folder_of(snapshot: Path, run: str = "") -> Path:
    """Return the folder of a run of a snapshot; without a name, of the newest."""
    return snapshot / FOLDER / run if run else snapshot


def keep(snapshot: Path, manifest: Manifest) -> None:
    """Keep the counts of the run that `manifest` records before they are overwritten; at most `KEPT` runs."""
    stage = manifest.stages.get("aggregate")
    if stage is None or not manifest.run or "counts.parquet" not in stage.outputs:
        return
    if (folder_of(snapshot, manifest.run) / "manifest.json").is_file():
        return  # kept before; what `manifest` says may by now be half of the next run's
    for name in FILES:
        path = snapshot / name
        if name in stage.outputs and path.is_file() and storage.sha256(path) == stage.outputs[name].sha256:
            storage.write_bytes(folder_of(snapshot, manifest.run) / name, path.read_bytes())
    if (folder_of(snapshot, manifest.run) / "counts.parquet").is_file():
        manifest.save(folder_of(snapshot, manifest.run))
    for old in sorted((snapshot / FOLDER).glob("*"), key=lambda p: p.stat().st_mtime_ns)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def kept(snapshot: Path) -> list[Path]:
    """Return the folders of earlier runs, in order of name."""
    return sorted(p for p in (snapshot / FOLDER).glob("*") if p.is_dir())
