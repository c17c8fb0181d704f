"""The contracts of import-linter in pyproject.toml find what they forbid; `make lint` checks that they are kept."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Importing module, imported module: one upwards from each part of the layers, and one for each protected package.
FORBIDDEN = (
    ("camcensus.core.storage", "camcensus.stages"),
    ("camcensus.engines.local", "camcensus.report"),
    ("camcensus.stages", "camcensus.api"),
    ("camcensus.report.formatting", "camcensus.collect"),
    ("camcensus.ingest.privacy", "camcensus.core.storage"),
    ("camcensus.quality.assertions", "camcensus.estimate.two_engines.lists"),
    ("camcensus.quality.gates", "camcensus.validation.simulate.truth"),
)


def test_each_contract_bites(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "pipeline", tmp_path / "pipeline", ignore=shutil.ignore_patterns("__pycache__", "sql"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, imported in FORBIDDEN:
        path = (tmp_path / "pipeline").joinpath(*module.split(".")).with_suffix(".py")
        path.write_text(f"{path.read_text()}\nimport {imported}\n")
    command = [Path(sys.prefix) / "bin/lint-imports", "--no-cache"]
    own = {**os.environ, "PYTHONPATH": str(tmp_path / "pipeline")}
    done = subprocess.run(command, cwd=tmp_path, env=own, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "0 kept, 5 broken" in done.stdout
    assert [pair for pair in FORBIDDEN if f"{pair[0]} -> {pair[1]} " not in done.stdout] == []
