"""From import to counts: what a run does and does not do again, and what stops it."""

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from camcensus.core import storage
from tests.commands import camcensus, on, run, study_in, world
from tests.conftest import banner, write_lines
from tests.shell import ROOT


def test_from_import_to_counts_and_a_second_run_that_does_nothing(tmp_path: Path) -> None:
    write_lines(tmp_path / "x.json", [on("81.2.69.142"), on("81.2.69.143")])
    study = study_in(tmp_path / "s")
    done = camcensus("import", tmp_path / "x.json", "--study", study, "--snapshot", "a")
    assert "x.json: imported, " in done.stderr
    assert done.stdout == ""
    (again,) = json.loads(camcensus("import", tmp_path / "x.json", "-s", study, "--snapshot", "a", "--json").stdout)
    assert (again["file"], again["already"], len(again["sha256"])) == ("x.json", True, 64)
    assert json.loads(run(study, "--json").stdout) == {
        "done": ["a: ingest", "a: identify", "a: dedupe", "a: aggregate", "a: series"],
        "page": None,
        "partial": [],
        "why_partial": {},
        "held_back": {},
    }
    assert world(study) == 2
    states = {p: p.stat().st_mtime_ns for p in study.parent.rglob("*") if p.is_file()}
    assert run(study).stdout == "Everything is up to date; nothing was done.\n"
    assert {p: p.stat().st_mtime_ns for p in study.parent.rglob("*") if p.is_file()} == states
    assert run(study, "--rehash").stdout == "Everything is up to date; nothing was done.\n"


def test_status_as_table_and_as_json(study: Path) -> None:
    (found,) = json.loads(camcensus("status", "--study", study, "--json").stdout)
    assert (found["snapshot"], found["files"], found["banners"], found["complete"], found["state"]) == (
        "a",
        2,
        3,
        True,
        "counted",
    )
    write_lines(study.parent / "data" / "a" / "raw" / "three.json", [on("81.2.69.145")])
    head, row = camcensus("status", "--study", study).stdout.splitlines()
    assert head.split()[0] == "SNAPSHOT"
    assert "stale: ingest: raw changed" in row


LIBRARIES = ("duckdb", "matplotlib", "maxminddb", "numpy", "pandas", "pyarrow", "re2", "rich")


def loaded(*arguments: str | Path) -> list[str]:
    """Run a command in a new process, where standard error is no terminal; the libraries that it loaded."""
    code = (
        "import sys; from camcensus.cli.app import app; app(sys.argv[1:], standalone_mode=False);"
        f"print(*[name for name in {LIBRARIES} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout
    return done.stderr.split()


def test_quick_commands_load_no_library_that_they_do_not_need(study: Path) -> None:
    assert loaded("--help") == ["rich"]  # which draws it
    study.write_text(f"{study.read_text()}\n[snapshots.a]\ndate = 2026-10-31\n")  # without it, banners say the day
    run(study)
    assert loaded("status", "--study", study) == []
    assert loaded("run", "--study", study, "--no-report") == []


def test_f22_a_file_without_one_banner_is_status_1_and_says_why(tmp_path: Path) -> None:
    study = study_in(tmp_path, one=["x", "{}", "["])
    done = run(study, status=1)
    assert "none of its 3 lines is a banner" in done.stderr
    packed = (tmp_path / "data" / "a" / "quarantine.jsonl.gz").read_bytes()
    reasons = [json.loads(line)["reason"] for line in gzip.decompress(packed).splitlines()]
    assert reasons == ["not_json", "no_address", "not_json"]


def test_f22_a_second_run_fails_as_the_first_did(tmp_path: Path) -> None:
    study = study_in(tmp_path, one=["["])
    run(study, status=1)
    run(study, status=1)
    assert not (tmp_path / "data" / "a" / "counts.parquet").exists()


@pytest.mark.slow
def test_a_window_that_misses_the_banners_is_told(tmp_path: Path) -> None:
    study = study_in(tmp_path, one=[on("81.2.69.147")])
    text = study.read_text()
    study.write_text(text + "\n[snapshots.a]\ndate = 2016-11-01\n[snapshots.b]\ndate = 2016-11-01\n")
    done = run(study)
    assert "1 of 1 counted banners are outside the window" in done.stderr
    assert "the study has a date for snapshot b, which is not in" in done.stderr
    study.write_text(text + 'window_days = "all"\n[snapshots.a]\ndate = 2030-11-01\n')
    assert "the study dates it 2030-11-01, but its newest banner is of 2026-10-20" in run(study).stderr


@pytest.mark.slow
def test_ctrl_c_ends_with_one_line_and_a_later_run_goes_on(tmp_path: Path) -> None:
    lines = [on(f"81.{n // 62500 + 2}.{n // 250 % 250}.{n % 250 + 1}") for n in range(8_000)]
    study = study_in(tmp_path, one=lines)
    command = [sys.executable, "-m", "camcensus", "run", "--no-report", "--study", str(study)]
    running = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert running.stderr
    assert running.stderr.readline().startswith("a: ingest: ")  # Seconds of work are left.
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=60)
    assert running.returncode == 130, told
    assert told.splitlines()[-1] == "camcensus: stopped; finished work is kept, run the same command again to resume"
    assert "Traceback" not in told
    run(study)
    assert world(study) == 8_000
    assert not list((tmp_path / "data" / "a").rglob(".*.part"))


def test_f10_a_second_run_at_once_is_told_to_wait(study: Path) -> None:
    with storage.lock(study.parent / "data"):
        assert f"the study is in use by process {os.getpid()} on " in run(study, status=1).stderr


@pytest.mark.slow
def test_a_gate_that_does_not_hold_stops_the_report_alone(tmp_path: Path) -> None:
    study = study_in(tmp_path, one=[banner(ip_str=f"1.1.1.{n}") for n in range(1, 9)])
    write_lines(tmp_path / "data" / "b" / "raw" / "one.json", [banner(ip_str="1.1.1.1")])
    study.write_text(study.read_text() + "[gates]\nmin_hosts = 5\n")
    done = camcensus("run", "--study", study, status=1)
    assert "nothing was published" in done.stderr
    assert "b: gate world-total: all makers: 8 hosts in a, 1 now, 88% fewer; the limit is 50%" in done.stderr
    assert not (tmp_path / "report").exists()
    assert (tmp_path / "data" / "b" / "counts.parquet").is_file()
    assert camcensus("report", "--study", study, status=1).stderr.count("gate world-total") == 1
    study.write_text(study.read_text() + "max_fall = 0.9\n")
    camcensus("run", "--study", study)
    assert (tmp_path / "report" / "counts_public.parquet").is_file()
