"""README and ARCHITECTURE are short, and the layers in ARCHITECTURE are those of the import contract."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line.startswith("| `")]


def test_the_pages_are_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120
    assert len(TEXT.splitlines()) <= 150


def test_the_layers_are_the_contract_s() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(c for c in config["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    listed = [re.findall(r"`(\w+)(?:/|\.py)`", row[0]) for row in ROWS if len(row) == 2]
    assert [sorted(names) for names in listed if names] == [sorted(c.split(" | ")) for c in contract["layers"]]
