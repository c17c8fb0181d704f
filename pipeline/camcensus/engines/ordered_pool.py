"""Processes for a stream: one reads what is next and writes in order, the others do the work in between."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from camcensus.engines.processes import context, own_interrupts, settle, stop

T = TypeVar("T")
R = TypeVar("R")


class OrderedPool:
    """Applies functions to many items, in order; without a process pool in this process. Open it with `open_pool`."""

    def __init__(self, pool: ProcessPoolExecutor | None = None, ahead: int = 0) -> None:
        self._pool = pool
        self._ahead = ahead

    @property
    def is_single(self) -> bool:
        """Whether this process works alone, so that nothing is `shared`."""
        return self._pool is None

    def in_order(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Yield `work(item)` for each item, in order; at most a few items are held at a time."""
        if self._pool is None:
            yield from map(work, items)
            return
        pending: deque[Future[R]] = deque()
        for item in items:
            with own_interrupts(ignored=True):
                pending.append(self._pool.submit(work, item))
            if len(pending) > self._ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


ONE_PROCESS = OrderedPool()


@contextmanager
def open_pool(workers: int, module: str, what: Any = None) -> Iterator[OrderedPool]:
    """Yield a pool of `workers` processes, which end afterwards. Their work is of a module; see `processes.shared`."""
    if workers <= 1:
        yield ONE_PROCESS
        return
    with ProcessPoolExecutor(workers, context(module), settle, (what,)) as pool:
        try:
            # One item more than there are processes, so that none waits while this one writes.
            yield OrderedPool(pool, workers + 1)
        except BaseException:
            stop(pool)
            raise
