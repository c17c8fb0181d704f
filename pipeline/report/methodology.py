"""methodology.md: what the page says of units, rules, limits and instrument, to keep beside the data."""

import re
from collections.abc import Sequence
from pathlib import Path

from pipeline import store
from pipeline.countries import code_notes
from pipeline.manifest import Instrument, Manifest
from pipeline.report import country_table, facts, geo, words
from pipeline.report.inputs import Result, simulated
from pipeline.report.publish import published
from pipeline.study import Study


def write(study: Study, results: list[Result], folder: Path) -> None:
    """Writes `methodology.md`."""
    parts = [
        f"# {plain(study.title)}: methodology",
        *([f"**{words.SYNTHETIC}**"] if simulated(study, results) else []),
        *([f"**{words.PARTIAL}**"] if not results[-1].manifest.complete else []),
        words.left_out_note(study),
        words.country_list(),
        "## Method",
        *(f"### {title}\n\n{text}" for title, text in words.METHOD),
        "### Country codes\n\n" + "\n".join(f"- {text}" for text in code_notes()),
        "### Small cells\n\n" + words.public_counts(study),
        "\n".join(_folded(study, result) for result in reversed(results)),
        "## Limits",
        "\n".join(
            f"- {text}" for text in (*words.LIMITS, *map(plain, (*geo.limits(results), *words.unverified(results))))
        ),
        "## Instrument",
        _instruments(results),
        *(plain(r.manifest.geo_credit) for r in results[-1:] if r.manifest.geo_credit),
        f"## Flow of rows, snapshot {plain(results[-1].snapshot)}",
        _flow(results[-1]),
        "## Columns of country_table",
        _columns(study),
        "## How to cite",
        plain(words.citation(study, results)),
    ]
    store.write_text(folder / "methodology.md", "\n\n".join(parts) + "\n")


def _folded(study: Study, result: Result) -> str:
    share = words.folded(published(study, result).folded(), "a country and a maker")
    return f"- Snapshot {plain(result.snapshot)}: {share}"


def plain(text: str) -> str:
    """Text that Markdown shows as it is: one line, nothing in it is mark-up."""
    one_line = " ".join(text.split())
    return re.sub(r"([\\`*_\[\]|<>&#])", r"\\\1", one_line)


def _instruments(results: list[Result]) -> str:
    head = ["snapshot", "window", "engine", "basis", "whole", "query set", "catalogue", "rules", "geolocation"]
    rows = []
    for result in reversed(results):
        found = result.manifest
        used = found.instrument
        parts = (
            [used.query_set, used.catalogue, used.rules, _located_with(found, used)] if used else ["not recorded"] * 4
        )
        whole = "yes" if found.complete else "no"
        rows.append([found.snapshot, words.window(found.window), words.engine(found), found.basis, whole, *parts])
    return _grid(head, rows)


def _located_with(found: Manifest, used: Instrument) -> str:
    remark = geo.remark(found.geo)
    return f"{used.geo_db} ({remark})" if remark else used.geo_db


def _flow(result: Result) -> str:
    rows = []
    for flow in facts.flows(result.manifest):
        dropped = "; ".join(f"{reason}: {n:,}" for reason, n in flow.dropped) or "none"
        rows.append([flow.stage, flow.unit, f"{flow.rows_in:,}", dropped, f"{flow.rows_out:,}"])
    return _grid(["stage", "unit", "in", "dropped", "out"], rows)


def _columns(study: Study) -> str:
    table = country_table.schema(study)
    return _grid(["column", "type", "meaning"], [[c.name, str(c.type), c.meaning] for c in table.columns])


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *([plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
