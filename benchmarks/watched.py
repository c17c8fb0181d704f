"""A command in a process of its own: seconds, CPU seconds and the most memory of it and its children."""

import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

Figures = dict[str, float]
ROOT = Path(__file__).parent.parent


def watched(command: Sequence[str | Path]) -> Figures:
    """Runs a command, and looks at the memory of its process tree twenty times a second.

    `seconds`: of the wall. `cpu_seconds`: of all processes. `peak_mb`: 10^6 bytes, the largest sum seen over the tree;
    pages that processes share are counted in each. Raises `SystemExit` when it fails.
    """
    began = time.perf_counter()
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.DEVNULL, cwd=ROOT, env=dict(os.environ, PYTHONPATH=".")
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
    # Not `ru_maxrss`: a child begins as its parent, and with what that held.
    return {"seconds": seconds, "cpu_seconds": used.ru_utime + used.ru_stime, "peak_mb": peak / 1e6}


def memory_of(process: int) -> int:
    """Bytes in memory of a process and its children, as /proc has it."""
    total = 0
    with suppress(OSError):
        total = int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in (thread / "children").read_text().split():
                total += memory_of(int(child))
    return total
