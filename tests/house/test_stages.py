"""The table of stages: in order, documented as it is, and light to import."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from camcensus.report.stage import READS
from camcensus.stages import STAGES

ROOT = Path(__file__).parents[2]


def test_each_table_is_written_before_it_is_read() -> None:
    written: set[str] = set()
    for stage in STAGES:
        tables = {name for name in stage.reads if name.endswith(".parquet")}
        assert tables <= written, stage.name
        written |= set(stage.writes)
    assert set(READS) <= written


def test_names_are_unique_and_versions_are_integers() -> None:
    assert len({stage.name for stage in STAGES}) == len(STAGES)
    assert all(isinstance(stage.version, int) and stage.version >= 1 for stage in STAGES)


def test_what_follows_is_later_in_the_table() -> None:
    for place, stage in enumerate(STAGES):
        assert stage.follows is None or stage.follows in STAGES[:place]


def documented() -> dict[str, list[str]]:
    """Return the rows of the table in ARCHITECTURE.md by stage."""
    lines = (ROOT / "ARCHITECTURE.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    return {row[0].strip("`"): row for row in rows if len(row) == 6}


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_architecture_has_what_each_stage_reads_and_writes(stage: object) -> None:
    found = next(one for one in STAGES if one is stage)
    _, reads, writes, *_, file = documented()[found.name]
    assert inspect.getfile(found.run).endswith(file.strip("`"))
    assert all(f"`{name}`" in reads for name in found.reads if name.endswith(".parquet"))
    assert all(f"`{name}`" in writes for name in found.writes if not name.startswith("."))


def test_architecture_has_the_stages_in_order() -> None:
    assert [name for name in documented() if name in {stage.name for stage in STAGES}] == [s.name for s in STAGES]


def test_stages_load_nothing_that_knows_the_network() -> None:
    code = (
        "import sys, camcensus.stages; "
        "print(sorted({'shodan', 'requests', 'camcensus.collect', 'matplotlib', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
