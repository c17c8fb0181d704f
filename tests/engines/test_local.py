"""The engine of one machine: processes give what one process gives."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from camcensus.engines import duckdb_sql
from camcensus.engines.duckdb_sql import sql
from camcensus.engines.local import WORTH_PROCESSES_ROWS, Local, map_parts


def triple(task: int, on_progress: Callable[[int], None]) -> int:
    on_progress(task)
    return task * 3


def fail_on_two(task: int, on_progress: Callable[[int], None]) -> int:
    if task == 2:
        raise ValueError("two")
    return task


@dataclass(frozen=True)
class Shared:
    """What tasks share, as a catalogue is; costly to make ready."""

    @cached_property
    def made_ready(self) -> list[int]:
        return [os.getpid()]


@dataclass(frozen=True)
class Asks:
    """A task that says where it was done, and which object it had there."""

    shared: Shared
    rows_at_a_time: int = 1

    def __call__(self, on_progress: Callable[[int], None]) -> tuple[int, int]:
        on_progress(0)
        return os.getpid(), id(self.shared.made_ready)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_keep_the_order_of_the_tasks(workers: int) -> None:
    told: list[int] = []
    tasks = [5, 1, 4, 2]
    assert map_parts(triple, tasks, tasks, workers, told.append) == [15, 3, 12, 6]
    assert told[-1] == sum(tasks)
    assert told == sorted(told)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_task_is_the_error_of_the_whole(workers: int) -> None:
    with pytest.raises(ValueError, match="two"):
        map_parts(fail_on_two, [1, 2, 3], [1, 1, 1], workers)


def test_no_task_at_all() -> None:
    assert map_parts(triple, [], [], 2) == []


@pytest.mark.parametrize(("rows", "elsewhere"), [(WORTH_PROCESSES_ROWS, True), (WORTH_PROCESSES_ROWS - 1, False)])
def test_processes_are_started_for_so_many_rows_and_make_what_tasks_share_ready_once(
    tmp_path: Path, rows: int, elsewhere: bool
) -> None:
    shared = Shared()
    told = Local(2).map_rows([Asks(shared)] * 8, [rows // 8 + (n < rows % 8) for n in range(8)], tmp_path)  # type: ignore[list-item]
    assert all((process != os.getpid()) is elsewhere for process, _ in told)
    assert len(set(told)) == len({process for process, _ in told}), "made ready twice in one process"


def test_what_does_not_fit_into_memory_goes_to_the_scratch_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb_sql, "MEMORY", "64MB")
    numbers = pa.table({"n": pa.array(range(2_000_000), pa.int64())})
    with sql(2, tmp_path / "scratch") as db:
        for name in ("one", "two", "three", "four", "five", "six"):
            db.rows(name, numbers)
        assert sum(f.stat().st_size for f in (tmp_path / "scratch").rglob("*")) > 16 << 20
        assert all(db.read(name).num_rows == 2_000_000 for name in ("one", "six"))


BANNERS = pa.table({"file": ["a", "a"], "line": [1, 2], "seen_at": [3, 1], "is_counted": [True, False]})
FOUND = {"file": "a", "file_id": 1, "lines_before": 0, "first_seen_at": 1, "last_seen_at": 3, "n_counted": 1}


def test_many_rows_are_worked_on_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = tmp_path / "part.parquet"
    pq.write_table(BANNERS, part)
    scratch = tmp_path / "it's scratch"
    for fits, found in ((part.stat().st_size, []), (part.stat().st_size - 1, ["work.duckdb"])):
        monkeypatch.setattr(duckdb_sql, "FITS", fits)
        with sql(2, scratch) as db:
            db.rows("before", pa.table({"n": [1]}))
            db.parquet("identified", [part])
            db.make("files")
            assert db.read("files").to_pylist() == [FOUND]
            assert db.read("before")["n"].to_pylist() == [1]
            db.rows("before", pa.table({"n": [2]}))
            assert db.read("before")["n"].to_pylist() == [2]
            assert [path.name for path in scratch.glob("*.duckdb")] == found


def test_scratch_space_is_removed(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    with sql(2, scratch) as db:
        db.rows("identified", BANNERS)
        db.make("files")
        assert db.read("files").to_pylist() == [FOUND]
        scratch.mkdir(exist_ok=True)
    assert not scratch.exists()
