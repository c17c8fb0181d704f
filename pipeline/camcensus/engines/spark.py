"""The engine of a cluster: row-wise maps by `mapInArrow`, set-wise queries by Spark SQL.

The functions, queries and files are those of the local engine, so one engine can finish a snapshot that the other
began. Raw files, parts and scratch folders must be on a file system that all executors share.
"""

import pickle
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from camcensus.core.errors import CamcensusError
from camcensus.engines.engine import OnProgress, R, Rows, T, Work, no_progress
from camcensus.engines.spark_session import ARCHIVE, session, spark_errors
from camcensus.engines.spark_sql import SparkSql, linked, sql
from camcensus.engines.spark_tasks import FILE, name_of, runner

if TYPE_CHECKING:
    from pyspark import Broadcast, SparkContext
    from pyspark.sql import DataFrame, SparkSession

WHOLE = "1t"  # no file is as large: so each is one partition
DAMAGED = "Spark could not do it", "; if a file is damaged, run again with --rehash"
EVERY = 0.5  # seconds between two looks at how far a job is


class Spark:
    """A session of Spark as an engine."""

    def __init__(self, spark: "SparkSession") -> None:
        self._spark = spark

    @property
    def name(self) -> str:
        """The master and the version of Spark."""
        return f"spark {self._spark.version} on {self._spark.sparkContext.master}"

    @property
    def workers(self) -> int:
        """How many tasks Spark runs at once."""
        return int(self._spark.sparkContext.defaultParallelism)

    def map_parts(
        self, work: Work[T, R], tasks: Sequence[T], sizes: Sequence[int], on_progress: OnProgress = no_progress
    ) -> list[R]:
        """Run a Spark task for each part, the largest first. A result counts once, however often it was computed."""
        from pyspark import cloudpickle  # noqa: PLC0415 -- an optional extra

        if not tasks:
            return []
        order = sorted(range(len(tasks)), key=lambda i: -sizes[i])
        with self._sent([tasks[i] for i in order]) as sent:
            run = runner("done", ARCHIVE, cloudpickle.dumps(work), sent)  # type: ignore[no-untyped-call,unused-ignore]
            found = self._results(partial(self._numbers, len(tasks)), run, sizes, on_progress)
        by_task = {number: found[place] for place, number in enumerate(order)}
        return [by_task[number] for number in range(len(tasks))]

    def map_streams(
        self, work: Callable[..., R], tasks: Sequence[T], sizes: Sequence[int], on_progress: OnProgress = no_progress
    ) -> list[R]:
        """Do the same: a compressed file is read by one task."""
        return self.map_parts(work, tasks, sizes, on_progress)

    def map_rows(
        self, tasks: Sequence[Rows[R]], sizes: Sequence[int], scratch: Path, on_progress: OnProgress = no_progress
    ) -> list[R]:
        """Let Spark read each file as one partition and check its pages; a file without rows needs no Spark."""
        found: dict[int, R] = {}
        full = [number for number, size in enumerate(sizes) if size]
        if full:
            with self._sent(tasks) as sent, linked(scratch, {name_of(n): tasks[n].source for n in full}) as folder:
                run = runner("over", ARCHIVE, sent)
                found = self._results(partial(self._whole, folder), run, [sizes[n] for n in full], on_progress)
        return [found[n] if n in found else task(no_progress) for n, task in enumerate(tasks)]

    def _whole(self, folder: str) -> "DataFrame":
        """Return the rows of Parquet files with the name of each row's file; each file is one partition."""
        own = self._spark.newSession()
        for name in ("maxPartitionBytes", "openCostInBytes"):
            own.conf.set(f"spark.sql.files.{name}", WHOLE)
        return own.read.parquet(folder).select("*", f"_metadata.{FILE}")

    def _numbers(self, tasks: int) -> "DataFrame":
        """Return a row for each task, in its own partition."""
        return self._spark.range(0, tasks, 1, tasks).withColumnRenamed("id", "task")

    @contextmanager
    def _sent(self, tasks: Sequence[Any]) -> "Iterator[Broadcast[list[Any]]]":
        """Send tasks to each executor once, with the catalogue and the country tables that they share."""
        sent = self._spark.sparkContext.broadcast(list(tasks))
        try:
            yield sent
        finally:
            sent.destroy()

    def _results(
        self, frame: "Callable[[], DataFrame]", run: Callable[..., Any], sizes: Sequence[int], on_progress: OnProgress
    ) -> dict[int, Any]:
        """Return the result of each task by its number. Raises what the first of them raised on purpose."""
        with _progress(self._spark.sparkContext, sum(sizes), len(sizes), on_progress), spark_errors(*DAMAGED):
            rows = frame().mapInArrow(run, "task bigint, result binary").toArrow().to_pylist()
        # Our own executors wrote these.
        results = {row["task"]: pickle.loads(row["result"]) for row in rows}  # noqa: S301
        for _, result in sorted(results.items()):
            if isinstance(result, CamcensusError):
                raise result
        return results

    def sql(self, scratch: Path) -> AbstractContextManager[SparkSql]:
        """Open Spark SQL."""
        return sql(self._spark, scratch)


@contextmanager
def spark(master: str) -> Iterator[Spark]:
    """Yield the engine on `master`, stopped afterwards. Raises `CamcensusError` when it does not start."""
    with session(master) as started:
        yield Spark(started)


@contextmanager
def _progress(context: "SparkContext", size: int, tasks: int, on_progress: OnProgress) -> Iterator[None]:
    """Report now and then how much is done, by completed tasks: a running task cannot be asked."""
    done = threading.Event()

    def look() -> None:
        tracker = context.statusTracker()
        while not done.wait(EVERY):
            stages = filter(None, map(tracker.getStageInfo, tracker.getActiveStageIds()))
            on_progress(size * sum(stage.numCompletedTasks for stage in stages) // tasks)

    looker = threading.Thread(target=look, daemon=True)
    looker.start()
    try:
        yield
    finally:
        done.set()
        looker.join()
    on_progress(size)
