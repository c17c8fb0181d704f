"""methodology.md: the page's text on units, rules, limits and instrument, to keep with the data."""

from collections.abc import Collection, Iterable

from camcensus.core.countries import code_notes
from camcensus.report import wording
from camcensus.report.context import ReportContext
from camcensus.report.formatting import plain
from camcensus.report.tables import geo_tables, small_tables
from camcensus.report.tables.publish import published
from camcensus.report.tables.small_tables import markdown
from camcensus.report.tables.trend import missing_reasons


def text(context: ReportContext, charts: Collection[str], has_matches: bool) -> str:
    """Return the text of `methodology.md`. `charts`: names of the charts; `has_matches`: there is a census."""
    study, results, now = context.study, context.results, context.now
    hidden = [
        f"Snapshot {plain(r.snapshot)}: {wording.hidden_counts(published(study, r).hidden_part())}"
        for r in reversed(results)
    ]
    parts = [
        f"# {plain(study.title)}: methodology",
        *([f"**{wording.SYNTHETIC}**"] if context.is_simulated else []),
        *([f"**{wording.PARTIAL}**"] if not now.manifest.complete else []),
        wording.left_out_note(study),
        wording.country_list(),
        "## Method",
        *(f"### {title}\n\n{paragraph}" for title, paragraph in wording.METHOD),
        "### Country codes\n\n" + _list(code_notes()),
        "### Small cells\n\n" + wording.public_counts(study),
        _list(hidden),
        "### Trend over one instrument\n\n" + wording.ONE_INSTRUMENT,
        _list(map(plain, missing_reasons(results))),
        "### Sensitivity ranges\n\n" + wording.SENSITIVITY,
        "### Settings of the study",
        markdown(small_tables.decisions(study)),
        "## Limits",
        _list([*wording.LIMITS, *map(plain, [*geo_tables.limits(results), *wording.unverified(results)])]),
        "## Not in this report",
        _list(wording.absent(charts, has_matches, bool(context.audits.scores))),
        "## Instrument",
        markdown(small_tables.instruments(results)),
        "### Changes from snapshot to snapshot",
        _list(map(plain, small_tables.breaks(context.points))),
        *(plain(r.manifest.geo_credit) for r in results[-1:] if r.manifest.geo_credit),
        f"## Flow of rows, snapshot {plain(now.snapshot)}",
        markdown(small_tables.flow(now)),
        "## Columns of country_table",
        markdown(small_tables.dictionary(study)),
        "## Licence",
        plain(wording.licence(study)),
        wording.ROWS_STAY,
        "## How to cite",
        plain(wording.citation(study, results)),
    ]
    return "\n\n".join(parts) + "\n"


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)
