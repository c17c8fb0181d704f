"""The stages of a sample of address blocks: what was counted in each block, and estimates for the whole."""

from pathlib import Path
from typing import TYPE_CHECKING

from camcensus.aggregate.stage import count_facts, method_inputs, rules_of
from camcensus.core.manifest import Manifest
from camcensus.core.stage_record import Flow
from camcensus.core.tables import COUNTED_FROM, ESTIMATES, SAMPLE_BLOCKS
from camcensus.dedupe.stage import STAGE as DEDUPE
from camcensus.engines.engine import Sql
from camcensus.identify.catalogue_version import study_catalogue
from camcensus.ingest.stage import has_banners
from camcensus.raw.address_blocks import BITS, Block
from camcensus.raw.drawn_blocks import MODE
from camcensus.raw.snapshot import Snapshot
from camcensus.raw.stage_base import RunContext, Stage, StageResult, checksum

if TYPE_CHECKING:
    from camcensus.estimate.area_sampling.inputs import Recorded

NAME = ESTIMATES.name
FILE = f"{NAME}.parquet"
BLOCKS = f"{SAMPLE_BLOCKS.name}.parquet"


def _count(snapshot: Snapshot, context: RunContext) -> StageResult:
    """Count what is in each block. A sample has no `counts.parquet`, so nothing can take it for a whole."""
    from camcensus.aggregate.headline import opened
    from camcensus.core.parquet import rows_of

    study, sample = context.study, snapshot.manifest.collection and snapshot.manifest.collection.sample
    facts = count_facts(snapshot, context, rules_of(snapshot, study))
    manifest = snapshot.manifest.model_copy(update=facts)
    with opened(snapshot, study, context.engine, *COUNTED_FROM) as db:
        flow = count_blocks(
            db, manifest, study.min_confidence, snapshot.folder, prefix_length=sample.prefix_length if sample else 0
        )
    return StageResult(flow, files=rows_of(snapshot.folder, (BLOCKS,)), facts=facts, is_count=True)


def count_blocks(db: Sql, manifest: Manifest, min_confidence: str, folder: Path, prefix_length: int) -> Flow:
    """Write `sample_blocks.parquet` from what `headline.opened` has of `COUNTED_FROM`; return the headline's flow."""
    import pyarrow as pa

    from camcensus.aggregate.counts import count, flow_of
    from camcensus.core import parquet

    flow = flow_of(count(db, manifest, min_confidence), min_confidence)
    shift = BITS - prefix_length
    db.rows("blocks", pa.table({"shift": [shift]}))
    found = db.query("sample_blocks")
    names = [str(Block((number << shift, prefix_length))) for number in found["number"].to_pylist()]
    table = found.drop_columns("number").add_column(0, "block", pa.array(names, pa.string()))
    parquet.write_table(folder / BLOCKS, table, SAMPLE_BLOCKS, {"snapshot": manifest.snapshot})
    return flow


def is_sample(manifest: Manifest) -> bool:
    """Return whether a snapshot holds the banners of a sample of address blocks."""
    return has_banners(manifest) and manifest.collection is not None and manifest.collection.sample is not None


BLOCKS_STAGE = Stage(
    name=SAMPLE_BLOCKS.name,
    reads=(*(f"{table}.parquet" for table in COUNTED_FROM), "collection", "is complete"),
    writes=(BLOCKS,),
    settings=("min_confidence", "countries_left_out", "simulated"),
    version=1,
    is_private=False,
    run=_count,
    inputs=method_inputs,
    applies=is_sample,
    follows=DEDUPE,
)


def _recorded(snapshot: Snapshot, context: RunContext) -> "tuple[Recorded, dict[str, str | None]]":
    """Return the ledger's record of the sample, and the maker of each query."""
    from camcensus.estimate.area_sampling.inputs import recorded

    catalogue = context.load(study_catalogue)
    sent = snapshot.manifest.collection.queries if snapshot.manifest.collection else {}
    makers = {name: catalogue.maker_of(name) for name in sent}
    return recorded(snapshot.folder, makers, context.study.collect), makers


def _estimate(snapshot: Snapshot, context: RunContext) -> StageResult:
    """Estimate totals from observations, `sample_blocks.parquet` and the ledger."""
    import pyarrow as pa

    from camcensus.aggregate.counts import HEADLINE_DECOYS, about
    from camcensus.core import parquet
    from camcensus.estimate.area_sampling.figures import Figures
    from camcensus.estimate.area_sampling.inputs import matches_in, sampled

    study = context.study
    found, makers = _recorded(snapshot, context)
    (blocks,) = snapshot.verified(SAMPLE_BLOCKS.name)
    inside = list(matches_in(snapshot.verified("observations"), found, makers))
    sample, outside = sampled(found, inside, parquet.read_table(blocks, SAMPLE_BLOCKS))
    rows = Figures(sample, study.countries_left_out, study.vendors).rows()
    same = about(snapshot.manifest) | {
        "min_confidence": study.min_confidence, "decoys_left_out": HEADLINE_DECOYS, "blocks_sampled": sample.n_blocks,
        "blocks_in_all": sample.n_frame,
    }  # fmt: skip
    table = pa.Table.from_pylist([same | row for row in rows], ESTIMATES.schema)
    parquet.write_table(snapshot.path(FILE), table, ESTIMATES, {"snapshot": snapshot.id, "basis": MODE})
    lost = {"not collected whole": found.drawn.n_blocks - sample.n_blocks}
    flow = Flow(unit="sampled blocks", rows_in=found.drawn.n_blocks, rows_out=sample.n_blocks, dropped=lost)
    given = sum(row["reason"] is None for row in rows)
    size = f"{sample.n_blocks:,} of {sample.n_frame:,} blocks"
    text = f"{given:,} figures from {size}; too few for {len(rows) - given:,} more"
    context.reporter.info(text, snapshot.id, NAME)
    notes = [
        str(found.drawn),
        f"{found.elsewhere:,} matches lie outside the IPv4 space, for which no block stands; they are in no estimate",
        f"{outside:,} counted banners lie outside the blocks that came whole; they are in no estimate",
    ]
    return StageResult(flow, {FILE: len(rows)}, notes=notes)


def _inputs(snapshot: Snapshot, context: RunContext) -> dict[str, str]:
    from camcensus.aggregate.counts import about

    return {
        **method_inputs(snapshot, context),
        "ledger": checksum(_recorded(snapshot, context)),
        "method": checksum(about(snapshot.manifest)),
    }


STAGE = Stage(
    name=NAME,
    reads=("observations.parquet", BLOCKS, "ledger"),
    writes=(FILE,),
    settings=("countries_left_out", "vendors", "min_confidence"),
    version=1,
    is_private=False,
    run=_estimate,
    inputs=_inputs,
    applies=is_sample,
)
