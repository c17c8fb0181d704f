"""Processes side by side for a stream: one says what is next and writes in order, the others do the work between."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from camcensus.engines.processes import context, deaf_to_interrupts, settle, stop

T = TypeVar("T")
R = TypeVar("R")


class Lanes:
    """Does functions of many items, pure but for what processes share; without a pool in this process. Open it with
    `lanes`."""

    def __init__(self, pool: ProcessPoolExecutor | None = None, ahead: int = 0) -> None:
        self._pool = pool
        self._ahead = ahead

    @property
    def single(self) -> bool:
        """Whether there is this process alone, in which nothing is `shared`."""
        return self._pool is None

    def in_order(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """`work(item)` for each item, in order; a few items at most are held at a time."""
        if self._pool is None:
            yield from map(work, items)
            return
        pending: deque[Future[R]] = deque()
        for item in items:
            with deaf_to_interrupts():
                pending.append(self._pool.submit(work, item))
            if len(pending) > self._ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


ONE_LANE = Lanes()


@contextmanager
def lanes(workers: int, module: str, what: Any = None) -> Iterator[Lanes]:
    """Lanes over `workers` processes, which are gone afterwards; their work is of a module. `what` is shared by all
    items: each process has it as it starts; see `processes.shared`."""
    if workers <= 1:
        yield ONE_LANE
        return
    with ProcessPoolExecutor(workers, context(module), settle, (what,)) as pool:
        try:
            # One item more than there are processes, so that none waits while this one writes.
            yield Lanes(pool, workers + 1)
        except BaseException:
            stop(pool)
            raise
