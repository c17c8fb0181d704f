"""The command as a user has it: real processes, their exit status, and what they print where."""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline import store
from pipeline.progress import printable
from pipeline.tables import COUNTS
from tests.conftest import Banner, banner, write_lines
from tests.shell import one_shell

ROOT = Path(__file__).parent.parent
COMMANDS = ("init", "import", "run", "report", "status", "identify", "doctor")
VERDICT = {
    "line",
    "counted",
    "manufacturer",
    "manufacturer_confidence",
    "brand",
    "model",
    "product_type",
    "type_confidence",
    "firmware",
    "signatures",
    "decoy",
}
ESCAPES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")
Done = subprocess.CompletedProcess[str]


def start(*arguments: object, **environment: str) -> "subprocess.Popen[str]":
    """The command, started as a user's shell does."""
    command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", **environment},
        cwd=ROOT,
    )


def finish(process: "subprocess.Popen[str]", status: int) -> Done:
    """What the process printed, once it is done with the exit status; never a traceback."""
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    assert process.returncode == status, out + err
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def camcensus(*arguments: object, status: int = 0, **environment: str) -> Done:
    """The command, done in a process of its own; never with a traceback."""
    done = one_shell().run(*arguments, **environment)
    assert "Traceback" not in done.err, done.err
    assert done.status == status, done.out + done.err
    return subprocess.CompletedProcess("camcensus", done.status, done.out, done.err)


def study_in(folder: Path, **files: list[Any]) -> Path:
    """A study with one snapshot, "a", of raw files (name without .json to lines)."""
    folder.mkdir(exist_ok=True)
    for name, lines in files.items():
        write_lines(folder / "data" / "a" / "raw" / f"{name}.json", lines)
    (folder / "study.toml").write_text('title = "t"\nvendors = ["Hikvision"]\n')
    return folder / "study.toml"


def run(study: Path, *arguments: object, status: int = 0) -> Done:
    return camcensus("run", "--no-report", "--study", study, *arguments, status=status)


def world(study: Path) -> int:
    """Banners counted in the world, whatever they are."""
    rows = store.read_table(study.parent / "data" / "a" / "counts.parquet", COUNTS).to_pylist()
    wanted = {
        "level": "world",
        "scope": "all",
        "ip_version": "all",
        "min_confidence": "medium",
        "decoys_left_out": "none",
    }
    (row,) = [row for row in rows if wanted.items() <= row.items()]
    return int(row["n_banners"])


def on(host: str, **changed: Any) -> Banner:
    return banner(ip_str=host, ip=None, **changed)


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two raw files that was run; copy it before changing it."""
    folder = tmp_path_factory.mktemp("counted")
    study = study_in(folder, one=[on("81.2.69.142"), on("81.2.69.143"), "bad"], two=[on("81.2.69.144")])
    done = run(study)
    assert done.stdout == ""
    assert "a: ingest: 4 lines, 3 banners accepted" in done.stderr
    return study


@pytest.fixture
def study(counted: Path, tmp_path: Path) -> Path:
    """A copy of the study that was run, which may be changed."""
    shutil.copytree(counted.parent, tmp_path / "copy")
    return tmp_path / "copy" / "study.toml"


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


def test_a_new_study_and_what_to_do_next(tmp_path: Path) -> None:
    done = camcensus("init", tmp_path / "new")
    assert (tmp_path / "new" / "study.toml").is_file()
    assert [line.split()[1] for line in done.stdout.splitlines()[1:]] == ["import", "run", "status"]
    before = (tmp_path / "new" / "study.toml").read_bytes()
    again = camcensus("init", tmp_path / "new", status=1)
    assert "is there already and is not an empty folder" in again.stderr
    assert (tmp_path / "new" / "study.toml").read_bytes() == before


def test_from_import_to_counts_and_a_second_run_that_does_nothing(tmp_path: Path) -> None:
    write_lines(tmp_path / "x.json", [on("81.2.69.142"), on("81.2.69.143")])
    study = study_in(tmp_path / "s")
    done = camcensus("import", tmp_path / "x.json", "--study", study, "--snapshot", "a")
    assert "x.json: imported, " in done.stderr
    assert json.loads(run(study, "--json").stdout) == {
        "done": ["a: ingest", "a: identify", "a: dedupe, aggregate", "a: details", "a: series"],
        "page": None,
        "partial": [],
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
    assert "stale: raw files have changed" in row


def test_the_command_that_is_installed_runs() -> None:
    done = subprocess.run([Path(sys.executable).with_name("camcensus"), "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "Connects to no device" in done.stdout


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


def test_f11_a_damaged_file_is_status_3_each_time(tmp_path: Path) -> None:
    study = study_in(tmp_path)
    lines = [on(f"81.2.{n // 250}.{n % 250 + 1}") for n in range(2000)]
    content = write_lines(tmp_path / "x.json", lines).read_bytes()
    packed = gzip.compress(content)
    raw = study.parent / "data" / "a" / "raw"
    raw.mkdir(parents=True)
    (raw / "x.json.gz").write_bytes(packed[: len(packed) // 2])
    done = run(study, status=3)
    assert "PARTIAL: a is not a whole collection" in done.stdout
    assert re.search(r"x\.json\.gz breaks off near byte \d+", done.stderr)
    assert world(study) > 500, "what came before the break was lost"
    assert json.loads(run(study, "--json", status=3).stdout)["partial"] == ["a"]
    assert set(store.read_table(raw.parent / "counts.parquet", COUNTS).column("complete").to_pylist()) == {False}
    (raw / "x.json.gz").write_bytes(packed)
    run(study)
    assert world(study) == 2000


def test_f22_a_file_without_one_banner_is_status_1_and_says_why(tmp_path: Path) -> None:
    study = study_in(tmp_path, one=["[", "{}", "x"])
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


def damaged(path: Path) -> None:
    """Changes one byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "redone"),
    [
        ("counts.parquet", ["a: dedupe, aggregate"]),
        ("links.parquet", ["a: dedupe, aggregate"]),
        ("identified.parquet/one.json.parquet", ["a: identify"]),
        ("observations.parquet/two.json.parquet", ["a: ingest"]),
    ],
)
def test_f26_a_tampered_file_is_noticed_and_made_again(study: Path, name: str, redone: list[str]) -> None:
    path = study.parent / "data" / "a" / name
    before = path.read_bytes()
    damaged(path)
    assert json.loads(run(study, "--json").stdout)["done"] == redone
    assert path.read_bytes() == before


def test_a_file_that_is_no_longer_what_was_imported_stops_the_run(study: Path, tmp_path: Path) -> None:
    write_lines(tmp_path / "x.json", [on("81.2.69.150")])
    camcensus("import", tmp_path / "x.json", "--study", study, "--snapshot", "a", "--quiet")
    damaged(study.parent / "data" / "a" / "raw" / "x.json")
    assert "x.json: is not the file that was imported" in run(study, status=1).stderr


def test_a_raw_file_that_is_added_is_ingested_alone_and_one_that_is_removed_is_not_counted(study: Path) -> None:
    folder = study.parent / "data" / "a"
    kinds = ("observations.parquet", "identified.parquet")
    before = {p: p.stat().st_mtime_ns for kind in kinds for p in (folder / kind).iterdir()}
    write_lines(folder / "raw" / "three.json", [on("81.2.69.145"), on("81.2.69.146")])
    run(study)
    assert world(study) == 5
    assert {p: p.stat().st_mtime_ns for p in before} == before
    (folder / "raw" / "one.json").unlink()
    assert "raw/one.json was imported and is gone" in run(study, status=3).stderr
    assert world(study) == 3
    for kind in kinds:
        assert sorted(p.name for p in (folder / kind).iterdir()) == ["three.json.parquet", "two.json.parquet"]
    assert {row["file"] for row in pq.read_table(folder / "links.parquet").to_pylist()} == {"three.json", "two.json"}


def test_what_takes_the_place_of_a_lost_file_makes_the_snapshot_whole(study: Path) -> None:
    (study.parent / "data" / "a" / "raw" / "one.json").unlink()
    run(study, status=3)
    run(study, status=3)
    corrected = write_lines(study.parent / "corrected" / "one.json", [on("81.2.69.147")])
    camcensus("import", corrected, "--study", study, "--snapshot", "a", "--replace")
    run(study)
    assert world(study) == 2


def test_a_file_of_the_same_name_stands_beside_or_replaces(study: Path, tmp_path: Path) -> None:
    other = write_lines(tmp_path / "other" / "one.json", [on("81.2.69.147")])
    done = camcensus("import", other, "--study", study, "--snapshot", "a")
    assert "--replace would take its place" in done.stderr
    assert len([*(study.parent / "data" / "a" / "raw").glob("*one.json")]) == 2
    camcensus("import", other, "--study", study, "--snapshot", "b")
    done = camcensus("import", write_lines(tmp_path / "third" / "one.json", [on("81.2.69.148")]),
                     "--study", study, "--snapshot", "b", "--replace")  # fmt: skip
    assert "--replace would" not in done.stderr
    assert [p.name for p in (study.parent / "data" / "b" / "raw").glob("*one.json")] == ["one.json"]


def test_a_file_that_gives_nothing_makes_the_snapshot_partial(tmp_path: Path) -> None:
    study = study_in(tmp_path, good=[on("81.2.69.147")], array=['[{"ip_str": "81.2.69.147"}]'], empty=[])
    for _ in range(2):
        run(study, status=3)
    told = json.loads((tmp_path / "data" / "a" / "manifest.json").read_text())["inputs"]
    assert "none of its 1 lines is a banner" in told["array.json"]["damage"]
    assert "it is empty" in told["empty.json"]["damage"]
    assert told["good.json"]["damage"] is None


def test_a_window_that_misses_the_banners_is_told(tmp_path: Path) -> None:
    study = study_in(tmp_path, one=[on("81.2.69.147")])
    text = study.read_text()
    study.write_text(text + "\n[snapshots.a]\ndate = 2016-11-01\n[snapshots.b]\ndate = 2016-11-01\n")
    done = run(study)
    assert "1 of 1 counted banners lie outside the window" in done.stderr
    assert "the study has a date for snapshot b, which is not in" in done.stderr
    study.write_text(text + 'window_days = "all"\n[snapshots.a]\ndate = 2030-11-01\n')
    assert "the study dates it 2030-11-01, but its newest banner is of 2026-10-20" in run(study).stderr


def test_the_version_is_told() -> None:
    assert camcensus("--version").stdout.startswith("camcensus ")


def test_ctrl_c_ends_with_one_line_and_a_later_run_goes_on(tmp_path: Path) -> None:
    lines = [on(f"81.{n // 62500 + 2}.{n // 250 % 250}.{n % 250 + 1}") for n in range(40_000)]
    study = study_in(tmp_path, one=lines)
    command = [sys.executable, "-m", "pipeline.cli", "run", "--no-report", "--study", str(study)]
    running = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not list((tmp_path / "data" / "a").rglob(".*.part")) and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=30)
    assert running.returncode == 130, told
    assert told.splitlines()[-1] == "camcensus: stopped; what is whole stays, run the same command again to go on"
    assert "Traceback" not in told
    run(study)
    assert world(study) == 40_000
    assert not list((tmp_path / "data" / "a").rglob(".*.part"))


def test_f10_a_second_run_at_once_is_told_to_wait(study: Path) -> None:
    with store.lock(study.parent / "data"):
        assert f"the study is in use by process {os.getpid()} on " in run(study, status=1).stderr


def test_identify_gives_one_object_for_each_line(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "x.json",
        [
            banner(hikvision={"device_model": "DS-2CD2032-I"}),
            "",
            "[",
            banner(port=0),
            on("81.2.69.1", http=None, data="", product=None),
        ],
    )
    found = [json.loads(line) for line in camcensus("identify", path, "--format", "jsonl").stdout.splitlines()]
    assert [one["line"] for one in found] == [1, 2, 3, 4, 5]
    assert [one.pop("rejected", None) for one in found] == [None, "blank", "not_json", None, None]
    assert all(one.keys() == VERDICT for one in found)
    assert (found[0]["counted"], found[0]["manufacturer"], found[0]["model"]) == (True, "Hikvision", "DS-2CD2032-I")
    assert found[4] == dict.fromkeys(VERDICT) | {"line": 5, "counted": False, "signatures": []}


def test_identify_as_a_table_for_people(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "x.json", [banner(), "["])
    first, second = camcensus("identify", path).stdout.splitlines()
    assert "counted" in first
    assert "Hikvision (" in first
    assert second.split() == ["2", "rejected", "not_json"]


def test_identify_tells_where_a_file_breaks_off(tmp_path: Path) -> None:
    packed = gzip.compress(json.dumps(banner()).encode() + b"\n" + os.urandom(400).hex().encode())
    (tmp_path / "x.json.gz").write_bytes(packed[:-9])
    done = camcensus("identify", tmp_path / "x.json.gz", "--format", "jsonl", status=1)
    assert [json.loads(line).get("rejected") for line in done.stdout.splitlines()] == [None, "cut_short"]
    assert "breaks off near byte" in done.stderr


@pytest.mark.parametrize(
    ("name", "told"), [("none.json", "no such file"), ("x.csv", "is of an unknown kind"), (".", "is a folder")]
)
def test_identify_of_what_it_cannot_read(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "x.csv").write_text("")
    assert told in camcensus("identify", tmp_path / name, status=1).stderr


def hostile_banners() -> Iterator[Banner]:
    """Banners whose texts would clear the screen, set its title, or turn the direction of text."""
    for text in ("\x1b[2J\x1b[31m", "\x9b31m", "\x1b]0;owned\x07", "\u202egnp", "\r\x08\x08"):
        yield banner(
            product=f"{text}Hikvision IP Camera",
            version=text,
            org=text,
            tags=[text],
            http={"title": text, "server": f"App-webs/{text}"},
            hikvision={"device_model": f"DS-2CD2032-I{text}", "device_version": f"V5.4.5{text}"},
            data=f"HTTP/1.1 200 OK\r\nServer: App-webs/{text}\r\n\r\n",
            _shodan={"module": text},
        )


def test_f28_hostile_text_never_reaches_the_terminal(tmp_path: Path) -> None:
    study = study_in(tmp_path / "s")
    path = write_lines(tmp_path / "\x1b[31mx\x07.json", [*hostile_banners(), "["])
    done = [
        camcensus("identify", path),
        finish(start("identify", path, "--format", "jsonl", PYTHONIOENCODING="ascii"), 0),
        camcensus("import", path, "--study", study, "--snapshot", "a"),
        camcensus("identify", tmp_path / "\x1b[31mnone.json", status=1),
    ]
    assert "Hikvision" in done[0].stdout
    shutil.copy(path, study.parent / "data" / "a" / "raw")
    done += [run(study), camcensus("status", "--study", study)]
    for one in done:
        assert not ESCAPES.search(one.stdout + one.stderr), ascii(one.stdout + one.stderr)


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "x.json", [banner()] * 3000)
    process = start("identify", path, "--format", "jsonl")
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith('{"line": 1')
    process.stdout.close()
    with process.stderr:
        assert "Traceback" not in process.stderr.read()
    assert process.wait() != 0


def test_quiet_says_nothing_but_warnings(study: Path) -> None:
    write_lines(study.parent / "data" / "a" / "raw" / "three.json", [on("81.2.69.145")])
    done = run(study, "--quiet")
    assert done.stdout == ""
    assert all(line.startswith("warning: ") for line in done.stderr.splitlines())


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
    assert [line[:3] for line in done.stdout.splitlines()[1:]] == ["ok "] * 5
    assert "catalogue: version " in done.stdout


def test_doctor_tells_a_bad_account_and_not_its_key() -> None:
    done = camcensus(
        "doctor", SHODAN_API_KEY="SECRETKEY12345", SHODAN_API_URL="http://127.0.0.1:9", no_proxy="127.0.0.1", status=1
    )
    assert "BAD  shodan key: the search engine cannot be reached" in done.stdout
    assert "SECRETKEY12345" not in done.stdout + done.stderr


@pytest.mark.parametrize("text", ["\x1b[31m", "\x9b", "\x07", "\r", "\u202e", "\udcff", "\x7f"])
def test_printable_text_is_what_no_terminal_obeys(text: str) -> None:
    assert set(printable(text)) <= set("?[31m")
    assert printable("é 中\n") == "é 中\n"


def test_a_gate_that_does_not_hold_stops_the_report_alone(tmp_path: Path) -> None:
    study = study_in(tmp_path, one=[banner(ip_str=f"1.1.1.{n}") for n in range(1, 9)])
    write_lines(tmp_path / "data" / "b" / "raw" / "one.json", [banner(ip_str="1.1.1.1")])
    study.write_text(study.read_text() + "[gates]\nmin_hosts = 5\n")
    done = camcensus("run", "--study", study, status=1)
    assert "nothing was published" in done.stderr
    assert "b: gate world-total: all makers: 8 hosts in a, 1 now, 88 % fewer; the bound is 50 %" in done.stderr
    assert not (tmp_path / "report").exists()
    assert (tmp_path / "data" / "b" / "counts.parquet").is_file()
    assert camcensus("report", "--study", study, status=1).stderr.count("gate world-total") == 1
    study.write_text(study.read_text() + "max_fall = 0.9\n")
    camcensus("run", "--study", study)
    assert (tmp_path / "report" / "counts_public.parquet").is_file()
