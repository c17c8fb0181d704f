"""Tables for people: typed pandas frames, and CSV that a spreadsheet opens without running anything."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from pipeline import store
from pipeline.report.inputs import DTYPES
from pipeline.tables import Table, conform

_FORMULA = ("=", "+", "-", "@")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def as_table(rows: list[dict[str, Any]], to: Table) -> pa.Table:
    """Rows as an Arrow table that conforms to `to`."""
    return conform(pa.Table.from_pylist(rows, schema=to.schema), to)


def as_frame(table: pa.Table) -> pd.DataFrame:
    """The table as a frame whose integers stay integers where some are missing."""
    frame: pd.DataFrame = table.to_pandas(types_mapper=DTYPES.get)
    return frame


def guard(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    Control characters become blanks, and a text that starts like a formula gets an apostrophe in front.
    """
    clean = _CONTROL.sub(" ", text)
    return f"'{clean}" if clean.lstrip().startswith(_FORMULA) else clean


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Writes CSV: UTF-8, LF, missing values empty, so that Namibia's NA is not one of them."""
    safe = frame.copy()
    for name in safe.columns:
        if isinstance(safe[name].dtype, pd.StringDtype):
            safe[name] = safe[name].map(guard, na_action="ignore")
    store.write_text(path, safe.to_csv(index=False, na_rep="", lineterminator="\n"))
