"""What the records say, that they say it as their schemas promise, and the way from a figure back to the raw files."""

import gzip
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from camcensus.core import storage
from camcensus.core.fingerprints import commit
from camcensus.core.manifest import load_manifest
from camcensus.core.run_log import read_log
from tests.commands import camcensus
from tests.verify.worlds import cameras
from tools.schemas import FOLDER, RECORDS, schema_of


@pytest.mark.parametrize("name", RECORDS)
def test_the_schema_in_the_repository_is_that_of_the_code(name: str) -> None:
    written = (FOLDER / f"{name}.schema.json").read_text()
    assert written == schema_of(RECORDS[name]), "run: python tools/schemas.py"


def records(world: Path) -> dict[str, Path]:
    """Schema to a record that a run left."""
    data = world.parent / "data"
    return {
        "manifest": data / "2026" / "manifest.json",
        "report-manifest": world.parent / "report" / "manifest.json",
        "run-log": data / "run-log.json",
    }


@pytest.mark.parametrize("name", RECORDS)
def test_each_record_is_as_its_schema_says(world: Path, name: str) -> None:
    schema = json.loads((FOLDER / f"{name}.schema.json").read_text())
    record = json.loads(records(world)[name].read_text())
    jsonschema.validate(record, schema, jsonschema.Draft202012Validator)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**record, "more": 1}, schema, jsonschema.Draft202012Validator)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({k: v for k, v in record.items() if k != "sha256"}, schema)


def test_the_manifest_names_all_that_a_number_depends_on(world: Path) -> None:
    found: dict[str, Any] = storage.read_checksummed(world.parent / "data" / "2026" / "manifest.json")
    assert found["build"]["command"] == "camcensus run"
    assert found["build"]["commit"] == commit()
    assert {"python", "pyarrow", "duckdb"} <= found["build"]["libraries"].keys()
    assert found["collection"]["queries"]["hikvision.query.product"]["text"]
    assert found["geo"]["sha256"] == storage.sha256(world.parent / "geo.mmdb")
    assert found["inputs"]["download-000001"]["rows"] == 150
    outputs = {name: out for stage in found["stages"].values() for name, out in stage["outputs"].items()}
    tables = {name for name in outputs if name.endswith(".parquet")}
    assert len(tables) >= 6
    for name in tables:
        assert outputs[name]["rows"] is not None
        assert outputs[name]["table"].startswith(f"{name.split('/')[0].removesuffix('.parquet')}:")
    told = json.dumps(found)
    assert str(world.parent) not in told, "no path of this machine"


def test_the_commit_is_the_one_that_git_tells() -> None:
    head = shutil.which("git")
    found = commit()
    if head is None or found is None:
        pytest.skip("no git, or not a checkout: there is nothing to compare with")
    import subprocess

    told = subprocess.run([head, "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True)
    assert found == told.stdout.strip()


@pytest.mark.slow
def test_the_log_has_machine_times_and_the_run_before(world: Path, tmp_path: Path) -> None:
    shutil.copytree(world.parent, tmp_path / "copy")
    study = tmp_path / "copy" / world.name
    before = load_manifest(study.parent / "data" / "2025")
    assert before is not None
    lines = b"".join(json.dumps(one).encode() + b"\n" for one in cameras(5, 900))
    (tmp_path / "three.json.gz").write_bytes(gzip.compress(lines))
    camcensus("import", tmp_path / "three.json.gz", "--study", study, "--snapshot", "2025")
    camcensus("run", "--study", study)
    one, two = read_log(study.parent / "data").runs
    assert one.snapshots["2025"].before is None
    assert two.snapshots["2025"].before == before.run != two.snapshots["2025"].run
    assert list(two.snapshots) == ["2025"], "nothing was done with the other one"
    assert two.command.startswith("camcensus run --study")
    assert two.began <= two.ended
    assert two.machine
    camcensus("run", "--study", study)
    assert len(read_log(study.parent / "data").runs) == 2, "a run that does nothing is no run"


def leaves(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The ends of all ways."""
    return [leaf for below in node["made_from"] for leaf in leaves(below)] or [node]


def test_lineage_goes_from_a_published_table_to_the_raw_files(world: Path) -> None:
    table = world.parent / "report" / "country_table.csv"
    found = json.loads(camcensus("lineage", table, "--study", world, "--json").stdout)
    assert found["facts"]["sha256"] == storage.sha256(table)
    ends = {leaf["name"]: leaf["facts"] for leaf in leaves(found)}
    raw = {name: facts for name, facts in ends.items() if "/raw/" in name}
    assert {"2025/raw/one.json", "2025/raw/two.json.gz", "2026/raw/download-000001"} <= raw.keys()
    digest = hashlib.sha256((world.parent / "data/2025/raw/one.json").read_bytes()).hexdigest()
    assert raw["2025/raw/one.json"]["sha256"] == digest
    assert raw["2025/raw/one.json"]["rows"] == 32
    text = camcensus("lineage", table, "--study", world).stdout
    assert "      2025/identified.parquet/one.json.parquet: " in text


def test_lineage_of_a_part_names_its_own_raw_file_alone(world: Path) -> None:
    part = world.parent / "data/2025/identified.parquet/one.json.parquet"
    found = json.loads(camcensus("lineage", part, "--json").stdout)
    assert [leaf["name"] for leaf in leaves(found)] == ["2025/raw/one.json"]


def test_lineage_without_the_data_ends_at_the_counts(world: Path, tmp_path: Path) -> None:
    shutil.copytree(world.parent / "report", tmp_path / "report")
    found = json.loads(camcensus("lineage", tmp_path / "report" / "index.html", "--json").stdout)
    assert {leaf["name"] for leaf in leaves(found)} >= {"2025/counts.parquet", "2026/counts.parquet"}


def test_lineage_of_a_changed_or_strange_file_says_so(world: Path, tmp_path: Path) -> None:
    shutil.copytree(world.parent / "report", tmp_path / "report")
    table = tmp_path / "report" / "country_table.csv"
    table.write_text(table.read_text() + "x")
    assert "unchanged NO" in camcensus("lineage", table).stdout
    (tmp_path / "stray.csv").write_text("x")
    assert "is in no report" in camcensus("lineage", tmp_path / "stray.csv", status=1).stderr
