"""methodology.md: what the page says of units, rules, limits and instrument, to keep beside the data."""

from collections.abc import Sequence

from camcensus.core.config import Study
from camcensus.core.countries import code_notes
from camcensus.report import wording
from camcensus.report.charts import instrument
from camcensus.report.formatting import plain
from camcensus.report.inputs import Result, simulated
from camcensus.report.tables import geo_tables, small_tables
from camcensus.report.tables.publish import published
from camcensus.report.tables.small_tables import markdown
from camcensus.report.timeline import steps


def text(study: Study, results: list[Result], charts: Sequence[str], matches: bool, audited: bool) -> str:
    """The text of `methodology.md`. `charts`: names of those that are drawn; `matches`: census or history
    stand beside the report; `audited`: an audit does."""
    now = results[-1]
    parts = [
        f"# {plain(study.title)}: methodology",
        *([f"**{wording.SYNTHETIC}**"] if simulated(study, results) else []),
        *([f"**{wording.PARTIAL}**"] if not now.manifest.complete else []),
        wording.left_out_note(study),
        wording.country_list(),
        "## Method",
        *(f"### {title}\n\n{said}" for title, said in wording.METHOD),
        "### Country codes\n\n" + _list(code_notes()),
        "### Small cells\n\n" + wording.public_counts(study),
        _list([_folded(study, result) for result in reversed(results)]),
        "### Trend over one instrument\n\n" + instrument.MEANING,
        _list([plain(said) for said in instrument.reasons(results)]),
        "### Sensitivity ranges\n\n" + wording.SENSITIVITY,
        "### What the study decides",
        markdown(small_tables.decisions(study)),
        "## Limits",
        _list([*wording.LIMITS, *map(plain, [*geo_tables.limits(results), *wording.unverified(results)])]),
        "## Not in this report",
        _list(wording.absent(charts, matches, audited)),
        "## Instrument",
        markdown(small_tables.instruments(results)),
        "### What changed from snapshot to snapshot",
        _list([plain(said) for said in small_tables.breaks(steps(results))]),
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


def _list(items: list[str] | tuple[str, ...]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _folded(study: Study, result: Result) -> str:
    share = wording.folded(published(study, result).folded(), "a country and a maker")
    return f"Snapshot {plain(result.snapshot)}: {share}"
