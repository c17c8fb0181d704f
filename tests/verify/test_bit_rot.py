"""One flipped bit anywhere is found by verify and by whatever reads it, and never published."""

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from camcensus.core.errors import CamcensusError
from tests.faults import record
from tests.verify.worlds import all_sorts_in, counted, flip, results, verified

pytestmark = pytest.mark.slow

FLIPS = int(os.environ.get("CAMCENSUS_FLIPS", "20"))
SKIPPED = {".lock", ".lock-holder", ".stats.json", ".catalogue.json", "run-log.json"}  # nothing is made from them
LEDGERS = {"imports.json", "ledger.sqlite"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study with every sort of file, counted and drawn."""
    return all_sorts_in(tmp_path_factory.mktemp("rot") / "study")


@contextmanager
def copied(world: Path) -> Iterator[Path]:
    """A copy of the study's folder, for as long as it is needed."""
    copy = world.parent.parent / "copy"
    shutil.copytree(world.parent, copy)
    try:
        yield copy
    finally:
        shutil.rmtree(copy)


def kind(path: Path, root: Path) -> str:
    """What sort of file it is: each sort is flipped as often."""
    parts = path.relative_to(root).parts
    if parts[0] != "data":
        return f"report/{path.suffix}" if parts[0] == "report" else parts[0]
    named = len(parts) == 3 or path.name in LEDGERS
    return f"{parts[1]}/{path.name}" if parts[1] == "estimates" else path.name if named else f"{parts[2]}/{path.suffix}"


def by_kind(root: Path) -> dict[str, list[Path]]:
    """Every file whose bits matter, by sort."""
    found: dict[str, list[Path]] = {}
    for path in sorted(p for p in root.rglob("*") if p.is_file() and p.name not in SKIPPED):
        folder = path.relative_to(root).parts[0]
        wanted = (
            folder in ("data", "report") or (folder == "queries" and path.suffix == ".toml") or folder == "geo.mmdb"
        )
        if wanted and path.stat().st_size:
            found.setdefault(kind(path, root), []).append(path)
    return found


def places(root: Path, flips: int) -> Iterator[tuple[Path, int, int]]:
    """File, byte and bit of each flip."""
    chance = random.Random(9)
    kinds = by_kind(root)
    order = sorted(kinds)
    chance.shuffle(order)
    for n in range(flips):
        path = chance.choice(kinds[order[n % len(order)]])
        yield path, chance.randrange(path.stat().st_size), chance.randrange(8)


TABLES = {"counts", "networks", "links", "devices", "churn", "series", "concentration", "firmware", "coverage",
          "maker_kinds", "reliance", "census", "trends", "estimates", "sample_blocks", "device_hosts", "device_labels",
          "locations"}  # fmt: skip
OTHERS = {
    *("geo.mmdb", "queries", "manifest.json", "quarantine.jsonl.gz", ".quarantine/.gz"),
    *("observations.parquet/.parquet", "identified.parquet/.parquet", "query_replay.parquet/.parquet"),
    *("raw/.json", "raw/.gz", "raw/.zst", "imports.json", "ledger.sqlite", "raw/.sha256"),
    *("runs/.json", "runs/.parquet"),
    *("estimates/changes.csv", "estimates/ranks.csv", "estimates/manifest.json"),
}


def test_the_world_is_sound_and_has_every_sort_of_file(world: Path) -> None:
    verdict = verified(world)
    assert verdict.problems == []
    assert verdict.notes == []
    kinds = by_kind(world.parent).keys()
    assert {name for name in kinds if not name.startswith("report/")} == {f"{t}.parquet" for t in TABLES} | OTHERS


def test_f26_a_flipped_bit_is_found_and_never_published(world: Path) -> None:
    calm = results(world)
    faults = []
    for path, place, bit in places(world.parent, FLIPS):
        with copied(world) as copy:
            study, victim = copy / world.name, copy / path.relative_to(world.parent)
            flip(victim, place, bit)
            told = f"{path.relative_to(world.parent)} byte {place} bit {bit}"
            verdict = verified(study)
            found = [] if verdict.problems or verdict.notes else ["verify says nothing"]
            found += after_a_run(study, calm, victim)
        record("F26 bit rot: one bit flipped", 1, bool(found))
        faults += [f"{told}: {fault}" for fault in found]
    assert faults == []


# What no run reads: ranks, which are for notebooks, and counts of earlier runs, which `diff` reads and verifies.
UNREAD = ("estimates/ranks.csv", "/runs/")


def after_a_run(
    study: Path, calm: dict[str, bytes], victim: Path, rehash: bool = True, gone: str | None = None
) -> list[str]:
    """What is wrong after a run: it mends, or it stops and leaves what was published, but for a file that was gone."""
    name = str(victim.relative_to(study.parent))
    try:
        counted(study, rehash)
    except CamcensusError as error:
        after = results(study)
        published = [n for n in calm if n.startswith("report/") and n not in (name, gone) and after.get(n) != calm[n]]
        return [f"stopped ({error}), and changed {n}" for n in published]
    if name.startswith("queries/"):
        return []  # the rules mean what they did, or it would have stopped: a comment, an example
    after = results(study)
    left = {name} if any(part in name for part in UNREAD) else set()
    return [f"{n} is other than before" for n in calm.keys() - left if after.get(n) != calm[n]]


# A file, and what is missing, so that the stage runs that reads it.
PAGE = "report/index.html"
READ = {
    "data/2025/raw/one.json": "data/2025/observations.parquet/one.json.parquet",
    "data/2025/raw/two.json.gz": "data/2025/query_replay.parquet/two.json.gz.parquet",
    "data/2026/raw/download/**/*.page.zst": "data/2026/observations.parquet/download-000001.parquet",
    "data/2025/.quarantine/*.gz": "data/2025/quarantine.jsonl.gz",
    "data/2025/observations.parquet/two.json.gz.parquet": "data/2025/identified.parquet/two.json.gz.parquet",
    "data/2025/identified.parquet/*.parquet": "data/2025/links.parquet",
    "data/2025/links.parquet": "data/2025/series.parquet",
    "data/2025/devices.parquet": "data/2025/series.parquet",
    "data/2025/device_hosts.parquet": "data/2025/concentration.parquet",
    "data/2025/device_labels.parquet": "data/2025/firmware.parquet",
    "data/2025/locations.parquet": "data/2025/networks.parquet",
    "data/2025/query_replay.parquet/*.parquet": "data/2025/series.parquet",
    "data/sample/sample_blocks.parquet": "data/sample/estimates.parquet",
    "data/estimates/changes.csv": PAGE,
    **{
        f"data/2025/{name}.parquet": PAGE
        for name in ("counts", "networks", "series", "concentration", "firmware", "coverage", "maker_kinds", "reliance")
    },
    **{f"data/asked/{name}.parquet": PAGE for name in ("census", "trends")},
}


@pytest.mark.parametrize("victims", READ)
def test_f26_the_stage_that_reads_a_file_finds_its_flipped_bit(world: Path, victims: str) -> None:
    """Size, time and inode are those of the file as it was, so nothing else makes the stage look twice."""
    calm, chance = results(world), random.Random(victims)
    tries = max(1, FLIPS // len(READ))
    faults = []
    for n in range(tries):
        with copied(world) as copy:
            study = copy / world.name
            counted(study, rehash=False)  # from here on it is remembered what the files of the copy were
            (copy / READ[victims]).unlink()
            victim = chance.choice(sorted(copy.glob(victims)))
            flip(victim, chance.randrange(victim.stat().st_size), chance.randrange(8))
            found = after_a_run(study, calm, victim, rehash=False, gone=READ[victims])
        record("F26 bit rot: found by the stage that reads it", 1, bool(found))
        faults += [f"try {n}: {fault}" for fault in found]
    assert faults == []
