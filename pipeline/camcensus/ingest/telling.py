"""Count the banners with evidence that can show a camera."""

import pyarrow as pa
import pyarrow.compute as pc

from camcensus.core.tables import EVIDENCE

# What shows no camera without other evidence.
_SAYS_NOTHING = frozenset({"module", "tags", "http_auth", "rtsp_auth"})
TELLING = tuple(column.name for column in EVIDENCE if column.name not in _SAYS_NOTHING)


def count_telling(rows: pa.RecordBatch) -> int:
    """Return how many rows of `observations` have evidence by which a signature can find a camera."""
    filled = [column for name in TELLING if (column := rows.column(name)).null_count < rows.num_rows]
    if any(not column.null_count for column in filled):
        return int(rows.num_rows)
    has_any = pa.repeat(pa.scalar(False), rows.num_rows)
    for column in filled:
        has_any = pc.or_(has_any, column.is_valid())
    return int(pc.sum(has_any).as_py() or 0)
