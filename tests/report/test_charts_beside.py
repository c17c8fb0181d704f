"""Charts of what stands beside the counts: one instrument, controls, concentration, firmware, churn."""

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from camcensus.aggregate.details import AGES, TOPS
from camcensus.core.config import Study
from camcensus.core.manifest import Collection
from camcensus.core.stage_record import Churn, Flow, StageRecord
from camcensus.core.tables import CONCENTRATION, FIRMWARE, SERIES
from camcensus.report import wording
from camcensus.report.charts import years
from camcensus.report.charts.chart import Chart
from camcensus.report.charts.lines import Lines
from camcensus.report.context import ReportContext
from camcensus.report.inputs import Result
from camcensus.report.tables.small_tables import one_instrument
from camcensus.report.tables.trend import missing_reasons, series_count
from tests.report.conftest import make_manifest, make_result
from tests.report.test_charts import at

Said = dict[tuple[str, str | None], int | str]


def with_series(snapshot: str, said: Said, **changed: Any) -> Result:
    """A result with rows of the series: numbers are hosts, texts are reasons."""
    result = make_result(snapshot, manifest=changed)
    same = {"snapshot": snapshot, "query_set": "q", "catalogue": "c", "rules": "r", "geo_db": "g", "complete": True}
    rows = [
        same | {"series": series, "manufacturer": maker, "simulated": False}
        | ({"reason": n} if isinstance(n, str) else {"n_banners": 2 * n, "n_hosts": n, "n_devices": n})
        for (series, maker), n in said.items()
    ]  # fmt: skip
    columns = [pa.array([row.get(c.name) for row in rows], c.type) for c in SERIES.columns]
    return Result(snapshot, result.manifest, result.counts, series=pa.Table.from_arrays(columns, schema=SERIES.schema))


def charts(study: Study, results: list[Result]) -> dict[str, Chart]:
    """Charts by name."""
    return {chart.name: chart for chart in years.charts_of(ReportContext(study, results))}


ALL = [("queries", None), ("ports", None)]


def test_one_instrument_is_a_line_where_query_sets_differ_and_a_gap_where_they_are_not_known(study: Study) -> None:
    asked = [make_manifest("x").instrument]
    other = asked[0].model_copy(update={"query_set": "q2"}) if asked[0] else None
    results = [
        with_series("2023", dict(zip(ALL, (500, 400), strict=True)), **at(0)["manifest"]),
        with_series("2024", dict(zip(ALL, (510, 390), strict=True)), **at(1)["manifest"], instrument=other),
        with_series(
            "2025", dict.fromkeys(ALL, "which queries is <b>not</b> known"), **at(2)["manifest"], instrument=other
        ),
    ]
    chart = charts(study, results)["instrument"]
    picture = chart.picture
    assert isinstance(picture, Lines)
    assert [line.name for line in picture.lines] == ["Headline", "Same queries", "… and ports"]
    assert [line.counts for line in picture.lines] == [(526, 526, 526), (500, 510, None), (400, 390, None)]
    assert picture.points[1].is_joined
    drawn = [line for line in picture.draw().axes[0].lines if len(line.get_xdata()) == 2]
    # Not from 2023 to 2024: other queries gave the headline other banners.
    between = [(int(line.get_xdata()[1]), list(line.get_ydata())) for line in drawn]
    assert between == [(2025, [526, 526]), (2024, [500, 510]), (2024, [400, 390])]
    assert {row["reason"] for row in chart.rows if row["snapshot"] == "2025"} == {"which queries is <b>not</b> known"}
    own = [(row["headline"], row["n_hosts"]) for row in chart.rows if row["maker"] == "Hikvision"]
    assert own == [(368, 0), (368, 0), (368, 0), (368, 0), (368, None), (368, None)]
    assert missing_reasons(results) == ["No series for 2025: which queries is <b>not</b> known."]


def test_other_reasons_still_break_the_series(study: Study) -> None:
    results = [with_series("2023", {("queries", None): 5}), with_series("2024", {("queries", None): 6}, complete=False)]
    picture = charts(study, results)["instrument"].picture
    assert isinstance(picture, Lines)
    assert not picture.points[1].is_joined


@pytest.mark.parametrize(("left", "shown"), [(360, 360), (357, None), (356, None), (355, 355), (4, None), (0, 0)])
def test_a_maker_is_hidden_where_the_difference_to_its_headline_is_small(
    study: Study, left: int, shown: int | None
) -> None:
    """Of 360 hosts so many are left."""
    said: Said = {("queries", None): left, ("queries", "Hikvision"): left}
    counts = make_result("2024", {("DE", "Hikvision"): 360}).counts
    result = replace(with_series("2024", said), counts=counts)
    assert series_count(study, result, "hosts", "Hikvision", "queries") == shown


def test_no_series_no_chart_and_the_page_says_why(study: Study) -> None:
    results = [make_result("2024")]
    assert not {"instrument", "controls"} & set(charts(study, results))
    assert one_instrument(ReportContext(study, results)) is None
    said = " ".join(wording.absent([], matches=False))
    assert all(word in said for word in ("queries", "control counts", "Firmware age", "churn", "second engine"))
    assert "Firmware age" not in " ".join(wording.absent(["firmware_age"], matches=True))


def collected(**controls: int) -> dict[str, Any]:
    """A manifest with control counts."""
    return {
        "collection": Collection(
            modes=["download"], queries={}, parts=1, announced=1, found=1, credits=1, threshold=0.98, missing=[],
            controls=controls, ports=[80],
        )
    }  # fmt: skip


def test_controls_are_an_index_of_banners_for_each_match(study: Study) -> None:
    results = [
        make_result("2023"),
        make_result("2024", manifest=collected(**{"half-1": 600, "half-2": 400, "port-80": 100})),
        make_result("2025", {("DE", "Hikvision"): 789}, collected(**{"half-1": 1200, "half-2": 800, "port-80": 50})),
    ]
    chart = charts(study, results)["controls"]
    index = {(row["snapshot"], row["control"]): row["index"] for row in chart.rows}
    # 526 hosts with two banners each, then 789: one and a half times as many.
    assert index == {
        ("2023", "everything"): None, ("2024", "everything"): 100, ("2025", "everything"): 75,
        ("2023", "port-80"): None, ("2024", "port-80"): 100, ("2025", "port-80"): 300,
    }  # fmt: skip
    chart.picture.draw()


def with_details(snapshot: str, held: tuple[int, ...], ages: dict[str, int]) -> Result:
    """A result with concentration (hosts in the largest 1, 10, 100, 1,000, 10,000 and all) and firmware ages."""
    result = make_result(snapshot)
    rows = [
        {"network_type": kind, "top": top, "n_networks": top or 9, "n_hosts": n}
        for kind in ("asn", "prefix")
        for top, n in zip((*TOPS, None), held, strict=True)
    ]
    aged = [{"age": age, "n_devices": ages.get(age, 0)} for age in (*AGES, "undated", "unknown")]
    return Result(
        snapshot, result.manifest, result.counts,
        concentration=pa.Table.from_pylist(rows, schema=CONCENTRATION.schema),
        firmware=pa.Table.from_pylist(aged, schema=FIRMWARE.schema),
    )  # fmt: skip


def test_concentration_adds_up_to_all_hosts(study: Study) -> None:
    result = with_details("2024", (100, 300, 500, 520, 520, 520), {})
    chart = charts(study, [result])["concentration"]
    assert [row["count"] for row in chart.rows] == [100, 200, 200, 20, 0, 6]
    assert "95.1% of its hosts" in chart.note
    chart.picture.draw()


def test_firmware_ages_of_few_devices_are_not_shown(study: Study) -> None:
    result = with_details("2024", (1,) * 6, {"0": 3, "7-9": 40, "undated": 50, "unknown": 60})
    chart = charts(study, [result])["firmware_age"]
    assert [row["count"] for row in chart.rows] == [None, 0, 0, 0, 40, 0]
    assert "43 of 153 devices show a date" in chart.note
    assert "fewer than 5" in chart.note
    chart.picture.draw()
    assert "firmware_age" not in charts(study, [with_details("2024", (1,) * 6, {})])


def test_churn_is_a_bar_for_each_snapshot_that_has_an_index(study: Study) -> None:
    flow = Flow(unit="banners", rows_in=1, rows_out=1)
    stages = {
        "dedupe": StageRecord(
            version=1, depends_on={}, outputs={}, flow=flow, churn=Churn(index=0.125, n_identities=80)
        )
    }
    results = [make_result("2023"), make_result("2024", manifest={"stages": stages})]
    chart = charts(study, results)["churn"]
    assert [(row["snapshot"], row["percent"], row["n_identities"]) for row in chart.rows] == [("2024", 12.5, 80)]
    assert "None for 2023" in chart.note
    chart.picture.draw()
