"""A small counts table, made from hosts by country and maker, and the study and manifest that go with it."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from camcensus.core.config import Study, load_study
from camcensus.core.manifest import Instrument, Manifest, Window
from camcensus.core.stage_record import Flow, StageRecord
from camcensus.core.tables import COUNTS, GROUPS
from camcensus.report.draw import draw_report
from camcensus.report.inputs import Result
from camcensus.report.tables import country_table
from camcensus.report.tables.table_export import as_frame
from tests.report.browser import browser
from tests.shared import built_once

__all__ = ["browser"]

HOSTS = {
    ("CN", "Hikvision"): 900,
    ("DE", "Axis"): 30,
    ("DE", "Dahua"): 60,
    ("DE", "Hikvision"): 120,
    ("NA", "Axis"): 7,
    ("NA", "Hikvision"): 40,
    ("TK", "Hikvision"): 2,
    ("US", "Dahua"): 3,
    ("US", "Hikvision"): 200,
    ("US", "Hanwha"): 8,
    ("US", "unknown"): 50,
    ("ZZ", "Hikvision"): 6,
}
DAY = 86_400
START = 1_700_000_000
Cells = dict[tuple[str, str], int]


def units(hosts: int) -> dict[str, int]:
    """Made-up units of a cell: a device more for each ten hosts, two banners a host."""
    return {"n_hosts": hosts, "n_devices": hosts + hosts // 10, "n_banners": 2 * hosts, "n_prefixes": (hosts + 1) // 2}


def add(cells: list[dict[str, int]]) -> dict[str, int]:
    """The cells added up, which is right where no host has two makers."""
    total: Counter[str] = Counter()
    for cell in cells:
        total.update(cell)
    return {name: total[name] for name in ("n_hosts", "n_devices", "n_banners", "n_prefixes")}


def grouped(hosts: Cells, place: int) -> dict[str, dict[str, int]]:
    """Units by country (place 0) or maker (place 1)."""
    keys = sorted({key[place] for key in hosts})
    return {k: add([units(n) for key, n in hosts.items() if key[place] == k]) for k in keys}


def level_rows(hosts: Cells) -> list[dict[str, Any]]:
    """Rows of every level that a report reads."""
    world = add([units(n) for n in hosts.values()])
    rows: list[dict[str, Any]] = [{"level": "world"} | world | geo(world["n_hosts"])]
    rows += [{"level": "country", "country": c} | u | geo(u["n_hosts"]) for c, u in grouped(hosts, 0).items()]
    rows += [{"level": "manufacturer", "manufacturer": m} | u for m, u in grouped(hosts, 1).items()]
    rows += [
        {"level": "country+manufacturer", "country": c, "manufacturer": m} | units(n) for (c, m), n in hosts.items()
    ]
    return rows + ([{"level": "product_type", "product_type": "camera"} | world] if hosts else [])


def geo(hosts: int) -> dict[str, int]:
    """Agreement of the two location sources."""
    return {"n_hosts_geo_min": hosts - hosts // 10, "n_hosts_geo_max": hosts + hosts // 10, "n_hosts_geo_asked": hosts}


def make_counts(snapshot: str, hosts: Cells, left_out: tuple[str, ...] = ("CN",), **fixed: Any) -> pa.Table:
    """The cube of COUNTS: both scopes at the headline values, and the world without decoys left out."""
    inside = {key: n for key, n in hosts.items() if key[0] not in left_out}
    instrument = {"query_set": "q1", "catalogue": "c1", "rules": "r1", "geo_db": "g1"}
    common: dict[str, Any] = {"snapshot": snapshot, "engine": "shodan", "basis": "download", "ip_version": "4"}
    common |= instrument
    common |= {"min_confidence": "medium", "complete": True, "simulated": False} | fixed
    rows = [
        common | row | {"scope": scope, "decoys_left_out": "certain"}
        for scope, cells in (("all", hosts), ("study", inside))
        for row in level_rows(cells)
    ]
    more = level_rows({key: n + 5 for key, n in inside.items()})[0]
    rows.append(common | more | {"scope": "study", "decoys_left_out": "none"})
    blank: dict[str, Any] = dict.fromkeys(
        [*GROUPS, "n_hosts_geo_min", "n_hosts_geo_max", "n_hosts_geo_asked", "n_matches"]
    )
    blank |= {"window_start": START, "window_end": START + 30 * DAY}
    return pa.Table.from_pylist([blank | row for row in rows], schema=COUNTS.schema)


def make_manifest(snapshot: str, **changed: Any) -> Manifest:
    """A manifest with a flow for two stages."""
    flow = Flow(unit="banners", rows_in=100, rows_out=90, dropped={"not <JSON>": 4, "outside the window": 6})
    stages = {
        "dedupe": StageRecord(version=1, depends_on={}, outputs={}, flow=Flow(unit="banners", rows_in=90, rows_out=90)),
        "ingest": StageRecord(version=1, depends_on={}, outputs={}, flow=flow),
    }
    fields: dict[str, Any] = {
        "snapshot": snapshot,
        "run": "0123456789abcdef",
        "version": "0.1.0",
        "geo_credit": "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0",
        "window": Window(start=START, end=START + 30 * DAY, days=30),
        "instrument": Instrument(query_set="q1", catalogue="c1", rules="r1", geo_db="g1"),
        "stages": stages,
    }
    return Manifest(**(fields | changed))


def make_result(snapshot: str, hosts: Cells | None = None, manifest: dict[str, Any] | None = None) -> Result:
    """A snapshot's result."""
    return Result(
        snapshot, make_manifest(snapshot, **(manifest or {})), make_counts(snapshot, HOSTS if hosts is None else hosts)
    )


def built(study: Study, results: list[Result]) -> pd.DataFrame:
    """The country table as a frame."""
    return as_frame(country_table.table(study, results))


_CHARTS: list[Path] = []  # drawn once; a report that shows the same values takes them from there


@pytest.fixture(scope="session", autouse=True)
def charts_drawn_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Draw the charts of the usual snapshot once for all tests of reports."""
    folder = built_once(
        tmp_path_factory, "charts", lambda to: draw_report(make_study(to), [make_result("2024")]), is_drawn=True
    )
    _CHARTS[:] = [folder / "report/charts"]


def take_charts(folder: Path) -> None:
    """Lay the charts of the usual snapshot into a new folder of a report, where unchanged ones need not be drawn."""
    if _CHARTS and not folder.exists():
        shutil.copytree(_CHARTS[0], folder / "charts", ignore=shutil.ignore_patterns("*.csv"))


def make_study(folder: Path, *lines: str, vendors: tuple[str, ...] = ("Hikvision",)) -> Study:
    """A study in `folder`, with more lines of TOML if wanted."""
    take_charts(folder / "report")
    names = ", ".join(f"'{v}'" for v in vendors)
    path = folder / "study.toml"
    path.write_text("\n".join(["title = 'Cameras <b>& more</b>'", f"vendors = [{names}]", *lines]), encoding="utf-8")
    return load_study(path)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study of Hikvision outside China."""
    return make_study(tmp_path)
