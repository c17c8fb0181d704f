"""datapackage.json: what the files of a report are, with their hashes and columns (Frictionless Data Package 1)."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.countries import load_countries
from camcensus.core.tables import Table
from camcensus.report import wording
from camcensus.report.charts import drawing
from camcensus.report.charts.chart import Chart
from camcensus.report.context import ReportContext
from camcensus.report.inputs import Result
from camcensus.report.tables import country_table, counts_public
from camcensus.report.tables.publish import published

NAME = "datapackage.json"
# Files a reader may want, as the page lists them.
FILES = {
    "country_table.csv": "the country table, all snapshots",
    "country_table.parquet": "the same, typed, with the meaning of each column",
    "country_table.xlsx": "the same as a workbook",
    "country_table.md": "the same as Markdown",
    "counts_public.parquet": "all counts that may be published, by country, maker, brand, kind and model",
    "methodology.md": "units, rules, limits, instrument",
    "datapackage.json": "all files with hashes, columns and their meaning",
}
_KINDS = {
    ".csv": "text/csv", ".html": "text/html", ".json": "application/json", ".md": "text/markdown", ".png": "image/png",
    ".parquet": "application/vnd.apache.parquet", ".svg": "image/svg+xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
_OF_SNAPSHOT = {
    "snapshot", "run", "version", "engine", "basis", "complete", "simulated", "window", "instrument", "geo",
}  # fmt: skip
_TYPES = {"string": "string", "int64": "integer", "double": "number", "bool": "boolean"}  # Arrow's, and ours


def text(context: ReportContext, charts: Sequence[Chart], pages: dict[str, str], folder: Path) -> str:
    """Return the text of `datapackage.json`, which describes existing files.

    pages: file to title, of pages and further tables.
    """
    study, results, table = context.study, context.results, country_table.schema(context.study)
    resources = [
        _resource(folder, "country_table.csv", table),
        _resource(folder, "country_table.parquet", table),
        _resource(folder, "country_table.xlsx"),
        _resource(folder, "country_table.md"),
        _public_counts(study, results, folder),
        _resource(folder, "index.html"),
        _resource(folder, "methodology.md"),
        _resource(folder, drawing.INDEX),
    ]
    for chart in charts:
        resources.append(_resource(folder, f"charts/{chart.name}.csv", chart.table))
        resources += [_resource(folder, f"charts/{chart.name}.{e}", title=chart.title) for e in drawing.ENDINGS]
    resources += [_resource(folder, file, title=title) for file, title in pages.items()]
    licence = study.publication.licence
    package = {
        "profile": "data-package",
        "name": _slug(study.title),
        "title": study.title,
        "description": wording.SYNTHETIC if context.is_simulated else wording.citation(study, results),
        "version": results[-1].manifest.version,
        "keywords": ["internet measurement", "ip cameras", "census"],
        **({"licenses": [{"name": licence}]} if licence else {}),
        "notes": [wording.licence(study), wording.ROWS_STAY],
        "sources": _sources(results),
        "resources": resources,
        "simulated": context.is_simulated,
        "snapshots": [r.manifest.model_dump(include=_OF_SNAPSHOT) for r in results],
    }
    return json.dumps(package, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _resource(folder: Path, name: str, table: Table | None = None, title: str = "") -> dict[str, Any]:
    """One file: where, how large, its hash, and its columns if it has any."""
    path = folder / name
    found: dict[str, Any] = {
        "name": _slug(name),
        "path": name,
        "mediatype": _KINDS[path.suffix],
        "format": path.suffix[1:],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{storage.sha256(path)}",
    }
    if title:
        found["title"] = title
    if path.suffix in (".parquet", ".xlsx"):
        # Validators read a missing integer there as a fraction; their columns are listed all the same.
        found["type"] = "file"
    if table:
        # Only missing values are empty: NA is Namibia.
        found |= {"title": f"One row: {table.row}", "schema": {"fields": _fields(table), "missingValues": [""]}}
    if table and path.suffix == ".csv":
        found |= {"profile": "tabular-data-resource", "encoding": "utf-8", "dialect": {"lineTerminator": "\n"}}
    return found


def _public_counts(study: Study, results: Sequence[Result], folder: Path) -> dict[str, Any]:
    """Return the public counts, with the rule of suppression and how much of each snapshot is hidden."""
    hidden = {r.snapshot: published(study, r).hidden_part() for r in results}
    shares = {
        name: {
            "cells": h.cells,
            "cells_in_all": h.of,
            "percent_of_hosts": None if h.share is None else round(h.share, 1),
        }
        for name, h in hidden.items()
    }
    return _resource(folder, counts_public.NAME, counts_public.SCHEMA) | {
        "description": wording.public_counts(study),
        "min_hosts": study.publication.min_hosts,
        "hidden": {"level": "country+manufacturer", "snapshots": shares},
    }


def _fields(table: Table) -> list[dict[str, Any]]:
    return [
        {"name": c.name, "type": _TYPES[c.type], "description": c.meaning, "constraints": {"required": not c.nullable}}
        | ({"trueValues": ["True"], "falseValues": ["False"]} if c.type == "bool" else {})
        for c in table.columns
    ]


def _sources(results: Sequence[Result]) -> list[dict[str, str]]:
    """Engines, location databases and population, each once."""
    titles = [f"{wording.engine(r.manifest)} results" for r in results]
    titles += [r.manifest.geo_credit for r in results if r.manifest.geo_credit]
    titles += [f"Population: {c.population_source}" for c in load_countries().values() if c.population_source]
    titles += ["Borders on the map: Natural Earth"]
    addresses = {title: re.search(r"https://[^\s()<>,;]+", title) for title in titles}
    return [{"title": title} | ({"path": found.group()} if found else {}) for title, found in addresses.items()]


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-.") or "camcensus"
