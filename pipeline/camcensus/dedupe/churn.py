"""Churn: how many devices have another address in the next of several full collections of one snapshot.

One collection holds the latest banner of each address and port, and no address that was left, so it shows no churn. The
index is the share of serial numbers and MAC addresses, each on one host in a collection and again on one in the next,
whose host is another. Hosts with a counted banner in a collection and none in the next are reported next to it: their
devices moved or went off, so they are more than those that moved.
"""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from camcensus.core import parquet
from camcensus.core.stage_record import Churn, Collected
from camcensus.core.tables import CHURN
from camcensus.engines.engine import Sql

FILE = "churn.parquet"
DECIMALS = 4
ONE_COLLECTION = (
    "the snapshot is one collection, which holds only the latest banner of each address and port; churn shows only "
    "between repeated full collections"
)
PARTIAL = "a collection is partial, and what it lacks would look as if it had gone"
NO_IDENTITY = "no serial number or MAC address is on one host in a collection and again on one in the next"


def churn(db: Sql, collections: Mapping[str, str], is_complete: bool, folder: Path) -> Churn:
    """Return what became of each collection of `collections` (by raw file) in the next; write `churn.parquet`."""
    (folder / FILE).unlink(missing_ok=True)
    if len(set(collections.values())) < 2:
        return Churn(reason=ONE_COLLECTION)
    db.rows("collections", pa.table({"file": list(collections), "collection": list(collections.values())}))
    table = db.query("churn")
    rows = db.read("collections_seen").sort_by("place").drop_columns("place").to_pylist()
    seen = [Collected.model_validate(row) for row in rows]
    if len(seen) < 2:
        return Churn(reason=f"only one of the collections has counted banners in the window; {ONE_COLLECTION}")
    if not is_complete:
        return Churn(reason=PARTIAL, collections=seen)
    parquet.write_table(folder / FILE, table, CHURN)
    world = table.filter(pc.equal(table["level"], "world"))
    sums = {name: pc.sum(world[name]).as_py() for name in CHURN.names if name.startswith("n_")}
    index = churn_index(sums["n_identities_moved"], sums["n_identities"])
    return Churn(index=index, reason=None if index is not None else NO_IDENTITY, collections=seen, **sums)


def churn_index(moved: int, again: int) -> float | None:
    """Return the share (0 to 1) of identities seen again that moved; None when none was seen again."""
    return round(moved / again, DECIMALS) if again else None
