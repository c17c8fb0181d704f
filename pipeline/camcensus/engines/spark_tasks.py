"""What Spark's Python processes run in `mapInArrow`: tasks of row-wise stages, by the functions of the local engine."""

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any

import pyarrow as pa

from camcensus.core.errors import CamcensusError, TableError
from camcensus.engines.engine import Rows, no_progress

TASKS = pa.schema({"task": pa.int64()})
RESULTS = pa.schema({"task": pa.int64(), "result": pa.binary()})
FILE = "file_name"  # as Spark calls it
Batches = Iterable[pa.RecordBatch]


def runner(what: str, archive: str, *given: Any) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """Return the function for `mapInArrow`: one of this module, by name, with the arguments before the batches.

    It is sent by value, and makes this package known in the executor; so nothing of the package is among `given`,
    except in broadcasts or as bytes. `archive`: the name of the shipped package.
    """

    def run(batches: Batches) -> Iterator[pa.RecordBatch]:
        import sys  # noqa: PLC0415 -- over there nothing of this module is at hand
        from importlib import import_module  # noqa: PLC0415

        from pyspark import Broadcast, SparkFiles  # noqa: PLC0415

        folder = SparkFiles.get(archive)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        arguments = [each.value if isinstance(each, Broadcast) else each for each in given]
        yield from getattr(import_module("camcensus.engines.spark_tasks"), what)(*arguments, batches)

    return run


def done(work: bytes, tasks: Sequence[Any], batches: Batches) -> Iterator[pa.RecordBatch]:
    """Do the tasks whose numbers come in, and yield their results. `work`: the function for them, pickled."""
    do = pickle.loads(work)  # noqa: S301 -- the driver's
    for batch in batches:
        for number in exactly(batch, TASKS)["task"].to_pylist():
            yield _result(number, partial(do, tasks[number], no_progress))


def over(tasks: Sequence[Rows[Any]], batches: Batches) -> Iterator[pa.RecordBatch]:
    """Do the task whose rows come in, if any do: all rows of one file, whose name says which task it is."""
    filled = (batch for batch in batches if batch.num_rows)
    if (first := next(filled, None)) is None:
        return
    (name,) = first[FILE].unique().to_pylist()
    number = number_of(name)
    task = tasks[number]

    def own() -> Iterator[pa.RecordBatch]:
        for batch in chain([first], filled):
            if batch[FILE].unique().to_pylist() != [name]:
                raise TableError(task.reads.name, "rows of two files came to one task")
            yield exactly(batch.drop_columns([FILE]), task.reads.schema)

    yield _result(number, partial(task.over, own()))


def name_of(number: int) -> str:
    """Return the name of a task's file for Spark."""
    return f"{number:09}.parquet"


def number_of(name: str) -> int:
    """Return the number of the task whose file has this name."""
    return int(name.partition(".")[0])


def _result(number: int, work: Callable[[], Any]) -> pa.RecordBatch:
    """Return the result of a task, or the error that it raised on purpose, so that it is not tried again."""
    try:
        result: Any = work()
    except CamcensusError as error:
        result = error
    row = pa.RecordBatch.from_pydict({"task": [number], "result": [pickle.dumps(result)]}, RESULTS)
    return exactly(row, RESULTS)


def exactly(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return the batch, if it has the columns of `schema` by name, type and place.

    Raises `TableError`: Spark goes by place alone, and would take columns that changed places for each other.
    """
    found = [(field.name, field.type) for field in batch.schema]
    wanted = [(field.name, field.type) for field in schema]
    if found != wanted:
        present, expected = (", ".join(f"{name} {kind}" for name, kind in columns) for columns in (found, wanted))
        raise TableError("batch", f"has the columns {present}; they must be {expected}")
    return batch
