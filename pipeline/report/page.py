"""The page: one file that works offline, without a request and without JavaScript."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup, escape

from pipeline import store
from pipeline.countries import code_notes
from pipeline.report import facts, geo, words
from pipeline.report.charts import Chart
from pipeline.report.country_rows import columns, country_rows
from pipeline.report.datapackage import FILES
from pipeline.report.inputs import Result, simulated, world_cell
from pipeline.report.publish import published
from pipeline.resources import bundled
from pipeline.study import Study

TEMPLATES = "reports/templates"
LARGEST_SVG = 300_000  # bytes; above that the PNG is smaller and looks the same
_LINK = re.compile(r"https://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~/%-]*)?")
MINUS = "\N{MINUS SIGN}"


def write(
    study: Study, results: list[Result], table: pd.DataFrame, charts: list[Chart], folder: Path, warnings: list[str]
) -> Path:
    """Writes `index.html` into `folder`, where the charts are, and gives its path. `table`: the country table;
    `warnings`: gates that did not hold."""
    templates = bundled(TEMPLATES)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "signed": signed, "percent": percent, "day": words.day}
    style, script = ((templates / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    context = _context(study, results, table, charts, folder)
    text = environment.get_template("page.html.j2").render(
        style=style, script=script, policy=_policy(style, script), warnings=warnings, **context
    )
    path = folder / "index.html"
    store.write_text(path, text if text.endswith("\n") else text + "\n")
    return path


def _policy(style: str, script: str) -> str:
    """The content security policy: no request of any kind, and no script or style but ours."""
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script))
    return (
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; "
        "base-uri 'none'; form-action 'none'"
    ).format(*hashes)


def _context(
    study: Study, results: list[Result], table: pd.DataFrame, charts: list[Chart], folder: Path
) -> dict[str, Any]:
    """All that the template shows."""
    now = results[-1]
    before = results[-2] if len(results) > 1 else None
    thanks = list(dict.fromkeys(r.manifest.geo_credit for r in reversed(results) if r.manifest.geo_credit))
    return {
        "study": study,
        "words": words,
        "geo": geo,
        "now": now,
        "before": before,
        "results": results,
        "simulated": simulated(study, results),
        "headlines": [facts.headline(study, now, vendor) for vendor in study.vendors],
        "figures": _key_figures(study, now),
        "agreed": facts.countries_found(study, now)[1],
        "agreed_hosts": facts.AGREED_HOSTS,
        "changes": _changes(study, before, now),
        "not_comparable": facts.not_comparable(before, now),
        "columns": columns(study, before),
        "folded_shown": words.folded(published(study, now).folded(study.vendors), "these makers"),
        "folded_all": words.folded(published(study, now).folded(), "a country and a maker"),
        "rows": country_rows(study, table, before, now),
        "charts": {chart.name: chart for chart in charts},
        "images": {chart.name: _image(folder, chart.name) for chart in charts},
        "settings": facts.settings(study, now),
        "flows": facts.flows(now.manifest),
        "code_notes": code_notes(),
        "credits": [linked(text) for text in thanks],
        "files": FILES,
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


def _changes(
    study: Study, before: Result | None, now: Result
) -> list[tuple[str, int | None, int | None, facts.Change]]:
    """Unit, count before, count now and change of the headline totals; nothing when they cannot be compared."""
    if before is None or facts.not_comparable(before, now):
        return []
    one, two = (world_cell(r, study, "study") for r in (before, now))
    units = ("hosts", "devices", "banners")
    return [(u, one[f"n_{u}"], two[f"n_{u}"], facts.change(one[f"n_{u}"], two[f"n_{u}"])) for u in units]


def _image(folder: Path, name: str) -> str:
    """The chart as a data: address; SVG unless that is large."""
    content, kind = (folder / "charts" / f"{name}.svg").read_bytes(), "svg+xml"
    if len(content) > LARGEST_SVG:
        content, kind = (folder / "charts" / f"{name}.png").read_bytes(), "png"
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def linked(text: str) -> Markup:
    """Plain text with its https addresses as links; all else escaped."""
    parts, end = [], 0
    for match in _LINK.finditer(text):
        address = match.group().rstrip(".")
        parts += [escape(text[end : match.start()]), Markup('<a href="{0}">{0}</a>').format(address)]
        end = match.start() + len(address)
    return Markup("").join([*parts, escape(text[end:])])


def number(n: float | None, decimals: int = 0) -> str:
    """1,234.5, or n/a."""
    return "n/a" if n is None else f"{n:,.{decimals}f}"


def signed(n: int | None) -> str:
    """+12, minus 3, 0, or n/a."""
    return "n/a" if n is None else f"{n:+,}".replace("-", MINUS) if n else "0"


def percent(n: float | None) -> str:
    """+1.2 %, or n/a."""
    return "n/a" if n is None else f"{n:+,.1f} %".replace("-", MINUS)
