"""The set-wise queries on DuckDB, over files and in bounded memory."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import duckdb
import pyarrow as pa

from camcensus.core.errors import CamcensusError
from camcensus.engines.engine import BATCH, emptied, run

MEMORY = "800MB"
# Bytes of Parquet files; tables made of more would not fit into memory.
FITS = 80 << 20
Config = dict[str, str | bool | int | float | list[str]]
# Nothing is ever fetched: an extension that is not built in is an error, not a download.
OFFLINE: Config = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


class Sql:
    """DuckDB over views and tables with plain names; queries are the files in the `sql` folders of the stages."""

    def __init__(self, threads: int, scratch: Path) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self._file = scratch / "work.duckdb"
        self._read = 0
        self._db = duckdb.connect(
            config={
                "threads": threads,
                "memory_limit": MEMORY,
                "temp_directory": str(scratch),
                # No query relies on the order of rows: what is written states its order.
                "preserve_insertion_order": False,
                **OFFLINE,
            },
        )
        without_bars(self._db)

    def parquet(self, name: str, parts: Sequence[Path]) -> None:
        """Name the rows of Parquet files. Verify their checksums first: DuckDB does not."""
        before, self._read = self._read, self._read + sum(part.stat().st_size for part in parts)
        if before <= FITS < self._read:
            self._go_on_in_a_file()
        self._db.read_parquet([str(p) for p in parts]).create_view(name)

    def _go_on_in_a_file(self) -> None:
        """Make further tables in a file, compressed; in memory they are quicker to make, but must fit."""
        quoted = str(self._file).replace("'", "''")
        self._db.execute(f"attach '{quoted}' as work")
        self._db.execute("set search_path = 'work.main,memory.main'")

    def rows(self, name: str, table: pa.Table) -> None:
        """Name a small Arrow table, replacing what had the name."""
        self._db.register("given", table)
        # Names come from this package, never from data.
        self._db.execute(f"create or replace table {name} as select * from given")  # noqa: S608
        self._db.unregister("given")

    def make(self, query: str) -> None:
        """Keep the tables that a query creates."""
        run(query, self._keep)

    def _keep(self, name: str, select: str) -> None:
        self._db.execute(f"create or replace table {name} as {select}")

    def append(self, query: str) -> None:
        """Add the result of a query to the table of its name."""
        self._db.execute(f"insert into {query} by name {run(query, self._keep)}")

    def read(self, name: str) -> pa.Table:
        """Return a kept table as an Arrow table."""
        return self._db.table(name).to_arrow_table()

    def query(self, query: str) -> pa.Table:
        """Return the result of a query as an Arrow table."""
        return self._db.sql(run(query, self._keep)).to_arrow_table()

    def stream(self, query: str, rows: int = BATCH) -> Iterator[pa.RecordBatch]:
        """Yield the result of a query in batches; the next is computed while one is used."""
        reader = self._db.sql(run(query, self._keep)).to_arrow_reader(rows)
        with ThreadPoolExecutor(1) as ahead:
            pending = ahead.submit(next, reader, None)
            while (batch := pending.result()) is not None:
                pending = ahead.submit(next, reader, None)
                yield batch

    def close(self) -> None:
        """Free memory and scratch space."""
        self._db.close()


def without_bars(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep DuckDB from drawing progress bars; in a notebook it refuses that if it has nothing to draw with."""
    with suppress(duckdb.InvalidInputException):
        connection.execute("set enable_progress_bar = false")


@contextmanager
def sql(threads: int, scratch: Path) -> Iterator[Sql]:
    """Yield a connection that is closed in any case; `scratch` is removed afterwards."""
    try:
        with emptied(scratch), closing(Sql(threads, scratch)) as connection:
            yield connection
    except (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.FatalException) as error:
        reason = str(error).strip().splitlines()[0]
        raise CamcensusError(
            f"{scratch}: the database cannot work there: {reason}; make room, and run this again"
        ) from None
