"""A stage's version follows its code and all that its code imports from the package, and nothing else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import camcensus.core.fingerprints
from camcensus.core.fingerprints import code_hash, digest_of, package_version


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package that may be changed."""
    shutil.copytree(
        Path(camcensus.core.fingerprints.__file__).parent,
        tmp_path / "pipeline",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return tmp_path


def hash_in(copy: Path, *modules: str) -> str:
    command = [
        sys.executable,
        "-c",
        "import sys; from camcensus.core.fingerprints import code_hash; print(code_hash(*sys.argv[1:]))",
        *modules,
    ]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONSAFEPATH": "1"}
    return subprocess.run(command, env=environment, cwd=copy, check=True, capture_output=True, text=True).stdout.strip()


def test_it_does_not_depend_on_where_the_package_lies(copy: Path) -> None:
    assert hash_in(copy, "camcensus.ingest.records") == code_hash("camcensus.ingest.records")


def test_it_follows_what_is_imported_however_deep_and_nothing_else(copy: Path) -> None:
    before = hash_in(copy, "camcensus.ingest.records")
    (copy / "pipeline" / "cli.py").write_text("changed = True\n")
    assert hash_in(copy, "camcensus.ingest.records") == before
    with (copy / "pipeline" / "privacy.py").open("a") as file:  # ingest imports evidence, which imports privacy
        file.write("# changed\n")
    assert hash_in(copy, "camcensus.ingest.records") != before


def test_stages_have_versions_of_their_own() -> None:
    hashes = {code_hash(f"pipeline.{name}") for name in ("ingest", "label", "dedupe", "aggregate")}
    assert len(hashes) == 4


def test_the_order_of_modules_does_not_matter() -> None:
    assert code_hash("camcensus.dedupe.devices", "camcensus.aggregate.counts") == code_hash(
        "camcensus.aggregate.counts", "camcensus.dedupe.devices"
    )


def test_what_is_not_ours_counts_for_nothing() -> None:
    assert code_hash("json") == code_hash("no.such.module") == code_hash()


def test_a_digest_tells_values_apart() -> None:
    assert (
        len({digest_of(*parts) for parts in [(), ("",), ("a", "b"), ("ab",), (1,), ("1",), (None,), ((1, 2),), (1, 2)]})
        == 9
    )
    assert digest_of("a", {"b": 1}) == digest_of("a", {"b": 1})


def test_the_package_has_a_version() -> None:
    assert package_version().count(".") == 2
