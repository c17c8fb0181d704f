"""What Spark costs beside the local engine: wall and CPU seconds of each step of one simulated snapshot, both engines
on the same raw files with two cores, every byte they leave compared.

CPU seconds are of the process and all below it: Java, and Python workers that ended too.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from camcensus.core.config import load_study
from camcensus.core.console import Reporter
from camcensus.core.storage import sha256
from camcensus.engines.engine import Engine, OnProgress, Sql, no_progress
from camcensus.engines.local import Local
from camcensus.engines.spark import spark
from camcensus.run import run

RESULTS = Path(__file__).parent / "results"
VARYING = {".lock", ".stats.json", "run-log.json", "imports.json"}
CORES = 2


def cpu_seconds() -> float:
    """Of this process and all below it, those that were waited for included."""
    parents, spent = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(folder.name)] = int(fields[1])
            spent[int(folder.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return sum(seconds for pid, seconds in spent.items() if _is_ours(pid, parents))


def _is_ours(pid: int, parents: dict[int, int]) -> bool:
    while pid in parents and pid != os.getpid():
        pid = parents[pid]
    return pid == os.getpid()


class Timed:
    """An engine that writes down what each of its jobs took."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name, self.workers = engine.name, engine.workers
        self.steps: list[dict[str, Any]] = []

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        began, spent = time.perf_counter(), cpu_seconds()
        yield
        wall, cpu = time.perf_counter() - began, cpu_seconds() - spent
        self.steps.append({"step": step, "wall_s": round(wall, 1), "cpu_s": round(cpu, 1)})

    def map_parts(
        self,
        work: Callable[..., Any],
        tasks: Sequence[Any],
        sizes: Sequence[int],
        on_progress: OnProgress = no_progress,
    ) -> list[Any]:
        """Whatever reads raw files and is not ingest."""
        with self._timed(type(tasks[0]).__name__):
            return self._engine.map_parts(work, tasks, sizes, on_progress)

    def map_streams(
        self,
        work: Callable[..., Any],
        tasks: Sequence[Any],
        sizes: Sequence[int],
        on_progress: OnProgress = no_progress,
    ) -> list[Any]:
        """Ingest."""
        with self._timed(type(tasks[0]).__name__):
            return self._engine.map_streams(work, tasks, sizes, on_progress)

    def map_rows(
        self, tasks: Sequence[Any], sizes: Sequence[int], scratch: Path, on_progress: OnProgress = no_progress
    ) -> list[Any]:
        """Identify."""
        with self._timed(type(tasks[0]).__name__):
            return self._engine.map_rows(tasks, sizes, scratch, on_progress)

    @contextmanager
    def sql(self, scratch: Path) -> Iterator[Sql]:
        """Dedupe and aggregate."""
        with self._timed("queries"), self._engine.sql(scratch) as db:
            yield db


def counted(engine: Engine, study: Path) -> tuple[list[dict[str, Any]], dict[str, str], int]:
    """What each step took, the checksums of what they left, and the banners."""
    timed = Timed(engine)
    run(load_study(study), Reporter(), engine=timed, report=False)
    data = study.parent / "data"
    files = {p.relative_to(data).as_posix(): sha256(p) for p in sorted(data.rglob("*")) if p.is_file()}
    (manifest,) = data.glob("*/manifest.json")
    rows = json.loads(manifest.read_text())["stages"]["ingest"]["flow"]["rows_out"]
    return timed.steps, {name: told for name, told in files.items() if Path(name).name not in VARYING}, rows


def simulated(folder: Path, devices: int) -> Path:
    """A world of one snapshot."""
    command = [sys.executable, "-m", "camcensus", "simulate", folder, "--snapshots", "1", "--devices", str(devices)]
    subprocess.run(list(map(str, command)), check=True)
    return folder


def main() -> None:
    """Runs both on one world, and writes the result."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--devices", type=int, default=100_000)
    options.add_argument("--world", type=Path, help="a folder that `camcensus simulate` wrote, with one snapshot")
    told = options.parse_args()
    with tempfile.TemporaryDirectory(dir=told.world and told.world.parent) as folder:
        world = told.world or simulated(Path(folder) / "world", told.devices)
        sides, left = {}, {}
        for side in ("local", "spark"):
            copy = Path(folder) / side
            shutil.copytree(world, copy, copy_function=os.link)
            if side == "local":
                sides[side], left[side], rows = counted(Local(CORES), copy / "study.toml")
            else:
                with spark(f"local[{CORES}]") as engine:
                    sides[side], left[side], rows = counted(engine, copy / "study.toml")
    result = {
        "date": date.today().isoformat(),
        "machine": platform.machine(),
        "cores": CORES,
        "load_before": os.getloadavg(),
        "versions": {name: version(name) for name in ("pyspark", "duckdb", "pyarrow")},
        "banners": rows,
        "same_bytes": left["local"] == left["spark"],
        "steps": sides,
    }
    (RESULTS / f"spark-{result['date']}.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
