"""The page: one file that works offline, without a request and without JavaScript; and methodology.md, its method.

The templates choose what is shown, and call the builders of texts (`words`, `facts`, `geo`) and of tables (`tables`).
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from camcensus.core.countries import code_notes
from camcensus.report import wording
from camcensus.report.charts.chart import Chart
from camcensus.report.charts.geometry import world_shapes
from camcensus.report.context import ReportContext
from camcensus.report.inputs import world_cell
from camcensus.report.pages.country_rows import CountryRows
from camcensus.report.pages.detail_page import maker_files
from camcensus.report.pages.page_map import shapes_and_legend
from camcensus.report.pages.rendering import picture, render, source
from camcensus.report.tables import facts, geo_tables, prior_studies, small_tables
from camcensus.report.tables.datapackage import FILES
from camcensus.report.tables.page_data import View
from camcensus.report.tables.publish import published
from camcensus.report.tables.trend import missing_reasons


def draw(
    context: ReportContext, found: View, charts: Mapping[str, Chart], folder: Path, warnings: Sequence[str],
    others: Mapping[str, str],
) -> str:  # fmt: skip
    """Return the text of `index.html`.

    charts: by name; their files are in `folder`. warnings: failed gates. others: file to meaning of pages that do not
    show these counts.
    """
    table, (shapes, legend) = CountryRows(context, found), shapes_and_legend(found)
    return render(
        "page.html.j2", source("base.css", "charts.css", "page.css"), source("page.js"),
        **_said(context, charts, "matches.html" in others), charts=charts, warnings=warnings, other_pages=others,
        pictures={name: picture(folder, c, context.is_simulated) for name, c in charts.items() if name != "map"},
        caveat=found.years[-1].caveat, columns=table.headings(), rows=table.rows(), makers=table.makers,
        view=_json(table.data()), map_shapes=shapes, legend=legend, size=world_shapes(), files=FILES,
        maker_pages=maker_files(context), earlier=prior_studies,
        world=world_cell(context.now, context.study, "study"),
    )  # fmt: skip


def methodology(context: ReportContext, charts: Mapping[str, Chart], has_matches: bool) -> str:
    """Return the text of `methodology.md`: units, rules, limits and instrument, to keep with the data."""
    hidden = [(r.snapshot, published(context.study, r).hidden_part()) for r in reversed(context.results)]
    return render("methodology.md.j2", "", **_said(context, charts, has_matches), hidden=hidden)


def _said(context: ReportContext, charts: Mapping[str, Chart], has_matches: bool) -> dict[str, Any]:
    """Return what page and methodology are made from."""
    results = context.results
    return {
        "context": context, "study": context.study, "now": context.now, "before": context.before, "results": results,
        "simulated": context.is_simulated, "words": wording, "facts": facts, "geo": geo_tables, "tables": small_tables,
        "given": published(context.study, context.now), "code_notes": code_notes(),
        "no_instrument": missing_reasons(results), "unidentified": facts.unidentified(context.now),
        "caveats": (*geo_tables.limits(results), *wording.unverified(results), *wording.partial(results)),
        "absent": wording.absent(charts, has_matches, bool(context.audits.scores)),
    }  # fmt: skip


def _json(value: object) -> Markup:
    """JSON that no text in it can end: a script element ends at `</`, a comment in it begins with `<!`."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704
