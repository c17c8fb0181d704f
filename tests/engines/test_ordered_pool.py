"""Several processes on one stream: the same results in the same order, and few items held at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from camcensus.engines.local import sooner_divided
from camcensus.engines.ordered_pool import ONE_PROCESS, open_pool
from tests.conftest import banner, ingest_file, write_lines


def triple(item: int) -> int:
    if item < 0:
        raise ValueError("negative")
    return item * 3


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_come_in_order_and_little_is_read_ahead(workers: int) -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for item in range(40):
            read.append(item)
            yield item

    with open_pool(workers, __name__) as several:
        for done, result in enumerate(several.in_order(triple, items()), 1):
            assert result == (done - 1) * 3
            assert len(read) - done <= workers + 1
    assert done == 40


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_an_item_is_the_error_of_the_whole(workers: int) -> None:
    with pytest.raises(ValueError, match="negative"), open_pool(workers, __name__) as several:
        list(several.in_order(triple, [1, -1, 2]))


def test_one_file_gives_the_same_bytes_with_several_processes(tmp_path: Path) -> None:
    lines = [banner(port=1 + n % 70_000) if n % 50 else ("", "{", "x" * 70)[n // 50 % 3] for n in range(6_000)]
    raw = write_lines(tmp_path / "a.json", lines)
    made = {}
    for workers in (1, 2):
        out = tmp_path / str(workers)
        with open_pool(workers, __name__) as several:
            result = ingest_file(raw, out / "o.parquet", out / "q.gz", pool=several)
        made[workers] = (result, (out / "o.parquet").read_bytes(), (out / "q.gz").read_bytes())
    assert made[1] == made[2]
    assert made[1][0].blank == 40
    assert made[1][0].quarantined == {"not_json": 80}


def test_without_a_pool_nothing_is_held() -> None:
    results = ONE_PROCESS.in_order(triple, iter(range(3)))
    assert [next(results), next(results)] == [0, 3]


@pytest.mark.parametrize(
    ("sizes", "workers", "item", "expected"),
    [
        ([], 2, 0, False), ([10], 1, 0, False), ([10], 2, 0, True), ([10, 10], 2, 0, False), ([10, 1], 2, 0, True),
        ([10, 9, 9], 2, 0, False), ([10, 1], 2, 10, False), ([40] * 20 + [160], 8, 50, False),
        ([1000] * 40, 64, 50, False), ([4000, 10, 10], 8, 50, True),
    ],
)  # fmt: skip
def test_tasks_are_divided_where_that_is_sooner_done(sizes: list[int], workers: int, item: int, expected: bool) -> None:
    assert sooner_divided(sizes, workers, item) is expected
