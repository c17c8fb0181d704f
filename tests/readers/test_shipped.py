"""Exports of other engines by the real command: imported, run, counted; one engine a snapshot; mappings that change."""

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from camcensus.core import parquet, storage
from camcensus.core.resources import MAPPINGS, bundled
from camcensus.core.tables import COUNTS, OBSERVATIONS
from camcensus.raw.ledger import Ledger
from camcensus.readers.registry import shipped
from tests.commands import camcensus
from tests.conftest import banner, write_lines
from tests.pictures import drawn, placeholders

MADE_UP = Path(__file__).parent.parent / "data" / "mappings"
MARY = ("mary", "Mary")
OWN = """
engine = "homemade"
title = "Home-made scan"
format = "csv"
source = "https://example.org/scan"
licence = "CC0-1.0"
verified = true

[fields]
address = "ip"
port = "port"
time = "seen"
server = "server"
"""
ROWS = (
    "ip,port,seen,server,page\n"
    "81.2.69.142,80,2026-10-20T08:30:01,App-webs/,index\n"
    "81.2.69.143,80,2026-10-20T08:30:01,,\n"
)


def export_of(name: str) -> Path:
    (path,) = MADE_UP.glob(f"SYNTHETIC-{name}.*")
    return path


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.toml"
    path.write_text('title = "t"\nvendors = ["Hikvision"]\nwindow_days = "all"\n')
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A mapping of the analyst's own, beside a file that it reads."""
    (tmp_path / "scan.csv").write_text(ROWS)
    path = tmp_path / "scan.toml"
    path.write_text(OWN)
    return path


def bring(study: Path, file: Path, source: object, snapshot: str = "a", status: int = 0) -> str:
    return camcensus("import", file, "--study", study, "--snapshot", snapshot, "--source", source, status=status).stderr


def run(study: Path, *arguments: str, status: int = 0) -> str:
    return camcensus("run", "--no-report", "--study", study, *arguments, status=status).stderr


def manifest(study: Path, snapshot: str = "a") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((study.parent / "data" / snapshot / "manifest.json").read_text())
    return found


def observed(study: Path, snapshot: str = "a") -> list[dict[str, Any]]:
    return parquet.read_table(study.parent / "data" / snapshot / "observations.parquet", OBSERVATIONS).to_pylist()


EXPECTED: dict[str, dict[str, Any]] = {
    "censys": {
        "records": 6, "banners": 4, "dropped": {"quarantined: bad_port": 1, "quarantined: no_answer": 1},
        "unknown": {"services.new_block": 1}, "ports": [80, 8443, 443, 554], "favicons": ["999357577"],
        "certificates": ["CN=camera.example"],
    },
    "censys-legacy": {
        "records": 4, "banners": 3, "dropped": {"quarantined: bad_transport": 1},
        "unknown": {}, "ports": [443, 554, 53], "favicons": [], "certificates": ["CN=camera.example"],
    },
    "fofa": {
        "records": 5, "banners": 4, "dropped": {"quarantined: bad_port": 1},
        "unknown": {"new_field": 1}, "ports": [80, 554, 8443, 80], "favicons": ["999357577"],
        "certificates": ["CN=camera.example"],
    },
    "netlas": {
        "records": 4, "banners": 3, "dropped": {"quarantined: bad_timestamp": 1},
        "unknown": {"ftp.tls": 1, "highlight": 1}, "ports": [443, 80, 21], "favicons": [],
        "certificates": ["CN=camera.example,O=Example, Inc."],
    },
    "shodan-csv": {
        "records": 4, "banners": 3, "dropped": {"quarantined: bad_transport": 1},
        "unknown": {"new_field": 1}, "ports": [80, 554, 80], "favicons": [], "certificates": [],
    },
    "zoomeye": {
        "records": 5, "banners": 3, "dropped": {"quarantined: no_answer": 1, "quarantined: no_timestamp": 1},
        "unknown": {"new.field": 1}, "ports": [80, 554, 80], "favicons": [], "certificates": [],
    },
}  # fmt: skip


ENGINES = {"censys-legacy": "censys", "shodan-csv": "shodan"}
TITLES = {"censys": "Censys", "fofa": "FOFA", "netlas": "Netlas", "shodan": "Shodan", "zoomeye": "ZoomEye"}


def test_every_mapping_that_is_shipped_is_tested() -> None:
    assert set(EXPECTED) == set(shipped())


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_from_import_to_counts_and_a_page_that_names_engine_and_mapping(study: Path, name: str) -> None:
    expected = EXPECTED[name]
    engine = ENGINES.get(name, name)
    told = bring(study, export_of(name), name)
    assert f"{name}: not verified with a real export: " in told
    told = run(study)
    assert f"a: ingest: {expected['records']} records, {expected['banners']} banners accepted" in told
    for field, n in expected["unknown"].items():
        assert f"{field} ({n} row)" in told

    found = manifest(study)
    flow = found["stages"]["ingest"]["flow"]
    assert (flow["rows_in"], flow["rows_out"], flow["dropped"]) == (
        expected["records"], expected["banners"], expected["dropped"],
    )  # fmt: skip
    assert found["stages"]["ingest"]["unknown_fields"] == expected["unknown"]
    assert (found["engine"], found["basis"], found["simulated"]) == (engine, "download", True)

    rows = observed(study)
    assert [row["port"] for row in rows] == expected["ports"]
    assert [row["http_favicon"] for row in rows if row["http_favicon"]] == expected["favicons"]
    assert [row["cert_subject"] for row in rows if row["cert_subject"]] == expected["certificates"]
    assert {row["seen_at"] for row in rows} <= {1792485001, 1792485061, 1792454399, 1792486800}
    assert not [
        value for row in rows for value in row.values() if isinstance(value, str) and any(m in value for m in MARY)
    ]

    counts = parquet.read_table(study.parent / "data" / "a" / "counts.parquet", COUNTS).to_pylist()
    assert {row["engine"] for row in counts} == {engine}
    hikvision = [r for r in counts if r["level"] == "manufacturer" and r["manufacturer"] == "Hikvision"]
    assert hikvision
    assert run(study) == ""

    title = TITLES[engine]
    is_drawn = name in ("fofa", "shodan-csv")  # charts name the engine too, all in one way
    with drawn() if is_drawn else placeholders():
        camcensus("run", "--study", study)
    page = (study.parent / "report" / "index.html").read_text()
    assert f"{title} results" in page
    assert f"Snapshot a was read from exports of {title} with a mapping made from documentation" in page
    assert (f"from {title} results" in page) == is_drawn
    assert ("from Shodan results" in page) == (engine == "shodan")


@pytest.mark.slow
def test_a_snapshot_has_one_engine(study: Path) -> None:
    bring(study, export_of("fofa"), "fofa")
    for name in ("netlas", "shodan"):
        file = export_of("netlas")
        told = bring(study, file, name, status=1)
        assert f"holds files of fofa, and these are of {name}; a snapshot has one engine" in told
    assert [p.name for p in (study.parent / "data" / "a" / "raw").glob("SYNTHETIC*")] == ["SYNTHETIC-fofa.csv"]
    bring(study, export_of("censys"), "censys", snapshot="b")
    bring(study, export_of("censys-legacy"), "censys-legacy", snapshot="b")
    run(study)
    assert [manifest(study, name)["engine"] for name in "ab"] == ["fofa", "censys"]


def test_what_was_collected_from_shodan_takes_no_files_of_another_engine(study: Path) -> None:
    raw = study.parent / "data" / "a" / "raw"
    raw.mkdir(parents=True)
    with closing(Ledger(raw)):
        pass
    assert "snapshot a was collected; import into another snapshot" in bring(study, export_of("fofa"), "fofa", status=1)


def test_engines_mixed_by_hand_stop_the_run(study: Path) -> None:
    bring(study, export_of("fofa"), "fofa")
    bring(study, export_of("netlas"), "netlas", snapshot="b")
    one, two = (study.parent / "data" / name / "raw" for name in "ab")
    shutil.copy(export_of("netlas"), one)
    ledgers = [storage.read_checksummed(raw / "imports.json") for raw in (one, two)]
    storage.write_checksummed(one / "imports.json", ledgers[0] | ledgers[1])
    told = run(study, status=1)
    assert "a: has files of several engines (fofa, netlas), whose counts must not be summed; move the files" in told


def test_a_file_of_another_kind_put_there_by_hand_is_told(study: Path, own: Path) -> None:
    bring(study, own.with_suffix(".csv"), own)
    write_lines(study.parent / "data" / "a" / "raw" / "by-hand.jsonl", [banner()])
    assert "raw/by-hand.jsonl: is of an unknown kind; give files of scan.toml that end in .csv" in run(study, status=1)


def test_a_file_put_beside_others_by_hand_is_of_their_source(study: Path) -> None:
    bring(study, export_of("netlas"), "netlas")
    shutil.copy(export_of("netlas"), study.parent / "data" / "a" / "raw" / "by-hand.jsonl")
    assert "a: ingest: 8 records, 6 banners accepted" in run(study)
    (study.parent / "data" / "a" / "raw" / "notes.csv").write_text("a CSV file that nobody imported is none of ours")
    assert "nothing was done" in camcensus("run", "--no-report", "--study", study).stdout


@pytest.mark.slow
def test_a_mapping_of_ones_own_goes_with_its_files(study: Path, own: Path) -> None:
    assert "not verified" not in bring(study, own.with_suffix(".csv"), own)
    raw = study.parent / "data" / "a" / "raw"
    assert (raw / "scan.toml").read_bytes() == own.read_bytes()
    assert json.loads((raw / "imports.json").read_text())["scan.csv"]["source"] == "scan.toml"
    own.unlink()
    assert "unexpected fields: page (1 row)" in camcensus("run", "--study", study).stderr
    page = (study.parent / "report" / "index.html").read_text()
    assert "Home-made scan results" in page
    assert "made from documentation" not in page


@pytest.mark.slow
def test_a_changed_mapping_is_read_again_with_its_files_alone(study: Path, own: Path) -> None:
    other = own.with_name("other.toml")
    other.write_text(OWN)
    (own.parent / "more.csv").write_text(ROWS.replace("81.2.69", "81.2.70"))
    bring(study, own.with_suffix(".csv"), own)
    bring(study, own.parent / "more.csv", other)
    run(study)
    tables = study.parent / "data" / "a" / "observations.parquet"
    before = {path.name: path.stat().st_mtime_ns for path in tables.iterdir()}
    assert {row["http_title"] for row in observed(study)} == {None}

    own.write_text(OWN + 'title = "page"\n')
    assert "scan.csv: already imported" in bring(study, own.with_suffix(".csv"), own)
    run(study)
    after = {path.name: path.stat().st_mtime_ns for path in tables.iterdir()}
    assert [name for name in before if before[name] != after[name]] == ["scan.csv.parquet"]
    assert {row["http_title"] for row in observed(study) if row["file"] == "scan.csv"} == {"index", None}
    assert "unknown_fields" in manifest(study)["stages"]["ingest"]
    assert manifest(study)["stages"]["ingest"]["unknown_fields"] == {"page": 1}


@pytest.mark.slow
def test_a_mapping_whose_engine_is_another_name_counts_anew(study: Path, own: Path) -> None:
    bring(study, own.with_suffix(".csv"), own)
    run(study)
    mapping = study.parent / "data" / "a" / "raw" / "scan.toml"
    mapping.write_text(OWN.replace("homemade", "other"))
    assert "stale: ingest: raw changed; run to count again" in camcensus("status", "--study", study).stdout
    run(study)
    counts = parquet.read_table(study.parent / "data" / "a" / "counts.parquet", COUNTS).to_pylist()
    assert {row["engine"] for row in counts} == {"other"}


def test_a_file_imported_under_the_wrong_source_of_its_engine_is_read_as_the_right_one(study: Path, own: Path) -> None:
    wrong = own.with_name("wrong.toml")
    wrong.write_text(OWN.replace('port = "port"', 'port = "page"'))
    bring(study, own.with_suffix(".csv"), wrong)
    assert "gives nothing: none of its 2 records is a banner; the commonest reason (2 of them): " in run(
        study, status=1
    )
    told = bring(study, own.with_suffix(".csv"), own)
    assert "scan.csv: already imported (as source wrong.toml), now read as source scan.toml" in told
    assert "a: ingest: 2 records, 2 banners accepted" in run(study)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('port = "port"', 'prot = "port"'), "fields.prot: no such target; did you mean 'port'?"),
        (('"seen"', '"when"'), "lacks when (time); the mapping of Home-made scan expects columns separated by ','"),
        (('"csv"', '"jsonl"'), "scan.csv: is of an unknown kind; give files of scan.toml that end in .json, .jsonl,"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_is_copied(
    study: Path, own: Path, change: tuple[str, str], told: str
) -> None:
    own.write_text(OWN.replace(*change))
    assert told in bring(study, own.with_suffix(".csv"), own, status=1)
    assert not (study.parent / "data" / "a").exists()


def test_a_mapping_that_no_longer_fits_its_file_is_told(study: Path, own: Path) -> None:
    bring(study, own.with_suffix(".csv"), own)
    mapping = study.parent / "data" / "a" / "raw" / "scan.toml"
    mapping.write_text(OWN.replace('"ip"', '"address"'))
    assert "raw/scan.csv: its header lacks address (address)" in run(study, status=1)
    mapping.unlink()
    assert "raw/scan.toml: the mapping cannot be used\n  no such file" in run(study, status=1)


def test_an_unknown_source_is_told_with_those_there_are(study: Path) -> None:
    told = bring(study, export_of("fofa"), "binaryedge", status=1)
    assert f"binaryedge: is not a source; allowed: shodan, {', '.join(shipped())}, or your own mapping file" in told
    assert "nowhere.toml: the mapping cannot be used\n  no such file" in bring(
        study, export_of("fofa"), "nowhere.toml", status=1
    )


def test_a_mapping_can_be_tried_before_anything_is_imported() -> None:
    done = camcensus("identify", export_of("fofa"), "--source", "fofa", "--format", "jsonl")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["line"], row["manufacturer"], row["model"]) for row in found[:4]] == [
        (1, "Hikvision", None), (2, "Dahua", None), (3, "Hikvision", "DS-2CD2032-I"), (4, None, None),
    ]  # fmt: skip
    told = camcensus("identify", export_of("fofa"), "--source", bundled(MAPPINGS) / "netlas.toml", status=1).stderr
    assert "SYNTHETIC-fofa.csv: is of an unknown kind; give files of netlas.toml" in told


def test_hostile_names_of_fields_never_reach_the_terminal(study: Path, own: Path) -> None:
    (own.parent / "scan.csv").write_text(ROWS.replace("page", "\x1b[2Jpage\u202e"))
    bring(study, own.with_suffix(".csv"), own)
    told = run(study)
    assert "unexpected fields: ?[2Jpage? (1 row)" in told
    assert "\x1b" not in told


@pytest.mark.slow
def test_the_second_engine_of_a_simulated_internet_is_counted_with_its_mapping(tmp_path: Path) -> None:
    camcensus("simulate", tmp_path / "world", "--devices", 600, "--snapshots", 1, "--quiet")
    study = tmp_path / "world" / "second" / "study.toml"
    run(study)
    (snapshot,) = (study.parent / "data").glob("*/manifest.json")
    found = manifest(study, snapshot.parent.name)
    stage = found["stages"]["ingest"]
    assert (found["engine"], found["simulated"]) == ("netlas", True)
    assert (stage["unknown_fields"], stage["flow"]["dropped"]) == ({}, {})
    assert found["stages"]["identify"]["flow"]["rows_out"] > 100
