"""Writes a world: `OUT/study.toml`, `OUT/data/<snapshot>/raw/` as an import would leave it, and the truth beside it.

A file of a snapshot holds a fixed range of sites and is drawn a chunk at a time, so memory is bounded whatever the
world's size, and the content is the same whatever the size of chunks and the number of workers.
"""

import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline import store
from pipeline.collect.exports import LEDGER
from pipeline.errors import CamcensusError
from pipeline.progress import Reporter
from pipeline.simulate.export import NET, QUERIES, Lines, lines_of
from pipeline.simulate.looks import Seen, seen
from pipeline.simulate.packed import Packed
from pipeline.simulate.second import SOURCE
from pipeline.simulate.truth import BANNERS, TRUTH
from pipeline.simulate.truths import Placed, banner_rows, device_rows
from pipeline.simulate.world import Plan, World, make_world

OTHER = "second"  # the folder of the second engine
CHUNK = 16_000  # sites drawn at a time
STUDY = """# A simulated Internet (camcensus simulate): {devices:,} devices, seed {seed}. Nothing in it is real.
# truth.parquet says what is there; the pipeline never reads it.

title = "SIMULATED: cameras visible from a made-up Internet, {first}-{last} ({engine} engine)"
vendors = ["Hikvision", "Dahua", "TVT", "Uniview", "Axis", "Hanwha Vision"]
countries_left_out = ["CN"]
window_days = 30
simulated = true
data_dir = "data"
report_dir = "report"
"""


@dataclass(frozen=True)
class Drawn:
    """What came of one file's worth of sites at one snapshot."""

    year: int
    first: dict[str, dict[str, Any]]
    second: dict[str, dict[str, Any]]
    devices: pa.Table
    banners: pa.Table


def simulate(out: Path, plan: Plan, reporter: Reporter, workers: int = 1) -> dict[str, int]:
    """Writes the world of a plan into a new or empty folder, which appears whole; lines of each snapshot.

    Raises `CamcensusError` when the folder holds something.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CamcensusError(f"{out}: is there already and is not an empty folder; choose another")
    world = make_world(plan)
    half_done = out.with_name(f".{out.name}{store.PART}")
    shutil.rmtree(half_done, ignore_errors=True)
    for year in world.years:
        for folder in (raw_folder(half_done, year), raw_folder(half_done / OTHER, year)):
            folder.mkdir(parents=True)
    written = _write(world, half_done, reporter, workers)
    store.write_text(half_done / "study.toml", study_text(world, "first"))
    store.write_text(half_done / OTHER / "study.toml", study_text(world, "second"))
    if out.is_dir():
        out.rmdir()
    half_done.rename(out)
    return written


def _write(world: World, out: Path, reporter: Reporter, workers: int) -> dict[str, int]:
    """Raw files with their ledgers, and the truth; lines of each snapshot of the first engine."""
    ledgers: dict[Path, dict[str, Any]] = {}
    written = {str(year): 0 for year in world.years}
    with ExitStack() as stack:
        devices = stack.enter_context(store.parquet_writer(out / "truth.parquet", TRUTH))
        banners = stack.enter_context(store.parquet_writer(out / "truth_banners.parquet", BANNERS))
        for drawn in _drawn(world, out, workers):
            devices.write_table(store.fitted(drawn.devices, TRUTH, devices))
            banners.write_table(store.fitted(drawn.banners, BANNERS, banners))
            for folder, files in ((out, drawn.first), (out / OTHER, drawn.second)):
                entries = ledgers.setdefault(raw_folder(folder, drawn.year) / LEDGER, {})
                entries |= {name: {k: v for k, v in entry.items() if k != "lines"} for name, entry in files.items()}
            written[str(drawn.year)] += sum(int(entry["lines"]) for entry in drawn.first.values())
    for path, entries in ledgers.items():
        store.write_json(path, entries)
    for name, lines in written.items():
        reporter.say(f"{name}: {lines:,} lines")
    return written


def study_text(world: World, engine: str) -> str:
    """The study that runs on what an engine holds."""
    text = STUDY.format(
        devices=world.plan.devices, seed=world.plan.seed, first=world.years[0], last=world.years[-1], engine=engine
    )
    return text + "".join(f'\n[snapshots."{year}"]\ndate = {world.date(year)}\n' for year in world.years)


def raw_folder(out: Path, year: int) -> Path:
    """Where a snapshot's raw files lie."""
    return out / "data" / str(year) / "raw"


def _drawn(world: World, out: Path, workers: int) -> Iterator[Drawn]:
    """Every file's worth of every snapshot, in order; in several processes, and few at a time."""
    tasks = [(number, year) for year in world.years for number in range(len(world.cuts))]
    if workers == 1:
        for number, year in tasks:
            yield draw(world, out, number, year)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (world.plan,)) as pool:
        waiting: list[Future[Drawn]] = []
        for number, year in tasks:
            waiting.append(pool.submit(_draw, out, number, year))
            if len(waiting) > 2 * workers:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


_WORLD: list[World] = []  # of this worker process


def _begin(plan: Plan) -> None:
    _WORLD[:] = [make_world(plan)]


def _draw(out: Path, number: int, year: int) -> Drawn:
    return draw(_WORLD[0], out, number, year)


def draw(world: World, out: Path, number: int, year: int, chunk: int = CHUNK) -> Drawn:
    """Draws the sites of one file at one snapshot, and writes the file."""
    first, end = world.cuts[number]
    devices, banners = [], []
    with ExitStack() as stack:
        files = {kind: Packed(_raw_path(out, year, kind, number)) for kind in (QUERIES, NET)}
        other = Packed(_raw_path(out / OTHER, year, SOURCE, number), SOURCE)
        stack.enter_context(other)
        for file in files.values():
            stack.enter_context(file)
        for start in range(first, end, chunk):
            block = world.block(start, min(start + chunk, end))
            here = world.now(block, year)
            sights = world.sights(block, here, year, "first")
            second = world.sights(block, here, year, "second")
            twice = seen(world, block, here, second, year, "second")
            other.write(lines_of(world, block, twice, year, "second")[QUERIES].lines)
            found = seen(world, block, here, sights, year)
            placed = _place(found, lines_of(world, block, found, year), files)
            devices.append(device_rows(world, block, here, found, second, year))
            banners.append(banner_rows(world, block, found, sights, placed, year))
    received = datetime.fromtimestamp(world.end(year) + 1, UTC).isoformat(timespec="seconds")
    ledger = {file.path.name: file.entry(received) for file in files.values() if file.lines}
    second_ledger = {other.path.name: other.entry(received)} if other.lines else {}
    return Drawn(year, ledger, second_ledger, pa.concat_tables(devices), pa.concat_tables(banners))


def _raw_path(out: Path, year: int, kind: str, number: int) -> Path:
    return raw_folder(out, year) / f"SIMULATED-{kind}-{number:04d}.jsonl.gz"


def _place(found: Seen, exported: dict[str, Lines], files: dict[str, Packed]) -> Placed:
    """Writes the lines, and says where each sight went."""
    file: list[str | None] = [None] * len(found.device)
    line = np.zeros(len(found.device), np.int64)
    for kind, lines in exported.items():
        target = files[kind]
        real = np.flatnonzero(lines.sight >= 0)
        line[lines.sight[real]] = target.lines + 1 + real
        for sight in lines.sight[real].tolist():
            file[sight] = target.path.name
        target.write(lines.lines)
    return Placed(file, line)
