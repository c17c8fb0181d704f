"""`identify`: what each line of a file is, for people and for programs."""

import gzip
import json
import os
from pathlib import Path

import pytest

from tests.commands import camcensus, on
from tests.conftest import banner, write_lines

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
    ("name", "told"), [("none.json", "no such file"), ("x.txt", "is of an unknown kind"), (".", "is a folder")]
)
def test_identify_of_what_it_cannot_read(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "x.txt").write_text("")
    assert told in camcensus("identify", tmp_path / name, status=1).stderr
