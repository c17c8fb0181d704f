"""Identified banners to devices and counts, side by side with the same counts written as pandas group-bys, in one run.

    python benchmarks/count.py                    a million rows, medians of three rounds
    python benchmarks/count.py --rows 300000
    python benchmarks/count.py --full             1, 3 and 10 million rows, and how time grows over them

Rows are those of `count_rows.py`, the pandas side is `count_pandas.py`. Rounds alternate; each side runs in a process
of its own and starts with the Parquet files. Every cell of the two tables of counts is compared: one that differs is an
error. Seconds are those of the wall, `cpu_seconds` of all cores; `peak_mb` (10^6 bytes) is the largest sum over the
process and its children. Above two million rows pandas has one round, since it takes minutes.
Writes benchmarks/results/count-<date>.json.
"""

import argparse
import json
import math
import os
import platform
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median

import pandas as pd
from watched import Figures, watched

from camcensus.aggregate.counts import aggregate
from camcensus.core.config import Decoys, Dedupe
from camcensus.core.manifest import Instrument, Manifest
from camcensus.dedupe.devices import Rules, dedupe
from camcensus.engines.duckdb_sql import sql

HERE = Path(__file__).parent
FULL = (1_000_000, 3_000_000, 10_000_000)
SLOW = 2_000_000
SIDES = ("camcensus", "pandas")
CELL = [
    "level", "country", "manufacturer", "brand", "product_type", "model", "scope", "ip_version", "min_confidence",
    "decoys_left_out",
]  # fmt: skip
UNITS = ["n_banners", "n_hosts", "n_devices", "n_prefixes", "n_hosts_geo_min", "n_hosts_geo_max", "n_hosts_geo_asked"]


def main() -> None:
    """Makes the rows, times both sides, prints and keeps the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=FULL[0])
    parser.add_argument("--full", action="store_true", help=f"{', '.join(f'{n:,}' for n in FULL)} rows")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.side:
        (told.folder / "told.json").write_text(json.dumps(side(told.side, told.folder, told.threads)))
        return
    runs = [compare(rows, told.threads, told.rounds) for rows in (FULL if told.full else [told.rows])]
    result: dict[str, object] = {
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("pyarrow", "duckdb", "pandas", "numpy")},
        "threads": told.threads,
        "runs": runs,
    }
    if told.full:
        result["growth"] = {name: growth(runs, name) for name in ("seconds", "cpu_seconds")}
    path = HERE / "results" / f"count-{date.today().isoformat()}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def growth(runs: list[dict[str, object]], figure: str) -> float:
    """By which power of the rows time grows from the smallest to the largest run; 1 is linear."""
    (least, *_, most) = runs
    of = [run["camcensus"] for run in (least, most)]
    assert isinstance(of[0], dict)
    assert isinstance(of[1], dict)
    return round(
        math.log(of[1][figure] / of[0][figure]) / math.log(int(str(most["rows"])) / int(str(least["rows"]))), 2
    )


def compare(rows: int, threads: int, rounds: int) -> dict[str, object]:
    """Medians of both sides over the same files. Raises `SystemExit` when a cell differs."""
    from count_rows import make  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # In a process of its own, since this one's memory would be a child's to begin with.
        if os.fork() == 0:
            make(folder, rows)
            os._exit(0)
        if os.wait()[1]:
            raise SystemExit("the rows could not be made")
        found: dict[str, list[Figures]] = {one: [] for one in SIDES}
        for n in range(rounds):
            for one in SIDES:
                if one == "camcensus" or n == 0 or rows <= SLOW:
                    found[one].append(measured(one, folder, threads))
        cells = differences(folder)
    medians = {one: {key: round(median(t[key] for t in told), 2) for key in told[0]} for one, told in found.items()}
    ours, theirs = (medians[one] for one in SIDES)
    found_out: dict[str, object] = {
        "rows": rows,
        "rounds": {one: len(told) for one, told in found.items()},
        **medians,
        "cells_equal": cells,
        "times_faster_than_pandas": round(theirs["seconds"] / ours["seconds"], 2),
        "times_less_cpu_than_pandas": round(theirs["cpu_seconds"] / ours["cpu_seconds"], 2),
    }
    print(json.dumps(found_out), file=sys.stderr, flush=True)
    return found_out


def measured(name: str, folder: Path, threads: int) -> Figures:
    """One side in a process of its own. What it says of itself leaves out the start of Python, and stands."""
    told = folder / "told.json"
    command = [sys.executable, __file__, "--side", name, "--folder", folder, "--threads", str(threads)]
    peak = watched(command)["peak_mb"]
    found: Figures = json.loads(told.read_text())
    return found | {"peak_mb": round(peak)}


def side(name: str, folder: Path, threads: int) -> Figures:
    """Seconds of one side, in this process."""
    began = time.perf_counter(), time.process_time()
    told = camcensus(folder, threads) if name == "camcensus" else by_pandas(folder)
    seconds, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    return {"seconds": seconds, "cpu_seconds": cpu, **told}


def camcensus(folder: Path, threads: int) -> Figures:
    """Dedupe and aggregate, as a run does them."""
    began = time.perf_counter()
    with sql(threads, folder / "scratch") as db:
        db.parquet("identified", sorted((folder / "identified.parquet").glob("*.parquet")))
        rules = Rules(30, None, Dedupe.model_validate({}), Decoys.model_validate({}))
        deduped = dedupe(db, rules, folder)
        devices = time.perf_counter() - began
        instrument = Instrument(query_set="q", catalogue="c", rules="r", geo_db="g")
        manifest = Manifest(snapshot="bench", window=deduped.window, instrument=instrument)
        aggregate(db, manifest, "medium", ("CN",), folder)
    return {"seconds_to_devices": devices}


def by_pandas(folder: Path) -> Figures:
    """The same counts as an analyst would write them."""
    # Not at the top: its memory belongs to its own side.
    from count_pandas import count  # noqa: PLC0415

    return {"seconds_to_devices": count(folder)}


def differences(folder: Path) -> int:
    """The number of cells, every one of which both sides have with the same counts; raises `SystemExit` otherwise."""
    tables = [pd.read_parquet(folder / name) for name in ("counts.parquet", "pandas-counts.parquet")]
    ours, theirs = (
        table[CELL].astype("object").where(table[CELL].notna(), "-").join(table[UNITS].astype("float64").fillna(-1))
        for table in tables
    )
    both = ours.merge(theirs, on=[*CELL, *UNITS], how="outer", indicator=True)
    if len(wrong := both[both["_merge"] != "both"]):
        raise SystemExit(f"{len(wrong)} cells differ:\n{wrong.head(20).to_string()}")
    return len(both)


if __name__ == "__main__":
    main()
