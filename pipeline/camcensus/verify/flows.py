"""Reconciliation: each stage's flow, what one gives against what the next is given, and both against the tables."""

from pathlib import Path

import pyarrow.compute as pc

from camcensus.core import storage
from camcensus.core.errors import IntegrityError, ReconciliationError
from camcensus.core.manifest import STAGES, Manifest, Stage
from camcensus.core.tables import COUNTS
from camcensus.verify.verdict import Verdict

# Stage, its table, and what of the flow the table's rows are.
_ROWS = (
    ("ingest", "observations.parquet", "rows_out"),
    ("identify", "identified.parquet", "rows_in"),
    ("dedupe", "links.parquet", "rows_in"),
    ("returned", "returned.parquet", "rows_out"),
)


def check_flows(folder: Path, manifest: Manifest, verdict: Verdict) -> None:
    """Enters what does not add up."""
    stages = {name: manifest.stages[name] for name in STAGES if name in manifest.stages}
    for name, stage in manifest.stages.items():
        verdict.count("flows")
        try:
            stage.flow.check(name)
        except ReconciliationError as error:
            verdict.wrong(folder / "manifest.json", str(error))
    for one, two in (("ingest", "identify"), ("identify", "dedupe"), ("dedupe", "aggregate")):
        if one in stages and two in stages and stages[one].flow.rows_out != stages[two].flow.rows_in:
            gave, took = stages[one].flow.rows_out, stages[two].flow.rows_in
            verdict.wrong(folder / "manifest.json", f"{one} gave {gave:,} rows, {two} was given {took:,}")
    for name, table, side in _ROWS:
        if name in manifest.stages:
            _rows(folder, manifest.stages[name], table, side, verdict)
    _devices(folder, stages, verdict)
    if "aggregate" in stages and "counts.parquet" in stages["aggregate"].outputs:
        _headline(folder, stages["aggregate"], verdict)


def _rows(folder: Path, stage: Stage, table: str, side: str, verdict: Verdict) -> None:
    rows = sum(output.rows or 0 for name, output in stage.outputs.items() if name.split("/")[0] == table)
    if rows != (wanted := getattr(stage.flow, side)):
        verdict.wrong(folder / table, f"has {rows:,} rows, its flow says {wanted:,}")


def _devices(folder: Path, stages: dict[str, Stage], verdict: Verdict) -> None:
    """Kept banners are devices plus all merges."""
    stage = stages.get("dedupe")
    if stage is None or not stage.merges:
        return
    devices = stage.outputs["devices.parquet"].rows or 0
    merged = sum(m.merged for rule, m in stage.merges.items() if rule != "same-banner")
    if stage.flow.rows_out != devices + merged:
        told = f"{stage.flow.rows_out:,} kept banners, {devices:,} devices and {merged:,} merges"
        verdict.wrong(folder / "devices.parquet", f"does not reconcile: {told}")


def _headline(folder: Path, stage: Stage, verdict: Verdict) -> None:
    """The flow ends at the headline's banners, one of the world's cells."""
    try:
        counts = storage.read_table(folder / "counts.parquet", COUNTS)
    except IntegrityError:
        return  # told already
    world = counts.filter(pc.and_(pc.equal(counts["level"], "world"), pc.equal(counts["scope"], "study")))
    if stage.flow.rows_out not in world["n_banners"].to_pylist():
        told = f"the flow ends at {stage.flow.rows_out:,} banners, which no cell of the world has"
        verdict.wrong(folder / "counts.parquet", told)
