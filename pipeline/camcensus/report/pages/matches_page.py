"""The page of matches, and the tables of each census beside it."""

from collections.abc import Sequence

from markupsafe import Markup

from camcensus.core.config import Study
from camcensus.core.tables import UNKNOWN_COUNTRY
from camcensus.report import wording
from camcensus.report.charts.chart import Chart
from camcensus.report.output import Output
from camcensus.report.pages.inline_svg import inline
from camcensus.report.pages.rendering import render, source
from camcensus.report.tables.matches import (
    UNIT,
    Matches,
    census_chart,
    census_rows,
    census_sums,
    census_table,
    control_grid,
    country_grid,
    file_of,
    history_chart,
    query_grid,
)
from camcensus.report.tables.table_export import as_frame, as_table, csv

NAME = "matches.html"
MEANING = "matches of queries by census and history, which are no counted banners"


def charts_of(study: Study, found: Sequence[Matches]) -> list[Chart]:
    """The charts of all censuses and of all history that was taken."""
    made_up = [study.simulated or one.manifest.simulated for one in found]
    drawn = [census_chart(study, one, marked) for one, marked in zip(found, made_up, strict=True)]
    drawn += [history_chart(one, marked) for one, marked in zip(found, made_up, strict=True)]
    return [chart for chart in drawn if chart is not None]


def write(study: Study, found: Sequence[Matches], charts: Sequence[Chart], out: Output, name: str = NAME) -> None:
    """Writes the page under `name`, and the table of each census."""
    simulated = study.simulated or any(one.manifest.simulated for one in found)
    censuses = [one for one in reversed(found) if one.census is not None]
    makers = list(
        dict.fromkeys([*study.vendors, *(maker for one in censuses for _, maker in sorted(census_sums(one)))])
    )
    for one in censuses:
        out.write(file_of(one), csv(as_frame(as_table(census_rows(study, one, simulated), census_table(one)))))
    pictures = [(chart, _picture(out, chart)) for chart in charts]
    out.write(
        name,
        render(
            "matches.html.j2", source("base.css", "charts.css"), study=study, words=wording, simulated=simulated,
            unit=UNIT, newest=found[-1], complete=all(one.manifest.complete for one in found),
            headline=_headline(study, censuses[0]) if censuses else None,
            tables=[(one, file_of(one), country_grid(study, one, makers), query_grid(one)) for one in censuses],
            controls=control_grid(found), pictures=pictures, alone=name != NAME,
        ),
    )  # fmt: skip


def titles(found: Sequence[Matches]) -> dict[str, str]:
    """The files that `write` makes beside a report, and what each is."""
    tables = {file_of(one): f"Matches by country and maker, census {one.snapshot}" for one in found if one.census}
    return {NAME: "Matches of queries: census and history", **tables} if found else {}


def _headline(study: Study, found: Matches) -> tuple[str, str]:
    """The number, and what it is."""
    maker = study.vendors[0]
    held = {code: n for (code, own), n in census_sums(found).items() if own == maker}
    outside = {code: n for code, n in held.items() if code not in study.countries_left_out}
    places = sum(code != UNKNOWN_COUNTRY and n > 0 for code, n in outside.items())
    where = wording.outside(study.countries_left_out)
    told = f"matches of queries for {maker} in {places:,} countries and territories {where}, census {found.snapshot}"
    return f"{sum(outside.values()):,}", told


def _picture(out: Output, chart: Chart) -> Markup:
    content = (out.folder / f"charts/{chart.name}.svg").read_bytes()
    # What is inside was escaped by the writer of XML.
    return Markup(inline(content, chart.name, chart.alt))  # noqa: S704
