"""What may import what is held by import-linter, whose contracts stand in pyproject.toml."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint(cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.prefix) / "bin/lint-imports", "--no-cache"]
    own = {**os.environ, "PYTHONPATH": str(cwd / "pipeline")}
    return subprocess.run(command, cwd=cwd, env=own, capture_output=True, text=True)


def test_contracts_are_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert "4 kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("core/storage", "from camcensus import stages"),
        ("ingest/privacy", "from camcensus.core import storage"),
        ("report/pages/main_page", "from camcensus.validation.simulate.truth import TRUTH"),
        ("verify/lineage", "from camcensus.collect import client"),
    ],
)
def test_each_contract_bites(module: str, line: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "pipeline", tmp_path / "pipeline", ignore=shutil.ignore_patterns("__pycache__", "sql"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    path = tmp_path / f"pipeline/camcensus/{module}.py"
    path.write_text(f"{path.read_text()}\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode == 1
    assert line.split()[1] in done.stdout
