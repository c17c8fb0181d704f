"""`identify`: what each line of a file is, for people and for programs."""

import gzip
import json
import os
from pathlib import Path

import pytest

from tests.commands import camcensus, on, run, study_in
from tests.conftest import banner, write_lines

VERDICT = {
    "line",
    "counted",
    "manufacturer",
    "manufacturer_confidence",
    "brand",
    "model",
    "model_raw",
    "family",
    "candidate",
    "product_type",
    "type_confidence",
    "firmware",
    "signatures",
    "decoy",
}


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
    assert [one.pop("rejected", None) for one in found] == [None, "blank", "not_json", "bad_port", None]
    assert all(one.keys() == VERDICT for one in found)
    assert (found[0]["counted"], found[0]["manufacturer"], found[0]["model"]) == (True, "Hikvision", "DS-2CD2032-I")
    nothing = {"counted": False, "signatures": []}
    assert found[4] == dict.fromkeys(VERDICT) | {"line": 5} | nothing
    assert found[3] == dict.fromkeys(VERDICT) | {"line": 4} | nothing, "what is rejected is not identified"


def test_identify_as_a_table_for_people(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "x.json", [banner(), "["])
    first, second = camcensus("identify", path).stdout.splitlines()
    assert "counted" in first
    assert "Hikvision (" in first
    assert second.split() == ["2", "rejected", "not_json"]


def test_identify_tells_where_a_file_breaks_off(tmp_path: Path) -> None:
    packed = gzip.compress(json.dumps(banner()).encode() + b"\n" + os.urandom(400).hex().encode())
    (tmp_path / "x.json.gz").write_bytes(packed[:-9])
    done = camcensus("identify", tmp_path / "x.json.gz", "--format", "jsonl", status=3)
    assert [json.loads(line).get("rejected") for line in done.stdout.splitlines()] == [None, "cut_short"]
    assert "breaks off near byte" in done.stderr
    assert "the records before it were explained" in done.stderr


def test_identify_rejects_what_a_run_rejects(tmp_path: Path) -> None:
    lines = [
        banner(), "[", "", banner(port=70_000), banner(ip_str="81.2.69.300"), banner(timestamp="2007-01-01T00:00:00"),
        banner(timestamp="2999-01-01T00:00:00"), banner(transport="sctp"), banner(timestamp=None), "[1]",
    ]  # fmt: skip
    study = study_in(tmp_path, x=lines)
    run(study)
    packed = (tmp_path / "data/a/quarantine.jsonl.gz").read_bytes()
    quarantined = {bad["line"]: bad["reason"] for bad in map(json.loads, gzip.decompress(packed).splitlines())}
    assert len(quarantined) == 8
    done = camcensus("identify", tmp_path / "data/a/raw/x.json", "--format", "jsonl")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert {one["line"]: one["rejected"] for one in found if one.get("rejected", "blank") != "blank"} == quarantined
    assert "10 lines, 1 banner accepted, 8 rejected, 1 blank" in done.stderr
    assert "warning: 8 lines are not banners" in done.stderr


def test_identify_of_nothing_is_status_1_with_the_commonest_reason(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "x.json", [banner(timestamp=None), banner(timestamp=None), "["])
    done = camcensus("identify", path, "--format", "jsonl", status=1)
    assert [json.loads(line)["rejected"] for line in done.stdout.splitlines()] == ["no_timestamp"] * 2 + ["not_json"]
    assert "x.json: none of its first 3 records is a banner; the commonest reason: it has no time; " in done.stderr
    path = write_lines(tmp_path / "y.json", [banner(port=0), banner(port=0), banner(ip_str="1.2.3")])
    done = camcensus("identify", path, status=1)
    assert "y.json: gives nothing: none of its 3 lines is a banner; the commonest reason (2 of them): " in done.stderr
    path = write_lines(tmp_path / "z.json", [{"portinfo": {"port": 80}, "geoinfo": {}, "ip": "81.2.69.142"}])
    assert "it looks like an export of ZoomEye" in camcensus("identify", path, status=1).stderr


def test_identify_of_too_many_lost_lines_is_status_3(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "x.json", [*[banner()] * 80, *["lost"] * 20])
    done = camcensus("identify", path, status=3)
    assert "warning: 20 of 100 lines (20.0%) are in quarantine" not in done.stderr, "there is no quarantine here"
    assert "warning: 20 of 100 lines (20.0%) are rejected; a snapshot of it is partial" in done.stderr
    assert len(done.stdout.splitlines()) == 100


def test_identify_reports_unmapped_fields_and_exports_that_show_no_camera(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    asset = {"ip": "81.2.69.142", "port": 80, "update_time": "2026-10-20T08:30:01", "brand_new": "x"}
    path.write_text(json.dumps(asset))
    done = camcensus("identify", path, "--source", "zoomeye")
    assert "1 record, 1 banner accepted" in done.stderr
    assert "warning: unexpected fields: brand_new (1 row)" in done.stderr
    assert "warning: 0 of 1 banners have a text or hash that can show a camera" in done.stderr


@pytest.mark.parametrize(
    ("name", "told"), [("none.json", "no such file"), ("x.txt", "is of an unknown kind"), (".", "is a folder")]
)
def test_identify_of_what_it_cannot_read(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "x.txt").write_text("")
    assert told in camcensus("identify", tmp_path / name, status=1).stderr
