"""The identify stage: observations to what each banner is of, and in which country."""

from collections import Counter

from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.errors import IntegrityError
from camcensus.core.resources import COUNTRIES, NETWORKS, bundled
from camcensus.geolocate.editions import SnapshotGeo, day_of, sources_of
from camcensus.identify.catalogue_version import catalogue_version, study_catalogue
from camcensus.ingest.stage import STAGE as INGEST
from camcensus.ingest.stage import has_banners, ingested
from camcensus.raw.snapshot import Snapshot
from camcensus.raw.stage_base import Parts, RunContext, Stage, StageResult, checksum


def identity_key(study: Study) -> bytes:
    """Return the key that a study's identities are hashed with."""
    return storage.identity_key(study.key_path, study.simulated)


def _run(snapshot: Snapshot, context: RunContext) -> StageResult:
    from camcensus.geolocate.database import open_locator
    from camcensus.identify.batches import IdentifiedRows
    from camcensus.identify.task import IdentifyTask

    made = snapshot.manifest.stages["ingest"]
    tables = {name: made.outputs[ingested(name)[0]] for name in made.parts}
    used, key, catalogue = _used(snapshot, context), context.load(identity_key), context.load(study_catalogue)
    _require_same_edition(snapshot, used)
    sources = {name: table.sha256 for name, table in tables.items()}
    depends_on = STAGE.depends_on(snapshot, context)
    parts = Parts(snapshot, STAGE.name, depends_on, "observations.parquet", sources, identified)
    locator = open_locator(used.first.path, used.first.sha256)
    second = open_locator(used.second.path, used.second.sha256) if used.second else None
    tasks = [
        IdentifyTask(
            snapshot.path(ingested(name)[0]),
            tables[name].sha256,
            snapshot.path(identified(name)[0]),
            catalogue,
            locator,
            second,
            key,
        )
        for name in parts.stale
    ]
    rows = [tables[name].rows or 0 for name in parts.stale]
    with context.reporter.progress(f"{snapshot.id}: identify", sum(rows), "banners") as progress:
        results = context.engine.map_rows(tasks, rows, snapshot.folder / ".scratch", progress)
    for name, result in zip(parts.stale, results, strict=True):
        unplaced = {"nowhere": result.n_unlocated, "special": result.n_special}
        parts.made(name, {**result.outcomes, **unplaced}, sum(result.outcomes.values()))
    parts.remove_gone()
    total = parts.total()
    nowhere, special = total.pop("nowhere", 0), total.pop("special", 0)
    flow = IdentifiedRows(Counter(total)).flow()
    text = f"{flow.rows_in:,} banners, {flow.rows_out:,} of cameras and recorders"
    context.reporter.info(text, snapshot.id, "identify")
    notes = [
        f"{nowhere} banners are in no known country (ZZ), {special} of them in private or reserved address space",
        f"located with {used.first.edition}",
    ]
    facts = {"geo": used.record, "geo_credit": used.credit, "key_id": storage.key_id(key)}
    return StageResult(flow, parts=parts, notes=notes, facts=facts)


def _used(snapshot: Snapshot, context: RunContext) -> SnapshotGeo:
    return context.load(sources_of).on(day_of(snapshot, context.study))


def _warnings(snapshot: Snapshot, context: RunContext) -> list[str]:
    """Warn of an edition that is far from the snapshot's day; simulated data has no day to be far from."""
    warning = _used(snapshot, context).warning
    return [warning] if warning and not (snapshot.manifest.simulated or context.study.simulated) else []


def _inputs(snapshot: Snapshot, context: RunContext) -> dict[str, str]:
    if "ingest" not in snapshot.manifest.stages:
        return {}
    return {
        "catalogue": context.load(catalogue_version),
        "country database": checksum(_used(snapshot, context).checksums),
        "reference tables": checksum([storage.sha256(bundled(name)) for name in (COUNTRIES, NETWORKS)]),
        "identity key": storage.key_id(context.load(identity_key)),
    }


STAGE = Stage(
    name="identify",
    reads=("observations.parquet", "catalogue", "country database", "reference tables", "identity key"),
    writes=("identified.parquet",),
    settings=(),
    version=3,
    is_private=True,
    run=_run,
    inputs=_inputs,
    applies=has_banners,
    warnings=_warnings,
    parts_of="observations.parquet",
    follows=INGEST,
    rows="rows_in",
)


def identified(name: str) -> tuple[str, ...]:
    """Return the file that identify makes of one part of observations."""
    return (f"identified.parquet/{name}.parquet",)


def _require_same_edition(snapshot: Snapshot, used: SnapshotGeo) -> None:
    """Raise `IntegrityError` when an edition is not the file that located the snapshot before."""
    before, now = snapshot.manifest.geo, used.record
    if before is None or (before.edition, before.second) != (now.edition, now.second):
        return
    if (before.sha256, before.second_sha256) != (now.sha256, now.second_sha256):
        raise IntegrityError(
            snapshot.folder,
            f"was located with another file of {now.edition} (SHA-256 {before.sha256[:12]}, now {now.sha256[:12]}): "
            "put a copy of that one back. If this is the right one, delete the snapshot's manifest.json and run again",
        )
