"""datapackage.json: valid for those who read it, true about every file, and silent about what is not given away."""

import json
from pathlib import Path

import pytest
from frictionless import Package, system

from camcensus.core.storage import sha256
from camcensus.report.draw import draw_report
from tests.report.conftest import make_result, make_study


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report of two snapshots."""
    study = make_study(tmp_path_factory.mktemp("study"), '[publication]\nlicence = "CC-BY-4.0"')
    return draw_report(study, [make_result("2023"), make_result("2024")]).parent


def test_frictionless_finds_nothing_wrong(folder: Path) -> None:
    with system.use_context(trusted=True):
        report = Package(str(folder / "datapackage.json")).validate()
    found = [(task.place, error.message) for task in report.tasks for error in task.errors]
    assert (report.valid, found, [error.message for error in report.errors]) == (True, [], [])
    tables = {task.place for task in report.tasks if task.type == "table"}
    assert {"country_table.csv", "charts/trend.csv", "charts/countries.csv"} <= tables


def test_every_file_is_listed_with_its_checksum(folder: Path) -> None:
    listed = json.loads((folder / "datapackage.json").read_text())["resources"]
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert {r["path"] for r in listed} | {"datapackage.json"} == files
    assert all(r["hash"] == f"sha256:{sha256(folder / r['path'])}" for r in listed)
    assert all(r["bytes"] == (folder / r["path"]).stat().st_size for r in listed)


def test_it_names_licence_sources_and_what_stays(folder: Path) -> None:
    found = json.loads((folder / "datapackage.json").read_text())
    assert found["licenses"] == [{"name": "CC-BY-4.0"}]
    assert any("row by row" in note for note in found["notes"])
    assert any("DB-IP" in source["title"] for source in found["sources"])
