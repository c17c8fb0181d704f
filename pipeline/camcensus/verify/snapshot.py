"""The verification of one snapshot: raw files, ledgers, tables, schemas, and flows.

Reconciliation: each stage's flow, the rows that one gives and the next takes, and both against the tables.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from camcensus.aggregate.earlier_runs import FILES, kept
from camcensus.core import parquet, storage
from camcensus.core.errors import CamcensusError, IntegrityError, ReconciliationError
from camcensus.core.manifest import Manifest, load_manifest
from camcensus.core.stage_record import Output, StageRecord
from camcensus.core.tables import BY_NAME, COUNTS, Table
from camcensus.raw.imports import read_ledger
from camcensus.raw.ledger import FILE, Ledger
from camcensus.stages import STAGES
from camcensus.verify.verdict import Expected, Verdict, check_files

_REMEDY = "put a copy of it back, or import it again"
_REMEDY_PAGE = "put it back, or collect it again"


def check_snapshot(folder: Path, verdict: Verdict) -> Manifest | None:
    """Add to `verdict` what is wrong with the snapshot in `folder`; return its manifest, if it has a sound one."""
    manifest = _manifest(folder, verdict)
    files = dict(_raw(folder, bool(manifest and manifest.purged), verdict))
    if manifest is None:
        check_files(files, verdict)
        return None
    if not manifest.purged:
        files |= _inputs(folder, manifest, files, verdict)
    outputs = {name: output for stage in manifest.stages.values() for name, output in stage.outputs.items()}
    kept_outputs = {name: output for name, output in outputs.items() if name not in manifest.purged}
    files |= {folder / name: Expected(output.sha256, output.bytes) for name, output in kept_outputs.items()}
    files |= _earlier(folder, verdict)
    good = check_files(files, verdict)
    for name, output in kept_outputs.items():
        if name.endswith(".parquet") and folder / name in good:
            _check_table(folder / name, BY_NAME.get(name.split("/")[0].removesuffix(".parquet")), output, verdict)
    check_flows(folder, manifest, verdict)
    if not manifest.complete:
        verdict.notes.append(f"{folder}: is partial: {'; '.join(manifest.partial) or 'not recorded why'}")
    _leftovers(folder, verdict)
    return manifest


def _manifest(folder: Path, verdict: Verdict) -> Manifest | None:
    try:
        found = load_manifest(folder)
    except CamcensusError as error:
        verdict.wrong(folder / "manifest.json", _reason(error))
        return None
    if found is None:
        verdict.wrong(folder, "has no manifest: it was never counted; run camcensus run")
    elif found.snapshot not in (folder.name, folder.parent.parent.name):
        verdict.wrong(folder, f"its manifest is of snapshot {found.snapshot}")
    verdict.count("manifests")
    return found


def _raw(folder: Path, purged: bool, verdict: Verdict) -> Iterator[tuple[Path, Expected]]:
    """Yield raw files as the ledgers of imports and of the collection list them."""
    try:
        for name, entry in read_ledger(folder).items():
            if (folder / "raw" / name).is_file():  # a missing one is reported by the manifest, if it matters
                yield folder / "raw" / name, Expected(entry["sha256"], entry["bytes"], _REMEDY)
        if (folder / "raw" / FILE).is_file():
            yield from _collected(folder, purged, verdict)
    except CamcensusError as error:
        verdict.wrong(folder / "raw", _reason(error))


def _collected(folder: Path, purged: bool, verdict: Verdict) -> Iterator[tuple[Path, Expected]]:
    with closing(Ledger(folder / "raw", read_only=True)) as ledger:
        if not ledger.is_checksummed:
            verdict.notes.append(f"{ledger.path}: was not closed, so a flipped bit in it may go unnoticed")
        for page in [] if purged else ledger.pages():
            yield folder / "raw" / page.file, Expected(page.sha256, page.bytes, _REMEDY_PAGE)
        for mode in [] if purged else ledger.modes():
            for reply in ledger.replies(mode):
                yield folder / "raw" / reply.file, Expected(reply.sha256, reply.bytes, _REMEDY_PAGE)
    verdict.count("ledgers of collections")
    with closing(sqlite3.connect(f"{(folder / 'raw' / FILE).resolve().as_uri()}?mode=ro", uri=True)) as plain:
        (outcome,) = plain.execute("pragma integrity_check(1)").fetchone()
    if outcome != "ok":
        verdict.wrong(folder / "raw" / FILE, f"is damaged: {outcome}")


def _inputs(
    folder: Path, manifest: Manifest, ledgers: Mapping[Path, Expected], verdict: Verdict
) -> dict[Path, Expected]:
    """Return raw files as the manifest lists them. A bundle of pages is not a file; its pages are in the ledger."""
    found = {}
    for name, item in manifest.inputs.items():
        path = folder / "raw" / name
        entry = ledgers.get(path)
        if entry is not None and entry.sha256 != item.sha256:
            verdict.wrong(path, "was imported again after it was counted; run camcensus run")
        elif item.pages is None:
            found[path] = Expected(item.sha256, item.bytes, _REMEDY)
        mapping = folder / "raw" / item.source
        if item.mapping and mapping.is_file():
            found[mapping] = Expected(item.mapping.sha256, None, "put the mapping back, or run again with this one")
    return found


def _earlier(folder: Path, verdict: Verdict) -> dict[Path, Expected]:
    """Return the counts of earlier runs that were kept."""
    found: dict[Path, Expected] = {}
    for run in kept(folder):
        manifest = _manifest(run, verdict)
        outputs = manifest.stages["aggregate"].outputs if manifest else {}
        found |= {run / name: Expected(outputs[name].sha256, outputs[name].bytes) for name in FILES if name in outputs}
    return found


def _check_table(path: Path, to: Table | None, output: Output, verdict: Verdict) -> None:
    """Check columns, types, rows and nulls of a table by its footer."""
    if to is None:
        verdict.wrong(path, "is not a table of camcensus")
        return
    verdict.count("schemas")
    with pq.ParquetFile(path) as file:
        if not file.schema_arrow.remove_metadata().equals(to.schema.remove_metadata(), check_metadata=False):
            found = {(field.name, str(field.type)) for field in file.schema_arrow}
            other = found ^ {(column.name, str(column.type)) for column in to.columns}
            names = ", ".join(sorted(f"{name} ({kind})" for name, kind in other)) or "in another order"
            verdict.wrong(path, f"does not have the columns of {to.name}: {names}")
            return
        if file.metadata.num_rows != output.rows:
            verdict.wrong(path, f"has {file.metadata.num_rows:,} rows, the manifest says {output.rows}")
        for name in _nulls(file, to):
            verdict.wrong(path, f"column {name} has nulls, which it must not have")


def _nulls(file: pq.ParquetFile, to: Table) -> list[str]:
    """Return columns that have nulls by the statistics, and must not."""
    groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
    groups = [group for group in groups if group.num_rows]  # a group of no rows has no statistics
    columns = enumerate(to.columns)
    return [c.name for n, c in columns if not c.nullable and any(g.column(n).statistics.null_count for g in groups)]


def _leftovers(folder: Path, verdict: Verdict) -> None:
    if storage.is_locked(folder / "raw"):
        return
    for path in sorted(folder.rglob(f".*{storage.PART}")):
        verdict.notes.append(f"{path}: an unfinished file of a killed run; the next run removes it")


def _reason(error: CamcensusError) -> str:
    return str(getattr(error, "reason", error))


def check_flows(folder: Path, manifest: Manifest, verdict: Verdict) -> None:
    """Enter what does not reconcile into the verdict."""
    stages = manifest.stages
    for name, record in stages.items():
        for of, flow in record.flows.items():
            verdict.count("flows")
            try:
                flow.check(of or name)
            except ReconciliationError as error:
                verdict.wrong(folder / "manifest.json", str(error))
    for stage in STAGES:
        if stage.name not in stages:
            continue
        record, before = stages[stage.name], stages.get(stage.follows.name) if stage.follows else None
        if stage.follows and before and (gave := before.flow.rows_out) != (took := record.flow.rows_in):
            text = f"{stage.follows.name} gave {gave:,} rows, {stage.name} took {took:,}"
            verdict.wrong(folder / "manifest.json", text)
        if stage.rows:
            _rows(folder, record, stage.writes[0], stage.rows, verdict)
    _devices(folder, stages, verdict)
    if "aggregate" in stages and "counts.parquet" in stages["aggregate"].outputs:
        _headline(folder, stages["aggregate"], verdict)


def _rows(folder: Path, stage: StageRecord, table: str, side: str, verdict: Verdict) -> None:
    rows = sum(output.rows or 0 for name, output in stage.outputs.items() if name.split("/")[0] == table)
    if rows != (wanted := getattr(stage.flow, side)):
        verdict.wrong(folder / table, f"has {rows:,} rows, its flow says {wanted:,}")


def _devices(folder: Path, stages: dict[str, StageRecord], verdict: Verdict) -> None:
    """Kept banners are devices plus all merges."""
    stage = stages.get("dedupe")
    if stage is None or not stage.merges:
        return
    devices = stage.outputs["devices.parquet"].rows or 0
    merged = sum(m.merged for rule, m in stage.merges.items() if rule != "same-banner")
    if stage.flow.rows_out != devices + merged:
        sums = f"{stage.flow.rows_out:,} kept banners, {devices:,} devices and {merged:,} merges"
        verdict.wrong(folder / "devices.parquet", f"does not reconcile: {sums}")


def _headline(folder: Path, stage: StageRecord, verdict: Verdict) -> None:
    """Check that the flow ends at the headline's banners, one of the world's cells."""
    try:
        counts = parquet.read_table(folder / "counts.parquet", COUNTS)
    except IntegrityError:
        return  # reported with the files
    world = counts.filter(pc.and_(pc.equal(counts["level"], "world"), pc.equal(counts["scope"], "study")))
    if stage.flow.rows_out not in world["n_banners"].to_pylist():
        wrong = f"the flow ends at {stage.flow.rows_out:,} banners, which no cell of the world has"
        verdict.wrong(folder / "counts.parquet", wrong)
