"""Import to counts, side by side with the script an analyst would write, on the same files in one run.

The banners are those of the demo, each many times at other addresses. Prints the medians and the ratio; writes them to
benchmarks/results/<date>.json. Usage: python benchmarks/whole_run.py [--banners 200000] [--rounds 5]
"""

import argparse
import gzip
import json
import lzma
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

from pipeline.banner import Rejected, decode
from pipeline.lines import RawFile
from pipeline.locate import BUILTIN
from pipeline.observe import observe
from pipeline.resources import bundled

HERE = Path(__file__).parent
ROOT = HERE.parent
FILES = 2


def main() -> None:
    """Makes the files, times both in turn, prints and keeps the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--banners", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = compare(Path(folder), options.banners, options.rounds)
    path = HERE / "results" / f"{date.today().isoformat()}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def compare(folder: Path, banners: int, rounds: int) -> dict[str, object]:
    """Medians in seconds of both, over the same files."""
    files = make_files(folder, banners)
    database = folder / "country.mmdb"
    database.write_bytes(lzma.decompress(bundled(BUILTIN).read_bytes()))
    (folder / "study.toml").write_text('title = "benchmark"\nsimulated = true\nwindow_days = "all"\n')
    times: dict[str, list[float]] = {"camcensus": [], "analyst": [], "decompress": []}
    for turn in range(rounds):
        times["camcensus"].append(timed(ours(folder, files, turn)))
        times["analyst"].append(timed([[sys.executable, str(HERE / "analyst.py"), str(database), *map(str, files)]]))
        times["decompress"].append(timed([["gzip", "-dc", *map(str, files)]]))
    medians = {name: round(statistics.median(seconds), 2) for name, seconds in times.items()}
    return {
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("pyarrow", "duckdb", "msgspec", "pandas", "shodan")},
        "banners": banners,
        "bytes": sum(f.stat().st_size for f in files),
        "rounds": rounds,
        "median_seconds": medians,
        "banners_per_second": round(banners / medians["camcensus"]),
        "times_faster_than_analyst": round(medians["analyst"] / medians["camcensus"], 2),
        "seconds": times,
    }


def ours(folder: Path, files: list[Path], turn: int) -> list[list[str]]:
    """The commands of one whole run of camcensus, into a data folder of its own."""
    study = folder / f"study-{turn}.toml"
    study.write_text((folder / "study.toml").read_text() + f'data_dir = "data-{turn}"\n')
    start = [sys.executable, "-m", "pipeline.cli"]
    return [
        [*start, "import", *map(str, files), "--study", str(study), "--snapshot", "bench", "--link", "--quiet"],
        [*start, "run", "--study", str(study), "--no-report", "--quiet"],
    ]


def timed(commands: list[list[str]]) -> float:
    """Wall-clock seconds of commands one after the other."""
    began = time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    return time.perf_counter() - began


def make_files(folder: Path, banners: int) -> list[Path]:
    """Gzip exports with the demo's good banners, each at a new address each time."""
    chance = random.Random(1)
    seeds = []
    for path in sorted((ROOT / "data/demo/raw").rglob("SYNTHETIC-*")):
        for line in RawFile(path).lines():
            try:
                if observe([decode(line.data)]).accepted:
                    seeds.append(json.loads(line.data))
            except Rejected:
                continue
    paths = [folder / f"bench-{n}.json.gz" for n in range(FILES)]
    for path in paths:
        with gzip.open(path, "wt", compresslevel=6) as out:
            for _ in range(banners // FILES):
                banner = chance.choice(seeds)
                banner["ip_str"] = ".".join(str(chance.randrange(1, 224)) for _ in range(4))
                banner.pop("ipv6", None)
                banner.pop("ip", None)
                out.write(json.dumps(banner) + "\n")
    return paths


if __name__ == "__main__":
    main()
