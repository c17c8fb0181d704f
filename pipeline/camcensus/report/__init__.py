"""The report: country table, charts, map, pages and data package of a study, drawn from its counts."""

from collections.abc import Sequence
from pathlib import Path

from camcensus.core.config import Study
from camcensus.core.errors import TableError
from camcensus.report.charts import details, drawing, instrument, newest, years
from camcensus.report.inputs import Result
from camcensus.report.output import Output
from camcensus.report.pages import detail_page, main_page, matches_page, methodology, sample_page
from camcensus.report.pages.country_pages import country_pages
from camcensus.report.pages.maker_pages import maker_files, maker_pages
from camcensus.report.tables import country_table, counts_public, datapackage
from camcensus.report.tables.audits import NO_AUDITS, Audits
from camcensus.report.tables.matches import Matches
from camcensus.report.tables.page_data import view
from camcensus.report.tables.samples import Estimated

__all__ = ["Audits", "Estimated", "Matches", "Result", "draw_report"]


def draw_report(
    study: Study,
    results: list[Result],
    warnings: list[str] | None = None,
    matches: Sequence[Matches] = (),
    samples: Sequence[Estimated] = (),
    audits: Audits = NO_AUDITS,
) -> Path:
    """Writes the report of the snapshots (oldest first) into the study's report folder; gives the page's path.

    warnings: gates that did not hold, as the page says them. matches: censuses and history, samples: estimates; these
    have pages of their own, and are all of the report where no whole download was counted. audits: what labels say.

    Same study and results, same bytes. The page is written last but for the data package, which lists the others.
    """
    if not results and not matches and not samples:
        raise TableError("counts", "there is no snapshot to report on; run camcensus import or collect, then run")
    out = Output(study.report)
    if not results:
        return _without_counts(study, matches, samples, out)
    charts = [*newest.charts_of(study, results[-1]), *years.charts_of(study, results, audits)]
    charts += [*instrument.charts_of(study, results), *details.charts_of(study, results)]
    histories = matches_page.charts_of(study, matches)
    pictures = drawing.Drawing([*charts, *histories], out.folder)  # while they are drawn, the tables are made
    country_table.write(study, results, out)
    counts_public.write(study, results, out)
    sample_page.write(study, samples, out)
    found = view(study, results)
    small = [*country_pages(study, results, found), *maker_pages(study, results, found)]
    for name, text in detail_page.pages(study, results, small).items():
        out.write(name, text)
    names = [chart.name for chart in charts]
    out.write("methodology.md", methodology.text(study, results, names, bool(matches), bool(audits.scores)))
    pictures.finish(out)
    if matches:
        matches_page.write(study, matches, histories, out)
    makers = maker_files(study, results)
    beside = [(matches_page.NAME, matches_page.MEANING)] if matches else []
    beside += sample_page.titles(samples).items()
    out.write(
        "index.html",
        main_page.draw(
            study, results, found, charts, out.folder, makers, warnings or [], beside, bool(matches), audits
        ),
    )
    titles = {leaf.file: leaf.title for leaf in small} | matches_page.titles(matches) | sample_page.titles(samples)
    out.write(datapackage.NAME, datapackage.text(study, results, [*charts, *histories], titles, out.folder))
    out.remove_others()
    return out.folder / "index.html"


def _without_counts(study: Study, matches: Sequence[Matches], samples: Sequence[Estimated], out: Output) -> Path:
    """The newest sample is the page, else the matches."""
    if samples:
        sample_page.write(study, samples, out, "index.html")
    if matches:
        charts = matches_page.charts_of(study, matches)
        drawing.Drawing(charts, out.folder).finish(out)
        matches_page.write(study, matches, charts, out, matches_page.NAME if samples else "index.html")
    out.remove_others()
    return out.folder / "index.html"
