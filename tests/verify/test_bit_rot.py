"""One flipped bit anywhere is found by verify and by whatever reads it, and never published."""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import CamcensusError
from tests.faults import record
from tests.verify.worlds import counted, counted_in, flip, results, verified

FLIPS = int(os.environ.get("CAMCENSUS_FLIPS", "20"))
SKIPPED = {".lock", ".lock-holder", ".stats.json", "run-log.json"}  # of the moment; nothing is made from them


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study, counted and drawn."""
    return counted_in(tmp_path_factory.mktemp("rot") / "study")


def kind(path: Path, root: Path) -> str:
    """What sort of file it is: each sort is flipped as often."""
    parts = path.relative_to(root).parts
    if parts[0] == "data":
        return parts[2] if len(parts) == 3 else f"{parts[2]}/{path.suffix}"
    return f"report/{path.suffix}" if parts[0] == "report" else parts[0]


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


def test_the_world_is_sound_and_has_every_sort_of_file(world: Path) -> None:
    verdict = verified(world)
    assert verdict.problems == []
    assert verdict.notes == []
    kinds = by_kind(world.parent)
    assert {
        "queries",
        "geo.mmdb",
        "manifest.json",
        "counts.parquet",
        "raw/.sqlite",
        "raw/.zst",
        "raw/.gz",
    } <= kinds.keys()


def test_f26_a_flipped_bit_is_found_and_never_published(world: Path, tmp_path: Path) -> None:
    calm = results(world)
    faults = []
    for n, (path, place, bit) in enumerate(places(world.parent, FLIPS)):
        copy = tmp_path / str(n)
        shutil.copytree(world.parent, copy)
        study, victim = copy / world.name, copy / path.relative_to(world.parent)
        flip(victim, place, bit)
        told = f"{path.relative_to(world.parent)} byte {place} bit {bit}"
        verdict = verified(study)
        if verdict.sound and not verdict.notes:
            faults.append(f"{told}: verify says nothing")
        faults += [f"{told}: {fault}" for fault in after_a_run(study, calm, victim)]
        shutil.rmtree(copy)
    record("F26 bit rot: one bit flipped", FLIPS, len({f.split(": ")[0] for f in faults}))
    assert faults == []


def after_a_run(study: Path, calm: dict[str, bytes], victim: Path) -> list[str]:
    """What is wrong after a run that reads everything: it mends, or it stops and leaves what was published."""
    name = str(victim.relative_to(study.parent))
    try:
        counted(study)
    except CamcensusError as error:
        after = results(study)
        published = [n for n in calm if n.startswith("report/") and n != name and after.get(n) != calm[n]]
        return [f"stopped ({error}), and changed {n}" for n in published]
    if name.startswith("queries/"):
        return []  # the rules mean what they did, or it would have stopped: a comment, an example
    after = results(study)
    return [f"{n} is other than before" for n in calm if after.get(n) != calm[n]]
