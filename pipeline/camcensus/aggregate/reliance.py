"""How far the headline's hosts rest on single signatures and fields: what would be counted without each."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from camcensus.core import parquet
from camcensus.core.tables import RELIANCE
from camcensus.engines.engine import Sql
from camcensus.identify.pivots import FIELD

_PIVOTS = pa.schema({"pivotal": pa.string(), "pivot_id": pa.int64(), "kind": pa.string(), "name": pa.string()})


def rest(db: Sql, snapshot: str, min_confidence: str, folder: Path) -> None:
    """Write `reliance.parquet` in the database of `cover`, which has put the answers of the window there.

    What is pivotal is found for medium confidence; a headline of high confidence alone has an empty table.
    """
    found = db.query("pivots_found")["pivotal"].to_pylist() if min_confidence == "medium" else []
    db.rows("pivots", _pivots(found))
    table = db.query("reliance")
    parquet.write_table(folder / f"{RELIANCE.name}.parquet", table, RELIANCE, {"snapshot": snapshot})


def _pivots(texts: Sequence[str]) -> pa.Table:
    """Return each signature and field of texts of the column `pivotal`, numbered."""
    numbers: dict[str, int] = {}
    rows = [
        {
            "pivotal": text,
            "pivot_id": numbers.setdefault(name, len(numbers)),
            "kind": "field" if name.startswith(FIELD) else "signature",
            "name": name.removeprefix(FIELD),
        }
        for text in texts
        for name in text.split(" ")
    ]
    return pa.Table.from_pylist(rows, _PIVOTS)
