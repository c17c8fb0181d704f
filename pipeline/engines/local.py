"""The engine of one machine: a process pool for the row-wise maps, DuckDB for the set-wise queries."""

import multiprocessing
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, suppress
from ctypes import c_longlong
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline.engines.engine import BATCH, R, Rows, T, Tick, call, nobody, text_of
from pipeline.engines.lanes import lanes
from pipeline.engines.processes import deaf_to_interrupts, end_with_parent, stop
from pipeline.errors import CamcensusError

# DuckDB is loaded by whoever queries: workers do not, would start later, and would have its binding talk of leaks at
# their end.
if TYPE_CHECKING:
    import duckdb

MEMORY = "1GB"
# Below this many bytes of input, starting processes costs more than it saves.
WORTH_PROCESSES = 8 << 20

_progress: Any = None


class Sql:
    """DuckDB over views and tables with plain names; queries are the files in `pipeline/sql`."""

    def __init__(self, threads: int, scratch: Path) -> None:
        import duckdb  # noqa: PLC0415

        # In a file, so that what does not fit into memory is kept compressed; it goes with the scratch folder.
        scratch.mkdir(parents=True, exist_ok=True)
        self._db = duckdb.connect(
            str(scratch / "work.duckdb"),
            config={
                "threads": threads,
                "memory_limit": MEMORY,
                "temp_directory": str(scratch),
                # Nobody counts on the order of rows: what is written says which it is in.
                "preserve_insertion_order": False,
                # Nothing is ever fetched: an extension that is not built in is an error, not a download.
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        without_bars(self._db)

    def parquet(self, name: str, parts: Sequence[Path]) -> None:
        """Names the rows of Parquet files. Verify the files' checksums first: DuckDB does not."""
        self._db.read_parquet([str(p) for p in parts]).create_view(name)

    def rows(self, name: str, table: pa.Table) -> None:
        """Names a small Arrow table, replacing what had the name."""
        self._db.register("given", table)
        # Names come from this package, never from data.
        self._db.execute(f"create or replace table {name} as select * from given")  # noqa: S608
        self._db.unregister("given")

    def table(self, name: str, query: str) -> None:
        """Keeps the result of a query under a name."""
        self._db.execute(f"create or replace table {name} as {text_of(query)}")

    def append(self, name: str, query: str) -> None:
        """Adds the result of a query to a kept table."""
        self._db.execute(f"insert into {name} by name {text_of(query)}")

    def read(self, name: str) -> pa.Table:
        """A kept table as an Arrow table."""
        return self._db.table(name).to_arrow_table()

    def query(self, query: str) -> pa.Table:
        """The result of a query as an Arrow table."""
        return self._db.sql(text_of(query)).to_arrow_table()

    def stream(self, query: str, rows: int = BATCH) -> Iterator[pa.RecordBatch]:
        """The result of a query, a batch at a time; the next is being made while one is used."""
        reader = self._db.sql(text_of(query)).to_arrow_reader(rows)
        with ThreadPoolExecutor(1) as ahead:
            pending = ahead.submit(next, reader, None)
            while (batch := pending.result()) is not None:
                pending = ahead.submit(next, reader, None)
                yield batch

    def close(self) -> None:
        """Lets go of memory and scratch space."""
        self._db.close()


def without_bars(connection: "duckdb.DuckDBPyConnection") -> None:
    """Lets DuckDB draw no bars between our lines. It is no setting of a new connection, only of an open one, and in a
    notebook one that DuckDB refuses where it has nothing to draw with."""
    import duckdb  # noqa: PLC0415

    with suppress(duckdb.InvalidInputException):
        connection.execute("set enable_progress_bar = false")


@dataclass(frozen=True)
class Local:
    """This machine: so many processes, and as many threads for queries."""

    workers: int = 1
    name: str = "local"

    def map_parts(
        self, work: Callable[[T, Tick], R], tasks: Sequence[T], sizes: Sequence[int], on_progress: Tick = nobody
    ) -> list[R]:
        """See `map_parts`."""
        return map_parts(work, tasks, sizes, self.workers, on_progress)

    def map_streams(
        self, work: Callable[..., R], tasks: Sequence[T], sizes: Sequence[int], on_progress: Tick = nobody
    ) -> list[R]:
        """A process for each task, or all of them for one after the other where some would have no work."""
        if even(sizes, self.workers):
            return map_parts(work, tasks, sizes, self.workers, on_progress)
        with lanes(self.workers) as several:
            return map_parts(partial(work, lanes=several), tasks, sizes, 1, on_progress)

    def map_rows(
        self,
        tasks: Sequence[Rows[R]],
        sizes: Sequence[int],
        scratch: Path,  # noqa: ARG002 -- tasks read for themselves
        on_progress: Tick = nobody,
    ) -> list[R]:
        """See `map_parts`."""
        return map_parts(call, tasks, sizes, self.workers, on_progress)

    def sql(self, scratch: Path) -> AbstractContextManager["Sql"]:
        """DuckDB."""
        return sql(self.workers, scratch)


def even(sizes: Sequence[int], workers: int) -> bool:
    """Whether a process for each part keeps all of them busy: no part is much more than a worker's share."""
    total = sum(sizes)
    return workers <= 1 or total < WORTH_PROCESSES or max(sizes) * workers <= 1.25 * total


@contextmanager
def sql(threads: int, scratch: Path) -> Iterator[Sql]:
    """A connection that is closed in any case; what it put into `scratch` is removed, as is what a killed one left."""
    import duckdb  # noqa: PLC0415

    shutil.rmtree(scratch, ignore_errors=True)
    try:
        connection = Sql(threads, scratch)
        try:
            yield connection
        finally:
            connection.close()
    except (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.FatalException) as error:
        told = str(error).strip().splitlines()[0]
        raise CamcensusError(
            f"{scratch}: the database cannot work there: {told}; make room, and run this again"
        ) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def map_parts(
    work: Callable[[T, Tick], R], tasks: Sequence[T], sizes: Sequence[int], workers: int, on_progress: Tick = nobody
) -> list[R]:
    """`work(task, tick)` for each task, in processes when that pays; the results in order of the tasks.

    `sizes` is what each task will have ticked when done (bytes or rows); `on_progress` is told the sum.
    """
    if workers <= 1 or len(tasks) <= 1 or sum(sizes) < WORTH_PROCESSES:
        return _in_process(work, tasks, sizes, on_progress)
    context = multiprocessing.get_context("spawn")
    ticks: Any = context.Array(c_longlong, len(tasks), lock=False)
    with ProcessPoolExecutor(min(workers, len(tasks)), context, _adopt, (ticks,)) as pool:
        # Largest first, so that no worker is left with the longest file at the end.
        order = sorted(range(len(tasks)), key=lambda i: -sizes[i])
        with deaf_to_interrupts():
            futures: dict[int, Future[R]] = {i: pool.submit(_ticking, work, tasks[i], i) for i in order}
        waiting: set[Future[R]] = set(futures.values())
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                on_progress(sum(ticks))
        except BaseException:
            stop(pool)
            raise
        return [futures[i].result() for i in range(len(tasks))]


def _in_process(work: Callable[[T, Tick], R], tasks: Sequence[T], sizes: Sequence[int], on_progress: Tick) -> list[R]:
    results = []
    before = 0
    for task, size in zip(tasks, sizes, strict=True):
        results.append(work(task, lambda n, before=before: on_progress(before + n)))  # type: ignore[misc]
        before += size
        on_progress(before)
    return results


def _adopt(ticks: Any) -> None:
    # One array for each worker process, set once when it starts.
    global _progress  # noqa: PLW0603
    _progress = ticks
    end_with_parent()


def _ticking(work: Callable[[T, Tick], R], task: T, index: int) -> R:
    def tick(n: int) -> None:
        _progress[index] = n

    return work(task, tick)
