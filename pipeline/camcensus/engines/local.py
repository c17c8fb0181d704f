"""The engine of one machine: a process pool for the row-wise maps, DuckDB for the set-wise queries."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager
from ctypes import c_longlong
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from camcensus.engines.engine import R, Rows, Sql, T, Tick, call, nobody
from camcensus.engines.ordered_pool import lanes
from camcensus.engines.processes import context, deaf_to_interrupts, settle, shared, stop

# Below this many bytes of raw files, or rows of tables, starting processes costs more than it saves.
WORTH_PROCESSES = 8 << 20
WORTH_PROCESSES_ROWS = 50_000


@dataclass(frozen=True)
class Local:
    """This machine: so many processes, and as many threads for queries."""

    workers: int = 1
    name: str = "local"

    def map_parts(
        self, work: Callable[[T, Tick], R], tasks: Sequence[T], sizes: Sequence[int], on_progress: Tick = nobody
    ) -> list[R]:
        """See `map_parts`."""
        return map_parts(work, tasks, sizes, self.workers, on_progress, WORTH_PROCESSES)

    def map_streams(
        self, work: Callable[..., R], tasks: Sequence[T], sizes: Sequence[int], on_progress: Tick = nobody
    ) -> list[R]:
        """A process for each task, or all of them for one after the other where that is sooner done."""
        return self._divided(work, tasks, sizes, on_progress, WORTH_PROCESSES, 0)

    def map_rows(
        self,
        tasks: Sequence[Rows[R]],
        sizes: Sequence[int],
        scratch: Path,  # noqa: ARG002 -- tasks read for themselves
        on_progress: Tick = nobody,
    ) -> list[R]:
        """The same for rows, of which a process looks at many at a time."""
        together = max((task.rows_at_a_time for task in tasks), default=0)
        return self._divided(call, tasks, sizes, on_progress, WORTH_PROCESSES_ROWS, together)

    def _divided(
        self, work: Callable[..., R], tasks: Sequence[T], sizes: Sequence[int], on_progress: Tick, worth: int, item: int
    ) -> list[R]:
        if sum(sizes) < worth or not sooner_divided(sizes, self.workers, item):
            return map_parts(work, tasks, sizes, self.workers, on_progress, worth)
        with lanes(self.workers, type(tasks[0]).__module__, tasks) as several:
            return _in_process(partial(work, lanes=several), tasks, sizes, on_progress)

    def sql(self, scratch: Path) -> AbstractContextManager[Sql]:
        """DuckDB."""
        # Not at the top: workers do without it, which start sooner, and whose ends its binding takes for leaks.
        from camcensus.engines.duckdb_sql import sql  # noqa: PLC0415

        return sql(self.workers, scratch)


def sooner_divided(sizes: Sequence[int], workers: int, item: int) -> bool:
    """Whether all processes are sooner done with one task after the other, of which each does `item` of a size at a
    time, than with a task each. By a quarter at least: one process has to write what the others do."""
    if workers <= 1 or not sizes:
        return False
    divided = sum(max(size / workers, min(size, item)) for size in sizes)
    return max(*sizes, sum(sizes) / workers) > 1.25 * divided


def map_parts(
    work: Callable[[T, Tick], R], tasks: Sequence[T], sizes: Sequence[int], workers: int, on_progress: Tick = nobody,
    worth: int = 0,
) -> list[R]:  # fmt: skip
    """`work(task, tick)` for each task, in processes when that pays; the results in order of the tasks.

    `sizes` is what each task will have ticked when done (bytes or rows); `on_progress` is told the sum. `worth`: of
    how much of it processes pay.
    """
    if workers <= 1 or len(tasks) <= 1 or sum(sizes) < worth:
        return _in_process(work, tasks, sizes, on_progress)
    how = context(type(tasks[0]).__module__)
    ticks: Any = how.Array(c_longlong, len(tasks), lock=False)
    with ProcessPoolExecutor(min(workers, len(tasks)), how, settle, ((work, tasks, ticks),)) as pool:
        # Largest first, so that no worker is left with the longest file at the end.
        order = sorted(range(len(tasks)), key=lambda i: -sizes[i])
        with deaf_to_interrupts():
            futures: dict[int, Future[R]] = {i: pool.submit(_do, i) for i in order}
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


def _do(index: int) -> Any:
    work, tasks, ticks = shared()

    def tick(n: int) -> None:
        ticks[index] = n

    return work(tasks[index], tick)
