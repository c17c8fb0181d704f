"""Worlds written to folders, for the tests of the synthetic Internet: in this process, or by the command."""

import os
import subprocess
import sys
from pathlib import Path

from camcensus.core.console import Reporter
from camcensus.validation.simulate.world import Plan
from camcensus.validation.simulate.write import simulate

ROOT = Path(__file__).parents[3]


def made(out: Path, plan: Plan, workers: int = 1) -> Path:
    """A world written to a folder, in this process."""
    simulate(out, plan, Reporter(), workers)
    return out


def by_command(out: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`camcensus simulate` in a process of its own."""
    command = [sys.executable, "-m", "camcensus", "simulate", str(out), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, **environment})


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
