"""The report of the whole world: 195 countries, 20 makers, 6 snapshots; seconds, CPU seconds, memory, the page's size.

    PYTHONPATH=. .venv/bin/python benchmarks/report.py               medians of three rounds
    PYTHONPATH=. .venv/bin/python benchmarks/report.py --rounds 1

The counts are written first; what is measured is a process that reads them and draws: from nothing, and once more with
nothing changed (then no picture is drawn). Seconds are those of the wall, `cpu_seconds` of all processes; `peak_mb`
(10^6 bytes) is the largest sum over the process and those that draw pictures for it, twenty times a second. Where the
load is far over the number of cores, seconds say nothing: run it again on a quiet machine.
Writes benchmarks/results/report-<date>.json.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from watched import Figures, watched

from camcensus.core import storage
from camcensus.core.manifest import Manifest, load_manifest
from camcensus.core.tables import COUNTS
from camcensus.report import Result, draw_report
from tests.report.conftest import make_study
from tests.report.worlds import LARGE_MAKERS, large_world

RESULTS = Path(__file__).parent / "results"
WAYS = ("from nothing", "nothing changed")


def main() -> None:
    """Writes the counts, measures both drawings, prints and keeps the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--draw", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.draw:
        draw(told.draw)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = write_counts(folder)
        found = rounds(folder, told.rounds)
        report = make_study(folder).report
        sizes = {"page_bytes": (report / "index.html").stat().st_size, "pages": len(list(report.rglob("*.html")))}
    today = datetime.now(UTC).date().isoformat()
    result = {
        "date": today,
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("matplotlib", "pandas", "pyarrow")},
        "rounds": told.rounds,
        "load_at_the_end": round(os.getloadavg()[0], 1),
        "rows_of_counts": rows,
        **{way: {key: round(median(t[key] for t in each), 1) for key in each[0]} for way, each in found.items()},
        **sizes,
    }
    (RESULTS / f"report-{today}.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def write_counts(folder: Path) -> int:
    """The counts of every snapshot; how many rows there are."""
    rows = 0
    for result in large_world():
        storage.write_table(folder / result.snapshot / "counts.parquet", result.counts, COUNTS)
        result.manifest.save(folder / result.snapshot)
        rows += result.counts.num_rows
    return rows


def rounds(folder: Path, times: int) -> dict[str, list[Figures]]:
    """What each drawing took, each in processes of its own."""
    found: dict[str, list[Figures]] = {way: [] for way in WAYS}
    for _ in range(times):
        shutil.rmtree(make_study(folder).report, ignore_errors=True)
        for way in WAYS:
            found[way].append(watched([sys.executable, __file__, "--draw", folder]))
    return found


def manifest_of(folder: Path) -> Manifest:
    """The manifest that was written before."""
    found = load_manifest(folder)
    assert found is not None
    return found


def draw(folder: Path) -> None:
    """Draws the report of what is in a folder."""
    study = make_study(folder, vendors=LARGE_MAKERS)
    results = [
        Result(p.name, manifest_of(p), storage.read_table(p / "counts.parquet", COUNTS))
        for p in sorted(folder.iterdir())
        if (p / "counts.parquet").is_file()
    ]
    draw_report(study, results)


if __name__ == "__main__":
    main()
