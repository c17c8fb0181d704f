"""`counts_public.parquet`: the counts of all snapshots as far as they may be published. Rules: `publish`."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.tables import COUNTS, GROUPS, UNITS, Table, conform
from camcensus.report.inputs import Result, is_simulated
from camcensus.report.output import Output
from camcensus.report.tables.publish import TOTALS, published, scope_of

NAME = "counts_public.parquet"
_NULL = {
    "n_banners": "null: not published where two columns cross",
    "n_devices": "null: not published where two columns cross",
    "n_prefixes": "null: not published where two columns cross, nor for other",
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
    storage.write_table(out.folder / NAME, table(study, results), SCHEMA, metadata)
    out.keep(NAME)


def table(study: Study, results: Sequence[Result]) -> pa.Table:
    """Return what of all counts may be published, newest snapshot first."""
    parts = [part for result in reversed(results) for part in (_totals(result), _finer(study, result))]
    return pa.concat_tables(parts)


def _totals(result: Result) -> pa.Table:
    """World and countries, in every variant."""
    wanted = pc.is_in(result.counts["level"], value_set=pa.array(TOTALS))
    return conform(result.counts.filter(wanted), SCHEMA)


def _finer(study: Study, result: Result) -> pa.Table:
    """All else, at the headline values."""
    own = {"ip_version": "4", "min_confidence": study.min_confidence, "decoys_left_out": "certain"}
    # Engine, instrument, window and marks are the same in every row of a snapshot.
    same = result.counts.select(_OF_THE_SNAPSHOT).slice(0, 1).to_pylist()[0] | own
    rows = published(study, result).finer()
    columns = [
        pa.array([scope_of(row["level"]) for row in rows], c.type)
        if c.name == "scope"
        else pa.array([row[c.name] for row in rows], c.type)
        if c.name in ("level", *GROUPS, *UNITS)
        else pa.repeat(pa.scalar(same.get(c.name), c.type), len(rows))
        for c in SCHEMA.columns
    ]
    return conform(pa.table(columns, schema=SCHEMA.schema), SCHEMA)
