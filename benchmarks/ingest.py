"""Raw files to `observations`, side by side with other readers of JSON that write the same columns to Parquet.

    python benchmarks/ingest.py                     half a million simulated banners in two gzip files, medians of five
    python benchmarks/ingest.py --banners 100000 --rounds 3

Sides, each in a process of its own, all on two cores and the same files: `floor` only decompresses (ISA-L);
`camcensus` does what ingest does (checks, quarantine, evidence, privacy); `camcensus_without_assets` the same but for
the elements of pages, which no peer looks for; `camcensus_plain` it without kernels; `camcensus_one_file` the same
with all banners in one gzip file; the peers of `ingest_peers.py` take the fields out of the JSON. Rounds alternate. The
files are those of a world of `worlds.py` (`--world`) without lines that are no JSON, with about as many banners as
asked for.
Writes benchmarks/results/ingest-<world>-<date>.json.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import Pool
from pathlib import Path
from statistics import median
from unittest.mock import patch

from ingest_peers import PEERS
from isal import igzip
from watched import Figures, watched
from worlds import OVERRIDES, make_world

from camcensus.core.storage import sha256
from camcensus.engines.engine import call
from camcensus.engines.local import Local
from camcensus.engines.ordered_pool import ONE_PROCESS, OrderedPool
from camcensus.ingest import pages
from camcensus.ingest.kernels.compiling import VARIABLE
from camcensus.ingest.records import Ingested, IngestTask
from camcensus.ingest.text import Memo
from camcensus.readers.banner import DECODE, UNDECODED
from camcensus.readers.registry import SHODAN, RawPart

HERE = Path(__file__).parent
CORES = 2
OWN = ("floor", "camcensus", "camcensus_without_assets", "camcensus_plain", "camcensus_one_file")
# A time that no banner is after.
LATER = 4_000_000_000


def main() -> None:
    """Makes the files, times each side in turn, prints and keeps the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--banners", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--world", choices=OVERRIDES, default="static")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--files", type=Path, nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.side:
        side(told.side, told.files, told.out)
        return
    with tempfile.TemporaryDirectory() as name:
        result = compare(Path(name), told)
    path = HERE / "results" / f"ingest-{told.world}-{date.today().isoformat()}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def compare(folder: Path, told: argparse.Namespace) -> dict[str, object]:
    """Medians of all sides over the same files."""
    files, one, rows, size = make_files(folder, told.banners, told.world)
    sides = [*OWN, *(name for name, peer in PEERS.items() if installed(peer.package))]
    found: dict[str, list[Figures]] = {name: [] for name in sides}
    for turn in range(told.rounds):
        for name in sides:
            out = folder / f"out-{name}-{turn}"
            out.mkdir()
            given = [one] if name.endswith("one_file") else files
            found[name].append(
                watched([sys.executable, __file__, "--side", name, "--out", out, "--files", *given])
                | {"out_mb": sum(f.stat().st_size for f in out.rglob("*.parquet")) / 1e6}
            )
            shutil.rmtree(out)
    medians = {name: {key: median(t[key] for t in runs) for key in runs[0]} for name, runs in found.items()}
    return {
        "date": date.today().isoformat(),
        "world": told.world,
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {
            p: version(p) for p in ("pyarrow", "numba", "msgspec", "isal", "duckdb", "polars", "chdb") if installed(p)
        },
        "banners": rows,
        "raw_mb": {"compressed": round(sum(f.stat().st_size for f in files) / 1e6), "lines": round(size / 1e6)},
        "rounds": told.rounds,
        "median": {
            name: {"banners_a_second": round(rows / of["seconds"]), **{key: round(n, 2) for key, n in of.items()}}
            for name, of in medians.items()
        },
        "range_seconds": {
            name: [round(f(run["seconds"] for run in runs), 2) for f in (min, max)] for name, runs in found.items()
        },
    }


def installed(package: str) -> bool:
    """Whether a peer is there; without it the result lacks it, and its version."""
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def make_files(folder: Path, banners: int, world: str) -> tuple[list[Path], Path, int, int]:
    """Two gzip files of about the same size, the same as one, how many lines there are, and their bytes."""
    pieces = sorted(make_world(folder / "world", world, banners).glob("*.gz"))
    files, one = [folder / f"banners-{n}.jsonl.gz" for n in range(CORES)], folder / "banners.jsonl.gz"
    with Pool(CORES) as pool:
        pool.starmap(_join, [(pieces[n::CORES], path) for n, path in enumerate(files)])
        sizes = pool.map(_lines_of, files)
    _join(files, one)
    return files, one, sum(lines for lines, _ in sizes), sum(size for _, size in sizes)


def _join(pieces: list[Path], path: Path) -> None:
    """One gzip file of all whole lines: other readers stop at a line that is no JSON."""
    with igzip.open(path, "wb", compresslevel=3) as out:
        for piece in pieces:
            with igzip.open(piece) as lines:
                out.writelines(filter(_whole, lines))


def _whole(line: bytes) -> bool:
    try:
        DECODE(line)
    except UNDECODED:
        return False
    return True


def _lines_of(path: Path) -> tuple[int, int]:
    lines = size = 0
    with igzip.open(path) as raw:
        while chunk := raw.read(4 << 20):
            lines += chunk.count(b"\n")
            size += len(chunk)
    return lines, size


def side(name: str, files: list[Path], out: Path) -> None:
    """One side, in this process and those it starts."""
    if name == "floor":
        with Pool(len(files)) as pool:
            pool.map(_lines_of, files)
    elif name.startswith("camcensus"):
        if name.endswith("plain"):
            os.environ[VARIABLE] = "0"
        camcensus(files, out, WithoutAssets if name.endswith("without_assets") else IngestTask)
    else:
        PEERS[name].read(files, out / "rows.parquet", CORES)


class WithoutAssets(IngestTask):
    """Ingest that does not look for the elements of pages; each file in one process, which knows of it."""

    def __call__(self, on_progress: Callable[[int], None], pool: OrderedPool = ONE_PROCESS) -> Ingested:
        """Ingest, in whatever process the task is sent to."""
        if not pool.is_single:
            raise SystemExit("too few files: other processes would look for elements")
        with patch.object(pages, "_ASSETS", Memo(_no_assets)):
            return super().__call__(on_progress, pool)


def _no_assets(_: str) -> tuple[None, bool]:
    return None, False


def camcensus(files: list[Path], out: Path, kind: type[IngestTask]) -> None:
    """Ingest, as a run does it: each file has its checksum held first."""
    tasks = [
        kind(RawPart(f, SHODAN, sha256(f)), out / f"{f.name}.parquet", out / f"{f.name}.quarantine.gz", LATER)
        for f in files
    ]
    Local(CORES).map_streams(call, tasks, [f.stat().st_size for f in files])


if __name__ == "__main__":
    main()
