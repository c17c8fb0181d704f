"""Charts: drawn for any names and numbers, with the same bytes every time, and with their data beside them."""

from pathlib import Path

import pandas as pd
import pytest

from pipeline.manifest import Instrument
from pipeline.report import style
from pipeline.report.bars import Bar, draw_bars
from pipeline.report.charts import draw_charts, save_chart
from pipeline.report.inputs import Result
from pipeline.study import Study
from tests.report.conftest import make_result, make_study

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    '=HYPERLINK("x")',
    r"$\frac{",
    "\u6d77\x00\u5eb7",
]


def save(study: Study, results: list[Result], folder: Path) -> dict[str, pd.DataFrame]:
    """Draws and saves all charts; gives their data."""
    for chart in draw_charts(study, results):
        save_chart(chart, folder)
    return {p.stem: pd.read_csv(p, keep_default_na=False, na_values=[""]) for p in (folder / "charts").glob("*.csv")}


def test_files_and_their_data(study: Study, tmp_path: Path) -> None:
    data = save(study, [make_result("2023"), make_result("2024")], tmp_path)
    assert set(data) == {"map", "countries", "vendors", "product_types", "trend"}
    assert list(data["countries"]["alpha2"]) == ["US", "DE", "NA", "TK"]
    assert list(data["vendors"]["maker"]) == ["Hikvision", "Dahua", "Axis", "Hanwha", "unknown"]
    assert list(data["trend"]["hosts"]) == [526, 526, 368, 368]
    assert "CN" not in set(data["map"]["alpha2"])
    assert (tmp_path / "charts" / "map.png").read_bytes().startswith(b"\x89PNG")


def test_same_bytes_twice(study: Study, tmp_path: Path) -> None:
    for name in ("one", "two"):
        save(study, [make_result("2023"), make_result("2024")], tmp_path / name)
    for path in sorted((tmp_path / "one" / "charts").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / "charts" / path.name).read_bytes(), path.name


def test_hostile_names_are_only_names(study: Study, tmp_path: Path) -> None:
    data = save(study, [make_result("2024", {("US", name): 50 for name in HOSTILE})], tmp_path)
    assert '\'=HYPERLINK("x")' in set(data["vendors"]["maker"])
    assert b"<script" not in (tmp_path / "charts" / "vendors.svg").read_bytes()


def test_nothing_counted(study: Study, tmp_path: Path) -> None:
    data = save(study, [make_result("2024", {})], tmp_path)
    assert list(data["trend"]["hosts"]) == [0, 0]
    assert data["countries"].empty


def test_makers_under_the_minimum_are_not_in_the_trend(tmp_path: Path) -> None:
    study = make_study(tmp_path, vendors=("Dahua",))
    data = save(study, [make_result("2024", {("DE", "Dahua"): 4, ("DE", "Axis"): 9})], tmp_path)["trend"]
    assert list(data["hosts"].isna()) == [False, True]


def test_a_changed_instrument_breaks_the_line(study: Study, tmp_path: Path) -> None:
    changed = Instrument(query_set="q2", catalogue="c1", rules="r1", geo_db="g2")
    results = [make_result("2023"), make_result("2024", manifest={"instrument": changed})]
    trend = save(study, results, tmp_path)["trend"]
    assert list(trend["break"].fillna("")) == ["", "query set"] * 2
    figure = draw_charts(study, results)[-1].figure
    assert all(line.get_linestyle() == "None" for line in figure.axes[0].lines)


def test_simulated_charts_say_so(study: Study) -> None:
    for chart in draw_charts(study, [make_result("2024", manifest={"simulated": True})]):
        words = [t.get_text() for t in (*chart.figure.texts, *chart.figure.axes[0].texts)]
        assert any(text.startswith("SYNTHETIC DATA") for text in words), chart.name


@pytest.mark.parametrize("text", HOSTILE)
def test_labels_are_short_and_drawable(text: str) -> None:
    shown = style.label(text * 5)
    assert len(shown) <= style.MAX_LABEL
    assert shown.isprintable()
    with style.house():
        bars = [Bar("x", text, 1, style.ACCENT)]
        draw_bars(bars, title="t", unit="u", source="s", synthetic=False, empty="").canvas.draw()
