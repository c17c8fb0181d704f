"""How processes of pools start and stop: only the first process reacts to Ctrl-C, and stops the others."""

import ctypes
import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.context import BaseContext
from typing import Any

# New objects between two looks for cycles; of what workers make for each batch hardly any has one.
OBJECTS = 200_000
# Options of glibc: from how many bytes on free memory goes back to the system, and is got from it piece by piece.
_GIVEN_BACK_FROM, _GOT_APART_FROM = -1, -3
_FREE = 256 << 20

_shared: Any = None


def context(module: str) -> BaseContext:
    """Return how processes start whose work is of a module.

    Forking this process, in which libraries hold threads, may hang. A server that has imported the first such module
    forks instead, in a moment, and ends with this process. Without such a server each starts from nothing.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    found = multiprocessing.get_context("forkserver")
    # Arrow imports pandas as it makes its first array from Python.
    found.set_forkserver_preload([module, "pandas"])
    return found


@contextmanager
def own_interrupts(*, ignored: bool = False) -> Iterator[None]:
    """Restore what this process does at Ctrl-C afterwards, whatever a library makes of it; in between `ignored` or not.

    Processes that start where it is ignored ignore it too: the first process stops them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    if ignored:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def stop(pool: ProcessPoolExecutor) -> None:
    """End all child processes at once, whatever they are doing."""
    for worker in multiprocessing.active_children():
        worker.terminate()
    pool.shutdown(wait=True, cancel_futures=True)


def settle(what: Any) -> None:
    """Prepare a worker as it starts: it is sent what its work shares, seldom looks for cycles, ends with its parent."""
    global _shared  # noqa: PLW0603
    _shared = what
    gc.freeze()
    gc.set_threshold(OBJECTS)
    _keep_free_memory()
    end_with_parent()


def _keep_free_memory() -> None:
    """Keep memory that is free: the next batch needs as much, and getting it again takes a tenth of a worker's time."""
    with suppress(OSError, AttributeError, TypeError):  # only glibc has this
        libc = ctypes.CDLL(None)
        libc.mallopt(_GIVEN_BACK_FROM, _FREE)
        libc.mallopt(_GOT_APART_FROM, _FREE)


def shared() -> Any:
    """Return what the work of this worker shares."""
    return _shared


def end_with_parent() -> None:
    """End this worker when the first process is gone: a killed one cannot stop its workers."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
