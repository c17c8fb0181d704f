"""Tables for people: typed pandas frames, CSV, workbooks and Markdown in which no text is a formula or mark-up."""

import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pandas as pd
import pyarrow as pa
import xlsxwriter

from camcensus.core.tables import Table, conform
from camcensus.report.formatting import plain
from camcensus.report.inputs import DTYPES

_FORMULA = ("=", "+", "-", "@")
# Control characters, line ends, and what turns the direction of text or has no width.
_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
MOST = 32_767  # characters that a cell of a workbook holds
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # a workbook must say when it was made; the clock would change its bytes


def as_table(rows: list[dict[str, Any]], to: Table) -> pa.Table:
    """Return rows as an Arrow table that conforms to `to`."""
    return conform(pa.Table.from_pylist(rows, schema=to.schema), to)


def as_frame(table: pa.Table) -> pd.DataFrame:
    """Return the table as a frame whose integers stay integers where some are missing."""
    return cast("pd.DataFrame", table.to_pandas(types_mapper=DTYPES.get))


def guard(text: str) -> str:
    """Return text that no spreadsheet takes for a formula.

    Control characters become blanks, and a text that starts like a formula gets an apostrophe in front.
    """
    clean = _CONTROL.sub(" ", text)
    return f"'{clean}" if clean.lstrip().startswith(_FORMULA) else clean


def csv(frame: pd.DataFrame) -> bytes:
    """Return CSV: UTF-8, LF, missing values empty, so that Namibia's NA is not one of them."""
    text: str = _guarded(frame).to_csv(index=False, na_rep="", lineterminator="\n")
    return text.encode()


def workbook(frame: pd.DataFrame, to: Table, attributions: Sequence[str] = ()) -> bytes:
    """Return a workbook of two sheets: the table, and what its columns mean, with attributions.

    Text is text, whatever it looks like.
    """
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": EPOCH.replace(tzinfo=None), "author": "camcensus"})
        bold = book.add_format({"bold": True, "bottom": 1})
        sheet = book.add_worksheet(to.name[:31])
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)
        _write(sheet, 0, list(frame.columns), bold)
        for row, values in enumerate(_guarded(frame).itertuples(index=False), 1):
            _write(sheet, row, list(values))
        meaning = book.add_worksheet("columns")
        _write(meaning, 0, ["column", "type", "meaning"], bold)
        for row, column in enumerate(to.columns, 1):
            _write(meaning, row, [column.name, str(column.type), guard(column.meaning)])
        for row, text in enumerate(attributions, len(to.columns) + 2):
            _write(meaning, row, ["source", None, guard(text)])
        meaning.set_column(2, 2, 90)
    return file.getvalue()


def _write(sheet: Any, row: int, values: list[Any], look: Any = None) -> None:
    for column, value in enumerate(values):
        if pd.isna(value):
            continue
        if isinstance(value, str):
            sheet.write_string(row, column, value[:MOST], look)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value, look)
        else:
            sheet.write_number(row, column, value, look)


def markdown(frame: pd.DataFrame, attributions: Sequence[str] = ()) -> str:
    """Return a Markdown table, and attributions below it; missing values are empty, and no text is mark-up."""
    table = markdown_table(list(frame.columns), frame.astype("string").fillna("").itertuples(index=False))
    return "\n".join([f"{table}\n", *(f"{plain(text)}\n" for text in attributions)])


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table in which no text of a cell is mark-up."""
    cells = [[plain(str(cell)) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *cells))


def _guarded(frame: pd.DataFrame) -> pd.DataFrame:
    safe = frame.copy()
    for name in safe.columns:
        if isinstance(safe[name].dtype, pd.StringDtype):
            safe[name] = safe[name].map(guard, na_action="ignore")
    return safe
