"""Matches of queries: what a census and the engine's history say, as tables and a chart.

They are what the engine counts for a query, by its own country, decoys included: no banners, hosts or devices, and
never in one line with counts of a download. Anybody can ask the engine for them, so no small number is hidden.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipeline.countries import load_countries
from pipeline.manifest import Manifest
from pipeline.report import forms, words
from pipeline.report.charts import Chart, Frame, table
from pipeline.report.grids import Grid, GridRow, Head, grid
from pipeline.report.history import History
from pipeline.tables import UNKNOWN_COUNTRY, Column, Table

OVERLAPS = "overlaps with earlier queries, in no sum"
UNIT = (
    "Matches of queries as the engine counts them, by its own country, decoys included. No banners, hosts or devices."
)


@dataclass(frozen=True)
class Matches:
    """A snapshot's `tables.CENSUS` and `tables.TRENDS`; None: it has none."""

    snapshot: str
    manifest: Manifest
    census: pa.Table | None
    trends: pa.Table | None


def census_table(found: Matches) -> Table:
    """What `census_<snapshot>.csv` has."""
    return Table(
        f"census_{found.snapshot}",
        "a country (by the engine) and a maker",
        (
            Column("snapshot", pa.string(), "id of the snapshot", False),
            Column("country", pa.string(), "ISO alpha-2; ZZ: the engine told none", False),
            Column("name", pa.string(), "English name", False),
            Column("manufacturer", pa.string(), "whose queries were counted", False),
            Column("n_matches", pa.int64(), UNIT, False),
            Column("complete", pa.bool_(), "the census is whole", False),
            Column("simulated", pa.bool_(), "made-up data", False),
        ),
    )


def census_rows(found: Matches, simulated: bool) -> list[dict[str, Any]]:
    """Rows of `census_table`, most matches first; only queries that share nothing with earlier ones of their maker."""
    sums: dict[tuple[str, str], int] = {}
    for row in found.census.to_pylist() if found.census else []:
        if row["facet"] is None and row["country"] and row["disjoint"]:
            key = (row["country"], row["manufacturer"] or "several makers")
            sums[key] = sums.get(key, 0) + row["n_matches"]
    order = sorted(sums, key=lambda key: (-sums[key], key))
    same = {"snapshot": found.snapshot, "complete": found.manifest.complete, "simulated": simulated}
    return [
        {"country": c, "name": _name(c), "manufacturer": maker, "n_matches": sums[c, maker], **same}
        for c, maker in order
    ]


def _name(code: str) -> str:
    return "Country not told" if code == UNKNOWN_COUNTRY else load_countries()[code].name


def country_grid(found: Matches, makers: Sequence[str]) -> Grid:
    """Countries and makers of a census, the first maker's most first, with a row for the world."""
    cells: dict[str, dict[str, int]] = {}
    for row in census_rows(found, simulated=False):
        cells.setdefault(row["country"], {})[row["manufacturer"]] = row["n_matches"]
    order = sorted(cells, key=lambda code: ([-cells[code].get(maker, 0) for maker in makers], code))
    rows = [GridRow([_name(c), c, *(forms.number(cells[c].get(maker, 0)) for maker in makers)]) for c in order]
    world = [forms.number(sum(cell.get(maker, 0) for cell in cells.values())) for maker in makers]
    heads = [Head("Country"), Head("Code"), *(Head(maker, True) for maker in makers)]
    title = f"Matches by country, census {found.snapshot}"
    return Grid(title, heads, [GridRow(["World", "", *world], own=True), *rows], tall=True)


def query_grid(found: Matches) -> Grid:
    """Each query as it was sent, with its matches."""
    rows = []
    for row in found.census.to_pylist() if found.census else []:
        if row["facet"] is None and row["country"] is None:
            note = "" if row["disjoint"] else OVERLAPS
            rows.append([row["query"], row["sent"], forms.number(row["n_matches"]), note])
    return grid(f"Queries as sent, census {found.snapshot}", ["Query", "Sent", "Matches", "Note"], rows, (2,))


def control_grid(found: Sequence[Matches]) -> Grid | None:
    """The free control counts of each snapshot: what moves here moved in the engine. None when there are none."""
    held = [(m.snapshot, m.manifest.collection) for m in found if m.manifest.collection]
    names = list(dict.fromkeys(name for _, one in held for name in one.controls))
    if not names:
        return None
    rows = [[name, *(forms.number(one.controls.get(name)) for _, one in held)] for name in names]
    rows.append(["ports that the engine looks at", *(forms.number(len(one.ports)) for _, one in held)])
    heads = ["Control", *(snapshot for snapshot, _ in held)]
    return grid("Control counts, all the engine holds", heads, rows, range(1, len(heads)))


def history_chart(found: Matches, simulated: bool) -> Chart | None:
    """Matches of the largest queries by month; None when no history was taken."""
    if found.trends is None or not found.trends.num_rows:
        return None
    sums: dict[str, dict[str, int]] = {}
    for row in found.trends.to_pylist():
        if row["country"] is None:
            sums.setdefault(row["query"], {})[row["month"]] = row["n_matches"]
    months = sorted({month for line in sums.values() for month in line})
    largest = sorted(sums, key=lambda query: (-max(sums[query].values(), default=0), query))
    lines = tuple((query, tuple(sums[query].get(month) for month in months)) for query in largest[:5])
    title = "Matches of queries by month, from the engine's history"
    words_of = f"Source: camcensus from {words.engine(found.manifest)} Trends. {UNIT}"
    framed = Frame(title, "Matches of each query in the month; queries overlap and do not add up", words_of, simulated)
    columns = (
        Column("query", pa.string(), "id of the query", False),
        Column("month", pa.string(), "YYYY-MM", False),
        Column("n_matches", pa.int64(), UNIT, False),
    )
    rows = [
        {"query": query, "month": month, "n_matches": n, "simulated": simulated}
        for query, line in sorted(sums.items())
        for month, n in sorted(line.items())
    ]
    alt = "; ".join(f"{query}: {forms.number(line[-1])} in {months[-1]}" for query, line in lines)
    name = f"history-{found.snapshot}"
    picture = History(framed, tuple(months), lines)
    told = f"Lines from {months[0]} to {months[-1]}. {alt}."
    return Chart(name, title, told, UNIT, picture, table(name, "a query and a month", *columns), rows)


def file_of(found: Matches) -> str:
    """The file of a census's country table."""
    return f"census_{found.snapshot}.csv"
