"""What each command says of itself, of wrong usage and of a study that it cannot use."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import camcensus, run, study_in
from tests.conftest import banner, write_lines

COMMANDS = ("init", "import", "run", "report", "status", "identify", "doctor")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_with_an_example(name: str) -> None:
    assert re.search(rf"Example: camcensus {name}\b", camcensus(name, "--help").stdout)
    assert re.search(rf"\b{name}\b", camcensus("--help").stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("run",),
        ("import", "--study", "s", "--snapshot", "a"),
        ("identify", "x", "--format", "xml"),
        ("run", "--study", "s", "--workers", "many"),
        ("run", "--study", "s", "--engine", "abacus"),
        ("import", "x.json", "--study", "s", "--snapshot", "../a"),
    ],
)
def test_wrong_usage_is_status_2(arguments: tuple[str, ...]) -> None:
    done = camcensus(*arguments, status=2)
    assert done.stdout == ""
    assert "Usage: " in done.stderr


def test_wrong_usage_is_one_json_line_in_a_json_log() -> None:
    done = camcensus("import", "x.json", "--study", "s", "--snapshot", "../a", "--log-json", status=2)
    assert done.stdout == ""
    entry = json.loads(done.stderr)
    assert entry["level"] == "error"
    assert "--snapshot" in entry["message"]
    assert "found '../a'" in entry["message"]


@pytest.mark.slow
def test_the_study_is_found_in_the_working_folder_or_in_a_variable(tmp_path: Path) -> None:
    study = study_in(tmp_path / "there", one=[banner()])

    def status(cwd: Path, **variable: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "camcensus", "status", "--json"]
        return subprocess.run(command, cwd=cwd, env={**os.environ, **variable}, capture_output=True, text=True)

    for done in (status(study.parent), status(tmp_path, CAMCENSUS_STUDY=str(study))):
        assert [row["snapshot"] for row in json.loads(done.stdout)] == ["a"], done.stderr
    missing = status(tmp_path)
    assert missing.returncode == 2
    assert "no study.toml in this folder" in missing.stderr


def test_a_new_study_and_what_to_do_next(tmp_path: Path) -> None:
    done = camcensus("init", tmp_path / "new")
    assert (tmp_path / "new" / "study.toml").is_file()
    assert [line.split()[1] for line in done.stdout.splitlines()[1:]] == ["import", "run", "status"]
    found = json.loads(camcensus("init", tmp_path / "other", "--json").stdout)
    assert found["study"] == str(tmp_path / "other" / "study.toml")
    assert [line.split()[1] for line in found["next"]] == ["import", "run", "status"]
    before = (tmp_path / "new" / "study.toml").read_bytes()
    again = camcensus("init", tmp_path / "new", status=1)
    assert "exists and is not an empty folder" in again.stderr
    assert (tmp_path / "new" / "study.toml").read_bytes() == before


def test_the_command_that_is_installed_runs() -> None:
    done = subprocess.run([Path(sys.executable).with_name("camcensus"), "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "Connects to no device" in done.stdout


def test_the_version_is_told() -> None:
    assert camcensus("--version").stdout.startswith("camcensus ")


def test_a_wrong_study_is_status_2(tmp_path: Path) -> None:
    study = study_in(tmp_path)
    study.write_text('titel = "t"\nwindow_days = 0\n')
    done = run(study, status=2)
    assert f"{study}: the study cannot be used" in done.stderr
    assert "titel: unknown key (did you mean 'title'?)" in done.stderr
    assert "window_days: found 0; allowed: " in done.stderr
    assert "no such file" in run(tmp_path / "none.toml", status=2).stderr
    study.write_text('title = "t"\nvendors = ["Hikvison"]\n')
    study_in(tmp_path / "x", one=[banner()])
    shutil.copytree(tmp_path / "x" / "data", tmp_path / "data")
    assert "did you mean 'Hikvision'?" in run(study, status=2).stderr


def test_an_unknown_snapshot_is_told_with_those_there_are(study: Path) -> None:
    done = run(study, "--snapshot", "b", status=1)
    assert "no snapshot b in " in done.stderr
    assert "there are: a" in done.stderr


def test_a_study_without_snapshots_says_how_to_bring_one_in(tmp_path: Path) -> None:
    assert "camcensus import FILE..." in run(study_in(tmp_path), status=1).stderr


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    study = study_in(tmp_path / "s")
    study.write_text(f'title = "t"\ndata_dir = "{tmp_path / "file"}"\n')
    write_lines(tmp_path / "x.json", [banner()])
    assert (
        str(tmp_path / "file")
        in camcensus("import", tmp_path / "x.json", "--study", study, "--snapshot", "a", status=1).stderr
    )


def test_doctor_looks_at_everything() -> None:
    done = camcensus("doctor", SHODAN_API_KEY="")
    assert [line[:3] for line in done.stdout.splitlines()] == ["ok "] * 6
    assert "catalogue: version " in done.stdout


def test_doctor_as_json() -> None:
    found = json.loads(camcensus("doctor", "--json", SHODAN_API_KEY="").stdout)
    assert {check["name"]: check["ok"] for check in found}["shodan key"] is True


def test_doctor_tells_a_bad_account_and_not_its_key() -> None:
    done = camcensus(
        "doctor", SHODAN_API_KEY="SECRETKEY12345", SHODAN_API_URL="http://127.0.0.1:9", no_proxy="127.0.0.1", status=1
    )
    assert "BAD  shodan key: the search engine cannot be reached" in done.stdout
    assert "SECRETKEY12345" not in done.stdout + done.stderr
