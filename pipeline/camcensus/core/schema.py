"""Define tables by columns with type and meaning, and check tables against them."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from camcensus.core.errors import TableError

if TYPE_CHECKING:  # to name a column needs no pyarrow, which takes as long to load as `status` otherwise does
    import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """One column: its name, Arrow's name of its type, what it means, and whether it may be null."""

    name: str
    type: str
    meaning: str
    nullable: bool = True


@dataclass(frozen=True)
class Table:
    """A table's name, its columns in order, and what one row is."""

    name: str
    row: str
    columns: tuple[Column, ...]

    @property
    def schema(self) -> "pa.Schema":
        """The Arrow schema, with the meaning of each column in the field's metadata."""
        import pyarrow as pa

        return pa.schema([pa.field(c.name, c.type, c.nullable, {"meaning": c.meaning}) for c in self.columns])

    @property
    def id(self) -> str:
        """The name, and a hash of the columns with their types and whether they may be null."""
        columns = [(c.name, c.type, c.nullable) for c in self.columns]
        return f"{self.name}:{hashlib.sha256(repr(columns).encode()).hexdigest()[:12]}"

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [c.name for c in self.columns]


def table(name: str, row: str, *columns: Column) -> Table:
    """Return a table of these columns."""
    return Table(name, row, columns)


def text(name: str, meaning: str, nullable: bool = True) -> Column:
    """Return a column of text."""
    return Column(name, "string", meaning, nullable)


def number(name: str, meaning: str, nullable: bool = True) -> Column:
    """Return a column of integers."""
    return Column(name, "int64", meaning, nullable)


def flag(name: str, meaning: str, nullable: bool = True) -> Column:
    """Return a column of booleans."""
    return Column(name, "bool", meaning, nullable)


def conform(table: "pa.Table | pa.RecordBatch", to: Table) -> "pa.Table":
    """Return the table with the columns of `to`, by name, in order and of exact type; raises `TableError` otherwise.

    Nothing is cast: `pa.array([80.5], int64)` gives 80 and `nullable=False` is not enforced by Arrow, so both are
    checked here.
    """
    import pyarrow as pa

    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    if missing := [n for n in to.names if n not in table.column_names]:
        raise TableError(to.name, f"columns are missing: {', '.join(missing)}")
    if extra := [n for n in table.column_names if n not in to.names]:
        raise TableError(to.name, f"unexpected columns: {', '.join(extra)}")
    for column in to.columns:
        found = table.column(column.name)
        if found.type != column.type:
            raise TableError(to.name, f"column {column.name} is {found.type}, must be {column.type}")
        if not column.nullable and found.null_count:
            raise TableError(to.name, f"column {column.name} has {found.null_count} nulls, may have none")
    return table.select(to.names).cast(to.schema)
