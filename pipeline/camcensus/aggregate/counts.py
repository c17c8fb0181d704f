"""Aggregate: from what dedupe wrote (`device_hosts`, `device_labels`, `locations`) to the cube.

Every cell is counted on its own; nothing is summed that does not add up.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from camcensus.core import parquet
from camcensus.core.errors import ReconciliationError
from camcensus.core.manifest import Manifest
from camcensus.core.stage_record import Flow
from camcensus.core.tables import COUNTS, GROUPS, NETWORKS
from camcensus.engines.engine import Sql, make_by_level

LEVELS = 8  # of `levels`, see `count_labels.sql`
VARIANT = ("scope", "ip_version", "min_confidence", "decoys_left_out")
DECOYS = ("none", "certain", "likely")
HEADLINE_IP = "4"
HEADLINE_DECOYS = "certain"


def variants() -> Iterator[dict[str, str]]:
    """Yield every way to count, in a fixed order: see `tables.COUNTS` for the columns."""
    for values in product(("all", "study"), ("4", "6", "all"), ("medium", "high"), DECOYS):
        yield dict(zip(VARIANT, values, strict=True))


def aggregate(db: Sql, manifest: Manifest, min_confidence: str, folder: Path) -> pa.Table:
    """Write `counts.parquet` and `networks.parquet`; return the counts."""
    table = count(db, manifest, min_confidence)
    instrument = manifest.instrument.model_dump() if manifest.instrument else {}
    metadata = {"snapshot": manifest.snapshot, "engine": manifest.engine} | {k: str(v) for k, v in instrument.items()}
    for rows, to in ((table, COUNTS), (db.query("networks"), NETWORKS)):
        parquet.write_table(folder / f"{to.name}.parquet", rows, to, metadata)
    return table


def count(db: Sql, manifest: Manifest, min_confidence: str) -> pa.Table:
    """Return `tables.COUNTS`; leaves tables in `db` for the queries of `details` and of samples."""
    if manifest.window is None or manifest.instrument is None:
        raise ReconciliationError("aggregate: the manifest names no window and instrument; dedupe comes first")
    db.rows("variants", pa.Table.from_pylist(list(variants())))
    db.make("count_labels")
    db.make("host_labels")
    make_by_level(db, "multi_label_counts", _MULTI_LABEL_COUNTS, range(1, LEVELS + 1))
    return _table(_cells(db, min_confidence), manifest)


_MULTI_LABEL_COUNTS = pa.schema({
    "value_id": pa.int64(), "scope": pa.string(), "country_id": pa.int64(), "n_hosts": pa.int64(),
    "n_prefixes": pa.int64(), "n_prefixes_inside": pa.int64(),
})  # fmt: skip


def _cells(db: Sql, min_confidence: str) -> pa.Table:
    """Return the cells of all variants, whole columns at a time: world and countries; the headline's full cube."""
    margins, cube = db.query("margins"), db.query("cube")
    headline = (HEADLINE_IP, min_confidence, HEADLINE_DECOYS)
    full = pa.scalar(value=True)
    for name, value in zip(VARIANT[1:], headline, strict=True):
        full = pc.and_(full, pc.equal(margins[name], value))
        cube = cube.append_column(name, pa.repeat(value, cube.num_rows))
    cells = pa.concat_tables([margins.filter(pc.invert(full)), cube], promote_options="default")
    return cells.append_column("level", _levels(cells))


def _levels(cells: pa.Table) -> pa.ChunkedArray:
    """Return the name of each cell's level, from the columns that say what it does not group by (null: neither)."""
    code = pa.array(np.zeros(cells.num_rows, np.int64))
    names = [""]
    for n, group in enumerate(GROUPS):
        inside = pc.subtract(1, pc.fill_null(cells[f"no_{group}"], 1))
        code = pc.add(code, pc.multiply(inside, 1 << n))
        names += [f"{name}+{group}" if name else group for name in names]
    return pa.array(["world", *names[1:]]).take(code)


def _table(cells: pa.Table, manifest: Manifest) -> pa.Table:
    same = about(manifest)
    columns = {
        column.name: cells[column.name].cast(column.type)
        if column.name in cells.column_names
        else pa.repeat(pa.scalar(same.get(column.name), column.type), cells.num_rows)
        for column in COUNTS.columns
    }
    return pa.table(columns)


def about(manifest: Manifest) -> dict[str, Any]:
    """Return the columns that say which snapshot a row is of, and by which method it was counted."""
    window, instrument = manifest.window, manifest.instrument
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


def flow_of(counts: pa.Table, min_confidence: str) -> Flow:
    """Return the flow from kept banners to those behind the headline; each step is a counted cell."""
    world = {
        tuple(row[name] for name in VARIANT): row["n_banners"]
        for row in counts.filter(pc.equal(counts["level"], "world")).to_pylist()
    }
    steps = [
        ("", ("all", "all", "medium", "none")),
        ("confidence below the study's", ("all", "all", min_confidence, "none")),
        ("on a certain decoy", ("all", "all", min_confidence, HEADLINE_DECOYS)),
        ("IPv6 (counted apart)", ("all", HEADLINE_IP, min_confidence, HEADLINE_DECOYS)),
        ("country left out", ("study", HEADLINE_IP, min_confidence, HEADLINE_DECOYS)),
    ]
    left = [world[variant] for _, variant in steps]
    dropped = {reason: a - b for (reason, _), a, b in zip(steps[1:], left, left[1:], strict=False) if a - b}
    return Flow(unit="kept banners", rows_in=left[0], rows_out=left[-1], dropped=dropped).check("aggregate")
