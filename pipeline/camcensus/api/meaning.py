"""Meanings of columns and units, sums that add up, and the figures of earlier studies."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from camcensus.api.choices import table_of
from camcensus.api.frame import Frame
from camcensus.core import units
from camcensus.core.errors import UnitError
from camcensus.core.resources import PRIOR, bundled
from camcensus.core.tables import UNITS


def unit_column(unit: str) -> str:
    """Return the column of a unit: `n_hosts` for "hosts" (or for "n_hosts"). Raises `UnitError` for another name."""
    name = unit if unit.startswith("n_") else f"n_{unit}"
    if name not in UNITS:
        raise UnitError(f"{unit!r} is not a unit; units are {', '.join(u.removeprefix('n_') for u in UNITS)}")
    return name


def columns(table: str) -> Frame:
    """Return what each column of a table holds: `column`, `type`, `nullable`, `meaning` with its unit.

    table: a name in `camcensus.core.tables`. Raises `ChoiceError`, which lists the names, for another.

    >>> columns("counts").set_index("column").loc["n_hosts", "meaning"]
    'addresses with at least one counted banner'
    """
    rows = [
        {"column": c.name, "type": str(c.type), "nullable": c.nullable, "meaning": c.meaning}
        for c in table_of(table).columns
    ]
    return Frame.of(pa.Table.from_pylist(rows))


def total(cells: pd.DataFrame | Iterable[Mapping[str, Any]], unit: str) -> int:
    """Return the sum of a unit over cells of `OpenStudy.counts`, if it adds up.

    cells: rows of one level, snapshot and variant, each once. unit: hosts, devices, banners or prefixes. Raises
    `UnitError`, which says what to use instead, where the unit does not add up across the columns in which the cells
    differ: hosts add up across countries and nothing else, prefixes across nothing.

    >>> total(study.counts("country"), "hosts") == study.counts("world")["n_hosts"].item()
    True
    >>> total(study.counts("manufacturer"), "hosts")
    Traceback (most recent call last):
        ...
    camcensus.core.errors.UnitError: n_hosts does not add up across manufacturer; use the cell counted without it
    """
    rows = Frame(cells).arrow().to_pylist() if isinstance(cells, pd.DataFrame) else cells
    return units.total(rows, unit_column(unit))


def prior_studies() -> Frame:
    """Return published counts, one row per figure, with unit, place, year, grade of the source and its address.

    `count` is the published number, `qualifier` its precision; `differs` names why it is not our count. Do not add
    up or rank rows whose study, unit or makers differ. Source: `data/reference/prior_studies.csv`.

    >>> sorted(set(prior_studies()["grade"]))
    ['P', 'S', 'W']
    """
    text = pa_csv.ConvertOptions(
        column_types={"count": pa.int64(), "year": pa.string()}, null_values=[""], strings_can_be_null=True
    )
    return Frame.of(pa_csv.read_csv(bundled(PRIOR), convert_options=text))
