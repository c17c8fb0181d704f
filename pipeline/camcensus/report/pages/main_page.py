"""The page: one file that works offline, without a request and without JavaScript."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from camcensus.core.countries import code_notes
from camcensus.report import formatting, wording
from camcensus.report.charts.chart import Chart
from camcensus.report.charts.geometry import world_shapes
from camcensus.report.context import ReportContext
from camcensus.report.inputs import world_cell
from camcensus.report.pages.country_rows import CountryRows
from camcensus.report.pages.inline_svg import picture
from camcensus.report.pages.maker_pages import maker_files
from camcensus.report.pages.page_map import legend, map_shapes
from camcensus.report.pages.rendering import render, source
from camcensus.report.tables import facts, geo_tables, small_tables
from camcensus.report.tables.audits import AUDIT_NOTE
from camcensus.report.tables.datapackage import FILES
from camcensus.report.tables.page_data import View
from camcensus.report.tables.prior_studies import prior
from camcensus.report.tables.publish import published
from camcensus.report.tables.trend import missing_reasons

PARTS = (
    ("countries", "Countries and map"),
    ("charts", "Charts"),
    ("earlier", "Earlier counts"),
    ("flow", "From rows to numbers"),
    ("method", "Method"),
    ("limits", "Limits"),
    ("instrument", "Instrument"),
    ("dictionary", "Data dictionary"),
    ("data", "Data, licence, how to cite"),
)


@dataclass(frozen=True)
class PageParts:
    """What the page shows besides counts: charts (their files are in `folder`), failed gates, links to other pages.

    `other_pages`: file and meaning of pages that do not show these counts; `has_matches`: a census or history is one.
    """

    charts: Sequence[Chart]
    folder: Path
    warnings: Sequence[str] = ()
    other_pages: Sequence[tuple[str, str]] = ()
    has_matches: bool = False


def draw(context: ReportContext, found: View, parts: PageParts) -> str:
    """Return the text of `index.html`."""
    style, script = source("base.css", "charts.css", "page.css"), source("page.js")
    table = CountryRows(context, found)
    return render(
        "page.html.j2", style, script, **_facts(context, parts), **_tables(context, found), columns=table.headings(),
        rows=table.rows(), makers=table.makers, view=_json(table.data()), map_shapes=map_shapes(found),
        legend=legend(found), size=world_shapes(),
    )  # fmt: skip


def _facts(context: ReportContext, parts: PageParts) -> dict[str, Any]:
    """Words, numbers and pictures."""
    study, now, before, simulated = context.study, context.now, context.before, context.is_simulated
    n_countries, n_agreed = facts.countries_found(study, now)
    world = world_cell(now, study, "study")
    return {
        "study": study,
        "words": wording,
        "geo": geo_tables,
        "now": now,
        "before": before,
        "results": context.results,
        "parts": PARTS,
        "simulated": simulated,
        "headlines": [facts.headline(study, now, vendor) for vendor in study.vendors],
        "moved": facts.headline_change(context),
        "audit": small_tables.audit(context),
        "audit_note": AUDIT_NOTE,
        "figures": (
            ("hosts", world["n_hosts"], "IP addresses"),
            ("devices", world["n_devices"], "inferred, a low estimate"),
            ("banners", world["n_banners"], "answers of single ports"),
            ("networks", world["n_prefixes"], "prefixes of length /24"),
            ("countries", n_countries, "and territories with a host"),
        ),
        "agreed": n_agreed,
        "agreed_hosts": facts.AGREED_HOSTS,
        "not_comparable": facts.not_comparable(before, now),
        "no_change": facts.no_change(before, now),
        "charts": {chart.name: chart for chart in parts.charts},
        "pictures": {c.name: picture(parts.folder, c, simulated) for c in parts.charts if c.name != "map"},
        "code_notes": code_notes(),
        "files": FILES,
        "warnings": parts.warnings,
        "maker_pages": list(maker_files(context).items()),
        "other_pages": parts.other_pages,
        "absent": wording.absent({c.name for c in parts.charts}, parts.has_matches, bool(context.audits.scores)),
    }


def _tables(context: ReportContext, found: View) -> dict[str, Any]:
    """Return the page's tables, and what is said of them."""
    study, now, results = context.study, context.now, context.results
    given = published(study, now)
    return {
        "one_instrument": small_tables.one_instrument(context),
        "no_instrument": missing_reasons(results),
        "caveat": found.years[-1].caveat,
        "changes": small_tables.changes(study, context.before, now),
        "hidden_shown": wording.hidden_counts(
            given.hidden_part(study.vendors), "counts of these makers", "their hosts"
        ),
        "hidden_all": wording.hidden_counts(given.hidden_part()),
        "prior": prior(study, now),
        "flows": facts.flows(now.manifest),
        "process": small_tables.process(study, now),
        "settings_of_study": small_tables.decisions(study),
        "limits": [*wording.LIMITS, *geo_tables.limits(results), *wording.unverified(results)],
        "instruments": small_tables.instruments(results),
        "breaks": small_tables.breaks(context.points),
        "dictionary": small_tables.dictionary(study),
        "credits": [formatting.linked(text) for text in wording.attributions(results)],
    }


def _json(value: object) -> Markup:
    """JSON that no text in it can end: a script element ends at `</`, a comment in it begins with `<!`."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704
