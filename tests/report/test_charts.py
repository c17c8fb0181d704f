"""Charts: drawn for any names and numbers, with the same bytes every time, and with their data beside them."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from camcensus.core.config import Study
from camcensus.core.manifest import Instrument, Window
from camcensus.core.tables import NETWORKS
from camcensus.report.charts import drawing, newest, style, years
from camcensus.report.charts.bars import Bar, Bars
from camcensus.report.charts.chart import Chart
from camcensus.report.charts.lines import Lines
from camcensus.report.charts.style import Frame
from camcensus.report.context import ReportContext
from camcensus.report.draw import draw_report
from camcensus.report.inputs import Result
from camcensus.report.output import Output
from tests.report.conftest import DAY, START, make_result, make_study, take_charts

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    '=HYPERLINK("x")',
    "@SUM(A1)",
    r"$\frac{",
    "\u6d77\x00\u5eb7",
    "abc\u202egpj.exe",
    "x" * 10_000,
    "\x1b[31mred",
]
NAMES = {
    *("map", "countries", "vendors", "models", "product_types", "coverage"),
    *("trend", "vendors_by_year", "decoys", "last_seen", "flow"),
}


def charts(study: Study, results: list[Result]) -> dict[str, Chart]:
    """All charts by name."""
    context = ReportContext(study, results)
    found = [*newest.charts_of(context), *years.charts_of(context)]
    return {chart.name: chart for chart in found}


def save(study: Study, results: list[Result], folder: Path) -> dict[str, pd.DataFrame]:
    """Draws and saves all charts; gives their data."""
    folder = folder / "saved"
    take_charts(folder)
    drawing.Drawing(list(charts(study, results).values()), folder).finish(Output(folder))
    return {p.stem: pd.read_csv(p, keep_default_na=False, na_values=[""]) for p in (folder / "charts").glob("*.csv")}


def at(year: int, **changed: Any) -> dict[str, Any]:
    """Part of a manifest: a window that ends some years after the first."""
    end = START + (365 * year + 30) * DAY
    return {"manifest": {"window": Window(start=end - 30 * DAY, end=end, days=30)} | changed}


def lines(study: Study, results: list[Result]) -> tuple[Lines, list[Any]]:
    """The trend's picture, and the lines in it that lead from one snapshot to the next."""
    picture = charts(study, results)["trend"].picture
    assert isinstance(picture, Lines)
    drawn = picture.draw().axes[0].lines
    places = {point.position for point in picture.points}
    return picture, [line for line in drawn if len(set(line.get_xdata())) == 2 and set(line.get_xdata()) <= places]


def test_files_and_their_data(study: Study, tmp_path: Path) -> None:
    data = save(study, [make_result("2023"), make_result("2024")], tmp_path)
    assert set(data) == NAMES
    assert list(data["countries"]["country"]) == ["US", "DE", "NA", "TK"]
    assert list(data["vendors"]["maker"]) == ["Hikvision", "Dahua", "Axis", "Hanwha", "unknown"]
    assert list(data["trend"]["n_hosts"])[:4] == [526, 526, 368, 368]
    assert list(data["trend"]["maker"])[::2] == ["All makers", "Hikvision", "Dahua", "Axis", "Hanwha"]
    assert "CN" not in set(data["map"]["country"])
    assert (tmp_path / "saved/charts" / "map.png").read_bytes().startswith(b"\x89PNG")
    assert all(list(frame.columns)[-1] == "simulated" for frame in data.values())


@pytest.mark.slow
def test_a_chart_that_did_not_change_is_not_drawn_again(study: Study, tmp_path: Path) -> None:
    save(study, [make_result("2024")], tmp_path)
    before = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "saved/charts").iterdir()}
    (tmp_path / "saved/charts" / "map.svg").write_text("broken")
    save(study, [make_result("2024", {("US", "Hikvision"): 400})], tmp_path)
    after = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "saved/charts").iterdir()}
    same = {name for name, when in before.items() if after[name] == when}
    assert {"flow.svg", "flow.png", "last_seen.png"} <= same
    assert not {"map.svg", "countries.svg", "countries.png", "trend.svg"} & same
    assert (tmp_path / "saved/charts" / "map.svg").read_text() != "broken"


@pytest.mark.slow
def test_hostile_names_are_only_names(study: Study, tmp_path: Path) -> None:
    data = save(study, [make_result("2024", {("US", name): 50 for name in HOSTILE})], tmp_path)
    assert '\'=HYPERLINK("x")' in set(data["vendors"]["maker"])
    text = (tmp_path / "saved/charts" / "vendors.svg").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "<img" not in text
    assert "\u202e" not in text
    assert len(text) < 100_000


@pytest.mark.slow
def test_nothing_counted(study: Study, tmp_path: Path) -> None:
    data = save(study, [make_result("2024", {})], tmp_path)
    assert list(data["trend"]["n_hosts"]) == [0, 0]
    assert data["countries"].empty


@pytest.mark.slow
def test_makers_under_the_minimum_are_not_in_the_trend(tmp_path: Path) -> None:
    study = make_study(tmp_path, vendors=("Dahua",))
    data = save(study, [make_result("2024", {("DE", "Dahua"): 4, ("DE", "Axis"): 9})], tmp_path)["trend"]
    assert list(data["n_hosts"].isna()) == [False, True]


@pytest.mark.slow
def test_the_trend_has_the_headline_s_maker_and_the_largest_others(tmp_path: Path) -> None:
    study = make_study(tmp_path, vendors=("Uniview", "TVT", "Axis", "Dahua", "Hanwha"))
    makers = {"Uniview": 9, "TVT": 8, "Axis": 7, "Dahua": 90, "Hanwha": 6, "Xiongmai": 80, "Foscam": 70, "unknown": 99}
    data = save(study, [make_result("2024", {("DE", maker): n for maker, n in makers.items()})], tmp_path)["trend"]
    assert list(data["maker"]) == ["All makers", "Uniview", "Dahua", "Xiongmai", "Foscam"]


@pytest.mark.slow
def test_f24_a_changed_instrument_breaks_the_line(study: Study, tmp_path: Path) -> None:
    changed = Instrument(query_set="q2", catalogue="c1", rules="r1", geo_db="g2")
    results = [make_result("2023", **at(0)), make_result("2024", **at(1, instrument=changed))]
    trend = save(study, results, tmp_path)["trend"]
    assert list(trend["break"].fillna("")) == ["", "another query set"] * 5
    assert lines(study, results)[1] == []
    assert "Break 1, before 2024: another query set." in charts(study, results)["trend"].note


def test_f24_bars_too_are_parted_where_the_instrument_changed(study: Study) -> None:
    changed = Instrument(query_set="q2", catalogue="c1", rules="r1", geo_db="g1")
    results = [make_result(str(2022 + n), **at(n, **({"instrument": changed} if n == 2 else {}))) for n in range(3)]
    for name in ("vendors_by_year", "decoys", "last_seen"):
        chart = charts(study, results)[name]
        assert chart.note.endswith("Break 1, before 2024: another query set.")
        # Newest first: between the bars of 2024 and 2023.
        assert [list(line.get_ydata()) for line in chart.picture.draw().axes[0].lines] == [[0.5, 0.5]]
    assert list(charts(study, results[:2])["decoys"].picture.draw().axes[0].lines) == []


def test_one_instrument_joins(study: Study) -> None:
    found = lines(study, [make_result("2023", **at(0)), make_result("2024", **at(1))])[1]
    assert [line.get_linestyle() for line in found] == ["-", "-", "--", "--", "--"]


def test_a_question_that_is_not_known_dots_the_line(study: Study) -> None:
    unknown = Instrument(query_set="not known", catalogue="c1", rules="r1", geo_db="g1")
    results = [make_result(str(2023 + n), **at(n, instrument=unknown)) for n in (0, 1)]
    picture, found = lines(study, results)
    assert [point.has_unknown_queries for point in picture.points] == [False, True]
    assert all(line.get_linestyle() != "-" for line in found)
    assert "Dotted lines" in charts(study, results)["trend"].note


def test_f27_a_missing_year_is_a_gap(study: Study) -> None:
    results = [make_result("2023", **at(0)), make_result("2026", **at(3))]
    picture, found = lines(study, results)
    assert found == []
    ticks = [label.get_text() for label in picture.draw().axes[0].get_xticklabels()]
    assert ticks == ["2023", "2026", "2024:\nnone", "2025:\nnone"]
    assert "Snapshots are missing between 2023 and 2026." in charts(study, results)["trend"].note


def test_a_partial_snapshot_is_a_hollow_mark(study: Study) -> None:
    results = [make_result("2023", **at(0)), make_result("2024", **at(1, complete=False))]
    picture, found = lines(study, results)
    assert found == []
    marks = [line for line in picture.draw().axes[0].lines if line.get_marker() == "o"]
    assert [line.get_markerfacecolor() == style.PAPER for line in marks] == [False, True]


def test_kinds_of_network_are_drawn_where_they_were_counted(study: Study) -> None:
    same = {"n_banners": 9, "n_devices": 9, "level": "world", "country": None}
    rows = [
        same | {"scope": scope, "network_kind": kind, "n_hosts": n}
        for scope, kind, n in (("all", "fixed", 99), ("study", "fixed", 60), ("study", "unknown", 40))
    ]
    rows.append(same | {"scope": "study", "network_kind": "fixed", "n_hosts": 7, "level": "country", "country": "DE"})
    counted = replace(make_result("2024"), networks=pa.Table.from_pylist(rows, schema=NETWORKS.schema))
    chart = charts(study, [make_result("2023"), counted])["networks"]
    found = {(row["snapshot"], row["part"]): row["count"] for row in chart.rows}
    assert found["2024", "Fixed lines"] == 60
    assert found["2024", "Kind not known"] == 40
    assert found["2024", "Mobile"] == 0
    assert found["2023", "Fixed lines"] is None
    assert "networks" not in charts(study, [make_result("2023")])


@pytest.mark.slow
def test_every_picture_and_table_that_is_passed_on_has_the_credit_of_its_sources(study: Study, tmp_path: Path) -> None:
    folder = draw_report(study, [make_result("2023", **at(0)), make_result("2024", **at(1))]).parent
    pictures = sorted((folder / "charts").glob("*.svg"))
    assert len(pictures) > 9
    owed = "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0"
    assert [p.name for p in pictures if owed not in p.read_text(encoding="utf-8")] == []
    assert (folder / "country_table.md").read_text(encoding="utf-8").endswith(f"\n\n{owed}\n")
    sheet = openpyxl.load_workbook(folder / "country_table.xlsx")["columns"]
    assert owed in [cell.value for row in sheet.rows for cell in row]


def test_simulated_charts_say_so(study: Study) -> None:
    for chart in charts(study, [make_result("2024", manifest={"simulated": True})]).values():
        figure = chart.picture.draw()
        words = [t.get_text() for t in (*figure.texts, *figure.axes[0].texts)]
        assert any(text.startswith("SYNTHETIC DATA") for text in words), chart.name


def test_parts_of_a_bar_differ_in_greyscale() -> None:
    greys = [sum(w * int(c[i : i + 2], 16) for w, i in ((0.3, 1), (0.59, 3), (0.11, 5))) for c in style.PARTS[:6]]
    assert all(b - a > 20 for a, b in pairwise(greys))


@pytest.mark.parametrize("text", HOSTILE)
def test_labels_are_short_and_drawable(text: str) -> None:
    shown = style.label(text * 5)
    assert len(shown) <= style.MAX_LABEL
    assert shown.isprintable()
    with style.house():
        bars = Bars((Bar("x", text, 1, style.ACCENT),), Frame("t", "u", "s", False), "")
        bars.draw().canvas.draw()
