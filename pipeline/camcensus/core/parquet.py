"""Parquet files with page checksums: tables written as they are declared, and read only if they are undamaged."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from camcensus.core import storage
from camcensus.core.errors import IntegrityError
from camcensus.core.tables import DISTINCT, RISING, Table, conform

_PARQUET = {"compression": "zstd", "compression_level": 3, "write_page_checksum": True, "store_schema": True}


@contextmanager
def parquet_writer(path: Path, table: Table, metadata: dict[str, str] | None = None) -> Iterator[pq.ParquetWriter]:
    """Give an atomic Parquet writer with page checksums (without them a flipped bit is read as data)."""
    schema = table.schema.with_metadata({"table": table.name, **(metadata or {})})
    encoded = [name for name in table.names if name not in RISING | DISTINCT]
    rising = {c.name: "DELTA_BINARY_PACKED" for c in table.columns if c.name in RISING and c.type == "int64"}
    with (
        storage.atomic(path) as file,
        pq.ParquetWriter(file, schema, use_dictionary=encoded, column_encoding=rising, **_PARQUET) as writer,
    ):
        yield writer


def in_groups(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """Yield the rows of batches in tables of `rows` rows: row groups of a file, the same for all sizes of batches."""
    pending: list[pa.RecordBatch] = []
    for batch in batches:
        rest = batch
        while (more := rows - sum(part.num_rows for part in pending)) <= rest.num_rows:
            yield pa.Table.from_batches([*pending, rest.slice(0, more)]).combine_chunks()
            pending, rest = [], rest.slice(more)
        pending += [rest] if rest.num_rows else []
    if pending:
        yield pa.Table.from_batches(pending).combine_chunks()


def fitted(table: pa.Table | pa.RecordBatch, to: Table, writer: pq.ParquetWriter) -> pa.Table:
    """Return the table conforming to `to`, with the metadata of the writer's file."""
    return conform(table, to).replace_schema_metadata(writer.schema.metadata)


def write_table(path: Path, table: pa.Table, to: Table, metadata: dict[str, str] | None = None) -> None:
    """Write a table that conforms to the schema `to`."""
    with parquet_writer(path, to, metadata) as writer:
        # Combined: otherwise the pages show where an engine cut the table.
        writer.write_table(fitted(table, to, writer).combine_chunks())


def read_table(path: Path, to: Table) -> pa.Table:
    """Return the table in a Parquet file or a folder of parts (in order of name), with checksums verified."""
    parts = [conform(read_any(part), to) for part in parts_of(path)]
    return pa.concat_tables(parts) if parts else to.schema.empty_table()


def read_any(path: Path) -> pa.Table:
    """Return the table in a Parquet file of any schema, with page checksums verified."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table, rows = file.read(), file.metadata.num_rows
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise IntegrityError(path, f"is damaged: {error}") from None
    # The footer has no checksum: its two row counts are compared.
    if table.num_rows != rows:
        raise IntegrityError(path, f"is damaged: it has {table.num_rows} rows, not {rows}")
    return table


def opened_to_stream(path: Path, encoded: Sequence[str] = ()) -> pq.ParquetFile:
    """Open a Parquet file to be read in batches, with page checksums verified. `encoded`: columns as dictionaries."""
    # Nothing is read ahead: pyarrow keeps that until the file is closed, so memory would grow with the file.
    return pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False, read_dictionary=encoded or None)


def parts_of(path: Path) -> list[Path]:
    """Return the Parquet files of a table: itself, or the parts in its folder in order of name."""
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


def rows_of(folder: Path, names: Iterable[str]) -> dict[str, int | None]:
    """Return tables that a stage has just written into a folder, with the rows of each."""
    return {name: int(pq.read_metadata(folder / name).num_rows) for name in names}
