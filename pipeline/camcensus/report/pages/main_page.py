"""The page: one file that works offline, without a request and without JavaScript; and methodology.md, its method."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from camcensus.core.countries import code_notes
from camcensus.report import wording
from camcensus.report.charts.chart import Chart
from camcensus.report.charts.geometry import world_shapes
from camcensus.report.context import ReportContext
from camcensus.report.formatting import linked, plain
from camcensus.report.inputs import world_cell
from camcensus.report.pages.country_rows import CountryRows
from camcensus.report.pages.detail_page import maker_files
from camcensus.report.pages.page_map import shapes_and_legend
from camcensus.report.pages.rendering import picture, render, source
from camcensus.report.tables import facts, geo_tables, small_tables
from camcensus.report.tables.audits import AUDIT_NOTE, MAKERS_NOTE, MAKERS_NOTES
from camcensus.report.tables.datapackage import FILES
from camcensus.report.tables.page_data import View
from camcensus.report.tables.prior_studies import prior
from camcensus.report.tables.publish import published
from camcensus.report.tables.trend import missing_reasons

PARTS = {
    "countries": "Countries and map", "charts": "Charts", "earlier": "Earlier counts", "flow": "From rows to numbers",
    "method": "Method", "limits": "Limits", "instrument": "Instrument", "dictionary": "Data dictionary",
    "data": "Data, licence, how to cite",
}  # fmt: skip


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
        "page.html.j2", source("base.css", "charts.css", "page.css"), source("page.js"), **_facts(context),
        **_tables(context), charts=charts, warnings=warnings, other_pages=others.items(),
        pictures={name: picture(folder, c, context.is_simulated) for name, c in charts.items() if name != "map"},
        absent=wording.absent(charts, "matches.html" in others, bool(context.audits.scores)),
        caveat=found.years[-1].caveat, columns=table.headings(), rows=table.rows(), makers=table.makers,
        view=_json(table.data()), map_shapes=shapes, legend=legend, size=world_shapes(),
    )  # fmt: skip


def _facts(context: ReportContext) -> dict[str, Any]:
    study, now, before = context.study, context.now, context.before
    n_countries, n_agreed = facts.countries_found(study, now)
    world = world_cell(now, study, "study")
    return {
        "study": study,
        "words": wording,
        "geo": geo_tables,
        "now": now,
        "before": before,
        "results": context.results,
        "parts": PARTS.items(),
        "simulated": context.is_simulated,
        "headlines": [facts.headline(study, now, vendor) for vendor in study.vendors],
        "moved": facts.headline_change(context),
        "unidentified": facts.unidentified(now),
        "audit_note": AUDIT_NOTE,
        "corrected_note": _corrected_note(context),
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
        "code_notes": code_notes(),
        "files": FILES.items(),
        "maker_pages": maker_files(context).items(),
    }


def _corrected_note(context: ReportContext) -> str:
    """Return what the makers' recall covers, by what the audit of the newest snapshot rests on."""
    found = context.audits.makers.get(context.now.snapshot)
    basis = "" if found is None or found.empty else str(found["basis"].iloc[0])
    return f"{MAKERS_NOTES[basis]} {MAKERS_NOTE}" if basis else ""


def _tables(context: ReportContext) -> dict[str, Any]:
    study, now, results = context.study, context.now, context.results
    given = published(study, now)
    own = given.hidden_part(study.vendors)
    return {
        "audit": small_tables.audit(context),
        "maker_kinds": small_tables.maker_kinds(context),
        "rests_on": small_tables.rests_on(context),
        "corrected_makers": small_tables.corrected_makers(context),
        "one_instrument": small_tables.one_instrument(context),
        "no_instrument": missing_reasons(results),
        "changes": small_tables.changes(study, context.before, now),
        "hidden_shown": wording.hidden_counts(own, "counts of these makers", "their hosts"),
        "hidden_all": wording.hidden_counts(given.hidden_part()),
        "prior": prior(study, now),
        "flows": facts.flows(now.manifest),
        "process": small_tables.process(study, now),
        "settings_of_study": small_tables.decisions(study),
        "limits": [
            *wording.LIMITS,
            *geo_tables.limits(results),
            *wording.unverified(results),
            *wording.partial(results),
        ],
        "instruments": small_tables.instruments(results),
        "breaks": small_tables.breaks(context.points),
        "dictionary": small_tables.dictionary(study),
        "credits": [linked(text) for text in wording.attributions(results)],
    }


def _json(value: object) -> Markup:
    """JSON that no text in it can end: a script element ends at `</`, a comment in it begins with `<!`."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


def methodology(context: ReportContext, charts: Mapping[str, Chart], has_matches: bool) -> str:
    """Return the text of `methodology.md`: units, rules, limits and instrument, to keep with the data."""
    study, results, now = context.study, context.results, context.now
    hidden = [
        f"Snapshot {plain(r.snapshot)}: {wording.hidden_counts(published(study, r).hidden_part())}"
        for r in reversed(results)
    ]
    unidentified = facts.unidentified(now)
    caveats = [*geo_tables.limits(results), *wording.unverified(results), *wording.partial(results)]
    parts = [
        f"# {plain(study.title)}: methodology",
        *([f"**{wording.SYNTHETIC}**"] if context.is_simulated else []),
        *([f"**{wording.PARTIAL}**"] if not now.manifest.complete else []),
        wording.left_out_note(study),
        wording.country_list(),
        "## Method",
        *(f"### {title}\n\n{paragraph}" for title, paragraph in wording.METHOD.items()),
        *(["### Counted and not identified\n\nAll makers: " + unidentified] if unidentified else []),
        "### Country codes\n\n" + _list(code_notes()),
        "### Small cells\n\n" + wording.public_counts(study),
        _list(hidden),
        "### Trend over one instrument\n\n" + wording.ONE_INSTRUMENT,
        _list(map(plain, missing_reasons(results))),
        "### Sensitivity ranges\n\n" + wording.SENSITIVITY,
        "### Settings of the study",
        small_tables.markdown(small_tables.decisions(study)),
        "## Limits",
        _list([*wording.LIMITS, *map(plain, caveats)]),
        "## Not in this report",
        _list(wording.absent(charts, has_matches, bool(context.audits.scores))),
        "## Instrument",
        small_tables.markdown(small_tables.instruments(results)),
        "### Changes from snapshot to snapshot",
        _list(map(plain, small_tables.breaks(context.points))),
        *([plain(now.manifest.geo_credit)] if now.manifest.geo_credit else []),
        f"## Flow of rows, snapshot {plain(now.snapshot)}",
        small_tables.markdown(small_tables.flow(now)),
        "## Columns of country_table",
        small_tables.markdown(small_tables.dictionary(study)),
        "## Licence",
        plain(wording.licence(study)),
        wording.ROWS_STAY,
        "## How to cite",
        plain(wording.citation(study, results)),
    ]
    return "\n\n".join(parts) + "\n"


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)
