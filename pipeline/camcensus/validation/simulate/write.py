"""Write a world: `OUT/study.toml`, `OUT/data/<snapshot>/raw/` as an import would leave it, and the truth.

`OUT/queries/<snapshot>.txt` has the queries that were sent to the first engine. `OUT/net/` is a study of complete
blocks of addresses of the first engine, `OUT/second/` one of the second engine. A file of a snapshot contains a fixed
range of sites, so memory is bounded whatever the world's size, and the number of workers changes nothing.
"""

import functools
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from isal import igzip

from camcensus.core import parquet, storage
from camcensus.core.console import Reporter
from camcensus.core.errors import CamcensusError
from camcensus.engines.ordered_pool import open_pool
from camcensus.engines.processes import shared
from camcensus.raw.imports import LEDGER
from camcensus.validation.simulate.banners import banners_of
from camcensus.validation.simulate.lines import NET, QUERIES, lines_of
from camcensus.validation.simulate.templates import SECOND
from camcensus.validation.simulate.truth import BANNERS, TRUTH, banner_rows, device_rows
from camcensus.validation.simulate.world import Plan, World, make_world

PIECE = 1 << 20  # bytes compressed at a time
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
    """A study to write: its folder below OUT, the source of its files, and its name."""

    folder: str
    source: str
    name: str


COLLECTIONS = {
    QUERIES: Collection(".", "shodan", "camera queries"),
    NET: Collection("net", "shodan", "whole blocks of addresses"),
    SECOND: Collection("second", "netlas", "second engine"),
}


@dataclass(frozen=True)
class Drawn:
    """The sites of one file at one snapshot: ledger entry and lines by collection (none: no file), and the truth."""

    year: int
    entries: Mapping[str, dict[str, Any]]
    lines: int
    devices: pa.Table
    banners: pa.Table


def simulate(out: Path, plan: Plan, reporter: Reporter, workers: int = 1) -> dict[str, int]:
    """Write the world of a plan into a new or empty folder, which appears complete; return lines per snapshot.

    Raises `CamcensusError` if the folder is not empty.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CamcensusError(f"{out}: exists and is not an empty folder; choose another")
    world = make_world(plan)
    part = out.with_name(f".{out.name}{storage.PART}")
    shutil.rmtree(part, ignore_errors=True)
    for name, collection in COLLECTIONS.items():
        for year in world.years:
            raw_folder(part, name, year).mkdir(parents=True)
        storage.write_text(part / collection.folder / "study.toml", study_text(world, name))
    for year in world.years:
        storage.write_text(part / queries_file(year), queries_text(world, year))
    written = _write(world, part, workers)
    for snapshot, lines in written.items():
        reporter.info(f"{lines:,} lines", snapshot, "simulate")
    if out.is_dir():
        out.rmdir()
    part.rename(out)
    return written


def _write(world: World, out: Path, workers: int) -> dict[str, int]:
    """Write raw files with their ledgers, and the truth; return the lines that queries returned, by snapshot."""
    ledgers: dict[tuple[str, int], dict[str, Any]] = {(name, year): {} for name in COLLECTIONS for year in world.years}
    written = {str(year): 0 for year in world.years}
    with ExitStack() as stack:
        devices = stack.enter_context(parquet.parquet_writer(out / "truth.parquet", TRUTH))
        banners = stack.enter_context(parquet.parquet_writer(out / "truth_banners.parquet", BANNERS))
        pool = stack.enter_context(open_pool(workers, __name__, world))
        work = functools.partial(draw, world if pool.is_single else None, out)
        tasks = [(year, number) for year in world.years for number in range(len(world.cuts))]
        for drawn in pool.in_order(work, tasks):
            devices.write_table(parquet.fitted(drawn.devices, TRUTH, devices))
            banners.write_table(parquet.fitted(drawn.banners, BANNERS, banners))
            for name, entry in drawn.entries.items():
                ledgers[name, drawn.year][entry["file"]] = entry
            written[str(drawn.year)] += drawn.lines
    for place, entries in ledgers.items():
        storage.write_checksummed(raw_folder(out, *place) / LEDGER, entries)
    return written


def study_text(world: World, name: str) -> str:
    """Return the study of a collection; only the first engine's queries and ports can be stated in a study."""
    text = STUDY.format(
        devices=world.plan.devices, seed=world.plan.seed, first=world.years[0], last=world.years[-1],
        name=COLLECTIONS[name].name,
    )  # fmt: skip
    for year in world.years:
        text += f'\n[snapshots."{year}"]\ndate = {world.date(year)}\n'
        if name == QUERIES:
            text += f'queries_file = "{queries_file(year)}"\nports = {world.engines["first"].ports(year)}\n'
    return text


def queries_file(year: int) -> str:
    """Return the file below OUT that has the queries of a snapshot."""
    return f"queries/{year}.txt"


def queries_text(world: World, year: int) -> str:
    """Return the queries of a snapshot, one per line."""
    texts = world.queries(year).texts
    return "".join(f"{line}\n" for line in (f"# SIMULATED: the {len(texts)} queries of {year}", *texts))


def raw_folder(out: Path, name: str, year: int) -> Path:
    """Return the folder of a snapshot's raw files of a collection."""
    return out / COLLECTIONS[name].folder / "data" / str(year) / "raw"


def draw(world: World | None, out: Path, task: tuple[int, int]) -> Drawn:
    """Draw the sites of one file (snapshot, number), and write the file of each collection.

    `world`: None in a worker, which has got it as it started.
    """
    world = world or shared()
    year, number = task
    view = world.view(year, *world.cuts[number])
    second = view.observations("second")
    banners = banners_of(view, view.observations())
    found = {**lines_of(banners), SECOND: lines_of(banners_of(view, second, "second"))[QUERIES]}
    received = datetime.fromtimestamp(world.end(year) + 1, UTC).isoformat(timespec="seconds")
    entries = {}
    for name, collection in COLLECTIONS.items():
        path = raw_folder(out, name, year) / f"SIMULATED-{name}-{number:04d}.jsonl.gz"
        if found[name].lines:
            _compress(path, found[name].lines)
            entries[name] = {
                "file": path.name, "source": collection.source, "bytes": path.stat().st_size,
                "sha256": storage.sha256(path), "received": received,
            }  # fmt: skip
    line = np.zeros(len(banners.device), np.int64)
    exported = np.flatnonzero(found[QUERIES].row >= 0)
    line[found[QUERIES].row[exported]] = 1 + exported
    truth = banner_rows(banners, f"SIMULATED-{QUERIES}-{number:04d}.jsonl.gz", line)
    return Drawn(year, entries, len(found[QUERIES].lines), device_rows(banners, second), truth)


def _compress(path: Path, lines: list[str]) -> None:
    data = ("\n".join(lines) + "\n").encode()
    packer: Any = igzip.IGzipFile  # it ships no types
    with path.open("wb") as file, packer(filename="", mode="wb", compresslevel=1, fileobj=file, mtime=0) as packed:
        for start in range(0, len(data), PIECE):
            packed.write(data[start : start + PIECE])
