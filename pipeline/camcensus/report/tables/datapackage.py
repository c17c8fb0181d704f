"""datapackage.json: what the files of a report are, with their hashes and columns (Frictionless Data Package 1)."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

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
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Files a reader may want, as the page lists them.
FILES = (
    ("country_table.csv", "the country table, all snapshots"),
    ("country_table.parquet", "the same, typed, with the meaning of each column"),
    ("country_table.xlsx", "the same as a workbook"),
    ("country_table.md", "the same as Markdown"),
    ("counts_public.parquet", "all counts that may be published, by country, maker, brand, kind and model"),
    ("methodology.md", "units, rules, limits, instrument"),
    ("datapackage.json", "all files with hashes, columns and their meaning"),
)
_KINDS = {".html": "text/html", ".csv": "text/csv"}
_TYPES = {pa.string(): "string", pa.int64(): "integer", pa.float64(): "number", pa.bool_(): "boolean"}


def text(context: ReportContext, charts: Sequence[Chart], pages: dict[str, str], folder: Path) -> str:
    """Return the text of `datapackage.json`, which describes existing files.

    pages: file to title, of pages and further tables.
    """
    study, results = context.study, context.results
    table = country_table.schema(study)
    resources = [
        _resource(folder, "country_table.csv", "text/csv", table),
        _resource(folder, "country_table.parquet", "application/vnd.apache.parquet", table),
        _resource(folder, "country_table.xlsx", XLSX),
        _resource(folder, "country_table.md", "text/markdown"),
        _public_counts(study, results, folder),
        _resource(folder, "index.html", "text/html"),
        _resource(folder, "methodology.md", "text/markdown"),
        _resource(folder, drawing.INDEX, "application/json"),
    ]
    for chart in charts:
        resources.append(_resource(folder, f"charts/{chart.name}.csv", "text/csv", chart.table))
        resources.append(_resource(folder, f"charts/{chart.name}.svg", "image/svg+xml", title=chart.title))
        resources.append(_resource(folder, f"charts/{chart.name}.png", "image/png", title=chart.title))
    resources += [_resource(folder, file, _KINDS[Path(file).suffix], title=title) for file, title in pages.items()]
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
        "snapshots": [_snapshot(r) for r in results],
    }
    return json.dumps(package, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _resource(folder: Path, name: str, kind: str, table: Table | None = None, title: str = "") -> dict[str, Any]:
    """One file: where, how large, its hash, and its columns if it has any."""
    path = folder / name
    found: dict[str, Any] = {
        "name": _slug(name),
        "path": name,
        "mediatype": kind,
        "format": path.suffix[1:],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{storage.sha256(path)}",
    }
    if title:
        found["title"] = title
    if path.suffix in (".parquet", ".xlsx"):
        found["type"] = (
            "file"  # validators read a missing integer there as a fraction; their columns are listed all the same
        )
    if table:
        # Only missing values are empty: NA is Namibia.
        found |= {"title": f"One row: {table.row}", "schema": {"fields": _fields(table), "missingValues": [""]}}
    if table and kind == "text/csv":
        found |= {"profile": "tabular-data-resource", "encoding": "utf-8", "dialect": {"lineTerminator": "\n"}}
    return found


def _public_counts(study: Study, results: Sequence[Result], folder: Path) -> dict[str, Any]:
    """Return the public counts, with the rule of suppression and how much of each snapshot is hidden."""
    found = _resource(folder, counts_public.NAME, "application/vnd.apache.parquet", counts_public.SCHEMA)
    hidden = {r.snapshot: published(study, r).hidden_part() for r in results}
    shares = {
        name: {
            "cells": one.cells,
            "cells_in_all": one.of,
            "percent_of_hosts": None if one.share is None else round(one.share, 1),
        }
        for name, one in hidden.items()
    }
    return found | {
        "description": wording.public_counts(study),
        "min_hosts": study.publication.min_hosts,
        "hidden": {"level": "country+manufacturer", "snapshots": shares},
    }


def _fields(table: Table) -> list[dict[str, Any]]:
    return [
        {"name": c.name, "type": _TYPES[c.type], "description": c.meaning, "constraints": {"required": not c.nullable}}
        | ({"trueValues": ["True"], "falseValues": ["False"]} if c.type == pa.bool_() else {})
        for c in table.columns
    ]


def _sources(results: Sequence[Result]) -> list[dict[str, str]]:
    """Engines, location databases and population, each once."""
    titles = [f"{wording.engine(r.manifest)} results" for r in results]
    titles += [r.manifest.geo_credit for r in results if r.manifest.geo_credit]
    titles += [f"Population: {c.population_source}" for c in load_countries().values() if c.population_source]
    titles += ["Borders on the map: Natural Earth"]
    return [{"title": title} | _path(title) for title in dict.fromkeys(titles)]


def _path(title: str) -> dict[str, str]:
    """Return the first https address in a source's title."""
    found = re.search(r"https://[^\s()<>,;]+", title)
    return {"path": found.group()} if found else {}


def _snapshot(result: Result) -> dict[str, Any]:
    wanted = {"snapshot", "run", "version", "engine", "basis", "complete", "simulated", "window", "instrument", "geo"}
    return result.manifest.model_dump(include=wanted)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-.") or "camcensus"
