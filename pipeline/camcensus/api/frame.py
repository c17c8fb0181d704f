"""A pandas frame that also gives itself to Arrow, DuckDB and Polars, without a copy."""

from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import pyarrow as pa

from camcensus.core.errors import CamcensusError
from camcensus.engines.duckdb_sql import OFFLINE

if TYPE_CHECKING:
    import polars as pl


class Frame(pd.DataFrame):
    """A pandas frame whose columns are Arrow's, so that other libraries read them without a copy.

    Otherwise it is a pandas frame: the methods below return what was selected or changed in it.

    >>> counts = study.counts("country")
    >>> counts.arrow().schema.field("n_hosts").type
    DataType(int64)
    >>> counts.duckdb().aggregate("sum(n_devices) > 1000").fetchall()
    [(True,)]
    """

    @classmethod
    def of(cls, table: pa.Table) -> "Frame":
        """Return the frame of an Arrow table; nothing is copied."""
        return cls(table.to_pandas(types_mapper=pd.ArrowDtype))

    @property
    def _constructor(self) -> Any:
        return Frame

    def arrow(self) -> pa.Table:
        """Return the Arrow table, without a copy where the columns are still Arrow's; the index is left out."""
        return pa.Table.from_pandas(self, preserve_index=False).replace_schema_metadata(None)

    def duckdb(self) -> duckdb.DuckDBPyRelation:
        """Return a relation of a new DuckDB database in memory, which reads the Arrow columns in place."""
        return duckdb.connect(config=OFFLINE).from_arrow(self.arrow())

    def polars(self) -> "pl.DataFrame":
        """Return the Polars frame, over the same memory. Raises `CamcensusError` where Polars is not installed."""
        try:
            import polars as pl  # noqa: PLC0415  (an extra that a plain install does not have)
        except ImportError:
            raise CamcensusError("Polars is not installed; run: pip install 'camcensus[polars]'") from None
        found = pl.from_arrow(self.arrow())
        assert isinstance(found, pl.DataFrame)  # noqa: S101  (a table gives a frame)
        return found
