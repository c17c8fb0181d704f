"""What was counted in each sampled block: a sample's counts are not totals, so it has no counts.parquet."""

from pathlib import Path

import pyarrow as pa

from camcensus.aggregate.counts import count, flow_of
from camcensus.core import storage
from camcensus.core.manifest import Manifest
from camcensus.core.stage_record import Flow
from camcensus.core.tables import SAMPLE_BLOCKS
from camcensus.engines.engine import Sql
from camcensus.raw.address_blocks import BITS, Block

FILE = "sample_blocks.parquet"


def count_blocks(
    db: Sql, manifest: Manifest, min_confidence: str, left_out: tuple[str, ...], folder: Path, prefix_length: int
) -> Flow:
    """From the views that aggregate reads to `sample_blocks.parquet` in `folder`; the flow to the headline number."""
    counts = count(db, manifest, min_confidence, left_out)
    shift = BITS - prefix_length
    db.rows("blocks", pa.table({"shift": [shift]}))
    found = db.query("sample_blocks")
    names = [str(Block((number << shift, prefix_length))) for number in found["number"].to_pylist()]
    table = found.drop_columns("number").add_column(0, "block", pa.array(names, pa.string()))
    storage.write_table(folder / FILE, table, SAMPLE_BLOCKS, {"snapshot": manifest.snapshot})
    return flow_of(counts, min_confidence)
