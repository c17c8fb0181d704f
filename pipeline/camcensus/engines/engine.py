"""Protocols of an engine, which maps functions over the parts of a row-wise stage and answers set-wise queries.

Stages know these protocols alone. `local.py` is one machine; `spark.py` is a cluster.
"""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from camcensus.core.tables import Table
from camcensus.engines.ordered_pool import ONE_PROCESS, OrderedPool

if TYPE_CHECKING:  # to name an engine needs no pyarrow: `status` and a run with nothing to do are done without it
    import pyarrow as pa

T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
OnProgress = Callable[[int], None]
Work = Callable[[T, OnProgress], R]  # what is done to one task

PACKAGE = Path(__file__).parents[1]
BATCH = 100_000  # rows that a stream gives at a time
_TABLE = re.compile(r"^create table (\w+) as\n(.*?);\n", re.MULTILINE | re.DOTALL)


def run(query: str, make: Callable[[str, str], None]) -> str:
    """Make the tables of `<query>.sql` in order, each of its name and select; return the select after them, if any."""
    text = _queries()[query].read_text(encoding="utf-8")
    for name, select in _TABLE.findall(text):
        make(name, select)
    return _TABLE.sub("", text)


@cache
def _queries() -> dict[str, Path]:
    return {path.stem: path for path in sorted(PACKAGE.glob("**/sql/*.sql"))}


@contextmanager
def emptied(scratch: Path) -> Iterator[None]:
    """Remove a folder before, where a killed run left it, and afterwards in any case."""
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def no_progress(_: int) -> None:
    """Ignore progress."""


def call(task: Any, on_progress: OnProgress, **more: Any) -> Any:
    """Run a task; a function of a module, so that it can be sent to another process."""
    return task(on_progress, **more)


class Rows(Protocol[R_co]):
    """A task that maps the rows of one Parquet file; picklable."""

    @property
    def source(self) -> Path:
        """The file."""

    @property
    def reads(self) -> Table:
        """The table that its rows are of."""

    @property
    def rows_at_a_time(self) -> int:
        """How many rows it processes together."""

    def over(self, batches: "Iterable[pa.RecordBatch]", on_progress: OnProgress = no_progress) -> R_co:
        """Run the task on rows that the engine read: all, in order, in batches of any size."""

    def __call__(self, on_progress: OnProgress, pool: OrderedPool = ONE_PROCESS) -> R_co:
        """Read the file and run the task; `pool` holds processes that may help, and that share all tasks."""


class Sql(Protocol):
    """Views and tables with plain names; queries are the files in the `sql` folders of the stages.

    A file keeps the tables that it creates, in order. If a select follows, its rows are the file's result.
    """

    def parquet(self, name: str, parts: Sequence[Path]) -> None:
        """Name the rows of Parquet files. Verify their checksums first: engines may read flipped bits as data."""

    def rows(self, name: str, table: "pa.Table") -> None:
        """Name a small Arrow table, replacing what had the name."""

    def make(self, query: str) -> None:
        """Keep the tables that a query creates, replacing those of the same names."""

    def append(self, query: str) -> None:
        """Add the result of a query to the kept table of its name, column by column of the same name."""

    def read(self, name: str) -> "pa.Table":
        """Return a kept table as an Arrow table."""

    def query(self, query: str) -> "pa.Table":
        """Return the result of a query as an Arrow table, in the query's order."""

    def stream(self, query: str, rows: int = BATCH) -> "Iterator[pa.RecordBatch]":
        """Yield the result of a query in its order, in batches of at most `rows`."""

    def close(self) -> None:
        """Free memory and scratch space."""


def make_by_level(db: Sql, query: str, schema: "pa.Schema", levels: Sequence[int]) -> None:
    """Make the table of a query's name level by level: each adds the query's result for the `current_level`."""
    import pyarrow as pa  # noqa: PLC0415  as above

    db.rows(query, schema.empty_table())
    for level in levels:
        db.rows("current_level", pa.table({"level": [level]}))
        db.append(query)


class Engine(Protocol):
    """Where the stages of a run are executed."""

    @property
    def name(self) -> str:
        """Its name in the run log."""

    @property
    def workers(self) -> int:
        """How many tasks it runs at once."""

    def map_parts(
        self, work: Work[T, R], tasks: Sequence[T], sizes: Sequence[int], on_progress: OnProgress = no_progress
    ) -> list[R]:
        """Return the result of each task, in order of the tasks, wherever they run.

        `sizes` is what each task will have reported when done (bytes or rows); `on_progress` gets the sum. A task may
        be done more than once, so what it writes appears whole or not at all, and is the same each time.
        """

    def map_streams(
        self, work: Callable[..., R], tasks: Sequence[T], sizes: Sequence[int], on_progress: OnProgress = no_progress
    ) -> list[R]:
        """Do the same for work that can divide one task among processes, if it is given a `pool`."""

    def map_rows(
        self, tasks: Sequence[Rows[R]], sizes: Sequence[int], scratch: Path, on_progress: OnProgress = no_progress
    ) -> list[R]:
        """Do the same for tasks whose rows the engine may read itself; `scratch` is a folder for its own use."""

    def sql(self, scratch: Path) -> AbstractContextManager[Sql]:
        """Open a database; it is closed in any case, and what it put into `scratch` removed."""
