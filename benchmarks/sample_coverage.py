"""How often the 95 % intervals of samples hold the truth, how wide they are, and how far estimates are off on average.

A simulated Internet is counted whole, which gives the truth for every block of addresses; then blocks are drawn by many
seeds, and each sample's estimates are held against it. So this is the error of drawing blocks, and of nothing else. As
simulated addresses are spread more evenly than real ones, a made-up population of very uneven blocks stands beside it.
Prints a table and writes it to benchmarks/results/sample-<date>.json.

Usage: python benchmarks/sample_coverage.py [--devices 120000] [--draws 300] [--blocks 100 200 800]
"""

import argparse
import json
import statistics
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from camcensus.aggregate.headline import choose
from camcensus.collect.queries import make_disjoint, queries_of
from camcensus.core import parquet
from camcensus.core.config import Study, load_study
from camcensus.core.console import Reporter
from camcensus.core.countries import canonical_code
from camcensus.core.query import parse
from camcensus.core.tables import COUNTED_FROM, SAMPLE_BLOCKS
from camcensus.dedupe.devices import Rules, dedupe
from camcensus.engines.duckdb_sql import sql
from camcensus.engines.local import Local
from camcensus.estimate.area_sampling.figures import ALL, STUDY, UNITS, Counted, Figures, Matches, Sampled
from camcensus.estimate.area_sampling.stage import BLOCKS, count_blocks
from camcensus.identify.catalogue import load_catalogue
from camcensus.raw.address_blocks import BITS, Frame
from camcensus.raw.imports import import_files
from camcensus.raw.snapshot import open_snapshot
from camcensus.run import run
from camcensus.validation.loopback.index import Index
from camcensus.validation.simulate.world import Plan
from camcensus.validation.simulate.write import simulate

HERE = Path(__file__).parent
LENGTH = 16
FRAME = Frame(LENGTH)
YEAR = "2026"


@dataclass(frozen=True)
class Population:
    """All matches and all that was counted, by block (its place in the frame)."""

    matches: dict[int, list[Matches]]
    counted: dict[int, list[Counted]]
    left_out: tuple[str, ...]
    vendors: tuple[str, ...]

    @cached_property
    def everywhere(self) -> list[Matches]:
        """The matches in all blocks."""
        sums = Counter[tuple[str | None, str]]()
        for rows in self.matches.values():
            for row in rows:
                sums[row.maker, row.country] += row.n
        return [Matches(None, maker, country, n) for (maker, country), n in sums.items()]

    def sample(self, seed: int, blocks: int) -> Sampled:
        """The sample that a seed draws."""
        drawn = [PLACES[str(block)] for block in FRAME.draw(seed, blocks)]
        matches = [replace(m, block=n) for n, place in enumerate(drawn) for m in self.matches.get(place, ())]
        counted = tuple(replace(c, block=n) for n, place in enumerate(drawn) for c in self.counted.get(place, ()))
        return Sampled(blocks, FRAME.size, seed, (*self.everywhere, *matches), counted)

    def truth(self) -> dict[tuple[Any, ...], int]:
        """Scope, country, maker and unit to what there is in all."""
        found: dict[tuple[Any, ...], int] = defaultdict(int)
        for rows in self.counted.values():
            for row in rows:
                places = [(ALL, None), (ALL, row.country)] + ([] if row.country in self.left_out else [(STUDY, None)])
                for scope, country in places:
                    for unit in UNITS:
                        found[scope, country, row.maker, unit] += row.units[unit]
        return found


PLACES = {str(FRAME.block(place)): place for place in range(FRAME.size)}


def world(folder: Path, devices: int) -> Population:
    """A simulated Internet, of which all that the study's queries find is counted."""
    simulate(folder / "world", Plan(devices, 1, 20261101), Reporter())
    (folder / "study.toml").write_bytes((folder / "world/study.toml").read_bytes())
    study = load_study(folder / "study.toml")
    index = Index(sorted((folder / "world/data" / YEAR / "raw").glob("*.jsonl.gz")))
    queries = queries_of(study, load_catalogue(study.catalogue_path))
    found = np.logical_or.reduce([index.mask(parse(query.text)) for query in queries])
    export = folder / "export.jsonl"
    export.write_bytes(b"".join(index.rows[row] + b"\n" for row in np.flatnonzero(found)))
    import_files([str(export)], study.data / YEAR, link=True)
    run(study, Reporter(), engine=Local(2), report=False)
    matches: dict[int, list[Matches]] = defaultdict(list)
    for maker, block, country, n in found_by_queries(index, queries):
        matches[block].append(Matches(block, maker, country, n))
    return Population(matches, counted_in(study, folder), study.countries_left_out, study.vendors)


def counted_in(study: Study, folder: Path) -> dict[int, list[Counted]]:
    """What was counted in each block of the whole space."""
    snapshot = open_snapshot(study, YEAR)
    with sql(2, folder / "scratch") as db:
        db.parquet("identified", snapshot.verified("identified"))
        dedupe(db, Rules(study.window_days, None, study.dedupe, study.decoys), folder)
    with sql(2, folder / "scratch") as db:
        for name in COUNTED_FROM:
            db.parquet(name, [folder / f"{name}.parquet"])
        choose(db, study.min_confidence, study.countries_left_out)
        count_blocks(db, snapshot.manifest, study.min_confidence, folder, LENGTH)
    counted: dict[int, list[Counted]] = defaultdict(list)
    for row in parquet.read_table(folder / BLOCKS, SAMPLE_BLOCKS).to_pylist():
        units = {unit: row[unit] for unit in UNITS}
        place = PLACES[row["block"]]
        counted[place].append(Counted(place, row["country"], row["manufacturer"], units))
    return counted


def found_by_queries(index: Index, queries: list[Any]) -> Iterator[tuple[str | None, int, str, int]]:
    """Maker, block, country and number of what the queries find, made disjoint as the collector does."""
    hosts = np.array([int(np.int64(h)) for h in index._ipv4])
    countries = index.columns["country"]
    names = [canonical_code(str(values[0]) if values else "") for values in countries.distinct]
    for link in make_disjoint(queries, lambda text: int(index.mask(parse(text)).sum())):
        rows = np.flatnonzero(index.mask(parse(link.sent)) & (hosts >= 0))
        keys = (hosts[rows] >> (BITS - LENGTH)) * len(names) + countries.codes[rows]
        for key, n in zip(*np.unique(keys, return_counts=True), strict=True):
            number, code = divmod(int(key), len(names))
            block = f"{number >> 8}.{number & 255}.0.0/{LENGTH}"
            yield link.query.manufacturer, PLACES[block], names[code], int(n)


def skewed(share: float = 0.4, sigma: float = 2.0) -> Population:
    """Blocks of very different sizes (lognormal), each with its own share of matches that count; ten countries of very
    different sizes, and a maker with queries of its own beside one without."""
    random = np.random.default_rng(3)
    sizes = np.where(random.random(FRAME.size) < share, np.ceil(random.lognormal(1.5, sigma, FRAME.size)), 0).astype(
        int
    )
    good = random.binomial(sizes, random.beta(4, 2, FRAME.size))
    names = ("US", "CN", "VN", "BR", "GB", "DE", "FR", "NL", "SE", "IS")
    where = random.choice(
        len(names), FRAME.size, p=np.array([2.0**-n for n in range(10)]) / sum(2.0**-n for n in range(10))
    )
    matches, counted = {}, {}
    for place in np.flatnonzero(sizes):
        own, country = int(sizes[place]) * 2 // 3, names[where[place]]
        parts = [("Hikvision", own), (None, int(sizes[place]) - own)]
        matches[int(place)] = [Matches(int(place), maker, country, n) for maker, n in parts if n]
        first = int(random.binomial(good[place], 0.6))
        units = [(None, int(good[place])), ("Hikvision", first), ("Axis", int(good[place]) - first)]
        counted[int(place)] = [Counted(int(place), country, maker, dict.fromkeys(UNITS, n)) for maker, n in units if n]
    return Population(matches, counted, ("CN",), ("Hikvision", "Axis"))


def held(population: Population, blocks: int, draws: int) -> list[dict[str, Any]]:
    """For each level and unit how often the interval held the truth, over all figures that had one."""
    truth = population.truth()
    seen: dict[tuple[str, str], list[tuple[bool, bool, float, float]]] = defaultdict(list)
    for seed in range(draws):
        for row in Figures(population.sample(seed, blocks), population.left_out, population.vendors).rows():
            if row["reason"] is None:
                true = truth[row["scope"], row["country"], row["manufacturer"], row["unit"]]
                key = (f"{row['level']} {row['scope']}" if row["level"] == "world" else row["level"], row["unit"])
                off, width = row["estimate"] / true - 1, (row["high"] - row["low"]) / true
                seen[key].append((row["low"] > true, row["high"] < true, off, width))
    return [
        {
            "blocks": blocks, "level": level, "unit": unit, "figures": len(rows),
            "held_percent": round(100 - 100 * sum(a or b for a, b, _, _ in rows) / len(rows), 1),
            "above_percent": round(100 * sum(a for a, *_ in rows) / len(rows), 1),
            "below_percent": round(100 * sum(b for _, b, *_ in rows) / len(rows), 1),
            "mean_error_percent": round(100 * statistics.fmean(off for *_, off, _ in rows), 1),
            "median_width_percent": round(100 * statistics.median(width for *_, width in rows), 1),
        }
        for (level, unit), rows in sorted(seen.items())
    ]  # fmt: skip


def main() -> None:
    """Measures, prints and keeps the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--devices", type=int, default=120_000)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--blocks", type=int, nargs="+", default=[100, 200, 800])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        populations = {"simulated": world(Path(folder), options.devices), "skewed": skewed()}
    result: dict[str, Any] = {"date": date.today().isoformat(), "draws": options.draws, "devices": options.devices}
    for name, population in populations.items():
        result[name] = [row for blocks in options.blocks for row in held(population, blocks, options.draws)]
        print(f"\n{name}: {len(population.counted):,} of {FRAME.size:,} blocks hold anything")
        for row in result[name]:
            if row["unit"] == "n_hosts":
                print("  ".join(f"{key} {value}" for key, value in row.items()))
    path = HERE / "results" / f"sample-{result['date']}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
