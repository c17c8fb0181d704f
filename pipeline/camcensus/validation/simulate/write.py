"""Writes a world: `OUT/study.toml`, `OUT/data/<snapshot>/raw/` as an import would leave it, and the truth beside it.

`OUT/queries/<snapshot>.txt` has what was asked of the first engine, for that study. `OUT/net/` is a study of whole
blocks of addresses that the first engine holds, `OUT/second/` one of the second engine. A file of a snapshot holds a
fixed range of sites and is drawn a chunk at a time, so memory is bounded whatever the world's size, and the content is
the same whatever the size of chunks and the number of workers.
"""

import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from camcensus.core import storage
from camcensus.core.console import Reporter
from camcensus.core.errors import CamcensusError
from camcensus.raw.imports import LEDGER
from camcensus.validation.simulate.export import NET, QUERIES, Lines, lines_of
from camcensus.validation.simulate.looks import Seen, seen
from camcensus.validation.simulate.packed import Packed
from camcensus.validation.simulate.second import SECOND, SOURCE
from camcensus.validation.simulate.truth import BANNERS, TRUTH
from camcensus.validation.simulate.truths import Placed, banner_rows, device_rows
from camcensus.validation.simulate.world import Plan, World, make_world

CHUNK = 4_000  # sites drawn at a time
STUDY = """# A simulated Internet (camcensus simulate): {devices:,} devices, seed {seed}. Nothing in it is real.
# truth.parquet says what is there; the pipeline never reads it.

title = "SIMULATED: cameras visible from a made-up Internet, {first}-{last} ({name})"
vendors = ["Hikvision", "Dahua", "TVT", "Uniview", "Axis", "Hanwha Vision"]
countries_left_out = ["CN"]
window_days = 30
simulated = true
data_dir = "data"
report_dir = "report"
"""


@dataclass(frozen=True)
class Collection:
    """A study that is written: its folder below OUT, the source of its files, and what it is."""

    folder: str
    source: str
    name: str


COLLECTIONS = {
    QUERIES: Collection(".", "shodan", "camera queries"),
    NET: Collection("net", "shodan", "whole blocks of addresses"),
    SECOND: Collection("second", SOURCE, "second engine"),
}
Files = Mapping[str, dict[str, Any]]


@dataclass(frozen=True)
class Drawn:
    """What came of one file's worth of sites at one snapshot: ledger entries by collection, and the truth."""

    year: int
    files: Mapping[str, Files]
    devices: pa.Table
    banners: pa.Table


def simulate(out: Path, plan: Plan, reporter: Reporter, workers: int = 1) -> dict[str, int]:
    """Writes the world of a plan into a new or empty folder, which appears whole; lines of each snapshot.

    Raises `CamcensusError` when the folder holds something.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CamcensusError(f"{out}: is there already and is not an empty folder; choose another")
    world = make_world(plan)
    half_done = out.with_name(f".{out.name}{storage.PART}")
    shutil.rmtree(half_done, ignore_errors=True)
    for name in COLLECTIONS:
        for year in world.years:
            raw_folder(half_done, name, year).mkdir(parents=True)
    written = _write(world, half_done, workers)
    for name, lines in written.items():
        reporter.info(f"{lines:,} lines", name, "simulate")
    for name, collection in COLLECTIONS.items():
        storage.write_text(half_done / collection.folder / "study.toml", study_text(world, name))
    for year in world.years:
        storage.write_text(half_done / queries_file(year), queries_text(world, year))
    if out.is_dir():
        out.rmdir()
    half_done.rename(out)
    return written


def _write(world: World, out: Path, workers: int) -> dict[str, int]:
    """Raw files with their ledgers, and the truth; lines of each snapshot that queries returned."""
    ledgers: dict[Path, dict[str, Any]] = {}
    written = {str(year): 0 for year in world.years}
    with ExitStack() as stack:
        devices = stack.enter_context(storage.parquet_writer(out / "truth.parquet", TRUTH))
        banners = stack.enter_context(storage.parquet_writer(out / "truth_banners.parquet", BANNERS))
        for drawn in _drawn(world, out, workers):
            devices.write_table(storage.fitted(drawn.devices, TRUTH, devices))
            banners.write_table(storage.fitted(drawn.banners, BANNERS, banners))
            for name, files in drawn.files.items():
                entries = ledgers.setdefault(raw_folder(out, name, drawn.year) / LEDGER, {})
                entries |= {file: {k: v for k, v in entry.items() if k != "lines"} for file, entry in files.items()}
            written[str(drawn.year)] += sum(int(entry["lines"]) for entry in drawn.files[QUERIES].values())
    for path, entries in ledgers.items():
        storage.write_checksummed(path, entries)
    return written


def study_text(world: World, name: str) -> str:
    """The study that runs on a collection."""
    text = STUDY.format(
        devices=world.plan.devices, seed=world.plan.seed, first=world.years[0], last=world.years[-1],
        name=COLLECTIONS[name].name,
    )  # fmt: skip
    return text + "".join(
        f'\n[snapshots."{year}"]\ndate = {world.date(year)}\n{asked(world, name, year)}' for year in world.years
    )


def asked(world: World, name: str, year: int) -> str:
    """What the study of a collection says of the queries and ports of a snapshot; only one is asked with queries that
    a study can be told of."""
    if name != QUERIES:
        return ""
    return f'queries_file = "{queries_file(year)}"\nports = {world.engines["first"].ports(year)}\n'


def queries_file(year: int) -> str:
    """The file below OUT that has the queries of a snapshot."""
    return f"queries/{year}.txt"


def queries_text(world: World, year: int) -> str:
    """What was asked of the first engine for a snapshot, one query a line."""
    texts = world.asked(year).texts
    return "".join(f"{line}\n" for line in (f"# SIMULATED: the {len(texts)} queries of {year}", *texts))


def raw_folder(out: Path, name: str, year: int) -> Path:
    """Where a snapshot's raw files of a collection lie."""
    return out / COLLECTIONS[name].folder / "data" / str(year) / "raw"


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
    """Draws the sites of one file at one snapshot, and writes the file of each collection."""
    first, end = world.cuts[number]
    devices, banners = [], []
    with ExitStack() as stack:
        files = {}
        for name, collection in COLLECTIONS.items():
            path = raw_folder(out, name, year) / f"SIMULATED-{name}-{number:04d}.jsonl.gz"
            files[name] = stack.enter_context(Packed(path, collection.source))
        for start in range(first, end, chunk):
            block = world.block(start, min(start + chunk, end))
            here = world.now(block, year)
            sights = world.sights(block, here, year, "first")
            others = world.sights(block, here, year, "second")
            theirs = seen(world, block, here, others, year, "second")
            files[SECOND].write(lines_of(world, block, theirs, year, "second")[QUERIES].lines)
            found = seen(world, block, here, sights, year)
            exported = lines_of(world, block, found, year)
            files[NET].write(exported[NET].lines)
            placed = _place(found, exported[QUERIES], files[QUERIES])
            devices.append(device_rows(world, block, here, found, others, year))
            banners.append(banner_rows(world, block, found, sights, placed, year))
    received = datetime.fromtimestamp(world.end(year) + 1, UTC).isoformat(timespec="seconds")
    ledgers = {
        name: {file.path.name: file.entry(received)} if file.lines else {} for name, file in files.items()
    }  # fmt: skip
    return Drawn(year, ledgers, pa.concat_tables(devices), pa.concat_tables(banners))


def _place(found: Seen, exported: Lines, target: Packed) -> Placed:
    """Writes the lines, and says where each sight went."""
    file: list[str | None] = [None] * len(found.device)
    line = np.zeros(len(found.device), np.int64)
    real = np.flatnonzero(exported.sight >= 0)
    line[exported.sight[real]] = target.lines + 1 + real
    for sight in exported.sight[real].tolist():
        file[sight] = target.path.name
    target.write(exported.lines)
    return Placed(file, line)
