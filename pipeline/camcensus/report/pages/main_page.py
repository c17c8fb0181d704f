"""The page: one file that works offline, without a request and without JavaScript."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from camcensus.core.config import Study
from camcensus.core.countries import code_notes
from camcensus.report import formatting, wording
from camcensus.report.charts import instrument
from camcensus.report.charts.chart import Chart
from camcensus.report.inputs import Result, simulated, world_cell
from camcensus.report.pages.country_rows import columns, country_rows, data
from camcensus.report.pages.inline_svg import inline
from camcensus.report.pages.page_map import page_map
from camcensus.report.pages.rendering import render, source
from camcensus.report.tables import facts, geo_tables, small_tables
from camcensus.report.tables.audits import NO_AUDITS, SAID, Audits
from camcensus.report.tables.datapackage import FILES
from camcensus.report.tables.page_data import View
from camcensus.report.tables.prior_studies import prior
from camcensus.report.tables.publish import published

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


def draw(
    study: Study,
    results: list[Result],
    found: View,
    charts: list[Chart],
    folder: Path,
    makers: dict[str, str],
    warnings: list[str],
    beside: Sequence[tuple[str, str]] = (),
    matches: bool = False,
    held: Audits = NO_AUDITS,
) -> str:
    """The text of `index.html`. The charts' files are in `folder`; `makers`: each maker's page; `warnings`: gates that
    did not hold; `beside`: pages of what is not counted like this, and what they are; `matches`: census or history is
    among them; `held`: what audits say."""
    style, script = source("base.css", "charts.css", "page.css"), source("page.js")
    context = _context(study, results, found, charts, folder, held) | _tables(study, results, found)
    return render(
        "page.html.j2", style, script, warnings=warnings, maker_pages=list(makers.items()), beside=beside,
        absent=wording.absent({chart.name for chart in charts}, matches, bool(held.scores)), **context,
    )  # fmt: skip


def _context(
    study: Study, results: list[Result], found: View, charts: list[Chart], folder: Path, held: Audits
) -> dict[str, Any]:  # fmt: skip
    """Words, numbers and pictures."""
    now, before = results[-1], results[-2] if len(results) > 1 else None
    synthetic = simulated(study, results)
    return {
        "study": study,
        "words": wording,
        "geo": geo_tables,
        "now": now,
        "before": before,
        "results": results,
        "parts": PARTS,
        "simulated": synthetic,
        "headlines": [facts.headline(study, now, vendor) for vendor in study.vendors],
        "moved": facts.headline_change(study, before, now, held),
        "audit": small_tables.audit(held, now),
        "audit_said": SAID,
        "figures": _key_figures(study, now),
        "agreed": facts.countries_found(study, now)[1],
        "agreed_hosts": facts.AGREED_HOSTS,
        "not_comparable": facts.not_comparable(before, now),
        "no_change": facts.no_change(before, now),
        "charts": {chart.name: chart for chart in charts},
        "pictures": {chart.name: _picture(folder, chart, synthetic) for chart in charts if chart.name != "map"},
        "makers": found.makers,
        "map": page_map(found),
        "view": _json(data(found)),
        "code_notes": code_notes(),
        "files": FILES,
    }


def _tables(study: Study, results: list[Result], found: View) -> dict[str, Any]:
    """The page's tables."""
    now, before = results[-1], results[-2] if len(results) > 1 else None
    return {
        "one_instrument": instrument.instrument_grid(study, results),
        "no_instrument": instrument.reasons(results),
        "caveat": found.years[-1].caveat,
        "changes": small_tables.changes(study, before, now),
        "columns": columns(study, found),
        "rows": country_rows(study, found),
        "folded_shown": wording.folded(published(study, now).folded(study.vendors), "these makers"),
        "folded_all": wording.folded(published(study, now).folded(), "a country and a maker"),
        "prior": prior(study, now),
        "flows": facts.flows(now.manifest),
        "process": small_tables.process(study, now),
        "settings_of_study": small_tables.decisions(study),
        "limits": [*wording.LIMITS, *geo_tables.limits(results), *wording.unverified(results)],
        "instruments": small_tables.instruments(results),
        "breaks": small_tables.breaks([year.step for year in found.years]),
        "dictionary": small_tables.dictionary(study),
        "credits": [formatting.linked(text) for text in wording.thanks(results)],
    }


def _key_figures(study: Study, result: Result) -> list[tuple[str, int | None, str]]:
    """Name, count and meaning of each key figure, all makers."""
    world = world_cell(result, study, "study")
    return [
        ("hosts", world["n_hosts"], "IP addresses"),
        ("devices", world["n_devices"], "inferred, a low estimate"),
        ("banners", world["n_banners"], "answers of single ports"),
        ("networks", world["n_prefixes"], "prefixes of length /24"),
        ("countries", facts.countries_found(study, result)[0], "and territories with a host"),
    ]


def _picture(folder: Path, chart: Chart, synthetic: bool) -> Markup:
    """The chart as an element of the page."""
    label = f"Synthetic data. {chart.alt}" if synthetic else chart.alt
    # What is inside was escaped by the writer of XML.
    return Markup(inline((folder / "charts" / f"{chart.name}.svg").read_bytes(), chart.name, label))  # noqa: S704


def _json(value: object) -> Markup:
    """JSON that no text in it can end: a script element ends at `</`, a comment in it begins with `<!`."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704
