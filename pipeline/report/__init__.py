"""The report: country table, charts, map, pages and data package of a study, drawn from its counts."""

from pathlib import Path

from pipeline.errors import TableError
from pipeline.report import (
    charts_now,
    charts_years,
    country_table,
    counts_public,
    datapackage,
    drawing,
    leaves,
    methodology,
    page,
)
from pipeline.report.country_pages import country_pages
from pipeline.report.inputs import Result
from pipeline.report.maker_pages import maker_files, maker_pages
from pipeline.report.output import Output
from pipeline.report.view import view
from pipeline.study import Study

__all__ = ["Result", "draw_report"]


def draw_report(study: Study, results: list[Result], warnings: list[str] | None = None) -> Path:
    """Writes the report of the snapshots (oldest first) into the study's report folder; gives the page's path.

    warnings: gates that did not hold, as the page says them.

    Same study and results, same bytes. The page is written last but for the data package, which lists the others.
    """
    if not results:
        raise TableError("counts", "there is no snapshot to report on; run camcensus import or collect, then run")
    out = Output(study.report)
    country_table.write(study, results, out)
    counts_public.write(study, results, out)
    charts = [*charts_now.charts_of(study, results[-1]), *charts_years.charts_of(study, results)]
    drawing.draw(charts, out)
    found = view(study, results)
    small = [*country_pages(study, results, found), *maker_pages(study, results, found)]
    for name, text in leaves.pages(study, results, small).items():
        out.write(name, text)
    out.write("methodology.md", methodology.text(study, results))
    makers = maker_files(study, results)
    out.write("index.html", page.draw(study, results, found, charts, out.folder, makers, warnings or []))
    titles = {leaf.file: leaf.title for leaf in small}
    out.write(datapackage.NAME, datapackage.text(study, results, charts, titles, out.folder))
    out.remove_others()
    return out.folder / "index.html"
