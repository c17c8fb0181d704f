"""What `camcensus status` shows: each snapshot, what it holds, whether it is complete, what is stale and why."""

import json
from pathlib import Path
from typing import Any

from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.console import Reporter, printable
from camcensus.core.errors import CamcensusError
from camcensus.core.fingerprints import library_versions
from camcensus.core.manifest import Collection, Manifest, load_manifest
from camcensus.engines.local import Local
from camcensus.raw.collected import bundles_of, collection_of
from camcensus.raw.imports import raw_files
from camcensus.raw.reply_files import ENDING
from camcensus.raw.snapshot import Snapshot, open_snapshot
from camcensus.raw.stage_base import RunContext, changes
from camcensus.stages import STAGES
from camcensus.trends.stage import is_comparable


def status_text(study: Study, as_json: bool) -> str:
    """Return a table of snapshots; as JSON a list of objects, with the versions behind the counts too."""
    context = RunContext(study, Reporter(), Local())
    names = study.snapshot_ids()
    manifests = {name: load_manifest(study.data / name) for name in names}
    opened = {name: found for name in names if (found := _open(study, name, manifests[name]))}
    context.counted = tuple(snapshot for snapshot in opened.values() if is_comparable(snapshot))
    rows = [_facts(study, name, manifests[name], opened.get(name), context, as_json) for name in names]
    if as_json:
        return json.dumps(rows, sort_keys=True)
    if not rows:
        return f"{study.data}: no snapshot yet; import one: camcensus import FILE... --snapshot ID"
    heads = {name: name.upper().replace("_", " ") for name in rows[0]}
    cells = [heads, *({key: _cell(row[key]) for key in heads} for row in rows)]
    widths = {key: max(len(row[key]) for row in cells) for key in heads}
    return "\n".join("  ".join(row[key].ljust(widths[key]) for key in heads).rstrip() for row in cells)


def method_of(manifest: Manifest) -> str:
    """Return what counted a snapshot: the versions of evidence and stages, such as "evidence v1, ingest v1"."""
    evidence = [f"evidence v{manifest.instrument.evidence}"] if manifest.instrument else []
    records = [(stage.name, manifest.stages[stage.name]) for stage in STAGES if stage.name in manifest.stages]
    return ", ".join([*evidence, *(f"{name} v{record.version}" for name, record in records)])


def _open(study: Study, name: str, manifest: Manifest | None) -> Snapshot | None:
    """Return a snapshot that was counted or begun, open; None for others, and for one that cannot be read."""
    if storage.is_locked(study.data / name / "raw"):
        return None
    try:
        return open_snapshot(study, name, found=manifest.model_copy()) if manifest and not manifest.purged else None
    except CamcensusError:
        return None


def _facts(
    study: Study, name: str, manifest: Manifest | None, snapshot: Snapshot | None, context: RunContext,
    with_versions: bool,
) -> dict[str, Any]:  # fmt: skip
    folder = study.data / name
    files = [*raw_files(folder), *(folder / "raw").rglob(f"*{ENDING}")]
    is_purged = manifest is not None and bool(manifest.purged)
    collection = manifest.collection if manifest and is_purged else collection_of(folder, study.collect)
    flows = {stage: record.flow for stage, record in manifest.stages.items()} if manifest else {}
    now = snapshot.manifest if snapshot else manifest
    is_lacking = bool(collection and collection.missing)
    facts = {
        "snapshot": name,
        "files": len(files),
        "bytes": sum(p.stat().st_size for p in files),
        "banners": flows["ingest"].rows_out if "ingest" in flows else None,
        "camera_banners": flows["identify"].rows_out if "identify" in flows else None,
        "credits": collection.credits if collection else None,
        "complete": now.complete and not is_lacking if now else not is_lacking if collection else None,
        "state": _state(folder, manifest, collection, snapshot, context),
    }
    if with_versions:
        counted = manifest.build.libraries if manifest and manifest.build else None
        facts |= {"method": method_of(manifest) if manifest else None, "libraries": counted, "now": library_versions()}
    return facts


def _state(
    folder: Path,
    manifest: Manifest | None,
    collection: Collection | None,
    snapshot: Snapshot | None,
    context: RunContext,
) -> str:
    if storage.is_locked(folder / "raw"):
        return "being collected"
    if manifest is not None and manifest.purged:
        return f"purged: counted by {method_of(manifest)}{_why_partial(manifest)}"
    if collection and collection.missing:
        return f"partial: {len(collection.missing):,} parts or countries are incomplete; resume with collect"
    if manifest is None:
        has_pages = bool(collection) or bool(bundles_of(folder))
        return f"{'collected' if has_pages else 'imported'}; run to count"
    return _freshness(snapshot, context)


def _freshness(snapshot: Snapshot | None, context: RunContext) -> str:
    if snapshot is None:
        return "raw files have changed or are damaged; run to see which"
    try:
        return _first_stale(snapshot, context) or f"counted{_why_partial(snapshot.manifest)}"
    except CamcensusError as error:
        return f"unknown: {error}"


def _why_partial(manifest: Manifest) -> str:
    return "" if manifest.complete else f"; partial: {'; '.join(manifest.partial) or 'not recorded why'}"


def _first_stale(snapshot: Snapshot, context: RunContext) -> str:
    """Return the first stage that is missing or stale, with what changed; empty if none is."""
    for stage in STAGES:
        if not stage.applies(snapshot.manifest) or (stage.compares and not stage.is_needed(snapshot, context)):
            continue
        record = snapshot.manifest.stages.get(stage.name)
        if record is None:
            return f"stopped before {stage.name}; run to continue"
        depends_on = stage.depends_on(snapshot, context)
        if changed := changes(record.depends_on, depends_on):
            return f"stale: {stage.name}: {', '.join(changed)} changed; run to count again"
        if not snapshot.is_current(stage.name, depends_on):
            return f"stale: {stage.name}: its files have changed; run to count again"
    return ""


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else printable(str(value))
