"""The report: country table, charts, map, page and data package of a study, drawn from its counts."""

from pathlib import Path

from pipeline.errors import TableError
from pipeline.report import charts, country_table, counts_public, datapackage, methodology, page
from pipeline.report.inputs import Result
from pipeline.study import Study

__all__ = ["Result", "draw_report"]


def draw_report(study: Study, results: list[Result], warnings: list[str] | None = None) -> Path:
    """Writes the report of the snapshots (oldest first) into the study's report folder; gives the page's path.

    warnings: gates that did not hold, as the page says them.

    Same study and results, same bytes. The page is written last but for the data package, which lists the others.
    """
    if not results:
        raise TableError("counts", "there is no snapshot to report on; run camcensus import or collect, then run")
    folder = study.report
    table = country_table.write(study, results, folder)
    counts_public.write(study, results, folder)
    drawn = charts.draw_charts(study, results)
    for chart in drawn:
        charts.save_chart(chart, folder)
    methodology.write(study, results, folder)
    path = page.write(study, results, table, drawn, folder, warnings or [])
    datapackage.write(study, results, drawn, folder)
    return path
