"""Matches of queries: what a census and the engine's history say, as tables and a chart.

They are what the engine counts for a query, by its own country, decoys included: no banners, hosts or devices, and
never in one line with counts of a download. Whoever has an account can ask the engine for them; small cells of a
country and a maker are hidden all the same, by the rules of all counts (`suppress`), for beside a download of the same
days they would tell what is hidden there. Totals of queries and makers stand.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from camcensus.core.config import Study
from camcensus.core.countries import load_countries
from camcensus.core.manifest import Manifest
from camcensus.core.tables import UNKNOWN_COUNTRY, Column, Table
from camcensus.report import formatting, wording
from camcensus.report.charts import style
from camcensus.report.charts.bars import Bar, Bars
from camcensus.report.charts.chart import Chart, Frame, table
from camcensus.report.charts.history import History
from camcensus.report.tables.publish import cell_of
from camcensus.report.tables.small_tables import Grid, GridRow, Head, grid
from camcensus.report.tables.suppression import hidden_cells

TOP_COUNTRIES = 20
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
            Column("n_matches", pa.int64(), f"{UNIT} Null: few, or it would tell one that is"),
            Column("complete", pa.bool_(), "the census is whole", False),
            Column("simulated", pa.bool_(), "made-up data", False),
        ),
    )


def census_sums(found: Matches) -> dict[tuple[str, str], int]:
    """Matches by country and maker; only of queries that share nothing with earlier ones of their maker."""
    sums: dict[tuple[str, str], int] = {}
    for row in found.census.to_pylist() if found.census else []:
        if row["facet"] is None and row["country"] and row["is_disjoint"]:
            key = (row["country"], row["manufacturer"] or "several makers")
            sums[key] = sums.get(key, 0) + row["n_matches"]
    return sums


def shown_sums(study: Study, found: Matches) -> dict[tuple[str, str], int | None]:
    """The same, None where it is small or would tell one that is; most matches first."""
    sums = census_sums(found)
    cells = {cell_of(): sum(sums.values())}
    for (country, maker), n in sums.items():
        totals = [cell_of(country=country)]
        totals += [cell_of(manufacturer=maker)] if country not in study.countries_left_out else []
        for cell in totals:
            cells[cell] = cells.get(cell, 0) + n
        cells[cell_of(country=country, manufacturer=maker)] = n
    hidden = hidden_cells(cells, study.countries_left_out, study.publication.min_hosts)
    shown = {key: None if cell_of(country=key[0], manufacturer=key[1]) in hidden else n for key, n in sums.items()}
    # Hidden ones by name, lest their order tell their size.
    order = sorted(shown, key=lambda key: (shown[key] is None, -(shown[key] or 0), key))
    return {key: shown[key] for key in order}


def census_rows(study: Study, found: Matches, simulated: bool) -> list[dict[str, Any]]:
    """Rows of `census_table`."""
    same = {"snapshot": found.snapshot, "complete": found.manifest.complete, "simulated": simulated}
    return [
        {"country": c, "name": _name(c), "manufacturer": maker, "n_matches": n, **same}
        for (c, maker), n in shown_sums(study, found).items()
    ]


def _name(code: str) -> str:
    return "Country not told" if code == UNKNOWN_COUNTRY else load_countries()[code].name


def country_grid(study: Study, found: Matches, makers: Sequence[str]) -> Grid:
    """Countries and makers of a census, the first maker's most first, with a row for the world."""
    sums, shown = census_sums(found), shown_sums(study, found)
    codes = dict.fromkeys(code for code, _ in shown)
    order = sorted(codes, key=lambda code: ([-(shown.get((code, maker), 0) or 0) for maker in makers], code))
    rows = [GridRow([_name(c), c, *(formatting.shown(shown.get((c, maker), 0)) for maker in makers)]) for c in order]
    world = [_world(study, sums, shown, maker) for maker in makers]
    heads = [Head("Country"), Head("Code"), *(Head(maker, True) for maker in makers)]
    title = f"Matches by country, census {found.snapshot}"
    return Grid(title, heads, [GridRow(["World", "", *map(formatting.shown, world)], own=True), *rows], tall=True)


def _world(
    study: Study, sums: dict[tuple[str, str], int], shown: dict[tuple[str, str], int | None], maker: str
) -> int | None:
    """A maker's matches everywhere; None where they would tell a hidden one of a country that headlines leave out."""
    if any(shown.get((code, maker), 0) is None for code in study.countries_left_out):
        return None
    return sum(n for (_, own), n in sums.items() if own == maker)


def census_chart(study: Study, found: Matches, simulated: bool) -> Chart | None:
    """The countries with most matches of the study's first maker; None without a census."""
    maker = study.vendors[0]
    held = [(code, n) for (code, own), n in shown_sums(study, found).items() if own == maker and n]
    if not held:
        return None
    bars = tuple(Bar(code, _name(code), n, style.ACCENT) for code, n in held[:TOP_COUNTRIES])
    title = f"Countries with the most matches for {maker}, census {found.snapshot}"
    source = f"Source: camcensus from {wording.engine(found.manifest)} facet counts. {UNIT}"
    framed = Frame(title, "Matches of its queries, all countries", source, simulated)
    columns = (
        Column("alpha2", pa.string(), "ISO alpha-2; ZZ: the engine told none", False),
        Column("name", pa.string(), "English name", False),
        Column("n_matches", pa.int64(), UNIT, False),
    )
    rows = [{"alpha2": code, "name": _name(code), "n_matches": n, "simulated": simulated} for code, n in held]
    name = f"census-{found.snapshot}"
    picture = Bars(bars, **asdict(framed), empty="Nothing was found.")
    alt = "Bar chart. " + "; ".join(f"{b.label}: {b.count:,}" for b in bars) + "."
    return Chart(name, title, alt, UNIT, picture, table(name, "a country", *columns), rows)


def query_grid(found: Matches) -> Grid:
    """Each query as it was sent, with its matches."""
    rows = []
    for row in found.census.to_pylist() if found.census else []:
        if row["facet"] is None and row["country"] is None:
            note = "" if row["is_disjoint"] else OVERLAPS
            rows.append([row["query"], row["sent"], formatting.number(row["n_matches"]), note])
    return grid(f"Queries as sent, census {found.snapshot}", ["Query", "Sent", "Matches", "Note"], rows, (2,))


def control_grid(found: Sequence[Matches]) -> Grid | None:
    """The free control counts of each snapshot: what moves here moved in the engine. None when there are none."""
    held = [(m.snapshot, m.manifest.collection) for m in found if m.manifest.collection]
    names = list(dict.fromkeys(name for _, one in held for name in one.controls))
    if not names:
        return None
    rows = [[name, *(formatting.number(one.controls.get(name)) for _, one in held)] for name in names]
    rows.append(["ports that the engine looks at", *(formatting.number(len(one.ports)) for _, one in held)])
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
    words_of = f"Source: camcensus from {wording.engine(found.manifest)} Trends. {UNIT}"
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
    alt = "; ".join(f"{query}: {formatting.number(line[-1])} in {months[-1]}" for query, line in lines)
    name = f"history-{found.snapshot}"
    picture = History(framed, tuple(months), lines)
    told = f"Lines from {months[0]} to {months[-1]}. {alt}."
    return Chart(name, title, told, UNIT, picture, table(name, "a query and a month", *columns), rows)


def file_of(found: Matches) -> str:
    """The file of a census's country table."""
    return f"census_{found.snapshot}.csv"
