"""The engine of one machine: a process pool for the row-wise maps, DuckDB for the set-wise queries."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager
from ctypes import c_longlong
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.engines.engine import R, Rows, Sql, T, Tick, call, nobody
from pipeline.engines.lanes import lanes
from pipeline.engines.processes import context, deaf_to_interrupts, given, settle, stop

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
        return map_parts(work, tasks, sizes, self.workers, on_progress)

    def map_streams(
        self, work: Callable[..., R], tasks: Sequence[T], sizes: Sequence[int], on_progress: Tick = nobody
    ) -> list[R]:
        """A process for each task, or all of them for one after the other where some would have no work."""
        if even(sizes, self.workers):
            return map_parts(work, tasks, sizes, self.workers, on_progress)
        with lanes(self.workers, type(tasks[0]).__module__) as several:
            return map_parts(partial(work, lanes=several), tasks, sizes, 1, on_progress)

    def map_rows(
        self,
        tasks: Sequence[Rows[R]],
        sizes: Sequence[int],
        scratch: Path,  # noqa: ARG002 -- tasks read for themselves
        on_progress: Tick = nobody,
    ) -> list[R]:
        """A process for each task, or all of them for one after the other where some would have no work."""
        if even(sizes, self.workers, WORTH_PROCESSES_ROWS):
            return map_parts(call, tasks, sizes, self.workers, on_progress, WORTH_PROCESSES_ROWS)
        with lanes(self.workers, type(tasks[0]).__module__, tasks) as several:
            return map_parts(partial(call, lanes=several), tasks, sizes, 1, on_progress)

    def sql(self, scratch: Path) -> AbstractContextManager[Sql]:
        """DuckDB."""
        # Not at the top: workers do without it, which start sooner, and whose ends its binding takes for leaks.
        from pipeline.engines.duck import sql  # noqa: PLC0415

        return sql(self.workers, scratch)


def even(sizes: Sequence[int], workers: int, worth: int | None = None) -> bool:
    """Whether a process for each part keeps all of them busy: no part is much more than a worker's share. So are those
    for which no other process is worth it; see `map_parts`."""
    total = sum(sizes)
    return workers <= 1 or total < (WORTH_PROCESSES if worth is None else worth) or max(sizes) * workers <= 1.25 * total


def map_parts(
    work: Callable[[T, Tick], R], tasks: Sequence[T], sizes: Sequence[int], workers: int, on_progress: Tick = nobody,
    worth: int | None = None,
) -> list[R]:  # fmt: skip
    """`work(task, tick)` for each task, in processes when that pays; the results in order of the tasks.

    `sizes` is what each task will have ticked when done (bytes or rows); `on_progress` is told the sum. `worth`: of
    how much of it processes pay (None: `WORTH_PROCESSES`).
    """
    if workers <= 1 or len(tasks) <= 1 or sum(sizes) < (WORTH_PROCESSES if worth is None else worth):
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
    work, tasks, ticks = given()

    def tick(n: int) -> None:
        ticks[index] = n

    return work(tasks[index], tick)
