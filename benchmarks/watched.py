"""A command in a process of its own: seconds, CPU seconds and the most memory of it and its children."""

import ctypes
import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

Figures = dict[str, float]
ROOT = Path(__file__).parent.parent
PR_SET_CHILD_SUBREAPER = 36


def watched(command: Sequence[object]) -> Figures:
    """Runs a command (each word as its text), and looks at the memory of its process tree twenty times a second.

    `seconds`: of the wall. `cpu_seconds`: of all processes. `peak_mb`: 10^6 bytes, the largest sum seen over the tree;
    of a page that processes share each has its part (PSS). Raises `SystemExit` when it fails.
    """
    adopt_orphans()
    began = time.perf_counter()
    path = os.pathsep.join((".", "pipeline"))
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.DEVNULL, cwd=ROOT, env=dict(os.environ, PYTHONPATH=path)
    ) as run:
        peak = 0
        while True:
            process, status, used = os.wait4(run.pid, os.WNOHANG)
            if process:
                run.returncode = os.waitstatus_to_exitcode(status)
                break
            peak = max(peak, memory_of(run.pid))
            time.sleep(0.05)
    if run.returncode:
        raise SystemExit(f"failed: {' '.join(map(str, command))}")
    seconds = time.perf_counter() - began
    processor = used.ru_utime + used.ru_stime + of_orphans()
    # Not `ru_maxrss`: a child begins as its parent, and with what that held.
    return {"seconds": seconds, "cpu_seconds": processor, "peak_mb": peak / 1e6}


def adopt_orphans() -> None:
    """Makes this process the parent of those whose parent is gone, such as a server that forked workers: their time is
    told only to a parent that waits for them."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "cannot become the parent of orphans")


def of_orphans() -> float:
    """CPU seconds of adopted processes and their children, which end on their own."""
    seconds = 0.0
    with suppress(ChildProcessError):
        while True:
            _, _, used = os.wait4(-1, 0)
            seconds += used.ru_utime + used.ru_stime
    return seconds


def memory_of(process: int) -> int:
    """Bytes in memory of a process and its children, as /proc has it."""
    total = 0
    with suppress(OSError):
        held = Path(f"/proc/{process}/smaps_rollup").read_text()
        total = int(held.partition("\nPss:")[2].split()[0]) * 1024
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in (thread / "children").read_text().split():
                total += memory_of(int(child))
    return total
