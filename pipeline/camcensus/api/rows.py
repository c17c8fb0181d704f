"""Lazy rows of the tables of banners and devices: only the needed columns and files are read, when they are needed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from duckdb import DuckDBPyRelation
from pyarrow import fs

from camcensus.api.choices import names_of
from camcensus.api.frame import Frame
from camcensus.core.errors import ChoiceError, IntegrityError
from camcensus.core.tables import Table
from camcensus.engines.duckdb_sql import OFFLINE, Config, without_bars

if TYPE_CHECKING:
    import polars as pl

SNAPSHOT = "snapshot"
# One thread keeps the order of rows; nothing is ever fetched.
_CONFIG: Config = {"threads": 1, **OFFLINE}
# What is wrong with a condition; all else is wrong with a file.
_MISTAKES = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.DataError,
    duckdb.ParserException,
    duckdb.PermissionException,
)


class Rows:
    """Rows of one table over one or more snapshots, with a first column `snapshot`.

    Every Parquet page that is read is verified by its checksum; files, columns and row groups that `where` and
    `columns` do not need are not read. Rows come in the order of the files, the same every time.

    >>> cameras = study.observations(columns=["port", "http_server"], where="port = 554")
    >>> cameras.count() == len(cameras.pandas())
    True
    """

    def __init__(
        self, table: Table, parts: Sequence[tuple[str, Path]], columns: Sequence[str] | None = None,
        where: str | None = None,
    ) -> None:  # fmt: skip
        """Check columns and condition. `parts`: each file with its snapshot; `columns`: names (None: all)."""
        self._names = list(dict.fromkeys([SNAPSHOT, *table.names]))
        asked = table.names if columns is None else names_of(columns, "columns")
        chosen = list(dict.fromkeys([SNAPSHOT, *asked]))
        if unknown := [name for name in chosen if name not in self._names]:
            raise ChoiceError(f"{table.name} has no column {', '.join(unknown)}; it has: {', '.join(self._names)}")
        self._table, self._parts, self._where = table, list(parts), where
        self.columns = chosen
        with self._explained():
            self._relation().limit(0).to_arrow_table()

    def __repr__(self) -> str:
        """Return what it is, without reading it."""
        condition = f" where {self._where}" if self._where else ""
        return f"<rows of {self._table.name}{condition}: {', '.join(self.columns)}; not read yet>"

    def count(self) -> int:
        """Return the number of rows."""
        with self._explained():
            found = self._relation().aggregate("count(*)").fetchall()
        return int(found[0][0])

    def arrow(self) -> pa.Table:
        """Return all of it as an Arrow table. Raises `IntegrityError` where a file is damaged or missing."""
        with self._explained():
            found: pa.Table = self._relation().to_arrow_table()
        return found

    def batches(self, rows: int = 100_000) -> Iterator[pa.RecordBatch]:
        """Yield batches of at most so many rows: for more than fits into memory."""
        with self._explained():
            yield from self._relation().to_arrow_reader(rows)

    def pandas(self) -> Frame:
        """Return all of it as a pandas frame."""
        return Frame.of(self.arrow())

    def polars(self) -> "pl.DataFrame":
        """Return all of it as a Polars frame."""
        return self.pandas().polars()

    def duckdb(self) -> DuckDBPyRelation:
        """Return a lazy relation of a new DuckDB database, for more SQL: `.aggregate("count(*), port", "port")`."""
        return self._relation()

    def _relation(self) -> DuckDBPyRelation:
        connection = duckdb.connect(config=_CONFIG)
        without_bars(connection)
        relation = connection.from_arrow(self._dataset())
        connection.execute("set enable_external_access = false")  # a condition reads this table and nothing else
        if self._where:
            relation = relation.filter(self._where)
        return relation.select(*(duckdb.ColumnExpression(name) for name in self.columns))

    def _dataset(self) -> ds.Dataset:
        proven = ds.ParquetFragmentScanOptions(page_checksum_verification=True)
        schema = self._table.schema
        if SNAPSHOT not in schema.names:
            schema = schema.insert(0, pa.field(SNAPSHOT, pa.string(), False))
        return ds.FileSystemDataset.from_paths(
            [str(path) for _, path in self._parts],
            schema=schema,
            format=ds.ParquetFileFormat(default_fragment_scan_options=proven),
            filesystem=fs.LocalFileSystem(),
            partitions=[pc.equal(pc.field(SNAPSHOT), name) for name, _ in self._parts],
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Translate errors of the reader."""
        try:
            yield
        except _MISTAKES as error:
            reason = str(error).strip().splitlines()[0]
            raise ChoiceError(
                f"where={self._where!r} cannot be used on {self._table.name}: {reason}. It is a condition in SQL, such "
                f"as \"port = 554 and host like '192.0.2.%'\"; columns: {', '.join(self._names)}"
            ) from None
        except (duckdb.Error, OSError, pa.ArrowException) as error:
            where = self._parts[0][1].parent if self._parts else Path(self._table.name)
            reason = str(error).strip().splitlines()[0]
            raise IntegrityError(where, f"cannot be read: {reason}; run: camcensus run --rehash") from None
