"""Import to counts (no report), side by side with the script an analyst would write and with that script's job in other
engines, on the same files in one run; then what a second run costs, memory, and growth.

    python benchmarks/whole_run.py                            200,000 simulated banners, medians of five rounds
    python benchmarks/whole_run.py --sizes 200000 10000000

The peers do much less: six makers by one regular expression each, no models, types, decoys, devices, quarantine,
checksums or privacy. Their tables are compared with each other. Memory is of the whole process tree. `again` is after
the first run of the last round, on the same data folder: nothing changed, another counting rule, another catalogue, one
more raw file of a hundredth. Writes benchmarks/results/whole-run-<world>-<date>.json.
"""

import argparse
import json
import math
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from analyst_others import OTHERS
from ingest import CORES, installed, make_files
from locate import rebuilt, slim
from watched import Figures, watched
from worlds import OVERRIDES

from camcensus.core.config import load_study
from camcensus.core.console import Reporter
from camcensus.core.resources import bundled
from camcensus.engines.local import Local
from camcensus.geolocate.database import open_locator
from camcensus.run import run

HERE = Path(__file__).parent
SLOW = 1_000_000  # from so many banners on there is one round
CLI = [sys.executable, "-m", "camcensus"]
STUDY = 'title = "benchmark"\nsimulated = true\nwindow_days = "all"\n'
# What a run says when a stage is done, and the stage.
DONE = {"ingest": "ingest", "identify": "identify", "aggregate": "dedupe_aggregate"}
# A maker that the catalogue does not know, so that only the catalogue's version changes.
MAKER = """manufacturer = "Benchmark"
country = "NL"

[[signature]]
id = "benchmark.http.title"
field = "http.title"
pattern = '^Benchmark of camcensus$'
maker = "specific"
type = "camera"
type_evidence = "specific"
source = "made up"
licence = "CC0-1.0"
examples = ["Benchmark of camcensus"]
counterexamples = ["Benchmark", "A Benchmark of camcensus"]
"""


def main() -> None:
    """Measures each size, prints and keeps the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[200_000], help="banners")
    parser.add_argument("--rounds", type=int, default=5, help="of sizes under a million")
    parser.add_argument("--world", choices=OVERRIDES, default="static")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.side:
        side(told.side, told.folder)
        return
    sizes = []
    for banners in told.sizes:
        with tempfile.TemporaryDirectory() as name:
            sizes.append(compare(Path(name), banners, told.rounds if banners < SLOW else 1, told.world))
        print(json.dumps(sizes[-1]), file=sys.stderr, flush=True)
    packages = ("pyarrow", "numba", "msgspec", "duckdb", "polars", "chdb", "pandas", "geoip2", "shodan")
    result: dict[str, object] = {
        "date": date.today().isoformat(),
        "world": told.world,
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {package: version(package) for package in packages if installed(package)},
        "sizes": sizes,
    }
    if len(sizes) > 1:
        result["growth"] = growth(sizes[0], sizes[-1])
    path = HERE / "results" / f"whole-run-{told.world}-{date.today().isoformat()}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def growth(least: dict[str, object], most: dict[str, object]) -> float:
    """By which power of the banners our time grows; 1 is linear."""
    seconds = [one["median"]["camcensus"]["seconds"] for one in (least, most)]  # type: ignore[index]
    return round(math.log(seconds[1] / seconds[0]) / math.log(most["banners"] / least["banners"]), 3)  # type: ignore[operator]


def compare(folder: Path, banners: int, rounds: int, world: str) -> dict[str, object]:
    """Medians of all sides over the same files, and what the second run costs."""
    files, _, rows, size = make_files(folder, banners, world)
    make_ranges(folder)
    sides = ["camcensus", "analyst", *(name for name, other in OTHERS.items() if installed(other.package))]
    found: dict[str, list[Figures]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name in sides:
            if name == "camcensus":
                shutil.rmtree(folder / "data", ignore_errors=True)
            (folder / f"{name}.csv").unlink(missing_ok=True)
            figures = watched([sys.executable, __file__, "--side", name, "--folder", folder])
            told = folder / f"{name}.json"
            found[name].append(figures | (json.loads(told.read_text()) if told.exists() else {}))
    same(folder, sides[1:])
    medians = {
        name: {key: round(median(run[key] for run in runs), 2) for key in runs[0]} for name, runs in found.items()
    }
    return {
        "banners": rows,
        "raw_mb": {"compressed": round(sum(f.stat().st_size for f in files) / 1e6), "lines": round(size / 1e6)},
        "rounds": rounds,
        "median": medians,
        "range_seconds": {
            n: [round(f(r["seconds"] for r in runs), 2) for f in (min, max)] for n, runs in found.items()
        },
        "tables_share_of_lines": shares(folder, size),
        "devices_read_for_one_country_percent": read_for_one_country(folder / "data/bench/devices.parquet"),
        "again": again(folder, files[0], rows),
    }


def make_ranges(folder: Path) -> None:
    """The built-in country database as geoip2 opens it, and as a table of ranges."""
    rebuilt(folder / "country.mmdb", slim)
    ranges = open_locator().v4
    last = [*(ranges.starts[1:].astype("int64") - 1).tolist(), (1 << 32) - 1]
    table = pa.table({"first": ranges.starts.astype("int64"), "last": last, "country": ranges.codes.tolist()})
    pq.write_table(table.filter(pa.compute.not_equal(table["country"], "")), folder / "ranges.parquet")


def side(name: str, folder: Path) -> None:
    """One side, in this process and those it starts."""
    files = sorted(folder.glob("banners-*.jsonl.gz"))
    if name == "camcensus":
        (folder / "camcensus.json").write_text(json.dumps(camcensus(folder, files)))
    elif name == "analyst":
        from analyst import main as analyse  # noqa: PLC0415  # its packages belong to its own side

        analyse(str(folder / "country.mmdb"), str(folder / "analyst.csv"), [str(f) for f in files])
    else:
        OTHERS[name].work(files, folder / "ranges.parquet", folder / f"{name}.csv", CORES)


class Clock(Reporter):
    """Notes when each stage was done."""

    def __init__(self) -> None:
        super().__init__()
        self.stages: dict[str, float] = {}
        self._before = time.perf_counter()

    def info(self, text: str, snapshot: str = "", stage: str = "") -> None:  # noqa: ARG002
        """Seconds since the stage before."""
        if stage in DONE:
            now = time.perf_counter()
            self.stages[DONE[stage]], self._before = now - self._before, now


def camcensus(folder: Path, files: list[Path]) -> Figures:
    """Import and run, and the seconds of each stage."""
    (folder / "study.toml").write_text(STUDY)
    began = time.perf_counter()
    study = ["--study", folder / "study.toml"]
    watched([*CLI, "import", *files, *study, "--snapshot", "bench", "--link", "--quiet"])
    imported = time.perf_counter() - began
    clock = Clock()
    run(load_study(folder / "study.toml"), clock, engine=Local(CORES), report=False)
    return {"import": imported, **clock.stages}


def same(folder: Path, sides: list[str]) -> None:
    """Raises `SystemExit` unless the peers found the same hosts."""
    tables = [
        pd.read_csv(folder / f"{name}.csv", keep_default_na=False).sort_values(["country", "maker"]) for name in sides
    ]
    for name, table in zip(sides[1:], tables[1:], strict=True):
        if table.to_dict("records") != tables[0].to_dict("records"):
            raise SystemExit(f"{name} counts something else than {sides[0]}")


def shares(folder: Path, size: int) -> dict[str, float]:
    """Percent of the uncompressed lines that each table takes."""
    snapshot = folder / "data/bench"
    tables = {name: [*(snapshot / name).rglob("*.parquet")] for name in ("observations.parquet", "identified.parquet")}
    tables |= {name: [snapshot / name] for name in ("links.parquet", "devices.parquet", "counts.parquet")}
    return {name: round(100 * sum(f.stat().st_size for f in found) / size, 2) for name, found in tables.items()}


def read_for_one_country(devices: Path) -> dict[str, float]:
    """Percent of the file in row groups that may hold a country: of the median country, and of the largest."""
    metadata = pq.read_metadata(devices)
    place = metadata.schema.names.index("country")
    groups = [metadata.row_group(n) for n in range(metadata.num_row_groups)]
    edges = [(g.column(place).statistics.min, g.column(place).statistics.max, g.total_byte_size) for g in groups]
    whole = sum(size for _, _, size in edges)
    countries = pq.read_table(devices, columns=["country"])["country"].value_counts().to_pylist()
    read = {
        row["values"]: 100 * sum(size for least, most, size in edges if least <= row["values"] <= most) / whole
        for row in countries
    }
    largest = max(countries, key=lambda row: row["counts"])["values"]
    return {"median": round(median(read.values()), 1), "largest": round(read[largest], 1)}


def again(folder: Path, raw: Path, rows: int) -> dict[str, Figures]:
    """Seconds of another run after each change, and its CPU seconds per million banners."""
    changes: dict[str, Callable[[Path, Path], None]] = {
        "nothing": lambda _, __: None,
        "counting_rule": lambda study, _: _add(study, "[dedupe]\nchurn = false\n"),
        "catalogue": _other_catalogue,
        "one_more_file": _one_more_file,
    }
    told = {}
    for name, change in changes.items():
        change(folder / "study.toml", raw)
        took = watched([*CLI, "run", "--study", folder / "study.toml", "--no-report", "--quiet"])
        told[name] = {
            "seconds": round(took["seconds"], 2),
            "cpu_seconds": round(took["cpu_seconds"], 2),
            "cpu_seconds_per_million": round(took["cpu_seconds"] / rows * 1e6, 2),
        }
    return told


def _add(study: Path, text: str) -> None:
    study.write_text(study.read_text() + text)


def _other_catalogue(study: Path, _: Path) -> None:
    copy = study.parent / "queries"
    shutil.copytree(bundled("queries"), copy)
    (copy / "benchmark.toml").write_text(MAKER)
    watched([*CLI, "catalogue", "page", copy])
    study.write_text(f'catalogue = "{copy}"\n{study.read_text()}')


def _one_more_file(study: Path, raw: Path) -> None:
    from isal import igzip  # noqa: PLC0415

    more = study.parent / "more.jsonl.gz"
    with igzip.open(raw) as lines, igzip.open(more, "wb", compresslevel=3) as out:
        out.writelines(line for n, line in enumerate(lines) if n % 50 == 0)
    watched([*CLI, "import", more, "--study", study, "--snapshot", "bench", "--link", "--quiet"])


if __name__ == "__main__":
    main()
