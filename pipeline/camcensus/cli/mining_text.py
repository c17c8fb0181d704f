"""The clusters of a snapshot's unidentified banners, as text that can be the start of a catalogue file."""

from collections.abc import Sequence
from datetime import UTC, datetime

from camcensus.core.config import Study
from camcensus.core.errors import CamcensusError
from camcensus.core.manifest import load_manifest, verified_files
from camcensus.identify.mining import LEAST_NETWORKS, Cluster, mine
from camcensus.identify.stub import toml

TABLES = ("observations", "identified")
COMPLETE = (
    "# Each block below is the start of a catalogue file: complete it, with a source for each signature, and run",
    "# camcensus catalogue check. Numbers in examples are masked by zeros.",
)


def mine_snapshot(study: Study, name: str, limit: int) -> list[Cluster]:
    """Return the clusters of a snapshot. Raises `CamcensusError` where it has no identified banners."""
    manifest = load_manifest(study.data / name)
    if name not in study.snapshot_ids():
        known = ", ".join(study.snapshot_ids()) or "none"
        raise CamcensusError(f"no snapshot {name!r} in {study.data}; there are: {known}")
    if manifest and manifest.purged:
        raise CamcensusError(f"snapshot {name} was purged: its banners are gone; choose another")
    if manifest is None or "identify" not in manifest.stages:
        raise CamcensusError(f"snapshot {name} is not identified yet; run: camcensus run --snapshot {name}")
    observations, identified = (verified_files(study.data / name, manifest, table) for table in TABLES)
    by_name = {path.name: path for path in identified}
    end = manifest.window.end if manifest.window and manifest.window.end else 0
    return mine([(path, by_name[path.name]) for path in observations], datetime.fromtimestamp(end, UTC).date(), limit)


def clusters_text(clusters: Sequence[Cluster], snapshot: str) -> str:
    """Return the clusters with their stubs."""
    if not clusters:
        return (
            f"nothing is left to find in {snapshot}: no text of an unidentified banner is shared by {LEAST_NETWORKS} "
            "networks"
        )
    parts = ["\n".join(COMPLETE)]
    for number, found in enumerate(clusters, 1):
        words = f" ({', '.join(found.words)})" if found.words else ""
        sizes = f"{found.n_networks:,} networks, {found.n_banners:,} banners, {found.n_candidates:,} of them candidates"
        known = f"{found.n_counted:,} counted banners, and {found.n_others:,} known non-cameras"
        lines = [
            f"# {number}. {sizes}{words}",
            f"# the pattern also matches {known}",
            *(f"# {one.n_banners:,} also have {one.field} = {toml(one.text)}" for one in found.also),
            f"# a query that finds more: {found.query or 'the engine cannot look for this field'}",
        ]
        parts.append("\n".join(lines) + "\n" + found.stub)
    return "\n\n".join(parts).rstrip("\n")
