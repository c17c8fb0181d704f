"""How fast one core writes a simulated Internet, and whether its memory grows with the world.

    python benchmarks/simulate.py             worlds of 50,000 and 500,000 devices
    python benchmarks/simulate.py 13000000    another size in place of the larger one

CPU seconds, so that a busy machine does not count; peak memory of the process. Lines are those of all three collections
(camera queries, whole blocks, the second engine); banners are those that camera queries return, as
`camcensus simulate` reports them.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pipeline.progress import Reporter
from pipeline.simulate.world import Plan
from pipeline.simulate.write import simulate

SIZES = (50_000, 500_000)


def one(devices: int) -> None:
    """Writes one world and prints what it took."""
    with tempfile.TemporaryDirectory() as folder:
        before = time.process_time()
        banners = sum(simulate(Path(folder) / "world", Plan(devices, 1, 1), Reporter(quiet=True)).values())
        seconds = time.process_time() - before
        size = sum(p.stat().st_size for p in (Path(folder) / "world").rglob("*.gz"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{devices:>12,} devices  {banners:>11,} banners  {seconds:7.1f} CPU s  {banners / seconds:8,.0f} banners/s  "
        f"{peak:6.0f} MB peak  {size / 1e6:7.1f} MB packed"
    )


def main() -> None:
    """Each size in a process of its own, since peak memory is the process's."""
    sizes = (SIZES[0], int(sys.argv[1])) if len(sys.argv) > 1 else SIZES
    for size in sizes:
        subprocess.run([sys.executable, __file__, "--one", str(size)], check=True)


if __name__ == "__main__":
    if "--one" in sys.argv:
        one(int(sys.argv[-1]))
    else:
        main()
