"""`camcensus run --engine spark`: what it says where it cannot run, and that a lost executor changes nothing."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from camcensus.core.config import load_study
from camcensus.core.console import Reporter
from camcensus.core.errors import CamcensusError
from camcensus.core.storage import sha256
from camcensus.engines import spark_session
from camcensus.engines.local import Local
from camcensus.engines.spark_session import error_line, ship
from camcensus.run import run
from tests.engines.sparks import quick, require
from tests.shell import one_shell
from tests.verify.worlds import VARYING, exports_in, settings_in

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small study, imported and not counted."""
    folder = tmp_path_factory.mktemp("spark") / "study"
    settings = settings_in(folder)
    done = one_shell().run("import", *exports_in(folder / "exports"), "--study", settings, "--snapshot", "2026")
    assert done.status == 0, done.err
    return folder


def refused(study: Path, *options: str, **environment: str) -> tuple[int, str]:
    """Status and message of a run that cannot begin."""
    done = one_shell().run("run", "--study", study / "study.toml", *options, **environment)
    assert done.out == ""
    return done.status, done.err


def test_without_java_one_sentence_says_what_to_install(study: Path, tmp_path: Path) -> None:
    status, told = refused(study, "--engine", "spark", "--master", "local[2]", PATH=str(tmp_path), JAVA_HOME="")
    assert status == 1
    assert told == (
        "camcensus: --engine spark needs Java 17 or later, and none is installed; on Debian: "
        "apt-get install openjdk-17-jre-headless\n"
    )


def test_an_older_java_is_named(study: Path, tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    status, told = refused(study, "--engine", "spark", JAVA_HOME=str(tmp_path))
    assert (status, told) == (1, f"camcensus: --engine spark needs Java 17 or later; {java} is Java 11\n")


def test_without_pyspark_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_session, "find_spec", lambda _: None)
    with pytest.raises(CamcensusError, match=r"pip install 'camcensus\[spark\]'"):
        spark_session.require_spark()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--engine", "dask"), "local or spark"),
        (("--master", "local[2]"), "needs --engine spark"),
        (("--engine", "spark", "--workers", "2"), "needs --engine local"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(study: Path, options: tuple[str, ...], told: str) -> None:
    status, error = refused(study, *options)
    assert status == 2
    assert told in error


def test_a_master_that_is_none_is_refused_in_one_sentence(study: Path, tmp_path: Path) -> None:
    require()
    status, told = refused(study, "--engine", "spark", "--master", "nowhere", **quick(tmp_path))
    assert status == 1
    assert "camcensus: Spark does not start on nowhere: " in told
    assert "Traceback" not in told


def test_of_an_error_the_cause_is_told() -> None:
    traced = 'thrown from the worker:\nTraceback (most recent call last):\n  File "a"\nValueError: no\n\n\tat java'
    assert error_line(traced) == "ValueError: no"
    java = "An error occurred while calling o246.parquet.\n: org.apache.spark.SparkException: no room\n\tat java"
    assert error_line(java) == "org.apache.spark.SparkException: no room"
    assert error_line("[OUT] no room\n\tat java") == "[OUT] no room"
    assert error_line(CamcensusError()) == "CamcensusError"


def test_what_is_shipped_runs_where_nothing_of_ours_is(tmp_path: Path) -> None:
    shutil.unpack_archive(ship(tmp_path), tmp_path / "there")
    code = (
        "import camcensus, camcensus.stages; from camcensus.core.resources import bundled; "
        "from camcensus.engines.engine import run; "
        "print(camcensus.__file__, bundled('queries').is_dir(), len(run('links', lambda *_: None)) > 0)"
    )
    there = {**os.environ, "PYTHONPATH": str(tmp_path / "there")}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=there, capture_output=True, text=True)
    assert done.stdout.split() == [str(tmp_path / "there/camcensus/__init__.py"), "True", "True"], done.stderr


def made(folder: Path) -> dict[str, str]:
    """Checksums of all that a run makes and that comparisons cover."""
    files = [p for p in (folder / "data").rglob("*") if p.is_file() and p.name not in VARYING]
    return {p.relative_to(folder).as_posix(): sha256(p) for p in files}


def below(ancestor: int) -> Iterator[tuple[int, int, str]]:
    """Processes that come from one: each with its parent and its command."""
    parents, commands = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                commands[int(folder.name)] = (folder / "cmdline").read_text(errors="replace").replace("\0", " ")
            except (FileNotFoundError, ProcessLookupError):
                continue
    for pid, parent in parents.items():
        up: int | None = pid
        while up and up != ancestor:
            up = parents.get(up)
        if up == ancestor:
            yield pid, parent, commands.get(pid, "")


def at_work(ancestor: int) -> list[int]:
    """Executors that have Python processes, and so do tasks or did some."""
    found = list(below(ancestor))
    executors = {pid for pid, _, command in found if "CoarseGrainedExecutorBackend" in command}
    return sorted(executors & {parent for _, parent, command in found if "pyspark.daemon" in command})


def strange_python(folder: Path) -> Path:
    """A Python with all that camcensus needs and without camcensus, as executors have it."""
    path = folder / "python"
    packages = sysconfig.get_paths()["purelib"]  # without -S, a file in there would lead to this checkout
    path.write_text(f'#!/bin/sh\nPYTHONPATH="$PYTHONPATH:{packages}" exec {sys.executable} -S "$@"\n')
    path.chmod(0o755)
    return path


def test_executors_need_not_have_the_package(tmp_path: Path) -> None:
    told = subprocess.run(
        [strange_python(tmp_path), "-c", "import pyarrow, camcensus.engines"], cwd=tmp_path, capture_output=True
    )
    assert b"No module named 'camcensus" in told.stderr


@pytest.mark.nightly  # 231 s on two quiet cores, 2026-11-30
def test_a_lost_executor_changes_nothing(study: Path, tmp_path: Path) -> None:
    require()
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        shutil.copytree(study, folder)
    run(load_study(here / "study.toml"), Reporter(), engine=Local(1), report=False)
    command = [sys.executable, "-m", "camcensus", "run", "--study", str(there / "study.toml"), "--no-report"]
    command += ["--engine", "spark", "--master", "local-cluster[2,1,1024]"]
    (tmp_path / "conf").mkdir()
    scratch, killed = there / "data/2026/.scratch", []
    with (tmp_path / "log").open("w") as log:
        environment = {**os.environ, **quick(tmp_path / "conf"), "PYSPARK_PYTHON": str(strange_python(tmp_path))}
        running = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 500
        while running.poll() is None and time.monotonic() < deadline:
            # One as soon as any does tasks, one in the midst of the queries: another executor, or the first's heir.
            ready = not killed or (scratch.is_dir() and len(list(scratch.iterdir())) > 10)
            if len(killed) < 2 and ready and (executors := [pid for pid in at_work(running.pid) if pid not in killed]):
                os.kill(executors[0], signal.SIGKILL)
                killed.append(executors[0])
            time.sleep(0.02)
        running.kill()
    assert running.wait() == 0, (tmp_path / "log").read_text()
    assert len(killed) == 2
    assert made(there) == made(here)
