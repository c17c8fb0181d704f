"""methodology.md: what the page says of units, rules, limits and instrument, to keep beside the data."""

from collections.abc import Sequence

from camcensus.core.config import Study
from camcensus.core.countries import code_notes
from camcensus.report import charts_instrument, geo, grids, words
from camcensus.report.forms import plain
from camcensus.report.grids import markdown
from camcensus.report.inputs import Result, simulated
from camcensus.report.publish import published
from camcensus.report.steps import steps


def text(study: Study, results: list[Result], charts: Sequence[str], matches: bool, audited: bool) -> str:
    """The text of `methodology.md`. `charts`: names of those that are drawn; `matches`: census or history
    stand beside the report; `audited`: an audit does."""
    now = results[-1]
    parts = [
        f"# {plain(study.title)}: methodology",
        *([f"**{words.SYNTHETIC}**"] if simulated(study, results) else []),
        *([f"**{words.PARTIAL}**"] if not now.manifest.complete else []),
        words.left_out_note(study),
        words.country_list(),
        "## Method",
        *(f"### {title}\n\n{said}" for title, said in words.METHOD),
        "### Country codes\n\n" + _list(code_notes()),
        "### Small cells\n\n" + words.public_counts(study),
        _list([_folded(study, result) for result in reversed(results)]),
        "### Trend over one instrument\n\n" + charts_instrument.MEANING,
        _list([plain(said) for said in charts_instrument.reasons(results)]),
        "### Sensitivity ranges\n\n" + words.SENSITIVITY,
        "### What the study decides",
        markdown(grids.decisions(study)),
        "## Limits",
        _list([*words.LIMITS, *map(plain, [*geo.limits(results), *words.unverified(results)])]),
        "## Not in this report",
        _list(words.absent(charts, matches, audited)),
        "## Instrument",
        markdown(grids.instruments(results)),
        "### What changed from snapshot to snapshot",
        _list([plain(said) for said in grids.breaks(steps(results))]),
        *(plain(r.manifest.geo_credit) for r in results[-1:] if r.manifest.geo_credit),
        f"## Flow of rows, snapshot {plain(now.snapshot)}",
        markdown(grids.flow(now)),
        "## Columns of country_table",
        markdown(grids.dictionary(study)),
        "## Licence",
        plain(words.licence(study)),
        words.ROWS_STAY,
        "## How to cite",
        plain(words.citation(study, results)),
    ]
    return "\n\n".join(parts) + "\n"


def _list(items: list[str] | tuple[str, ...]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _folded(study: Study, result: Result) -> str:
    share = words.folded(published(study, result).folded(), "a country and a maker")
    return f"Snapshot {plain(result.snapshot)}: {share}"
