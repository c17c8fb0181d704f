"""Files that break off, rot, come, go and are replaced: what is made again, and when a snapshot is whole."""

import gzip
import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from camcensus.core import parquet
from camcensus.core.tables import COUNTS
from tests.commands import camcensus, on, run, study_in, world
from tests.conftest import write_lines


def damaged(path: Path) -> None:
    """Changes one byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.slow
def test_f11_a_damaged_file_is_status_3_each_time(tmp_path: Path) -> None:
    study = study_in(tmp_path)
    lines = [on(f"81.2.{n // 250}.{n % 250 + 1}") for n in range(2000)]
    content = write_lines(tmp_path / "x.json", lines).read_bytes()
    packed = gzip.compress(content)
    raw = study.parent / "data" / "a" / "raw"
    raw.mkdir(parents=True)
    (raw / "x.json.gz").write_bytes(packed[: len(packed) // 2])
    done = run(study, status=3)
    assert "PARTIAL: collection a is not complete" in done.stdout
    assert re.search(r"x\.json\.gz breaks off near byte \d+", done.stderr)
    assert world(study) > 500, "what came before the break was lost"
    assert json.loads(run(study, "--json", status=3).stdout)["partial"] == ["a"]
    assert set(parquet.read_table(raw.parent / "counts.parquet", COUNTS).column("complete").to_pylist()) == {False}
    (raw / "x.json.gz").write_bytes(packed)
    run(study)
    assert world(study) == 2000


@pytest.mark.parametrize(
    ("name", "redone"),
    [
        ("counts.parquet", ["a: aggregate"]),
        ("links.parquet", ["a: dedupe"]),
        ("device_hosts.parquet", ["a: dedupe"]),
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


@pytest.mark.slow
def test_a_raw_file_that_is_added_is_ingested_alone_and_one_that_is_removed_is_not_counted(study: Path) -> None:
    folder = study.parent / "data" / "a"
    kinds = ("observations.parquet", "identified.parquet")
    before = {p: p.stat().st_mtime_ns for kind in kinds for p in (folder / kind).iterdir()}
    write_lines(folder / "raw" / "three.json", [on("81.2.69.145"), on("81.2.69.146")])
    run(study)
    assert world(study) == 5
    assert {p: p.stat().st_mtime_ns for p in before} == before
    (folder / "raw" / "one.json").unlink()
    assert "raw/one.json was imported and is missing" in run(study, status=3).stderr
    assert world(study) == 3
    for kind in kinds:
        assert sorted(p.name for p in (folder / kind).iterdir()) == ["three.json.parquet", "two.json.parquet"]
    assert {row["file"] for row in pq.read_table(folder / "links.parquet").to_pylist()} == {"three.json", "two.json"}


@pytest.mark.slow
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
    assert "replace it with --replace" in done.stderr
    assert len([*(study.parent / "data" / "a" / "raw").glob("*one.json")]) == 2
    camcensus("import", other, "--study", study, "--snapshot", "b")
    done = camcensus("import", write_lines(tmp_path / "third" / "one.json", [on("81.2.69.148")]),
                     "--study", study, "--snapshot", "b", "--replace")  # fmt: skip
    assert "with --replace" not in done.stderr
    assert [p.name for p in (study.parent / "data" / "b" / "raw").glob("*one.json")] == ["one.json"]


def test_a_file_that_gives_nothing_makes_the_snapshot_partial(tmp_path: Path) -> None:
    study = study_in(tmp_path, good=[on("81.2.69.147")], array=['[{"ip_str": "81.2.69.147"}]'], empty=[])
    for _ in range(2):
        run(study, status=3)
    told = json.loads((tmp_path / "data" / "a" / "manifest.json").read_text())["inputs"]
    assert "none of its 1 lines is a banner" in told["array.json"]["damage"]
    assert "it is empty" in told["empty.json"]["damage"]
    assert told["good.json"]["damage"] is None
