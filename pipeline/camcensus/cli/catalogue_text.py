"""What the catalogue misses in a study's snapshots: clusters of unidentified banners, and the ages of signatures."""

from collections.abc import Sequence
from datetime import UTC, datetime

from camcensus.core.config import Study
from camcensus.core.errors import CamcensusError
from camcensus.core.manifest import load_manifest, verified_files
from camcensus.identify.ageing import Ages, ages_of
from camcensus.identify.mining import LEAST_NETWORKS, Cluster, mine
from camcensus.identify.stub import toml

TABLES = ("observations", "identified")
LEAST_SNAPSHOTS = 2
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


def ages_in_study(study: Study) -> Ages:
    """Return the ages of signatures over all snapshots that are identified.

    Raises `CamcensusError` for fewer than two, and for snapshots that are identified with different catalogues.
    """
    manifests = {name: load_manifest(study.data / name) for name in study.snapshot_ids()}
    found = {name: m for name, m in manifests.items() if m and not m.purged and "identify" in m.stages}
    if len(found) < LEAST_SNAPSHOTS:
        raise CamcensusError(
            f"{len(found)} of the study's snapshots {'is' if len(found) == 1 else 'are'} identified; ages need "
            f"{LEAST_SNAPSHOTS}. Import another, or run: camcensus run"
        )
    catalogues = {name: m.stages["identify"].depends_on.get("catalogue", "") for name, m in found.items()}
    if len(set(catalogues.values())) > 1:
        of_each = ", ".join(f"{name}: {version}" for name, version in catalogues.items())
        raise CamcensusError(f"the snapshots are identified with different catalogues ({of_each}); run: camcensus run")
    return ages_of({name: verified_files(study.data / name, m, "identified") for name, m in found.items()})


def ages_text(ages: Ages) -> str:
    """Return which signatures died out, and which makers' new devices none matches."""
    newest = ages.snapshots[-1]
    gone = [age for age in ages.signatures if age.has_died_out]
    span = f"{ages.snapshots[0]} to {newest}"
    lines = [f"{len(ages.signatures):,} signatures matched in {span}; {len(gone):,} of them do not match in {newest}"]
    lines += [
        f"- {age.signature}: {age.first} to {age.last}; banners in {age.last}: {age.n_banners[age.last]:,}"
        for age in gone
    ]
    lines.append(f"makers whose new banners in {newest} no signature counts: {len(ages.unmatched_makers):,}")
    lines += [
        f"- {maker.manufacturer}: {maker.n_new_banners:,} new banners in {maker.n_new_networks:,} networks; "
        f"{maker.n_counted_before:,} banners counted before"
        for maker in ages.unmatched_makers
    ]
    return "\n".join(lines)
