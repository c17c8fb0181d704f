"""What changed between two snapshots, and between two runs of one with another instrument."""

import json
import shutil
from pathlib import Path

import pytest

from camcensus.core.manifest import load_manifest
from tests.commands import camcensus


def test_f24_two_snapshots_by_country_and_maker(world: Path) -> None:
    found = json.loads(camcensus("diff", "2025", "2026", "--study", world, "--json").stdout)
    (whole,) = found["cells"]["world"]
    assert whole["hosts"] == [60, 150]
    countries = {cell["country"]: cell["hosts"] for cell in found["cells"]["country"]}
    assert countries == {"GB": [20, 50], "NL": [20, 50], "DE": [20, 50]}
    assert found["cells"]["manufacturer"][0]["manufacturer"] == "Hikvision"
    assert set(found["instrument"]) == {"query_set", "raw files"}
    text = camcensus("diff", "2025", "2026", "--study", world).stdout
    assert "  United Kingdom: hosts 20 -> 50 (+30)" in text


@pytest.mark.slow
def test_f20_f24_two_runs_of_one_snapshot_with_another_instrument(world: Path, tmp_path: Path) -> None:
    shutil.copytree(world.parent, tmp_path / "copy")
    study = tmp_path / "copy" / world.name
    before = load_manifest(study.parent / "data" / "2025")
    assert before is not None
    text = study.read_text().replace("[publication]", "[dedupe]\nsame_host = false\n[publication]")
    study.write_text(f'countries_left_out = ["FR"]\n{text}')
    camcensus("run", "--study", study)
    found = json.loads(camcensus("diff", f"2025@{before.run}", "2025", "--study", study, "--json").stdout)
    assert set(found["instrument"]) == {"rules", "study"}
    assert found["cells"]["world"] == [], "each host here has one port: the rule moves nothing"
    assert "same instrument" in camcensus("diff", "2025", "2025", "--study", study).stdout
    assert camcensus("verify", "--study", study).stdout.endswith("sound\n")
    (study.parent / "data/2025/runs" / before.run / "counts.parquet").write_bytes(b"x")
    assert (
        "is not what was counted" in camcensus("diff", f"2025@{before.run}", "2025", "--study", study, status=1).stderr
    )
    assert "counts.parquet: has " in camcensus("verify", "--study", study, status=1).stdout


@pytest.mark.parametrize("name", ["none", "2025@000000000000", "2025@../../..", "../2025"])
def test_what_was_never_counted_is_told(world: Path, name: str) -> None:
    assert "no count of that name" in camcensus("diff", name, "2026", "--study", world, status=1).stderr
