"""Status sees all that makes a snapshot stale, names it, and writes nothing."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from camcensus import stages
from camcensus.core import storage
from camcensus.core.config import load_study
from camcensus.core.manifest import load_manifest
from camcensus.raw import stage_base
from camcensus.verify import status
from camcensus.verify.lineage import lineage_of
from camcensus.verify.status import status_text
from tests.commands import camcensus
from tests.verify.worlds import counted


@pytest.fixture
def study(world: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    shutil.copytree(world.parent, tmp_path / "copy")
    return tmp_path / "copy" / world.name


def states(study: Path) -> dict[str, str]:
    """Return the state of each snapshot."""
    return {row["snapshot"]: row["state"] for row in json.loads(status_text(load_study(study), as_json=True))}


def files(folder: Path) -> dict[str, int]:
    """Return every file with its time of change."""
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_what_is_counted_is_counted_and_nothing_is_written(study: Path) -> None:
    before = files(study.parent)
    assert states(study) == {"2025": "counted", "2026": "counted"}
    assert files(study.parent) == before


@pytest.mark.slow
def test_a_setting_makes_stale_what_names_it_and_no_more(study: Path) -> None:
    study.write_text(study.read_text().replace("vendors = ", 'countries_left_out = ["GB"]\nvendors = ', 1))
    changed = "stale: aggregate: setting countries_left_out changed; run to count again"
    assert states(study) == {"2025": changed, "2026": changed}
    done = {entry.split(": ")[1] for entry in counted(study).done if ": " in entry}
    assert done == {"aggregate", "series"}, "devices are not inferred again"
    assert set(states(study).values()) == {"counted"}


@pytest.mark.slow
def test_a_changed_catalogue_is_named(study: Path) -> None:
    (study.parent / "queries" / "foscam.toml").unlink()
    camcensus("catalogue", "page", study.parent / "queries")
    assert set(states(study).values()) == {"stale: identify: catalogue changed; run to count again"}


def test_a_changed_database_is_named(study: Path) -> None:
    storage.write_bytes(study.parent / "geo.mmdb", (study.parent / "geo.mmdb").read_bytes() + b"\0")
    assert all("country database" in state or "unknown" in state for state in states(study).values())


def test_a_raised_version_is_named(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raised = tuple(replace(stage, version=2) if stage.name == "series" else stage for stage in stages.STAGES)
    monkeypatch.setattr(status, "STAGES", raised)
    assert set(states(study).values()) == {"stale: series: version changed; run to count again"}


def test_a_damaged_table_is_named(study: Path) -> None:
    (study.parent / "data/2025/concentration.parquet").write_bytes(b"")
    assert states(study)["2025"] == "stale: aggregate: its files have changed; run to count again"


def test_a_purged_snapshot_is_never_stale(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from camcensus.raw.purge import purge

    purge(study.parent / "data/2025", stages.STAGES)
    raised = tuple(replace(stage, version=9) for stage in stages.STAGES)
    monkeypatch.setattr(status, "STAGES", raised)
    versions = {stage.name: stage.version for stage in stages.STAGES}
    counted = ", ".join(f"{name} v{versions[name]}" for name in ("ingest", "identify", "dedupe"))
    assert states(study)["2025"].startswith(f"purged: counted by evidence v2, {counted}, ")


def test_a_manifest_of_the_format_before_keeps_a_purged_year(study: Path) -> None:
    folder = study.parent / "data/2025"
    manifest = load_manifest(folder)
    assert manifest is not None
    old: dict[str, Any] = manifest.model_dump()
    old |= {"format": 2, "told": old.pop("declared"), "made": old.pop("build"), "purged": ["raw/one.json"]}
    old["made"] = {**old["made"], "code": "abc", "versions": old["made"].pop("libraries")}
    del old["instrument"]["evidence"]
    for stage in old["stages"].values():
        del stage["version"], stage["depends_on"], stage["more_flows"]
        stage |= {"key": "k", "host_sample": None}
    storage.write_checksummed(folder / "manifest.json", old)
    found = load_manifest(folder)
    assert found is not None
    assert (found.outputs, found.run, found.purged) == (manifest.outputs, manifest.run, ["raw/one.json"])
    assert states(study)["2025"].startswith("purged: counted by evidence v1, ingest v0")


@pytest.mark.parametrize("table", ["concentration", "firmware", "series", "counts"])
def test_lineage_goes_back_one_stage_at_a_time(study: Path, table: str) -> None:
    node = lineage_of(study.parent / f"data/2025/{table}.parquet", load_study(study))
    direct = {below.name.split("/")[1].removesuffix(".parquet") for below in node.made_from}
    wanted = {"counts", "links", "devices", "identified"} if table == "series" else {
        "device_hosts", "device_labels", "locations"
    }  # fmt: skip
    assert wanted <= direct
    assert not any(name == "raw" for name in direct) or table == "series"


def test_changes_are_named() -> None:
    assert stage_base.changes({"a": "1", "b": "2"}, {"b": "3", "c": "4"}) == ["a", "b", "c"]
