"""The set-wise queries on Spark SQL: the same files, each result kept as Parquet in the scratch folder.

What is kept is read from files again: so no plan grows from query to query, a loop that adds to a table stays as cheap
as its first step, and a lost executor costs its own tasks only. The folder must be on a file system that all executors
share.
"""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from camcensus.core.errors import TableError
from camcensus.core.parquet import opened_to_stream
from camcensus.engines.engine import BATCH, emptied, run
from camcensus.engines.spark_session import spark_errors

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType


class SparkSql:
    """Spark over views with plain names; see `engine.Sql`."""

    def __init__(self, spark: "SparkSession", scratch: Path) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self._spark = spark.newSession()  # with names of its own
        self._scratch = scratch
        self._written = 0
        self._names: set[str] = set()
        self._kept: dict[str, tuple[StructType, list[Path]]] = {}

    def parquet(self, name: str, parts: Sequence[Path]) -> None:
        """Name the rows of Parquet files."""
        folder = self._folder(name)
        link(folder, {f"{number:06}.parquet": part for number, part in enumerate(parts)})
        self._name(name, self._spark.read.parquet(_url(folder)))

    def rows(self, name: str, table: pa.Table) -> None:
        """Name a small Arrow table, replacing what had the name."""
        from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415 -- an optional extra

        folder = self._folder(name)
        folder.mkdir()
        # Handed over, Spark would not know that it is small, and send the other side of a join to all executors.
        pq.write_table(table, folder / "given.parquet", write_page_checksum=True)
        self._keep(name, from_arrow_schema(table.schema), [folder])

    def make(self, query: str) -> None:
        """Keep the tables that a query creates."""
        run(query, self._make)

    def _make(self, name: str, select: str) -> None:
        frame = self._spark.sql(select)
        self._keep(name, frame.schema, [self._write(name, frame)])

    def append(self, query: str) -> None:
        """Add the result of a query to the table of its name. Raises `TableError` when it has other columns."""
        schema, folders = self._kept[query]
        frame = self._frame(query)
        if sorted(frame.columns) != sorted(schema.names):
            raise TableError(query, f"cannot take the columns {', '.join(frame.columns)}")
        by_name = frame.select([frame[field.name].cast(field.dataType) for field in schema])
        self._keep(query, schema, [*folders, self._write(query, by_name)])

    def read(self, name: str) -> pa.Table:
        """Return a kept table as an Arrow table."""
        return self._spark.table(name).toArrow().combine_chunks()

    def query(self, query: str) -> pa.Table:
        """Return the result of a query as an Arrow table."""
        return self._frame(query).toArrow().combine_chunks()

    def stream(self, query: str, rows: int = BATCH) -> Iterator[pa.RecordBatch]:
        """Yield the result of a query in batches, from the files in order that Spark's executors write."""
        folder = self._write("stream", self._frame(query))
        for path in sorted(folder.glob("part-*.parquet")):
            with opened_to_stream(path) as file:
                yield from file.iter_batches(rows)
        shutil.rmtree(folder)

    def close(self) -> None:
        """Remove the names."""
        for name in self._names:
            self._spark.catalog.dropTempView(name)

    def _frame(self, query: str) -> "DataFrame":
        return self._spark.sql(run(query, self._make))

    def _keep(self, name: str, schema: "StructType", folders: list[Path]) -> None:
        self._kept[name] = (schema, folders)
        self._name(name, self._spark.read.schema(schema).parquet(*map(_url, folders)))

    def _name(self, name: str, frame: "DataFrame") -> None:
        frame.createOrReplaceTempView(name)
        self._names.add(name)

    def _write(self, name: str, frame: "DataFrame") -> Path:
        folder = self._folder(name)
        frame.write.parquet(f"file:{folder}")
        return folder

    def _folder(self, name: str) -> Path:
        self._written += 1
        return self._scratch.resolve() / f"{self._written:04}-{name}"


def _url(path: Path) -> str:
    """Return the path as Spark reads it: with its scheme, and with no part of it taken for a pattern."""
    return "file:" + re.sub(r"([\\{}\[\]*?,^])", r"\\\1", str(path))


def link(folder: Path, files: Mapping[str, Path]) -> None:
    """Link files under names that Spark does not skip or take for patterns (a leading dot or underscore, a bracket)."""
    folder.mkdir(parents=True)
    for name, file in files.items():
        (folder / name).symlink_to(file.resolve())


@contextmanager
def linked(scratch: Path, files: Mapping[str, Path]) -> Iterator[str]:
    """Yield a folder of such links, as Spark reads it; removed afterwards."""
    with emptied(scratch):
        link(scratch / "linked", files)
        yield _url(scratch.resolve() / "linked")


@contextmanager
def sql(spark: "SparkSession", scratch: Path) -> Iterator[SparkSql]:
    """Yield a connection; `scratch` is removed afterwards."""
    with spark_errors(f"{scratch}: Spark cannot work there"), emptied(scratch):
        connection = SparkSql(spark, scratch)
        yield connection
        connection.close()
