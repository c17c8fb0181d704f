"""What `camcensus verify` costs beside plain SHA-256 of the same bytes: gigabytes a second, by the clock and by
processor time, and seconds for the published report and for all of a study.

A simulated Internet is imported unpacked, so that there is a gigabyte or so of raw files, counted and drawn. All files
are read once before, so what is measured is the processor and not the disk. Plain SHA-256 reads the files of the data
folder one after the other; verify uses all cores, and besides holds ledgers, schemas and flows against them. What it
does with the report (figures against counts, the search for addresses) and with all of a study (published tables made
again from the private counts) grows with cells and not with bytes, so it is told in seconds.
Writes benchmarks/results/verify-<date>.json. Usage: python benchmarks/verify.py [--devices 200000] [--rounds 5]
"""

import argparse
import gzip
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from statistics import median

from camcensus.core.config import load_study
from camcensus.geolocate.database import open_locator
from camcensus.verify.command import verify_folder, verify_study
from camcensus.verify.verdict import Verdict

HERE = Path(__file__).parent
SKIPPED = {".lock", ".stats.json", "run-log.json"}
GB = 1e9


def camcensus(*words: object) -> None:
    """The command, done."""
    subprocess.run([sys.executable, "-m", "camcensus", *map(str, words), "--quiet"], check=True, stdout=sys.stderr)


def study_in(folder: Path, devices: int) -> Path:
    """Two simulated snapshots, imported unpacked, counted and drawn."""
    camcensus("simulate", folder / "made", "--devices", devices, "--snapshots", 2)
    study = folder / "study.toml"
    shutil.copy(folder / "made" / "study.toml", study)
    for packed in sorted((folder / "made" / "data").glob("*/raw/*.gz")):
        snapshot = packed.parent.parent.name
        plain = folder / f"{snapshot}-{packed.stem}"
        with gzip.open(packed) as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target)
        camcensus("import", plain, "--study", study, "--snapshot", snapshot, "--link")
    shutil.rmtree(folder / "made")
    camcensus("run", "--study", study)
    return study


def plain(paths: Iterable[Path]) -> int:
    """SHA-256 of the files one after the other; their bytes."""
    for path in paths:
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
    return sum(path.stat().st_size for path in paths)


def verified(work: Callable[[Verdict], None]) -> Verdict:
    """What verify found; it must be all right."""
    open_locator.cache_clear()
    verdict = Verdict()
    work(verdict)
    assert verdict.sound, verdict.problems
    return verdict


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and of processors."""
    clock, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - used


def measured(study: Path, rounds: int) -> dict[str, float]:
    """Medians over rounds, in each of which all four are measured."""
    loaded = load_study(study)
    files = [path for path in loaded.data.rglob("*") if path.is_file() and path.name not in SKIPPED]
    size, found = plain(files), verified(lambda verdict: verify_folder(loaded.data, verdict))
    works: dict[str, Callable[[], object]] = {
        "plain": lambda: plain(files),
        "data": lambda: verified(lambda verdict: verify_folder(loaded.data, verdict)),
        "study": lambda: verified(lambda verdict: verify_study(loaded, verdict)),
        "report": lambda: verified(lambda verdict: verify_folder(loaded.report, verdict)),
    }
    taken = [{name: seconds(work) for name, work in works.items()} for _ in range(rounds)]
    clock, used = ({name: median(one[name][n] for one in taken) for name in works} for n in (0, 1))
    return {
        "files_of_data": found.files,
        "gigabytes_of_data": round(found.bytes / GB, 3),
        "plain_gb_per_cpu_second": round(size / GB / used["plain"], 2),
        "data_gb_per_cpu_second": round(found.bytes / GB / used["data"], 2),
        "data_cpu_seconds_times_those_of_plain": round(median(o["data"][1] / o["plain"][1] for o in taken), 2),
        "plain_gb_per_second": round(size / GB / clock["plain"], 2),
        "data_gb_per_second": round(found.bytes / GB / clock["data"], 2),
        "report_alone_cpu_seconds": round(used["report"], 2),
        "whole_study_cpu_seconds": round(used["study"], 2),
    }


def main() -> None:
    """All of it; some minutes, most of them to make what is verified."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(study_in(Path(folder), told.devices), told.rounds)
    result = {
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "rounds": told.rounds,
        "load_before": round(os.getloadavg()[0], 1),
        **figures,
    }
    text = json.dumps(result, indent=1) + "\n"
    (HERE / "results" / f"verify-{result['date']}.json").write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
