"""The report of the whole world: 195 countries, 20 makers, 6 snapshots; wall and CPU seconds, memory, the page's size.

    PYTHONPATH=. .venv/bin/python benchmarks/report.py

The counts are written first; what is measured is a process that reads them and draws: once from nothing, once more
with nothing changed (then no picture is drawn).
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pipeline import store
from pipeline.manifest import Manifest, load_manifest
from pipeline.report import Result, draw_report
from pipeline.tables import COUNTS
from tests.report.conftest import make_study
from tests.report.worlds import LARGE_MAKERS, large_world


def main() -> None:
    """Writes the counts, and measures two drawings."""
    if len(sys.argv) > 1:
        draw(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for result in large_world():
            store.write_table(folder / result.snapshot / "counts.parquet", result.counts, COUNTS)
            result.manifest.save(folder / result.snapshot)
        for what in ("from nothing", "nothing changed"):
            subprocess.run([sys.executable, __file__, name], check=True)
            print(f"  ({what})")


def manifest_of(folder: Path) -> Manifest:
    """The manifest that was written before."""
    found = load_manifest(folder)
    assert found is not None
    return found


def draw(folder: Path) -> None:
    """Draws the report of what is in a folder, and says what it took."""
    start = time.perf_counter()
    study = make_study(folder, vendors=LARGE_MAKERS)
    results = [
        Result(
            p.name,
            manifest_of(p),
            store.read_table(p / "counts.parquet", COUNTS),
        )
        for p in sorted(folder.iterdir())
        if (p / "counts.parquet").is_file()
    ]
    page = draw_report(study, results)
    wall = time.perf_counter() - start
    own = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"{wall:.1f} s, {own.ru_utime + own.ru_stime:.1f} s of this process's CPU (pictures are drawn in others), "
        f"at most {own.ru_maxrss / 1024:.0f} MB; page {page.stat().st_size:,} bytes, "
        f"{sum(1 for _ in page.parent.rglob('*.html')):,} pages"
    )


if __name__ == "__main__":
    main()
