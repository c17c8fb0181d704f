"""Matches of queries: what a census and the engine's history say, as tables and a chart.

They are what the engine counts for a query, by its own country, decoys included: not banners, hosts or devices, and
never in one line with counts of a download. Anyone with an account can ask the engine for them. Small cells of a
country and a maker are hidden all the same, by the rules of all counts (`suppression`): next to a download of the same
days they would reveal what is hidden there. Totals of queries and makers are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from camcensus.core.config import Study
from camcensus.core.countries import load_countries
from camcensus.core.manifest import Manifest
from camcensus.core.tables import UNKNOWN_COUNTRY, Column, Table
from camcensus.report import formatting, wording
from camcensus.report.charts import style
from camcensus.report.charts.bars import Bar, Bars
from camcensus.report.charts.chart import COUNTRY, Chart, chart_table
from camcensus.report.charts.lines import History
from camcensus.report.charts.style import Frame
from camcensus.report.tables.publish import cell_of
from camcensus.report.tables.small_tables import TextRow, TextTable, text_table
from camcensus.report.tables.suppression import hidden_cells

TOP_COUNTRIES = 20
OVERLAPS = "overlaps with earlier queries, in no sum"
UNIT = (
    "Matches of queries as the engine counts them, by its own country, decoys included. "
    "They are not banners, hosts or devices."
)


@dataclass(frozen=True)
class Matches:
    """A snapshot's `tables.CENSUS` and `tables.TRENDS`; None: it has none."""

    snapshot: str
    manifest: Manifest
    census: pa.Table | None
    trends: pa.Table | None


def census_table(found: Matches) -> Table:
    """Return the table of `census_<snapshot>.csv`."""
    return Table(
        f"census_{found.snapshot}",
        "a country (by the engine) and a maker",
        (
            Column("snapshot", pa.string(), "id of the snapshot", False),
            Column("country", pa.string(), "ISO alpha-2; ZZ: the engine gave none", False),
            Column("name", pa.string(), "English name", False),
            Column("manufacturer", pa.string(), "whose queries were counted", False),
            Column("n_matches", pa.int64(), f"{UNIT} Null: few, or it would reveal one that is"),
            Column("complete", pa.bool_(), "the census is complete", False),
            Column("simulated", pa.bool_(), "made-up data", False),
        ),
    )


def census_sums(found: Matches) -> dict[tuple[str, str], int]:
    """Return matches by country and maker; only of queries that share nothing with earlier ones of their maker."""
    sums: dict[tuple[str, str], int] = {}
    for row in found.census.to_pylist() if found.census else []:
        if row["facet"] is None and row["country"] and row["is_disjoint"]:
            key = (row["country"], row["manufacturer"] or "several makers")
            sums[key] = sums.get(key, 0) + row["n_matches"]
    return sums


def shown_sums(study: Study, found: Matches) -> dict[tuple[str, str], int | None]:
    """Return the same, None where it is small or would reveal one that is; most matches first."""
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
    # Hidden ones by name: their order would reveal their size.
    order = sorted(shown, key=lambda key: (shown[key] is None, -(shown[key] or 0), key))
    return {key: shown[key] for key in order}


def is_simulated(study: Study, found: Matches) -> bool:
    """Return whether it is made-up data."""
    return study.simulated or found.manifest.simulated


def census_rows(study: Study, found: Matches) -> list[dict[str, Any]]:
    """Return the rows of `census_table`."""
    marks = {"complete": found.manifest.complete, "simulated": is_simulated(study, found)}
    same = {"snapshot": found.snapshot, **marks}
    return [
        {"country": c, "name": _name(c), "manufacturer": maker, "n_matches": n, **same}
        for (c, maker), n in shown_sums(study, found).items()
    ]


def _name(code: str) -> str:
    return "Country not known" if code == UNKNOWN_COUNTRY else load_countries()[code].name


def census_by_country(study: Study, found: Matches, makers: Sequence[str]) -> TextTable:
    """Return countries and makers of a census, the first maker's most first, with a row for the world."""
    sums, shown = census_sums(found), shown_sums(study, found)
    codes = dict.fromkeys(code for code, _ in shown)
    order = sorted(codes, key=lambda code: ([-(shown.get((code, maker), 0) or 0) for maker in makers], code))
    rows = [TextRow([_name(c), c, *(formatting.shown(shown.get((c, maker), 0)) for maker in makers)]) for c in order]
    world = [formatting.shown(_world(study, sums, shown, maker)) for maker in makers]
    head, title = ["Country", "Code", *makers], f"Matches by country, census {found.snapshot}"
    rows = [TextRow(["World", "", *world], is_ours=True), *rows]
    return text_table(title, head, rows, range(2, len(head)), is_long=True)


def _world(
    study: Study, sums: dict[tuple[str, str], int], shown: dict[tuple[str, str], int | None], maker: str
) -> int | None:
    """Return a maker's matches; None where they would reveal a hidden one of a country that headlines leave out."""
    if any(shown.get((code, maker), 0) is None for code in study.countries_left_out):
        return None
    return sum(n for (_, own), n in sums.items() if own == maker)


def census_chart(study: Study, found: Matches) -> Chart | None:
    """Return the countries with most matches of the study's first maker; None without a census."""
    maker, name, simulated = study.vendors[0], f"census-{found.snapshot}", is_simulated(study, found)
    shown = [(code, n) for (code, own), n in shown_sums(study, found).items() if own == maker and n]
    if not shown:
        return None
    bars = tuple(Bar(code, _name(code), n, style.ACCENT) for code, n in shown[:TOP_COUNTRIES])
    title = f"Countries with the most matches for {maker}, census {found.snapshot}"
    source = f"Source: camcensus from {wording.engine(found.manifest)} facet counts. {UNIT}"
    frame = Frame(title, "Matches of its queries, all countries", source, simulated)
    table = chart_table(name, "a country", *COUNTRY, Column("n_matches", pa.int64(), UNIT, False))
    rows = [{"country": code, "name": _name(code), "n_matches": n, "simulated": simulated} for code, n in shown]
    alt = "Bar chart. " + "; ".join(f"{b.label}: {b.count:,}" for b in bars) + "."
    return Chart(name, title, alt, UNIT, Bars(bars, frame, empty="Nothing was found."), table, rows)


def census_by_query(found: Matches) -> TextTable:
    """Return each query as it was sent, with its matches."""
    rows = []
    for row in found.census.to_pylist() if found.census else []:
        if row["facet"] is None and row["country"] is None:
            note = "" if row["is_disjoint"] else OVERLAPS
            rows.append([row["query"], row["sent"], formatting.number(row["n_matches"]), note])
    return text_table(f"Queries as sent, census {found.snapshot}", ["Query", "Sent", "Matches", "Note"], rows, (2,))


def control_counts(found: Sequence[Matches]) -> TextTable | None:
    """Return the free control counts of each snapshot, which change as the engine does; None when there are none."""
    collections = [(m.snapshot, m.manifest.collection) for m in found if m.manifest.collection]
    names = list(dict.fromkeys(name for _, one in collections for name in one.controls))
    if not names:
        return None
    rows = [[name, *(formatting.number(one.controls.get(name)) for _, one in collections)] for name in names]
    rows.append(["ports that the engine scans", *(formatting.number(len(one.ports)) for _, one in collections)])
    head = ["Control", *(snapshot for snapshot, _ in collections)]
    return text_table("Control counts, all that the engine holds", head, rows, range(1, len(head)))


def history_chart(study: Study, found: Matches) -> Chart | None:
    """Return matches of the largest queries by month; None when no history was fetched."""
    if found.trends is None or not found.trends.num_rows:
        return None
    sums: dict[str, dict[str, int]] = {}
    for row in found.trends.to_pylist():
        if row["country"] is None:
            sums.setdefault(row["query"], {})[row["month"]] = row["n_matches"]
    months = sorted({month for line in sums.values() for month in line})
    largest = sorted(sums, key=lambda query: (-max(sums[query].values(), default=0), query))
    lines = tuple((query, tuple(sums[query].get(month) for month in months)) for query in largest[:5])
    name, simulated = f"history-{found.snapshot}", is_simulated(study, found)
    title, subtitle = "Matches of queries by month, from the engine's history", "Matches of each query in the month"
    source = f"Source: camcensus from {wording.engine(found.manifest)} Trends. {UNIT}"
    frame = Frame(title, f"{subtitle}; queries overlap and do not add up", source, simulated)
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
    newest = "; ".join(f"{query}: {formatting.number(line[-1])} in {months[-1]}" for query, line in lines)
    alt, table = (
        f"Lines from {months[0]} to {months[-1]}. {newest}.",
        chart_table(name, "a query and a month", *columns),
    )
    return Chart(name, title, alt, UNIT, History(tuple(months), lines, frame), table, rows)


def file_of(found: Matches) -> str:
    """Return the file of a census's country table."""
    return f"census_{found.snapshot}.csv"
