"""`counts_public.parquet`: the counts of all snapshots as far as they may be published. Rules: `publish`."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from camcensus.core import parquet
from camcensus.core.config import Study
from camcensus.core.tables import COUNTS, Table, conform
from camcensus.report.inputs import Result, is_simulated
from camcensus.report.output import Output
from camcensus.report.tables.publish import TOTALS, published, scope_of

NAME = "counts_public.parquet"
_CROSSED = "null: not published where two columns cross"
_NULL = {
    "n_banners": _CROSSED,
    "n_devices": _CROSSED,
    "n_prefixes": f"{_CROSSED}, nor for other",
    "n_hosts": "null: of other, since hosts of several makers do not add up",
}
_OF_THE_SNAPSHOT = [
    *("snapshot", "engine", "basis", "query_set", "catalogue", "rules", "geo_db"),
    *("window_start", "window_end", "complete", "simulated"),
]
SCHEMA = Table(
    "counts_public",
    "a cell that may be published; other: the cells that may not",
    tuple(replace(c, meaning=f"{c.meaning}; {_NULL[c.name]}") if c.name in _NULL else c for c in COUNTS.columns),
)


def write(study: Study, results: Sequence[Result], out: Output) -> None:
    """Write `counts_public.parquet`, newest snapshot first."""
    metadata = {"simulated": str(is_simulated(study, results)).lower(), "run": results[-1].manifest.run}
    parquet.write_table(out.folder / NAME, table(study, results), SCHEMA, metadata)
    out.keep(NAME)


def table(study: Study, results: Sequence[Result]) -> pa.Table:
    """Return what of all counts may be published, newest snapshot first: totals in every variant, then all finer."""
    parts = []
    for result in reversed(results):
        totals = result.counts.filter(pc.is_in(result.counts["level"], value_set=pa.array(TOTALS)))
        parts += [conform(totals, SCHEMA), _finer(study, result)]
    return pa.concat_tables(parts)


def _finer(study: Study, result: Result) -> pa.Table:
    """All else, at the headline values."""
    own = {"ip_version": "4", "min_confidence": study.min_confidence, "decoys_left_out": "certain"}
    # Engine, instrument, window and marks are the same in every row of a snapshot.
    same = result.counts.select(_OF_THE_SNAPSHOT).slice(0, 1).to_pylist()[0] | own
    rows = [same | {"scope": scope_of(row["level"])} | row for row in published(study, result).finer()]
    return conform(pa.Table.from_pylist(rows, schema=SCHEMA.schema), SCHEMA)
