"""Write a world: `OUT/study.toml`, `OUT/data/<snapshot>/raw/` as an import would leave it, and the truth.

`OUT/queries/<snapshot>.txt` has the queries that were sent to the first engine. `OUT/net/` is a study of complete
blocks of addresses of the first engine, `OUT/second/` one of the second engine. A file of a snapshot contains a fixed
range of sites and is drawn in chunks, so memory is bounded whatever the world's size. The content does not depend on
the size of chunks or the number of workers.
"""

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
from isal import igzip

from camcensus.core import storage
from camcensus.core.console import Reporter
from camcensus.core.errors import CamcensusError
from camcensus.raw.imports import LEDGER
from camcensus.validation.simulate.banners import Banners, banners_of
from camcensus.validation.simulate.lines import NET, QUERIES, Lines, lines_of
from camcensus.validation.simulate.templates import SECOND
from camcensus.validation.simulate.truth import BANNERS, TRUTH, Placed, banner_rows, device_rows
from camcensus.validation.simulate.world import Plan, World, make_world

CHUNK = 4_000  # sites drawn at a time
PIECE = 1 << 20  # bytes compressed at a time, so that the output does not depend on how lines arrive
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
Files = Mapping[str, dict[str, Any]]


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
    """The sites of one file at one snapshot: ledger entries by collection, and the truth."""

    year: int
    files: Mapping[str, Files]
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
    for name in COLLECTIONS:
        for year in world.years:
            raw_folder(part, name, year).mkdir(parents=True)
    written = _write(world, part, workers)
    for name, lines in written.items():
        reporter.info(f"{lines:,} lines", name, "simulate")
    for name, collection in COLLECTIONS.items():
        storage.write_text(part / collection.folder / "study.toml", study_text(world, name))
    for year in world.years:
        storage.write_text(part / queries_file(year), queries_text(world, year))
    if out.is_dir():
        out.rmdir()
    part.rename(out)
    return written


def _write(world: World, out: Path, workers: int) -> dict[str, int]:
    """Write raw files with their ledgers, and the truth; return the lines that queries returned, by snapshot."""
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


def _drawn(world: World, out: Path, workers: int) -> Iterator[Drawn]:
    """Every file of every snapshot, in order; drawn in several processes, a few at a time."""
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
    """Draw the sites of one file at one snapshot, and write the file of each collection."""
    first, end = world.cuts[number]
    devices, truth = [], []
    with ExitStack() as stack:
        files = {}
        for name, collection in COLLECTIONS.items():
            path = raw_folder(out, name, year) / f"SIMULATED-{name}-{number:04d}.jsonl.gz"
            files[name] = stack.enter_context(GzipLines(path, collection.source))
        for start in range(first, end, chunk):
            view = world.view(year, start, min(start + chunk, end))
            second = view.observations("second")
            files[SECOND].write(lines_of(banners_of(view, second, "second"))[QUERIES].lines)
            banners = banners_of(view, view.observations())
            exported = lines_of(banners)
            files[NET].write(exported[NET].lines)
            placed = _place(banners, exported[QUERIES], files[QUERIES])
            devices.append(device_rows(banners, second))
            truth.append(banner_rows(banners, placed))
    received = datetime.fromtimestamp(world.end(year) + 1, UTC).isoformat(timespec="seconds")
    ledgers = {name: {file.path.name: file.entry(received)} if file.lines else {} for name, file in files.items()}
    return Drawn(year, ledgers, pa.concat_tables(devices), pa.concat_tables(truth))


def _place(banners: Banners, exported: Lines, target: "GzipLines") -> Placed:
    """Write the lines, and return the file and line of each banner."""
    file: list[str | None] = [None] * len(banners.device)
    line = np.zeros(len(banners.device), np.int64)
    real = np.flatnonzero(exported.row >= 0)
    line[exported.row[real]] = target.lines + 1 + real
    for row in exported.row[real].tolist():
        file[row] = target.path.name
    target.write(exported.lines)
    return Placed(file, line)


class GzipLines:
    """A .gz file to which lines are appended; the same lines give the same bytes. An empty file is removed."""

    def __init__(self, path: Path, source: str = "shodan") -> None:
        self.path = path
        self.source = source
        self.lines = 0
        self._waiting = bytearray()

    def __enter__(self) -> Self:
        self._file = self.path.open("wb")
        packer: Any = igzip.IGzipFile  # it ships no types
        self._packer = packer(filename="", mode="wb", compresslevel=1, fileobj=self._file, mtime=0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._packer.write(bytes(self._waiting))
        self._packer.close()
        self._file.close()
        if not self.lines:
            self.path.unlink()

    def write(self, lines: list[str]) -> None:
        """Append lines, each with its end."""
        if not lines:
            return
        self.lines += len(lines)
        self._waiting += ("\n".join(lines) + "\n").encode()
        complete = len(self._waiting) // PIECE * PIECE
        for start in range(0, complete, PIECE):
            self._packer.write(bytes(self._waiting[start : start + PIECE]))
        del self._waiting[:complete]

    def entry(self, received: str) -> dict[str, Any]:
        """Return the file's entry in the ledger of imports, and its number of lines."""
        with self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {
            "file": self.path.name, "source": self.source, "bytes": self.path.stat().st_size, "sha256": digest,
            "received": received, "lines": self.lines,
        }  # fmt: skip
