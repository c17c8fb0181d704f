"""A disk that is full, may not be written or goes away: a clear message, status 1, and what was there stays."""

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from camcensus.core import storage
from tests.commands import Done, camcensus, finish, start
from tests.faults import record
from tests.shell import ROOT, one_shell
from tests.verify.worlds import exports_in, results, settings_in

pytestmark = pytest.mark.slow

NOBODY = 65534


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with an imported snapshot; its folder."""
    folder = tmp_path_factory.mktemp("disk") / "study"
    settings_in(folder)
    camcensus("import", *exports_in(folder / "exports"), "--study", folder / "study.toml", "--snapshot", "2025")
    return folder


@pytest.fixture(scope="module")
def drawn(imported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, counted and drawn."""
    folder = tmp_path_factory.mktemp("disk") / "study"
    shutil.copytree(imported, folder)
    camcensus("run", "--study", folder / "study.toml")
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no disk can be made here ({made.stderr.strip()}); the tests with limited files stand for it")
    yield disk
    subprocess.run(["umount", disk], check=True)


def full_but(disk: Path, free: int) -> Path:
    """Fills a disk up, but for so many bytes."""
    filler = disk / "filler"
    left = shutil.disk_usage(disk).free - free
    with filler.open("wb") as file:
        file.write(b"x" * max(left, 0))
    return filler


def differences(one: Path, two: Path) -> list[str]:
    """Files that are not the same."""
    a, b = results(one / "study.toml"), results(two / "study.toml")
    return sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))


@pytest.mark.parametrize(("command", "free"), [("import", 4), ("run", 8), ("run", 90), ("run", 600), ("report", 30)])
def test_f9_a_full_disk_stops_with_a_message_and_the_next_run_goes_on(
    small_disk: Path, imported: Path, drawn: Path, command: str, free: int
) -> None:
    folder = small_disk / "study"
    shutil.copytree(drawn if command == "report" else imported, folder)
    if command == "import":
        shutil.rmtree(folder / "data")
    if command == "report":
        (folder / "report" / "index.html").unlink()
    words = [command, "--study", folder / "study.toml"]
    words += [*sorted((folder / "exports").iterdir()), "--snapshot", "2025"] if command == "import" else []
    before = results(folder / "study.toml")
    filler = full_but(small_disk, free << 10)
    told = camcensus(*words, status=1).stderr
    assert "no space" in told.lower()
    after = results(folder / "study.toml")
    assert [name for name, content in before.items() if after.get(name) != content] == []
    assert not [p for p in folder.rglob(f".*{storage.PART}") if p.parent.name != "raw"], "half a file takes room"
    filler.unlink()
    camcensus(*words)
    assert differences(folder, imported if command == "import" else drawn) == []
    record("F9 disk full (8 MB tmpfs)", 1, 0)


_LIMITED = """
import resource, sys
import camcensus.cli.app
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.argv = ["camcensus", *sys.argv[2:]]
camcensus.cli.app.main()
"""


def limited(size: int, *words: object) -> Done:
    """The command in a process that may write no file larger than so many bytes."""
    process = subprocess.Popen(
        [sys.executable, "-c", _LIMITED, str(size), *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    return finish(process, status=1)


def test_f9_a_file_that_may_grow_no_more_stops_a_run(tmp_path: Path, imported: Path, drawn: Path) -> None:
    shutil.copytree(imported, tmp_path / "study")
    study = tmp_path / "study" / "study.toml"
    before = results(study)
    told = limited(12_000, "run", "--study", study).stderr
    assert os.strerror(errno.EFBIG) in told
    assert [name for name, content in before.items() if results(study).get(name) != content] == []
    camcensus("run", "--study", study)
    assert differences(study.parent, drawn) == []
    record("F9 no file may grow (RLIMIT_FSIZE)", 1, 0)


def as_nobody(*words: object, home: Path, status: int) -> Done:
    """The command as a user who owns nothing: what may not be written binds him, as it does not bind root."""
    prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [*prefix, sys.executable, "-m", "camcensus", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home), "MPLCONFIGDIR": str(home)},
    )
    return finish(process, status)


@pytest.fixture
def guarded(tmp_path: Path, drawn: Path) -> Iterator[Path]:
    """A copy of the study that may be read by all and written by nobody else."""
    if os.geteuid() == 0 and (shutil.which("setpriv") is None or not as_somebody(sys.executable)):
        pytest.skip("root may write everywhere, and no other user can run this Python here")
    for folder in (tmp_path, *list(tmp_path.parents)[:-1]):
        if folder.is_relative_to("/tmp") and folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o055)
    shutil.copytree(drawn, tmp_path / "study")
    (tmp_path / "home").mkdir(mode=0o777)
    (tmp_path / "home").chmod(0o777)
    for path in (tmp_path / "study").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    (tmp_path / "study" / "study.key").chmod(0o400)
    (tmp_path / "study").chmod(0o555)
    yield tmp_path / "study"
    for path in [tmp_path / "study", *(tmp_path / "study").rglob("*")]:
        path.chmod(0o755)


def as_somebody(program: str) -> bool:
    """Whether another user can start this Python with this package."""
    words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", program, "-c", "import camcensus"]
    return subprocess.run(words, cwd=ROOT, capture_output=True).returncode == 0


@pytest.mark.parametrize("command", ["run", "import", "report"])
def test_f9_a_folder_that_may_not_be_written_is_told(guarded: Path, command: str) -> None:
    words = [command, "--study", guarded / "study.toml"]
    words += [*sorted((guarded / "exports").iterdir()), "--snapshot", "2025"] if command == "import" else []
    before = results(guarded / "study.toml")
    told = as_nobody(*words, home=guarded.parent / "home", status=1).stderr
    assert "permission denied" in told
    assert str(guarded) in told
    assert results(guarded / "study.toml") == before
    record("F9 no permission to write", 1, 0)


def test_verify_needs_to_write_nothing(guarded: Path) -> None:
    home = guarded.parent / "home"
    assert "sound" in as_nobody("verify", guarded / "data", guarded / "report", home=home, status=0).stdout


@pytest.mark.parametrize("wait", [0.1, 0.4, 0.8])
def test_f9_a_folder_that_goes_away_while_a_run_works_is_told(tmp_path: Path, imported: Path, wait: float) -> None:
    folder = tmp_path / "study"
    shutil.copytree(imported, folder)
    running = one_shell().start("run", "--study", folder / "study.toml")
    deadline = time.monotonic() + 60
    while not (folder / "data" / ".lock-holder").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(wait)
    (folder / "data").rename(folder / "away")
    done = running.done()
    assert "Traceback" not in done.err
    if done.status == 0:
        assert done.out.strip().endswith("index.html"), "it was done before the folder went"
    else:
        assert done.status == 1
        assert "camcensus: " in done.err
    record("F9 folder removed while running", 1, 0)


def test_f10_of_two_runs_at_once_one_is_told_whom_it_waits_for(tmp_path: Path, imported: Path, drawn: Path) -> None:
    shutil.copytree(imported, tmp_path / "study")
    study = tmp_path / "study" / "study.toml"
    both = [start("run", "--study", study, "--no-report") for _ in range(2)]
    told = [(process, *process.communicate(timeout=120)) for process in both]
    done = [process for process, _, _ in told if process.returncode == 0]
    refused = [(process, err) for process, _, err in told if process.returncode == 1]
    assert len(done) + len(refused) == 2
    assert done
    for _, err in refused:
        assert "the study is in use by process " in err
        assert f"{done[0].pid} on " in err
    assert [name for name in differences(study.parent, drawn) if name.startswith("data/")] == []
    record("F10 two runs at once", 1, 0)
