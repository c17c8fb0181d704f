"""Killed at any moment, import, run and report are done by the same command again, to the same bytes."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from camcensus.core import storage
from camcensus.raw.imports import read_ledger
from tests.commands import camcensus, start
from tests.conftest import banner
from tests.kills import Victim, kill_often
from tests.pictures import drawn, placeholders
from tests.shell import one_shell
from tests.verify.worlds import exports_in, results, settings_in

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("CAMCENSUS_KILLS", "6"))


def ledger_of(study: Path) -> dict[str, dict[str, object]]:
    """The ledger of imports, without its times."""
    found = read_ledger(study.parent / "data" / "2025")
    return {name: {k: v for k, v in entry.items() if k != "received"} for name, entry in found.items()}


def differences(place: Path, calm: Path, _: int) -> list[str]:
    """What a killed and finished folder has that a calm one has not, or has otherwise."""
    one, two = results(place / "study.toml"), results(calm / "study.toml")
    faults = [f"{name}: in one of the two only" for name in one.keys() ^ two.keys()]
    faults += [f"{name}: has other bytes" for name in one.keys() & two.keys() if one[name] != two[name]]
    if ledger_of(place / "study.toml") != ledger_of(calm / "study.toml"):
        faults.append("the ledger of imports differs")
    return faults


def halves(place: Path, calm: Path) -> list[str]:
    """Files that a reader finds right after the kill and that are neither whole nor to be seen as half done.

    A manifest has states in between; whole it must be in each."""
    whole = results(calm / "study.toml")
    faults = []
    for name, content in results(place / "study.toml").items():
        path = place / name
        if ".scratch" in path.parts or path.name.endswith(storage.PART):
            continue
        if path.name == "manifest.json":
            storage.read_checksummed(path)
        elif content != whole.get(name):
            faults.append(f"{name}: is seen half done")
    return faults


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A study with nothing, with files imported, and counted and drawn."""
    folder = tmp_path_factory.mktemp("kills")
    settings_in(folder / "bare")
    exports_in(folder / "bare" / "exports")
    shutil.copytree(folder / "bare", folder / "imported")
    exports = sorted((folder / "imported" / "exports").iterdir())
    camcensus("import", *exports, "--study", folder / "imported" / "study.toml", "--snapshot", "2025")
    shutil.copytree(folder / "imported", folder / "drawn")
    with drawn():
        camcensus("run", "--study", folder / "drawn" / "study.toml")
    return {path.name: path for path in folder.iterdir()}


COMMANDS = {
    "import": ("bare", lambda folder: ["import", *sorted((folder / "exports").iterdir()), "--snapshot", "2025"]),
    "report": ("drawn", lambda _: ["report"]),
    "run": ("imported", lambda _: ["run"]),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_f1_a_killed_command_is_done_by_the_same_command_again(
    tmp_path: Path, worlds: dict[str, Path], name: str
) -> None:
    source, command = COMMANDS[name]

    def prepare(folder: Path) -> None:
        shutil.copytree(worlds[source], folder)
        if name == "report":  # so that there is something to draw, by a process of its own too
            for gone in ("index.html", *sorted(p.name for p in (folder / "report/charts").glob("*.svg"))[:3]):
                next((folder / "report").rglob(gone)).unlink()

    victim = Victim(
        f"kill -9 of {name}",
        prepare,
        lambda folder: [*command(folder), "--study", folder / "study.toml", "--quiet"],
        differences,
        halves=halves,
    )
    # Kills while charts are drawn are those of `report`; `run` is killed in its other work, the most of it.
    with drawn() if name == "report" else placeholders():
        tally = kill_often(victim, tmp_path, one_shell(), KILLS, seed=1)
    assert tally.faults == []
    assert tally.hit > 0


def test_the_comparison_sees_what_it_should(worlds: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(worlds["drawn"], tmp_path / "other")
    table = tmp_path / "other" / "data" / "2025" / "counts.parquet"
    table.write_bytes(table.read_bytes()[:-1])
    (table.parent / f".counts.parquet.x{storage.PART}").write_bytes(b"")
    assert "data/2025/counts.parquet: is seen half done" in halves(tmp_path / "other", worlds["drawn"])
    told = differences(tmp_path / "other", worlds["drawn"], 0)
    assert any("counts.parquet: has other bytes" in fault for fault in told)
    assert any(f".x{storage.PART}: in one of the two only" in fault for fault in told)


SERVER = b"multiprocessing.forkserver"


def test_f1_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    """Killed, it can tell them nothing; left behind they would write into the folder of the next run."""
    study = tmp_path / "study.toml"
    study.write_text('title = "t"\nvendors = ["Hikvision"]\n')
    raw = tmp_path / "data" / "a" / "raw"
    raw.mkdir(parents=True)
    line = json.dumps(banner(data="x" * 40_000)).encode() + b"\n"
    for name in ("one", "two"):
        (raw / f"{name}.json").write_bytes(line * 300)
    process = start("run", "--study", study, "--workers", "2", "--no-report")
    # A server forks them, with its own command.
    workers: set[int] = set()
    while len(workers) < 3:
        assert process.poll() is None, process.communicate()
        servers = {pid for pid in children(process.pid) if SERVER in command_of(pid)}
        workers |= servers.union(*map(children, servers))
    process.kill()
    process.communicate()
    for _ in range(100):
        if not (left := [pid for pid in workers if SERVER in command_of(pid)]):
            break
        time.sleep(0.1)
    assert left == []
    camcensus("run", "--study", study, "--no-report")
    assert not list(tmp_path.rglob(f".*{storage.PART}"))


def children(pid: int) -> set[int]:
    """Processes that a process started and that are there."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return set()
    return {int(word) for word in text.split()}


def command_of(pid: int) -> bytes:
    """How a process was started; nothing of one that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
