"""The engine of one machine: a process pool for the row-wise maps, DuckDB for the set-wise queries."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager
from ctypes import c_longlong
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from camcensus.engines.engine import OnProgress, R, Rows, Sql, T, Work, call, no_progress
from camcensus.engines.ordered_pool import open_pool
from camcensus.engines.processes import context, own_interrupts, settle, shared, stop

# Below this many bytes of raw files, or rows of tables, starting processes costs more than it saves.
WORTH_PROCESSES = 8 << 20
WORTH_PROCESSES_ROWS = 50_000


@dataclass(frozen=True)
class Local:
    """This machine: a number of processes, and as many threads for queries."""

    workers: int = 1
    name: str = "local"

    def map_parts(
        self, work: Work[T, R], tasks: Sequence[T], sizes: Sequence[int], on_progress: OnProgress = no_progress
    ) -> list[R]:
        """Run each task in one process."""
        return map_parts(work, tasks, sizes, self.workers, on_progress, WORTH_PROCESSES)

    def map_streams(
        self, work: Callable[..., R], tasks: Sequence[T], sizes: Sequence[int], on_progress: OnProgress = no_progress
    ) -> list[R]:
        """Run each task in one process, or all processes on one task after the other where that is faster."""
        return self._divided(work, tasks, sizes, on_progress, WORTH_PROCESSES, 0)

    def map_rows(
        self, tasks: Sequence[Rows[R]], sizes: Sequence[int],
        scratch: Path,  # noqa: ARG002 -- tasks read for themselves
        on_progress: OnProgress = no_progress,
    ) -> list[R]:  # fmt: skip
        """Do the same for rows, which a process takes many at a time."""
        together = max((task.rows_at_a_time for task in tasks), default=0)
        return self._divided(call, tasks, sizes, on_progress, WORTH_PROCESSES_ROWS, together)

    def _divided(
        self, work: Callable[..., R], tasks: Sequence[T], sizes: Sequence[int], on_progress: OnProgress, worth: int,
        item: int,
    ) -> list[R]:  # fmt: skip
        if sum(sizes) < worth or not sooner_divided(sizes, self.workers, item):
            return map_parts(work, tasks, sizes, self.workers, on_progress, worth)
        with open_pool(self.workers, type(tasks[0]).__module__, tasks) as several:
            return _in_process(partial(work, pool=several), tasks, sizes, on_progress)

    def sql(self, scratch: Path) -> AbstractContextManager[Sql]:
        """Open DuckDB."""
        # Not at the top: workers do without it, which start sooner, and whose ends its binding takes for leaks.
        from camcensus.engines.duckdb_sql import sql  # noqa: PLC0415

        return sql(self.workers, scratch)


def sooner_divided(sizes: Sequence[int], workers: int, item: int) -> bool:
    """Return whether all processes on one task after the other, `item` of it each, finish sooner than with a task each.

    By a quarter at least, since one process writes what the others do.
    """
    if workers <= 1 or not sizes:
        return False
    divided = sum(max(size / workers, min(size, item)) for size in sizes)
    return max(*sizes, sum(sizes) / workers) > 1.25 * divided


def map_parts(
    work: Work[T, R], tasks: Sequence[T], sizes: Sequence[int], workers: int,
    on_progress: OnProgress = no_progress, worth: int = 0,
) -> list[R]:  # fmt: skip
    """See `Engine.map_parts`. Processes start where the sizes sum to `worth`."""
    if workers <= 1 or len(tasks) <= 1 or sum(sizes) < worth:
        return _in_process(work, tasks, sizes, on_progress)
    how = context(type(tasks[0]).__module__)
    progress: Any = how.Array(c_longlong, len(tasks), lock=False)
    with ProcessPoolExecutor(min(workers, len(tasks)), how, settle, ((work, tasks, progress),)) as pool:
        # Largest first, so that no worker is left with the longest file at the end.
        order = sorted(range(len(tasks)), key=lambda i: -sizes[i])
        with own_interrupts(ignored=True):
            futures: dict[int, Future[R]] = {i: pool.submit(_do, i) for i in order}
        waiting: set[Future[R]] = set(futures.values())
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                on_progress(sum(progress))
        except BaseException:
            stop(pool)
            raise
        return [futures[i].result() for i in range(len(tasks))]


def _in_process(work: Work[T, R], tasks: Sequence[T], sizes: Sequence[int], on_progress: OnProgress) -> list[R]:
    results = []
    before = 0
    for task, size in zip(tasks, sizes, strict=True):
        results.append(work(task, lambda n, before=before: on_progress(before + n)))  # type: ignore[misc]
        before += size
        on_progress(before)
    return results


def _do(index: int) -> Any:
    work, tasks, done = shared()
    return work(tasks[index], partial(done.__setitem__, index))
