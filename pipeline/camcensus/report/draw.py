"""Draw the report: every file of it, from studies, counts and audits."""

from collections.abc import Sequence
from pathlib import Path

from camcensus.core.config import Study
from camcensus.core.errors import TableError
from camcensus.report.charts import drawing, newest, years
from camcensus.report.context import ReportContext
from camcensus.report.inputs import Result
from camcensus.report.output import Output
from camcensus.report.pages import detail_page, main_page, matches_page, sample_page
from camcensus.report.pages.matches_page import Matches
from camcensus.report.pages.sample_page import Estimated
from camcensus.report.tables import country_table, counts_public, datapackage
from camcensus.report.tables.audits import NO_AUDITS, Audits
from camcensus.report.tables.page_data import view


def draw_report(
    study: Study, results: Sequence[Result], warnings: Sequence[str] = (), matches: Sequence[Matches] = (),
    samples: Sequence[Estimated] = (), audits: Audits = NO_AUDITS,
) -> Path:  # fmt: skip
    """Write the report of the snapshots (oldest first) into the study's report folder; return the page's path.

    warnings: failed gates, as the page shows them. matches: censuses and history, samples: estimates; these have their
    own pages, and are the whole report where no complete download was counted. audits: what labels show.

    Same study and results, same bytes. The page is written last, except the data package, which lists all files.
    """
    if not results and not matches and not samples:
        raise TableError("counts", "there is no snapshot to report on; run camcensus import or collect, then run")
    out = Output(study.report)
    context, histories = ReportContext(study, results, audits), matches_page.charts_of(study, matches)
    charts = [*newest.charts_of(context), *years.charts_of(context)] if results else []
    pictures = drawing.Drawing([*charts, *histories], out.folder)  # other processes draw while the tables are made
    sample_page.write(study, samples, out, "" if results else "index.html")
    if results:
        country_table.write(study, results, out)
        counts_public.write(study, results, out)
        found = view(context)
        details = [*detail_page.country_pages(context, found), *detail_page.maker_pages(context)]
        for name, text in detail_page.pages(context, details).items():
            out.write(name, text)
    if results or matches:
        pictures.finish(out)
    if matches:
        matches_page.write(study, matches, histories, out, matches_page.NAME if results or samples else "index.html")
    if results:
        by_name = {chart.name: chart for chart in charts}
        out.write("methodology.md", main_page.methodology(context, by_name, bool(matches)))
        others = ({matches_page.NAME: matches_page.MEANING} if matches else {}) | sample_page.titles(samples)
        out.write("index.html", main_page.draw(context, found, by_name, out.folder, warnings, others))
        titles = (
            {page.file: page.title for page in details} | matches_page.titles(matches) | sample_page.titles(samples)
        )
        out.write(datapackage.NAME, datapackage.text(context, [*charts, *histories], titles, out.folder))
    out.remove_others()
    return out.folder / "index.html"
