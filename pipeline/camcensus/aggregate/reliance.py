"""How far the headline's hosts rest on single signatures and fields: what would be counted without each."""

from pathlib import Path

import pyarrow as pa

from camcensus.core import storage
from camcensus.core.tables import RELIANCE
from camcensus.engines.engine import Sql
from camcensus.identify.pivots import FIELD

_PIVOTS = pa.schema({"pivotal": pa.string(), "kind": pa.string(), "name": pa.string()})


def rest(db: Sql, snapshot: str, min_confidence: str, folder: Path) -> None:
    """Write `reliance.parquet` in the database of `cover`, which has put the window there.

    What is pivotal is found for medium confidence; a headline of high confidence alone has an empty table.
    """
    found = db.query("pivots_found")["pivotal"].to_pylist() if min_confidence == "medium" else []
    db.rows("pivots", pa.Table.from_pylist([pivot for text in found for pivot in _pivots(text)], _PIVOTS))
    table = db.query("reliance")
    storage.write_table(folder / f"{RELIANCE.name}.parquet", table, RELIANCE, {"snapshot": snapshot})


def _pivots(text: str) -> list[dict[str, str]]:
    """Return each signature and field of a text of the column `pivotal`."""
    return [
        {
            "pivotal": text,
            "kind": "field" if name.startswith(FIELD) else "signature",
            "name": name.removeprefix(FIELD),
        }
        for name in text.split(" ")
    ]
