"""Drawing: every chart into `charts/`, side by side in several processes, and only those that changed."""

import hashlib
import json
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.report import style
from pipeline.report.charts import Chart, Picture
from pipeline.report.output import Output
from pipeline.report.sheets import as_frame, as_table, csv
from pipeline.versions import code_hash, digest_of

INDEX = "charts/index.json"
ENDINGS = ("svg", "png")
MODULES = ("pipeline.report.bars", "pipeline.report.lines", "pipeline.report.stacks", "pipeline.report.worldmap")
WORTH_PROCESSES = 3  # fewer pictures are drawn sooner than a process starts


def draw(charts: Sequence[Chart], out: Output) -> None:
    """Writes `charts/<name>.svg`, `.png` and `.csv` of each chart, and an index of what they were drawn from.

    A picture whose values and code are those of the index, and whose files are as they were left, stays.
    """
    before = _index(out.folder)
    wanted = {chart.name: digest_of(code_hash(*MODULES), repr(chart.picture)) for chart in charts}
    todo = [c for c in charts if not _stands(out.folder, c.name, before.get(c.name), wanted[c.name])]
    index = {chart.name: before[chart.name] for chart in charts if chart not in todo}
    for chart, files in zip(todo, _rendered([chart.picture for chart in todo]), strict=True):
        index[chart.name] = {"drawn_from": wanted[chart.name]}
        for ending, content in zip(ENDINGS, files, strict=True):
            out.write(_file(chart.name, ending), content)
            index[chart.name][ending] = hashlib.sha256(content).hexdigest()
    for chart in charts:
        out.keep(*(_file(chart.name, ending) for ending in ENDINGS))
        out.write(_file(chart.name, "csv"), csv(as_frame(as_table(chart.rows, chart.table))))
    out.write(INDEX, json.dumps(index, indent=1, sort_keys=True) + "\n")


def _file(name: str, ending: str) -> str:
    return f"charts/{name}.{ending}"


def _index(folder: Path) -> dict[str, dict[str, str]]:
    """What the charts that are there were drawn from; nothing, where that cannot be read."""
    try:
        found: dict[str, dict[str, str]] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _stands(folder: Path, name: str, before: Any, wanted: str) -> bool:
    """Whether a picture need not be drawn."""
    if not isinstance(before, dict) or before.get("drawn_from") != wanted:
        return False
    paths = {ending: folder / _file(name, ending) for ending in ENDINGS}
    return all(path.is_file() and store.sha256(path) == before.get(ending) for ending, path in paths.items())


def _rendered(pictures: Sequence[Picture]) -> list[tuple[bytes, bytes]]:
    """SVG and PNG of each."""
    workers = min(len(pictures), os.cpu_count() or 1)
    if len(pictures) < WORTH_PROCESSES or workers < 2:
        return [render(picture) for picture in pictures]
    # Forking a process in which libraries hold threads may hang, so each starts anew.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(render, pictures))


def render(picture: Picture) -> tuple[bytes, bytes]:
    """SVG and PNG of one picture."""
    with style.house():
        figure = picture.draw()
        return style.svg(figure), style.png(figure)
