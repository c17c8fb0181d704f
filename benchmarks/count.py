"""Identified banners to devices and counts, side by side with the same counts written as pandas group-bys, in one run.

Made-up rows from a seeded generator: 1.25 banners a host, a third of the hosts with an identity, 40 makers with 50
models each. Each side runs in a process of its own: seconds and peak resident memory are those of that process.
Writes benchmarks/results/count-<date>.json. Usage: python benchmarks/count.py [--rows 1000000] [--full] [--no-pandas]
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import store
from pipeline.aggregate import aggregate
from pipeline.dedupe import Rules, dedupe
from pipeline.engines.local import sql
from pipeline.manifest import Instrument, Manifest
from pipeline.store import read_table
from pipeline.study import Decoys, Dedupe
from pipeline.tables import COUNTS, IDENTIFIED, UNITS

HERE = Path(__file__).parent
NOON = 1_790_000_000
CHUNK = 500_000
FULL = 10_000_000
MAKERS, MODELS = 40, 50
PORTS = np.array([80, 554, 8000, 443, 8080, 37777])


def main() -> None:
    """Makes the rows, times both sides, prints and keeps the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} rows")
    parser.add_argument("--no-pandas", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--side", choices=("camcensus", "pandas"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.side:
        print(json.dumps(side(told.side, told.folder, told.threads)))
        return
    sizes = [FULL // 10, FULL] if told.full else [told.rows]
    result = {
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("pyarrow", "duckdb", "pandas", "numpy")},
        "threads": told.threads,
        "runs": [compare(rows, told.threads, not told.no_pandas) for rows in sizes],
    }
    path = HERE / "results" / f"count-{date.today().isoformat()}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def compare(rows: int, threads: int, pandas: bool) -> dict[str, object]:
    """Both sides over the same files; raises when banners, hosts or networks differ."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, rows)
        sides = ["camcensus", "pandas"] if pandas else ["camcensus"]
        found = {}
        for one in sides:
            command = [sys.executable, str(Path(__file__)), "--side", one, "--folder", name, "--threads", str(threads)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=HERE.parent)
            found[one] = json.loads(done.stdout)
    result: dict[str, object] = {"rows": rows, **{one: told["figures"] for one, told in found.items()}}
    if pandas:
        counts = [found[one]["counts"] for one in sides]
        # Devices by the simple rule differ by a little; both are kept in the result.
        if any(n != counts[1][cell] for cell, n in counts[0].items() if not cell.endswith("n_devices")):
            raise SystemExit(f"the counts differ: {counts}")
        result["devices"] = [count["all/world/n_devices"] for count in counts]
        seconds = {one: told["figures"]["seconds"] for one, told in found.items()}
        result["times_faster_than_pandas"] = round(seconds["pandas"] / seconds["camcensus"], 2)
    return result


def side(name: str, folder: Path, threads: int) -> dict[str, object]:
    """Seconds, peak memory in MB and the world's counts of one side, in this process."""
    began = time.perf_counter()
    counts = camcensus(folder, threads) if name == "camcensus" else by_pandas(folder)
    seconds = round(time.perf_counter() - began, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"figures": {"seconds": seconds, "peak_mb": round(peak)}, "counts": counts}


def camcensus(folder: Path, threads: int) -> dict[str, int]:
    """Dedupe and aggregate, as a run does them."""
    with sql(threads, folder / "scratch") as db:
        db.parquet("identified", sorted((folder / "identified.parquet").glob("*.parquet")))
        rules = Rules(30, None, Dedupe.model_validate({}), Decoys.model_validate({}))
        deduped = dedupe(db, rules, folder)
        instrument = Instrument(query_set="q", catalogue="c", rules="r", geo_db="g")
        manifest = Manifest(snapshot="bench", window=deduped.window, instrument=instrument)
        aggregate(db, manifest, "medium", ("CN",), folder)
    counts = read_table(folder / "counts.parquet", COUNTS)
    worlds = counts.filter(pc.equal(counts["level"], "world")).to_pylist()
    return {
        f"{c['scope']}/world/{u}": c[u]
        for c in worlds
        if (c["ip_version"], c["min_confidence"], c["decoys_left_out"]) == ("4", "medium", "none")
        for u in UNITS
    }


def by_pandas(folder: Path) -> dict[str, int]:
    """The same counts as an analyst would write them; see `count_pandas.py`."""
    # Not at the top: its memory belongs to its own side.
    from count_pandas import count  # noqa: PLC0415

    return count(folder)


def make(folder: Path, rows: int) -> None:
    """Parts of `identified`, each of at most CHUNK rows."""
    for n, begin in enumerate(range(0, rows, CHUNK)):
        table = part(np.random.default_rng([1, n]), f"part-{n:03}.json", min(CHUNK, rows - begin), rows)
        store.write_table(folder / "identified.parquet" / f"{n:03}.parquet", table, IDENTIFIED)


def part(chance: np.random.Generator, file: str, rows: int, total: int) -> pa.Table:
    """Made-up rows. What a host is (maker, model, country, identity) follows from its number, so parts agree."""
    number = chance.integers(0, int(total / 1.25), rows)
    mixed = (number * 2654435761) % (1 << 32)  # scatters the numbers of hosts; 32-bit multiplicative hashing
    address = (16 << 24) + number * 64  # four hosts a network
    maker, model = (mixed >> 5) % MAKERS, (mixed >> 11) % MODELS
    which = chance.integers(0, 6, rows)
    second = (mixed % 20 == 0) & (which > 3)  # a host in 20 has another device behind its last ports
    maker = np.where(second, (maker + 1) % MAKERS, maker)
    country = (((address >> 12) * 2654435761) % (1 << 32) >> 8) % 200  # a network lies in one country
    names = pa.array([f"Maker {n}" for n in range(MAKERS)])
    models = pa.array([f"M{m}-{n}" for m in range(MAKERS) for n in range(MODELS)])
    codes = pa.array([chr(65 + n // 26) + chr(65 + n % 26) for n in range(200)]).take(pa.array(country))
    identity = pa.array([f"{n:032x}" for n in mixed.tolist()], mask=(mixed % 3 != 0) | (which > 1))
    hosts = [f"{a >> 24}.{a >> 16 & 255}.{a >> 8 & 255}.{a & 255}" for a in address.tolist()]
    certain = pa.array(["medium", "high"]).take(pa.array((mixed >> 3) % 2))
    told = {
        "file": pa.repeat(file, rows), "line": pa.array(np.arange(1, rows + 1)), "host": pa.array(hosts),
        "ip_version": pa.repeat(4, rows).cast(pa.int64()), "port": pa.array(PORTS[which]),
        "transport": pa.repeat("tcp", rows), "seen": pa.array(NOON - chance.integers(0, 29 * 86400, rows)),
        "address": pa.array(address),
        "prefix": pa.array([h.rpartition(".")[0] + ".0/24" for h in hosts]), "counted": pa.repeat(True, rows),
        "manufacturer": names.take(pa.array(maker)), "manufacturer_confidence": certain,
        "brand": names.take(pa.array(maker)),
        "model": pc.if_else(pa.array(which < 3), models.take(pa.array(maker * MODELS + model)), None),
        "product_type": pa.array(np.where(which % 3 == 1, "video", "camera")), "type_confidence": certain,
        "identity": identity, "signatures": pa.repeat("bench.signature.one", rows),
        "identity_kind": pc.if_else(identity.is_valid(), "serial", None),
        "banner_hash": pa.array(chance.integers(-(1 << 31), 1 << 31, rows)),
        "country": codes, "country_second": codes, "asn": pa.array(mixed % 60_000),
        "network": pa.repeat("Example", rows), "synthetic": pa.repeat(True, rows),
    }  # fmt: skip
    schema = IDENTIFIED.schema
    return pa.table({f.name: told.get(f.name, pa.nulls(rows, f.type)) for f in schema}).cast(schema)


if __name__ == "__main__":
    main()
