"""Reconciliation: each stage's flow, the rows that one gives and the next takes, and both against the tables."""

from pathlib import Path

import pyarrow.compute as pc

from camcensus.core import storage
from camcensus.core.errors import IntegrityError, ReconciliationError
from camcensus.core.manifest import Manifest
from camcensus.core.stage_record import StageRecord
from camcensus.core.tables import COUNTS
from camcensus.stages import STAGES
from camcensus.verify.verdict import Verdict


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
        counts = storage.read_table(folder / "counts.parquet", COUNTS)
    except IntegrityError:
        return  # reported with the files
    world = counts.filter(pc.and_(pc.equal(counts["level"], "world"), pc.equal(counts["scope"], "study")))
    if stage.flow.rows_out not in world["n_banners"].to_pylist():
        wrong = f"the flow ends at {stage.flow.rows_out:,} banners, which no cell of the world has"
        verdict.wrong(folder / "counts.parquet", wrong)
