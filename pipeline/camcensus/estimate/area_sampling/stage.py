"""The estimates of a sample, as a run sees them: are they up to date; if not, made, and written down."""

from typing import Any

import pyarrow as pa

from camcensus.aggregate.counts import HEADLINE_DECOYS
from camcensus.core import storage
from camcensus.core.fingerprints import code_hash, digest_of
from camcensus.core.manifest import Flow, Manifest, Stage
from camcensus.core.tables import ESTIMATES, SAMPLE_BLOCKS
from camcensus.estimate.area_sampling.blocks import FILE as BLOCKS
from camcensus.estimate.area_sampling.figures import Figures, Sampled
from camcensus.estimate.area_sampling.inputs import Recorded, matches_in, recorded, sampled
from camcensus.raw.drawn_blocks import MODE
from camcensus.raw.snapshot import Snapshot
from camcensus.stages import Tools

NAME = ESTIMATES.name
FILE = f"{NAME}.parquet"


def estimate_sample(snapshot: Snapshot, tools: Tools) -> str | None:
    """From observations, `sample_blocks.parquet` and the ledger to `estimates.parquet`; "estimates" if it had to be
    done."""
    manifest, study = snapshot.manifest, tools.study
    if manifest.basis != MODE or manifest.collection is None:
        return None
    known = {query.id: query.manufacturer for query in tools.catalogue.queries}
    makers = {name: known.get(name) for name in manifest.collection.queries}
    found = recorded(snapshot.folder, makers, study.collect)
    settings = (study.countries_left_out, study.vendors, study.min_confidence)
    made = [manifest.stages[stage].outputs for stage in ("ingest", "aggregate")]
    sums = [sorted((name, output.sha256) for name, output in outputs.items()) for outputs in made]
    key = digest_of(code_hash("camcensus.estimate.area_sampling.stage"), sums, repr(found), settings, _same(manifest))
    if snapshot.stands(NAME, key):
        return None
    (blocks,) = snapshot.verified("aggregate", BLOCKS)
    inside = list(matches_in(snapshot.verified("ingest", ".parquet"), found, makers))
    sample, outside = sampled(found, inside, storage.read_table(blocks, SAMPLE_BLOCKS))
    rows = Figures(sample, study.countries_left_out, study.vendors).rows()
    _write(snapshot, rows, sample, study.min_confidence)
    flow = Flow(
        unit="sampled blocks", rows_in=found.drawn.n_blocks, rows_out=sample.n_blocks,
        dropped={"not collected whole": found.drawn.n_blocks - sample.n_blocks},
    )  # fmt: skip
    outputs = {FILE: snapshot.output(FILE, len(rows))}
    snapshot.record(NAME, Stage(key=key, outputs=outputs, flow=flow.check(NAME), notes=_notes(found, outside)))
    given = sum(row["reason"] is None for row in rows)
    size = f"{sample.n_blocks:,} of {sample.n_frame:,} blocks"
    text = f"{given:,} figures from {size}; too few for {len(rows) - given:,} more"
    tools.reporter.info(text, snapshot.id, NAME)
    return NAME


def _write(snapshot: Snapshot, rows: list[dict[str, Any]], sample: Sampled, min_confidence: str) -> None:
    same = _same(snapshot.manifest) | {
        "min_confidence": min_confidence,
        "decoys_left_out": HEADLINE_DECOYS,
        "blocks_sampled": sample.n_blocks,
        "blocks_in_all": sample.n_frame,
    }
    columns = [pa.array([(same | row).get(c.name) for row in rows], c.type) for c in ESTIMATES.columns]
    table = pa.Table.from_arrays(columns, schema=ESTIMATES.schema)
    storage.write_table(snapshot.path(FILE), table, ESTIMATES, {"snapshot": snapshot.id, "basis": MODE})


def _notes(found: Recorded, outside: int) -> list[str]:
    return [
        str(found.drawn),
        f"{found.elsewhere:,} matches lie outside the IPv4 space, for which no block stands; they are in no estimate",
        f"{outside:,} counted banners lie outside the blocks that came whole; they are in no estimate",
    ]


def _same(manifest: Manifest) -> dict[str, Any]:
    """What all rows share."""
    instrument, window = manifest.instrument, manifest.window
    return {
        "snapshot": manifest.snapshot,
        "engine": manifest.engine,
        "basis": manifest.basis,
        "window_start": window.start if window else None,
        "window_end": window.end if window else None,
        "complete": manifest.complete,
        "simulated": manifest.simulated,
        **(instrument.model_dump() if instrument else {}),
    }
