"""The page of matches, and the table of each census next to it."""

from collections.abc import Sequence

from camcensus.core.config import Study
from camcensus.core.tables import UNKNOWN_COUNTRY
from camcensus.report import wording
from camcensus.report.charts.chart import Chart
from camcensus.report.output import Output
from camcensus.report.pages.inline_svg import picture
from camcensus.report.pages.rendering import render, source
from camcensus.report.tables import matches
from camcensus.report.tables.matches import Matches
from camcensus.report.tables.table_export import as_frame, as_table, csv

NAME = "matches.html"
MEANING = "matches of queries by census and history, which are not counted banners"


def charts_of(study: Study, found: Sequence[Matches]) -> list[Chart]:
    """Return the charts of all censuses and of all history that was fetched."""
    charts = [matches.census_chart(study, one) for one in found] + [matches.history_chart(study, one) for one in found]
    return [chart for chart in charts if chart is not None]


def write(study: Study, found: Sequence[Matches], charts: Sequence[Chart], out: Output, name: str = NAME) -> None:
    """Write the page under `name`, and the table of each census."""
    censuses = [one for one in reversed(found) if one.census is not None]
    named = (maker for one in censuses for _, maker in sorted(matches.census_sums(one)))
    makers = list(dict.fromkeys([*study.vendors, *named]))
    for one in censuses:
        table = as_table(matches.census_rows(study, one), matches.census_table(one))
        out.write(matches.file_of(one), csv(as_frame(table)))
    tables = [
        (one, matches.file_of(one), matches.census_by_country(study, one, makers), matches.census_by_query(one))
        for one in censuses
    ]
    page = render(
        "matches.html.j2", source("base.css", "charts.css"), study=study, words=wording, unit=matches.UNIT,
        simulated=any(matches.is_simulated(study, one) for one in found), newest=found[-1], tables=tables,
        complete=all(one.manifest.complete for one in found), controls=matches.control_counts(found),
        headline=_headline(study, censuses[0]) if censuses else None, alone=name != NAME,
        pictures=[(chart, picture(out.folder, chart, False)) for chart in charts],
    )  # fmt: skip
    out.write(name, page)


def titles(found: Sequence[Matches]) -> dict[str, str]:
    """Return the files that `write` adds to a report, and what each is."""
    tables = {
        matches.file_of(one): f"Matches by country and maker, census {one.snapshot}" for one in found if one.census
    }
    return {NAME: "Matches of queries: census and history", **tables} if found else {}


def _headline(study: Study, found: Matches) -> tuple[str, str]:
    """Return the number, and what it is."""
    maker, left_out = study.vendors[0], study.countries_left_out
    sums = {c: n for (c, own), n in matches.census_sums(found).items() if own == maker and c not in left_out}
    places = sum(code != UNKNOWN_COUNTRY and n > 0 for code, n in sums.items())
    where = wording.outside(left_out)
    text = f"matches of queries for {maker} in {places:,} countries and territories {where}, census {found.snapshot}"
    return f"{sum(sums.values()):,}", text
