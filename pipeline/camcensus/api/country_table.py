"""The country table for any unit, exclusion and maker, under the column names of the report's."""

from typing import Any

import pyarrow as pa

from camcensus.api.choices import require_maker
from camcensus.api.frame import Frame
from camcensus.api.meaning import unit_column
from camcensus.core.countries import country_name, load_countries
from camcensus.core.errors import ChoiceError, UnitError
from camcensus.core.tables import UNKNOWN_COUNTRY
from camcensus.core.units import adds_up
from camcensus.report.tables.country_table import world_rates
from camcensus.report.tables.publish import is_ranked

_DECIMALS = 4
_PEOPLE = 100_000


def build(snapshot: str, cells: Frame, unit: str, left_out: tuple[str, ...], manufacturer: str | None) -> Frame:
    """The table of one snapshot's cells by country (or country and maker)."""
    column = unit_column(unit)
    name = column.removeprefix("n_")
    if not adds_up(column, "country"):
        raise UnitError(f"{column} does not add up across countries, so there is no World row; use hosts or counts()")
    if wrong := [code for code in left_out if code not in load_countries()]:
        raise ChoiceError(f"exclude: {', '.join(wrong)}: not ISO 3166-1 alpha-2 codes in capitals, such as CN")
    if manufacturer is not None:
        cells = _of_maker(cells, manufacturer)
    counts = {str(c): int(n) for c, n in zip(cells["country"], cells[column], strict=True)}
    counts.setdefault(UNKNOWN_COUNTRY, 0)
    total = sum(n for code, n in counts.items() if code not in left_out)
    order = sorted(counts, key=lambda c: (c == UNKNOWN_COUNTRY, c in left_out, -counts[c], c))
    ranked = [counts[code] for code in order if is_ranked(code, left_out)]
    rows: list[dict[str, Any]] = [
        {
            "rank": 1 + sum(n > counts[code] for n in ranked) if is_ranked(code, left_out) else None,
            "alpha2": code,
            "name": "Unknown" if code == UNKNOWN_COUNTRY else country_name(code),
            "in_headline": code not in left_out,
            name: counts[code],
            "share": round(100 * counts[code] / total, _DECIMALS) if total and code not in left_out else None,
            "hosts_per_100k": _rate(code, counts[code]),
        }
        for code in order
    ]
    rows.append({"rank": None, "alpha2": None, "name": "World", "in_headline": True, name: total})
    rows[-1] |= {"share": 100.0 if total else None, "hosts_per_100k": world_rates(left_out, counts)[0]}
    found = pa.Table.from_pylist([{"snapshot": snapshot, **row} for row in rows], _schema(name))
    return Frame.of(found if name == "hosts" else found.drop_columns(["hosts_per_100k"]))


def _of_maker(cells: Frame, manufacturer: str) -> Frame:
    require_maker(manufacturer, cells["manufacturer"])
    found: Frame = cells.loc[cells["manufacturer"] == manufacturer]
    return found


def _schema(unit: str) -> pa.Schema:
    return pa.schema({
        "snapshot": pa.string(), "rank": pa.int64(), "alpha2": pa.string(), "name": pa.string(),
        "in_headline": pa.bool_(), unit: pa.int64(), "share": pa.float64(), "hosts_per_100k": pa.float64(),
    })  # fmt: skip


def _rate(code: str, hosts: int) -> float | None:
    country = load_countries().get(code)
    return round(_PEOPLE * hosts / country.population, _DECIMALS) if country and country.population else None
