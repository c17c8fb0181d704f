"""The engine of one machine: processes give what one process gives."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.engines import local
from pipeline.engines.duck import sql
from pipeline.engines.local import map_parts


def triple(task: int, tick: Callable[[int], None]) -> int:
    tick(task)
    return task * 3


def fail_on_two(task: int, tick: Callable[[int], None]) -> int:
    if task == 2:
        raise ValueError("two")
    return task


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are started however small the work is."""
    monkeypatch.setattr(local, "WORTH_PROCESSES", 0)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_keep_the_order_of_the_tasks(processes: None, workers: int) -> None:
    told: list[int] = []
    tasks = [5, 1, 4, 2]
    assert map_parts(triple, tasks, tasks, workers, told.append) == [15, 3, 12, 6]
    assert told[-1] == sum(tasks)
    assert told == sorted(told)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_task_is_the_error_of_the_whole(processes: None, workers: int) -> None:
    with pytest.raises(ValueError, match="two"):
        map_parts(fail_on_two, [1, 2, 3], [1, 1, 1], workers)


def test_no_task_at_all() -> None:
    assert map_parts(triple, [], [], 2) == []


def test_scratch_space_is_removed(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    with sql(2, scratch) as db:
        db.rows("identified", pa.table({"seen": [3, 1], "counted": [True, False]}))
        assert db.query("window").to_pylist() == [{"oldest": 1, "newest": 3, "counted": 1}]
        scratch.mkdir(exist_ok=True)
    assert not scratch.exists()
