"""Matches of queries: what a census and the engine's history say, as a page, tables and charts.

They are what the engine counts for a query, by its own country, decoys included: not banners, hosts or devices, and
never in one line with counts of a download. Anyone with an account can ask the engine for them. Small cells of a
country and a maker are hidden all the same, by the rules of all counts (`suppression`): next to a download of the same
days they would reveal what is hidden there. Totals of queries and makers are shown.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from camcensus.core.config import Study
from camcensus.core.countries import country_name
from camcensus.core.manifest import Manifest
from camcensus.core.tables import UNKNOWN_COUNTRY, Column, Table
from camcensus.report import formatting, wording
from camcensus.report.charts import style
from camcensus.report.charts.bars import Bar, Bars
from camcensus.report.charts.chart import COUNTRY, SIMULATED, SNAPSHOT, Chart
from camcensus.report.charts.lines import History
from camcensus.report.charts.style import Frame
from camcensus.report.output import Output
from camcensus.report.pages.rendering import picture, render, source
from camcensus.report.tables.publish import cell_of
from camcensus.report.tables.small_tables import TextTable
from camcensus.report.tables.suppression import hidden_cells
from camcensus.report.tables.table_export import as_frame, as_table, csv

NAME = "matches.html"
MEANING = "matches of queries by census and history, which are not counted banners"
TOP_COUNTRIES = 20
TOP_QUERIES = 5
UNIT = (
    "Matches of queries as the engine counts them, by its own country, decoys included. "
    "They are not banners, hosts or devices."
)
CENSUS_COLUMNS = (
    SNAPSHOT,
    Column("country", "string", "ISO alpha-2; ZZ: the engine gave none", False),
    Column("name", "string", "English name", False),
    Column("manufacturer", "string", "whose queries were counted", False),
    Column("n_matches", "int64", f"{UNIT} Null: few, or it would reveal one that is"),
    Column("complete", "bool", "the census is complete", False),
    SIMULATED,
)


@dataclass(frozen=True)
class Matches:
    """A snapshot's `tables.CENSUS` and `tables.TRENDS`; None: it has none."""

    snapshot: str
    manifest: Manifest
    census: pa.Table | None
    trends: pa.Table | None

    @property
    def file(self) -> str:
        """Return the file of its census's country table."""
        return f"census_{self.snapshot}.csv"


def charts_of(study: Study, found: Sequence[Matches]) -> list[Chart]:
    """Return the charts of all censuses and of all history that was fetched."""
    charts = [draw(study, one) for draw in (census_chart, history_chart) for one in found]
    return [chart for chart in charts if chart is not None]


def write(study: Study, found: Sequence[Matches], charts: Sequence[Chart], out: Output, name: str = NAME) -> None:
    """Write the page under `name`, and the table of each census."""
    censuses = [one for one in reversed(found) if one.census is not None]
    named = (maker for one in censuses for _, maker in sorted(census_sums(one)))
    makers = list(dict.fromkeys([*study.vendors, *named]))
    for one in censuses:
        table = Table(f"census_{one.snapshot}", "a country (by the engine) and a maker", CENSUS_COLUMNS)
        out.write(one.file, csv(as_frame(as_table(census_rows(study, one), table))))
    tables = [(one, one.file, census_by_country(study, one, makers), _census_by_query(one)) for one in censuses]
    page = render(
        "matches.html.j2", source("base.css", "charts.css"), study=study, words=wording, unit=UNIT, newest=found[-1],
        simulated=any(_is_simulated(study, one) for one in found), tables=tables, controls=_control_counts(found),
        complete=all(one.manifest.complete for one in found), alone=name != NAME,
        headline=_headline(study, censuses[0]) if censuses else None,
        pictures=[(chart, picture(out.folder, chart, False)) for chart in charts],
    )  # fmt: skip
    out.write(name, page)


def titles(found: Sequence[Matches]) -> dict[str, str]:
    """Return the files that `write` adds to a report, and what each is."""
    tables = {one.file: f"Matches by country and maker, census {one.snapshot}" for one in found if one.census}
    return {NAME: "Matches of queries: census and history", **tables} if found else {}


def census_sums(found: Matches) -> Counter[tuple[str, str]]:
    """Return matches by country and maker; only of queries that share nothing with earlier ones of their maker."""
    sums: Counter[tuple[str, str]] = Counter()
    for row in found.census.to_pylist() if found.census else []:
        if row["facet"] is None and row["country"] and row["is_disjoint"]:
            sums[row["country"], row["manufacturer"] or "several makers"] += row["n_matches"]
    return sums


def shown_sums(study: Study, found: Matches) -> dict[tuple[str, str], int | None]:
    """Return the same, None where it is small or would reveal one that is; most matches first."""
    sums = census_sums(found)
    cells = Counter({cell_of(): sum(sums.values())})
    for (country, maker), n in sums.items():
        cells[cell_of(country=country, manufacturer=maker)] = n
        cells[cell_of(country=country)] += n
        if country not in study.countries_left_out:
            cells[cell_of(manufacturer=maker)] += n
    hidden = hidden_cells(cells, study.countries_left_out, study.publication.min_hosts)
    shown = {key: None if cell_of(country=key[0], manufacturer=key[1]) in hidden else n for key, n in sums.items()}
    # Hidden ones by name: their order would reveal their size.
    order = sorted(shown, key=lambda key: (shown[key] is None, -(shown[key] or 0), key))
    return {key: shown[key] for key in order}


def census_rows(study: Study, found: Matches) -> list[dict[str, Any]]:
    """Return the rows of `CENSUS_COLUMNS`."""
    same = {"snapshot": found.snapshot, "complete": found.manifest.complete, "simulated": _is_simulated(study, found)}
    return [
        {"country": code, "name": _name(code), "manufacturer": maker, "n_matches": n, **same}
        for (code, maker), n in shown_sums(study, found).items()
    ]


def census_by_country(study: Study, found: Matches, makers: Sequence[str]) -> TextTable:
    """Return countries and makers of a census, the first maker's most first, with a row for the world."""
    sums, shown = census_sums(found), shown_sums(study, found)
    codes = {code for code, _ in shown}
    world = ["World", ""]
    for maker in makers:
        # A total would reveal a hidden number of a country that headlines leave out.
        is_hidden = any(shown.get((code, maker), 0) is None for code in study.countries_left_out)
        total = None if is_hidden else sum(sums[code, maker] for code in codes)
        world.append(formatting.shown(total))
    order = sorted(codes, key=lambda code: ([-(shown.get((code, maker), 0) or 0) for maker in makers], code))
    rows = [[_name(c), c, *(formatting.shown(shown.get((c, maker), 0)) for maker in makers)] for c in order]
    head, title = ["Country", "Code", *makers], f"Matches by country, census {found.snapshot}"
    return TextTable(title, head, [world, *rows], range(2, len(head)), ours=(0,), is_long=True)


def census_chart(study: Study, found: Matches) -> Chart | None:
    """Return the countries with most matches of the study's first maker; None without a census."""
    maker, simulated = study.vendors[0], _is_simulated(study, found)
    shown = [(code, n) for (code, own), n in shown_sums(study, found).items() if own == maker and n]
    if not shown:
        return None
    bars = tuple(Bar(code, _name(code), n, style.ACCENT) for code, n in shown[:TOP_COUNTRIES])
    title = f"Countries with the most matches for {maker}, census {found.snapshot}"
    origin = f"Source: camcensus from {wording.engine(found.manifest)} facet counts. {UNIT}"
    frame = Frame(title, "Matches of its queries, all countries", origin, simulated)
    columns = (*COUNTRY, Column("n_matches", "int64", UNIT, False))
    rows = [{"country": code, "name": _name(code), "n_matches": n, "simulated": simulated} for code, n in shown]
    alt = "Bar chart. " + "; ".join(f"{b.label}: {b.count:,}" for b in bars) + "."
    bar_picture = Bars(bars, frame, empty="Nothing was found.")
    return Chart(f"census-{found.snapshot}", bar_picture, alt, UNIT, "a country", columns, rows)


def history_chart(study: Study, found: Matches) -> Chart | None:
    """Return matches of the largest queries by month; None when no history was fetched."""
    if found.trends is None or not found.trends.num_rows:
        return None
    sums: dict[str, dict[str, int]] = {}
    for row in found.trends.to_pylist():
        if row["country"] is None:
            sums.setdefault(row["query"], {})[row["month"]] = row["n_matches"]
    months = sorted({month for line in sums.values() for month in line})
    largest = sorted(sums, key=lambda query: (-max(sums[query].values(), default=0), query))[:TOP_QUERIES]
    lines = tuple((query, tuple(sums[query].get(month) for month in months)) for query in largest)
    simulated = _is_simulated(study, found)
    subtitle = "Matches of each query in the month; queries overlap and do not add up"
    origin = f"Source: camcensus from {wording.engine(found.manifest)} Trends. {UNIT}"
    frame = Frame("Matches of queries by month, from the engine's history", subtitle, origin, simulated)
    columns = (
        Column("query", "string", "id of the query", False),
        Column("month", "string", "YYYY-MM", False),
        Column("n_matches", "int64", UNIT, False),
    )
    rows = [
        {"query": query, "month": month, "n_matches": n, "simulated": simulated}
        for query, line in sorted(sums.items())
        for month, n in sorted(line.items())
    ]
    newest = "; ".join(f"{query}: {formatting.number(line[-1])} in {months[-1]}" for query, line in lines)
    alt = f"Lines from {months[0]} to {months[-1]}. {newest}."
    drawn = History(tuple(months), lines, frame)
    return Chart(f"history-{found.snapshot}", drawn, alt, UNIT, "a query and a month", columns, rows)


def _is_simulated(study: Study, found: Matches) -> bool:
    return study.simulated or found.manifest.simulated


def _name(code: str) -> str:
    return "Country not known" if code == UNKNOWN_COUNTRY else country_name(code)


def _census_by_query(found: Matches) -> TextTable:
    """Return each query as it was sent, with its matches."""
    rows = [
        [row["query"], row["sent"], formatting.number(row["n_matches"]),
         "" if row["is_disjoint"] else "overlaps with earlier queries, in no sum"]
        for row in (found.census.to_pylist() if found.census else [])
        if row["facet"] is None and row["country"] is None
    ]  # fmt: skip
    return TextTable(f"Queries as sent, census {found.snapshot}", ["Query", "Sent", "Matches", "Note"], rows, (2,))


def _control_counts(found: Sequence[Matches]) -> TextTable | None:
    """Return the free control counts of each snapshot, which change as the engine does; None when there are none."""
    collections = [(m.snapshot, m.manifest.collection) for m in found if m.manifest.collection]
    names = list(dict.fromkeys(name for _, one in collections for name in one.controls))
    if not names:
        return None
    rows = [[name, *(formatting.number(one.controls.get(name)) for _, one in collections)] for name in names]
    rows.append(["ports that the engine scans", *(formatting.number(len(one.ports)) for _, one in collections)])
    head = ["Control", *(snapshot for snapshot, _ in collections)]
    return TextTable("Control counts, all that the engine holds", head, rows, range(1, len(head)))


def _headline(study: Study, found: Matches) -> tuple[str, str]:
    maker, left_out = study.vendors[0], study.countries_left_out
    sums = {c: n for (c, own), n in census_sums(found).items() if own == maker and c not in left_out}
    places = sum(code != UNKNOWN_COUNTRY and n > 0 for code, n in sums.items())
    where = wording.outside(left_out)
    text = f"matches of queries for {maker} in {places:,} countries and territories {where}, census {found.snapshot}"
    return f"{sum(sums.values()):,}", text
