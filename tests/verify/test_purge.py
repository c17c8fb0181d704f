"""Raw files and tables with addresses go, on command or after the study's days; counts stay, and it is written down."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from camcensus.core.manifest import load_manifest
from camcensus.core.run_log import read_log
from camcensus.raw.purge import overdue
from tests.commands import camcensus
from tests.verify.worlds import results


@pytest.fixture
def study(world: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    shutil.copytree(world.parent, tmp_path / "copy")
    return tmp_path / "copy" / world.name


@pytest.mark.slow
@pytest.mark.parametrize("snapshot", ["2025", "2026"])
def test_a_purge_leaves_counts_and_checksums_and_no_address(study: Path, snapshot: str) -> None:
    before, report = load_manifest(study.parent / "data" / snapshot), results(study)
    told = camcensus("purge", "--study", study, "--snapshot", snapshot, "--raw").stdout
    assert "files removed" in told
    folder = study.parent / "data" / snapshot
    left = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} - {"raw/.lock", ".lock"}
    ledgers = {"raw/imports.json"} if snapshot == "2025" else {"raw/ledger.sqlite", "raw/ledger.sqlite.sha256"}
    names = ("counts", "networks", "concentration", "firmware", "coverage", "maker_kinds", "reliance", "series")
    tables = {f"{name}.parquet" for name in names}
    assert left == {"manifest.json", *tables, *ledgers}
    assert not [p for p in folder.rglob("*") if p.is_file() and b"81.2.0" in p.read_bytes()]
    after = load_manifest(folder)
    assert before is not None
    assert after is not None
    assert after.inputs == before.inputs, "what it was counted from is still known"
    assert after.stages == before.stages
    assert "devices.parquet" in after.purged
    assert read_log(study.parent / "data").runs[-1].snapshots[snapshot].stages == ["purge"]
    assert camcensus("verify", "--study", study).stdout.endswith("sound\n")
    camcensus("run", "--study", study)
    assert {n: b for n, b in results(study).items() if n.startswith("report/") and not n.endswith("manifest.json")} == {
        n: b for n, b in report.items() if n.startswith("report/") and not n.endswith("manifest.json")
    }, "the report is drawn from the counts as before"
    rows = json.loads(camcensus("status", "--study", study, "--json").stdout)
    assert {row["snapshot"]: row["state"] for row in rows}[snapshot].startswith("purged: counted by ")


def test_nothing_more_comes_into_a_purged_snapshot(study: Path) -> None:
    camcensus("purge", "--study", study, "--snapshot", "2025", "--raw")
    export = study.parent / "exports" / "one.json"
    told = camcensus("import", export, "--study", study, "--snapshot", "2025", status=1).stderr
    assert "was purged and its counts are final" in told


def test_a_purge_is_asked_for_in_so_many_words(study: Path, tmp_path: Path) -> None:
    before = results(study)
    camcensus("purge", "--study", study, "--snapshot", "2025", status=2)
    camcensus("purge", "--study", study, "--snapshot", "none", "--raw", status=2)
    (study.parent / "data/2025/manifest.json").unlink()
    assert "was never counted" in camcensus("purge", "--study", study, "--snapshot", "2025", "--raw", status=1).stderr
    assert {n: b for n, b in before.items() if n != "data/2025/manifest.json"} == results(study)


def test_a_purge_that_was_killed_half_way_is_done_by_the_next(study: Path) -> None:
    folder = study.parent / "data" / "2025"
    manifest = load_manifest(folder)
    assert manifest is not None
    manifest.purged = ["devices.parquet"]
    manifest.save(folder)  # the record comes first, the files go after
    camcensus("purge", "--study", study, "--snapshot", "2025", "--raw")
    assert not (folder / "identified.parquet").exists()


def test_a_study_says_after_how_many_days(study: Path) -> None:
    folder = study.parent / "data" / "2025"
    now = datetime.now(UTC)
    assert overdue(folder, None, now + timedelta(days=900)) is None
    assert overdue(folder, 30, now + timedelta(days=30)) is None
    assert overdue(folder, 30, now + timedelta(days=32)) == 31 or overdue(folder, 30, now + timedelta(days=32)) == 32
    assert overdue(study.parent / "data" / "2026", 30, now + timedelta(days=40)) is not None


def aged(study: Path, action: str) -> None:
    """The study's files came long ago, and it says what follows."""
    from camcensus.core import storage

    path = study.parent / "data" / "2025" / "raw" / "imports.json"
    entries = storage.read_checksummed(path)
    for entry in entries.values():
        entry["received"] = "2026-01-01T00:00:00+00:00"
    storage.write_checksummed(path, entries)
    study.write_text(study.read_text() + f'[retention]\ndays = 30\naction = "{action}"\n')


def test_run_reminds(study: Path) -> None:
    aged(study, "remind")
    told = camcensus("run", "--study", study).stderr
    assert "2025: the raw files are" in told
    assert "camcensus purge --study study.toml --snapshot 2025 --raw" in told
    assert (study.parent / "data/2025/raw/one.json").is_file()


def test_run_purges_where_the_study_says_so(study: Path) -> None:
    aged(study, "purge")
    told = camcensus("run", "--study", study).stderr
    assert "2025: " in told
    assert "files with addresses" in told
    assert not (study.parent / "data/2025/raw/one.json").exists()
    assert (study.parent / "data/2025/counts.parquet").is_file()
    assert (study.parent / "data/2026/devices.parquet").is_file(), "the other one is young"
