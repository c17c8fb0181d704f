"""How fast one core writes a simulated Internet, and whether its memory grows with the world.

    python benchmarks/simulate.py                     worlds of 50,000 and 500,000 devices
    python benchmarks/simulate.py 1000000 13200000    other sizes; 13.2 million devices are 10 million banners

CPU seconds, so that a busy machine does not count; peak memory of the process, each size in one of its own. Banners are
those that camera queries return, as `camcensus simulate` reports them; the lines of the other two collections (whole
blocks, the second engine) and the truth are written in the same time. The mean size is that of the queries' lines.
Writes benchmarks/results/simulate-<date>.json.
"""

import gzip
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from camcensus.core.console import Reporter
from camcensus.validation.simulate.world import Plan
from camcensus.validation.simulate.write import simulate

SIZES = (50_000, 500_000)
RESULTS = Path(__file__).parent / "results"


def one(devices: int) -> dict[str, Any]:
    """Writes one world; what it took."""
    with tempfile.TemporaryDirectory() as folder:
        before, began = time.process_time(), time.perf_counter()
        banners = sum(simulate(Path(folder) / "world", Plan(devices, 1, 1), Reporter(quiet=True)).values())
        seconds, waited = time.process_time() - before, time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        files = list((Path(folder) / "world").rglob("*.gz"))
        with gzip.open(min(files)) as lines:
            sizes = [len(line) for line in lines]
        return {
            "devices": devices, "banners": banners, "cpu_seconds": round(seconds, 1), "seconds": round(waited, 1),
            "banners_a_cpu_second": round(banners / seconds), "peak_mb": round(peak),
            "packed_mb": round(sum(p.stat().st_size for p in files) / 1e6),
            "mean_bytes": round(sum(sizes) / len(sizes)),
        }  # fmt: skip


def main() -> None:
    """Runs each size and writes what they took."""
    runs = []
    for size in [int(text) for text in sys.argv[1:]] or SIZES:
        command = [sys.executable, __file__, "--one", str(size)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        runs.append(json.loads(done.stdout))
        print(runs[-1], flush=True)
    date = datetime.now(UTC).date().isoformat()
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    RESULTS.mkdir(exist_ok=True)
    result = {"date": date, "machine": machine, "workers": 1, "runs": runs}
    (RESULTS / f"simulate-{date}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if "--one" in sys.argv:
        print(json.dumps(one(int(sys.argv[-1]))))
    else:
        main()
