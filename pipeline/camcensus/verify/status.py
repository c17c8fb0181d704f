"""What `camcensus status` says: each snapshot, what it holds, whether it is whole, what is stale."""

import json
from pathlib import Path
from typing import Any

from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.console import printable
from camcensus.core.manifest import STAGES, Collection, Manifest, load_manifest
from camcensus.core.tables import ESTIMATES
from camcensus.raw.bundles import bundles_of
from camcensus.raw.collected import COUNTING, collection_of
from camcensus.raw.imports import raw_files
from camcensus.raw.page_files import ENDING
from camcensus.readers.registry import named_source


def tell_status(study: Study, as_json: bool) -> str:
    """A table of snapshots; as JSON a list of objects with the same facts."""
    rows = [_facts(study, name) for name in study.snapshot_ids()]
    if as_json:
        return json.dumps(rows, sort_keys=True)
    if not rows:
        return f"{study.data} holds no snapshot yet; bring one in with camcensus import"
    heads = {name: name.upper().replace("_", " ") for name in rows[0]}
    cells = [heads, *({key: _cell(row[key]) for key in heads} for row in rows)]
    widths = {key: max(len(row[key]) for row in cells) for key in heads}
    return "\n".join("  ".join(row[key].ljust(widths[key]) for key in heads).rstrip() for row in cells)


def _facts(study: Study, name: str) -> dict[str, Any]:
    folder = study.data / name
    manifest = load_manifest(folder)
    imported = raw_files(folder)
    files = [*imported, *(folder / "raw").rglob(f"*{ENDING}")]
    purged = manifest is not None and bool(manifest.purged)
    collection = manifest.collection if manifest and purged else collection_of(folder, study.collect)
    ingested = manifest.stages.get("ingest") if manifest else None
    identified = manifest.stages.get("identify") if manifest else None
    complete = not collection.missing if collection else manifest.complete if manifest else None
    return {
        "snapshot": name,
        "files": len(files),
        "bytes": sum(p.stat().st_size for p in files),
        "banners": ingested.flow.rows_out if ingested else None,
        "camera_banners": identified.flow.rows_out if identified else None,
        "credits": collection.credits if collection else None,
        "complete": complete,
        "state": _state(folder, manifest, collection, {p.name for p in imported} | set(bundles_of(folder))),
    }


def _state(folder: Path, manifest: Manifest | None, collection: Collection | None, inputs: set[str]) -> str:
    """How far the snapshot has come, by its manifest, its raw files and the mappings that read them."""
    if storage.is_locked(folder / "raw"):
        return "being collected"
    if manifest is not None and manifest.purged:
        return "purged: counts alone are left"
    if collection and collection.missing:
        return f"partial: {len(collection.missing):,} parts or countries lack something; collect goes on"
    if manifest is None:
        return f"{'collected' if collection else 'imported'}; run to count"
    stages = list(STAGES) if inputs or not collection else [mode for mode in collection.modes if mode in COUNTING]
    stages += [ESTIMATES.name] if inputs and collection and collection.sample else []
    if missing := [stage for stage in stages if stage not in manifest.stages]:
        return f"stopped before {missing[0]}; run to go on"
    return f"stale: {changed}; run to count again" if (changed := _changed(folder, manifest, inputs)) else "counted"


def _changed(folder: Path, manifest: Manifest, inputs: set[str]) -> str:
    """What is not as it was when the snapshot was counted; empty: nothing."""
    if inputs and set(manifest.stages["ingest"].parts) != inputs:
        return "raw files have changed"
    read_with = {i.source: i.mapping.sha256 for i in manifest.inputs.values() if i.mapping}
    if any(named_source(source, folder / "raw").checksum != checksum for source, checksum in read_with.items()):
        return "a mapping has changed"
    return ""


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else printable(str(value))
