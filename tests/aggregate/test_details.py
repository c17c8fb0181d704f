"""Concentration and firmware age, against a count in plain Python over a study that was really run."""

import random
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from camcensus.aggregate.details import built_on, by_age
from camcensus.core import parquet
from camcensus.core.manifest import load_manifest
from camcensus.core.tables import CONCENTRATION, FIRMWARE
from tests.commands import camcensus
from tests.conftest import banner, write_lines

END = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("firmware", "day"),
    [
        ("V5.5.0 build 170725", date(2017, 7, 25)), ("V4.30.005 Build:200101", date(2020, 1, 1)),
        ("V5.4.5", None), ("V5.5.0 build 171345", None), ("build 1707255", None), ("rebuilt 170725", None),
        ("build 000000", None), ("", None),
    ],
)  # fmt: skip
def test_the_day_of_a_build(firmware: str, day: date | None) -> None:
    assert built_on(firmware) == day


def test_ages_are_whole_years_and_all_devices_have_one() -> None:
    said = [("build 261030", 1), ("build 251031", 2), ("build 231101", 4), ("build 161101", 8), ("V5.4.5", 16)]
    found = by_age([*said, (None, 32), ("build 270101", 64)], END)
    assert found == {
        "0": 1, "1-2": 2, "3-4": 4, "5-6": 0, "7-9": 0, "10+": 8, "undated": 16 + 64, "unknown": 32,
    }  # fmt: skip
    assert by_age([("build 161101", 3)], None)["undated"] == 3


@pytest.mark.slow
def test_both_tables_of_a_run(tmp_path: Path) -> None:
    dice = random.Random(7)
    cameras = []
    for n in range(200):
        block = int(40 * dice.random() ** 3)
        firmware = dice.choice(("V5.5.0 build 170725", "V5.4.5", None))
        cameras.append(
            banner(
                ip_str=f"81.2.{block}.{n}",
                asn=f"AS{100 + block // 4}" if block else None,
                hikvision={"device_model": "DS-2CD2032-I", "device_version": firmware} if firmware else {},
            )
        )
    study = tmp_path / "study.toml"
    study.write_text("title = 'T'\nvendors = ['Hikvision']\n")
    camcensus("import", write_lines(tmp_path / "a.jsonl", cameras), "--study", study, "--snapshot", "a")
    camcensus("run", "--study", study, "--no-report")
    held = {"asn": Counter(c["asn"] for c in cameras if "asn" in c)}
    held["prefix"] = Counter(c["ip_str"].rpartition(".")[0] for c in cameras)
    for row in parquet.read_table(tmp_path / "data/a/concentration.parquet", CONCENTRATION).to_pylist():
        most = [n for _, n in held[row["network_type"]].most_common(row["top"])]
        assert (row["n_networks"], row["n_hosts"]) == (len(most), sum(most)), row
    ages = {
        r["age"]: r["n_devices"] for r in parquet.read_table(tmp_path / "data/a/firmware.parquet", FIRMWARE).to_pylist()
    }
    said = Counter(c["hikvision"].get("device_version") for c in cameras)
    assert {age: n for age, n in ages.items() if n} == {
        "7-9": said["V5.5.0 build 170725"], "undated": said["V5.4.5"], "unknown": said[None],
    }  # fmt: skip
    manifest = load_manifest(tmp_path / "data/a")
    assert manifest is not None
    assert manifest.stages["aggregate"].more_flows["firmware"].rows_in == sum(ages.values())
