"""Drawing: every chart into `charts/`, side by side in several processes, and only those that changed."""

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, cast

import matplotlib as mpl

from camcensus.core import storage
from camcensus.core.fingerprints import digest_of
from camcensus.engines.processes import context, end_with_parent
from camcensus.report.charts import style
from camcensus.report.charts.chart import Chart, Picture
from camcensus.report.output import Output
from camcensus.report.tables.table_export import as_frame, as_table, csv

INDEX = "charts/index.json"
ENDINGS = ("svg", "png")
VERSION = 1  # raise it when the same values are drawn otherwise


class Drawing:
    """Charts on their way into `charts/<name>.svg`, `.png` and `.csv`, and an index of what they were drawn from.

    Other processes draw what must be drawn, until `finish` writes it. A picture whose values and version are those of
    the index, and whose files are unchanged, stays.
    """

    def __init__(self, charts: Sequence[Chart], folder: Path) -> None:
        self._charts = charts
        self._wanted = {chart.name: digest_of(VERSION, mpl.__version__, repr(chart.picture)) for chart in charts}
        before = _index(folder)
        self._todo = [c for c in charts if not _is_current(folder, c.name, before.get(c.name), self._wanted[c.name])]
        self._index = {chart.name: before[chart.name] for chart in charts if chart not in self._todo}
        self._pool = _pool(len(self._todo))
        self._futures = [self._pool.submit(render, chart.picture) for chart in self._todo] if self._pool else []

    def finish(self, out: Output) -> None:
        """Wait for what is being drawn, and write it."""
        done = [f.result() for f in self._futures] if self._pool else [render(chart.picture) for chart in self._todo]
        if self._pool:
            self._pool.shutdown()
        for chart, files in zip(self._todo, done, strict=True):
            self._index[chart.name] = {"drawn_from": self._wanted[chart.name]}
            for ending, content in zip(ENDINGS, files, strict=True):
                out.write(_file(chart.name, ending), content)
                self._index[chart.name][ending] = hashlib.sha256(content).hexdigest()
        for chart in self._charts:
            out.keep(*(_file(chart.name, ending) for ending in ENDINGS))
            out.write(_file(chart.name, "csv"), csv(as_frame(as_table(chart.rows, chart.table))))
        out.write(INDEX, json.dumps(self._index, indent=1, sort_keys=True) + "\n")


def render(picture: Picture) -> tuple[bytes, bytes]:
    """Return one picture as SVG and PNG."""
    with style.house():
        figure = picture.draw()
        return style.svg(figure), style.png(figure)


def _file(name: str, ending: str) -> str:
    return f"charts/{name}.{ending}"


def _index(folder: Path) -> dict[str, dict[str, str]]:
    """Return what the existing charts were drawn from; nothing where that cannot be read."""
    try:
        return cast("dict[str, dict[str, str]]", json.loads((folder / INDEX).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _is_current(folder: Path, name: str, before: Any, wanted: str) -> bool:
    if not isinstance(before, dict) or before.get("drawn_from") != wanted:
        return False
    paths = {ending: folder / _file(name, ending) for ending in ENDINGS}
    return all(path.is_file() and storage.sha256(path) == before.get(ending) for ending, path in paths.items())


def _pool(pictures: int) -> ProcessPoolExecutor | None:
    """Return processes for so many pictures; None where they are drawn sooner than a process starts."""
    # One core makes the tables meanwhile, which takes longer; each process holds the libraries once more.
    workers = min(pictures, (os.cpu_count() or 1) - 1)
    return ProcessPoolExecutor(workers, context(__name__), end_with_parent) if pictures >= 3 and workers else None
