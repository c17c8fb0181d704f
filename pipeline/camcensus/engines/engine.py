"""What an engine is: it maps a function over the parts of a row-wise stage, and answers the set-wise queries.

Stages know an engine by these two protocols alone. `local.py` is one machine; `spark.py` is a cluster.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from camcensus.core.tables import Table
from camcensus.engines.ordered_pool import ONE_LANE, Lanes

T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Tick = Callable[[int], None]

PACKAGE = Path(__file__).parents[1]
BATCH = 100_000  # rows that a stream gives at a time


def text_of(query: str) -> str:
    """Return the text of `<query>.sql`, which is in the `sql` folder of the stage that runs it."""
    return _queries()[query].read_text(encoding="utf-8")


@cache
def _queries() -> dict[str, Path]:
    return {path.stem: path for path in sorted(PACKAGE.glob("**/sql/*.sql"))}


def nobody(_: int) -> None:
    """Where nobody wants to know how much is done."""


def call(task: Any, tick: Tick, **more: Any) -> Any:
    """Does a task; a function of a module, so that it can be sent to another process."""
    return task(tick, **more)


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
        """How many rows it looks at together."""

    def over(self, batches: Iterable[pa.RecordBatch], tick: Tick = nobody) -> R_co:
        """Does it, with the rows as somebody read them: all, in order, in batches of any size."""

    def __call__(self, tick: Tick, lanes: Lanes = ONE_LANE) -> R_co:
        """Reads the file and does it; other processes may help, in `lanes` that share all tasks."""


class Sql(Protocol):
    """Views and tables with plain names; queries are the files in the `sql` folders of the stages."""

    def parquet(self, name: str, parts: Sequence[Path]) -> None:
        """Names the rows of Parquet files. Verify the files' checksums first: engines may read flipped bits as data."""

    def rows(self, name: str, table: pa.Table) -> None:
        """Names a small Arrow table, replacing what had the name."""

    def table(self, name: str, query: str) -> None:
        """Keeps the result of a query under a name."""

    def append(self, name: str, query: str) -> None:
        """Adds the result of a query to a kept table, column by column of the same name."""

    def drop(self, name: str) -> None:
        """Forgets a kept table."""

    def read(self, name: str) -> pa.Table:
        """A kept table as an Arrow table."""

    def query(self, query: str) -> pa.Table:
        """The result of a query as an Arrow table, in the query's order."""

    def stream(self, query: str, rows: int = BATCH) -> Iterator[pa.RecordBatch]:
        """The result of a query in its order, a batch at a time: of so many rows at most, or fewer."""

    def close(self) -> None:
        """Lets go of memory and scratch space."""


class Engine(Protocol):
    """Where the stages of a run are done."""

    @property
    def name(self) -> str:
        """What the run log calls it."""

    @property
    def workers(self) -> int:
        """How many tasks it does at once."""

    def map_parts(
        self, work: Callable[[T, Tick], R], tasks: Sequence[T], sizes: Sequence[int], on_progress: Tick = nobody
    ) -> list[R]:
        """`work(task, tick)` for each task, anywhere; the results in order of the tasks.

        `sizes` is what each task will have ticked when done (bytes or rows); `on_progress` is told the sum. A task may
        be done more than once, so what it writes appears whole or not at all, and is the same each time.
        """

    def map_streams(
        self, work: Callable[..., R], tasks: Sequence[T], sizes: Sequence[int], on_progress: Tick = nobody
    ) -> list[R]:
        """The same for work that can divide one task among processes, if it is given `lanes`."""

    def map_rows(
        self, tasks: Sequence[Rows[R]], sizes: Sequence[int], scratch: Path, on_progress: Tick = nobody
    ) -> list[R]:
        """The same for tasks whose rows the engine may read itself. `scratch` is a folder for its own use."""

    def sql(self, scratch: Path) -> AbstractContextManager[Sql]:
        """A database that is closed in any case, and what it put into `scratch` removed."""
