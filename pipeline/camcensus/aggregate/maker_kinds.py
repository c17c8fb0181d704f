"""What each maker's hosts are: counted by the maker's range alone, or something else where they show their kind."""

from pathlib import Path

from camcensus.core import parquet
from camcensus.core.tables import MAKER_KINDS
from camcensus.engines.engine import Sql


def describe_makers(db: Sql, snapshot: str, folder: Path) -> None:
    """Write `maker_kinds.parquet` in the database of `cover`, which has put the answers of the window there."""
    table = db.query("maker_kinds")
    parquet.write_table(folder / f"{MAKER_KINDS.name}.parquet", table, MAKER_KINDS, {"snapshot": snapshot})
