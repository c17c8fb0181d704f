"""A path trick in a file name, a snapshot id or a record never reads, writes or removes outside the data folder."""

import json
import shutil
from pathlib import Path

import pytest

from camcensus.core import storage
from camcensus.core.config import SNAPSHOT_ID
from camcensus.core.errors import IntegrityError
from camcensus.core.manifest import load_manifest
from camcensus.raw.imports import read_ledger
from tests.commands import camcensus, study_in
from tests.conftest import banner

TRICKS = ("..", ".", "../x", "a/b", "/etc", "a\\b", "a\x00b", "~", "a b", "", "x" * 65, "é")


@pytest.mark.parametrize("name", [trick for trick in TRICKS if "\x00" not in trick])
def test_a_snapshot_id_is_a_name_and_no_path(tmp_path: Path, name: str) -> None:
    study = study_in(tmp_path / "s", one=[banner()])
    export = tmp_path / "x.json"
    export.write_text(json.dumps(banner()))
    before = sorted(str(p) for p in tmp_path.rglob("*"))
    camcensus("import", export, "--study", study, "--snapshot", name, status=2)
    camcensus("collect", "--study", study, "--snapshot", name, "--mode", "census", status=2, SHODAN_API_KEY="x" * 32)
    camcensus("purge", "--study", study, "--snapshot", name, "--raw", status=2)
    assert sorted(str(p) for p in tmp_path.rglob("*")) == before
    assert not SNAPSHOT_ID.fullmatch(name) or name in (".", "..")


NAMES = ("..json", "a\\..\\b.json", "~root.json", "a;rm -rf x.json", "\u202ea.json", "-x.json")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_name_stays_in_raw(tmp_path: Path, name: str) -> None:
    study = study_in(tmp_path / "s")
    export = tmp_path / name
    export.write_text(json.dumps(banner()) + "\n")
    camcensus("import", "--study", study, "--snapshot", "a", "--", export)
    (made,) = [p for p in (tmp_path / "s" / "data").rglob("*.json") if p.name != "imports.json"]
    assert made.parent == tmp_path / "s/data/a/raw"
    assert made.name[0] != "."


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study with a report; change copies only."""
    folder = tmp_path_factory.mktemp("drawn") / "s"
    camcensus("run", "--study", study_in(folder, one=[banner()]))
    return folder


OUTSIDE = ("../../victim", "/etc/passwd", "a/../../../victim", "..\\victim", "")


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_manifest_that_names_a_file_outside_is_refused(drawn: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(drawn, tmp_path / "s")
    study = tmp_path / "s" / "study.toml"
    folder = tmp_path / "s" / "data" / "a"
    victim = tmp_path / "s" / "victim"
    victim.write_text("x")
    found = storage.read_checksummed(folder / "manifest.json")
    outputs = found["stages"]["dedupe"]["outputs"]
    outputs[name] = outputs["links.parquet"]
    storage.write_checksummed(folder / "manifest.json", found)
    with pytest.raises(IntegrityError, match="names a file outside its folder"):
        load_manifest(folder)
    camcensus("purge", "--study", study, "--snapshot", "a", "--raw", status=1)
    assert victim.read_text() == "x"
    assert (folder / "raw" / "one.json").is_file()


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_ledger_that_names_a_file_outside_is_refused(drawn: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(drawn, tmp_path / "s")
    path = tmp_path / "s/data/a/raw/imports.json"
    found = storage.read_checksummed(path)
    found[name] = {**found["one.json"], "file": name}
    storage.write_checksummed(path, found)
    with pytest.raises(IntegrityError, match="names a file outside its folder"):
        read_ledger(tmp_path / "s/data/a")


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_report_that_names_a_file_outside_is_refused(drawn: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(drawn, tmp_path / "s")
    path = tmp_path / "s/report/manifest.json"
    found = storage.read_checksummed(path)
    found["outputs"][name] = found["outputs"]["index.html"]
    storage.write_checksummed(path, found)
    assert "names a file outside its folder" in camcensus("verify", path.parent, status=1).stdout
