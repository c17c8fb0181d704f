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
    """A pandas frame whose columns are Arrow's, so that other libraries take them as they are.

    It is pandas' own in all else: what is selected or changed in it is what the methods below give.

    >>> counts = study.counts("country")
    >>> counts.arrow().schema.field("n_hosts").type
    DataType(int64)
    >>> counts.duckdb().aggregate("sum(n_devices) > 1000").fetchall()
    [(True,)]
    """

    @classmethod
    def of(cls, table: pa.Table) -> "Frame":
        """The frame of an Arrow table; nothing is copied."""
        return cls(table.to_pandas(types_mapper=pd.ArrowDtype))

    @property
    def _constructor(self) -> Any:
        return Frame

    def arrow(self) -> pa.Table:
        """The Arrow table, without a copy where the columns are still Arrow's; the index is left out."""
        return pa.Table.from_pandas(self, preserve_index=False).replace_schema_metadata(None)

    def duckdb(self) -> duckdb.DuckDBPyRelation:
        """A relation of a DuckDB database of its own, in memory, that reads the Arrow columns where they are."""
        return duckdb.connect(config=OFFLINE).from_arrow(self.arrow())

    def polars(self) -> "pl.DataFrame":
        """The Polars frame, over the same memory. Raises `CamcensusError` where Polars is not installed."""
        try:
            import polars as pl  # noqa: PLC0415  (an extra that a plain install does not have)
        except ImportError:
            raise CamcensusError("Polars is not installed; run: pip install 'camcensus[polars]'") from None
        found = pl.from_arrow(self.arrow())
        assert isinstance(found, pl.DataFrame)  # noqa: S101  (a table gives a frame)
        return found
