"""Gates: each holds for sound counts, and says with numbers what is wrong with others."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from camcensus.core import parquet, storage
from camcensus.core.config import Study
from camcensus.core.console import Reporter
from camcensus.core.errors import GateError
from camcensus.core.manifest import Manifest
from camcensus.core.stage_record import Flow, Output, StageRecord
from camcensus.core.tables import COUNTS
from camcensus.quality.gates import GATES, Checked, Finding, check_gates, stop_at_fatal
from camcensus.report.stage import bring_report_up_to_date
from tests.report.conftest import HOSTS, Cells, make_counts, make_manifest, make_study
from tests.report.worlds import counts_of, random_facts

Row = dict[str, Any]
SMALL = "[gates]\nmin_hosts = 10"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path, SMALL)


def changed(counts: pa.Table, which: Callable[[Row], bool], **values: Any) -> pa.Table:
    """The counts with other values in some rows."""
    rows = [row | values if which(row) else row for row in counts.to_pylist()]
    assert rows != counts.to_pylist()
    return pa.Table.from_pylist(rows, schema=COUNTS.schema)


def findings(study: Study, gate: str, counts: pa.Table, **manifest: Any) -> list[tuple[str, bool]]:
    return GATES[gate](Checked(study, make_manifest("2024", **manifest), counts))


def moved(study: Study, gate: str, one: Cells, two: Cells) -> list[tuple[str, bool]]:
    before = Checked(study, make_manifest("2023"), make_counts("2023", one))
    return GATES[gate](Checked(study, make_manifest("2024"), make_counts("2024", two), before))


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("seed", range(5))
def test_every_gate_holds_for_what_was_counted(study: Study, gate: str, seed: int) -> None:
    assert findings(study, gate, counts_of(random_facts(seed)).counts) == []
    assert findings(study, gate, make_counts("2024", {})) == []


def test_f21_shares_that_do_not_sum_up(study: Study) -> None:
    counts = changed(
        make_counts("2024", HOSTS), lambda r: r["level"] == "country" and r["country"] == "DE", n_hosts=200
    )
    assert findings(study, "shares", counts) == [("the countries' shares of 526 hosts sum to 98.0989%, not 100%", True)]


def test_f21_a_part_larger_than_its_whole(study: Study) -> None:
    counts = changed(make_counts("2024", HOSTS), lambda r: r["level"] == "country+manufacturer" and r["country"] == "NA"
                     and r["manufacturer"] == "Axis", n_hosts=48)  # fmt: skip
    [(text, fatal)] = findings(study, "parts", counts)
    assert "NA+Axis has 48 hosts, NA has 47" in text
    assert "NA+Axis has 48 hosts, Axis has 37" in text
    assert fatal


def test_a_part_without_a_whole(study: Study) -> None:
    counts = changed(make_counts("2024", HOSTS), lambda r: r["level"] == "manufacturer", manufacturer="Bosch")
    assert "fewer" not in findings(study, "parts", counts)[0][0]
    assert "DE+Axis has 30 hosts, the world has 0" in findings(study, "parts", counts)[0][0]


def test_f21_units_that_do_not_add_up(study: Study) -> None:
    counts = changed(
        make_counts("2024", HOSTS), lambda r: r["level"] == "country" and r["country"] == "NA", n_devices=9
    )
    [(text, fatal)] = findings(study, "sums", counts)
    assert "country+manufacturer: devices of NA add up to 51, not 9" in text
    assert fatal


def test_hosts_need_not_add_up_across_makers(study: Study) -> None:
    counts = changed(make_counts("2024", HOSTS), lambda r: r["level"] == "world", n_hosts=520)
    assert all("country: hosts" in f for f in findings(study, "sums", counts)[0][0].split("; ")[:2])


def test_a_country_that_does_not_exist(study: Study) -> None:
    counts = changed(make_counts("2024", HOSTS), lambda r: r["country"] == "NA", country="XX")
    assert findings(study, "countries", counts) == [
        ("unknown country codes: XX; use a location database with ISO codes", True)
    ]


@pytest.mark.parametrize(
    ("flows", "said"),
    [
        ({"ingest": (10, 8, 1)}, "ingest: 1 of 10 rows are not accounted for"),
        ({"identify": (10, 8, 2), "dedupe": (9, 9, 0)}, "identify gave 8 rows, dedupe took 9"),
        ({"aggregate": (2000, 1000, 1000)}, "the flow ends at 1,000 banners, the headline 1,052"),
    ],
)
def test_rows_that_are_lost(study: Study, flows: dict[str, tuple[int, int, int]], said: str) -> None:
    stages = {
        name: StageRecord(
            version=1, depends_on={}, outputs={}, flow=Flow(unit="rows", rows_in=i, rows_out=o, dropped={"x": d})
        )
        for name, (i, o, d) in flows.items()
    }
    [(text, fatal)] = findings(study, "reconciliation", make_counts("2024", HOSTS), stages=stages)
    assert said in text
    assert fatal


@pytest.mark.parametrize(("now", "fatal"), [(49, True), (50, None), (100, None), (200, None), (201, True)])
@pytest.mark.parametrize("gate", ["world-total", "vendor-total"])
def test_f23_bounds_against_the_snapshot_before(study: Study, gate: str, now: int, fatal: bool | None) -> None:
    found = moved(study, gate, {("DE", "Hikvision"): 100}, {("DE", "Hikvision"): now})
    assert [f for _, f in found] == ([] if fatal is None else [fatal])
    if now == 49:
        assert "100 hosts in 2023, 49 now, 51% fewer; the limit is 50%" in found[0][0]
        assert "adjust max_fall under [gates] in the study" in found[0][0]
    if now == 201:
        assert "100 hosts in 2023, 201 now, 101% more; the limit is 100%" in found[0][0]
        assert "adjust max_rise under [gates] in the study" in found[0][0]


def test_f23_f27_a_vendor_that_is_gone_is_fatal_and_a_new_one_is_none(study: Study) -> None:
    one, two = {("DE", "Hikvision"): 100, ("DE", "Axis"): 900}, {("DE", "Axis"): 900}
    assert [f for _, f in moved(study, "vendor-total", one, two)] == [True]
    assert moved(study, "vendor-total", two, one) == []


def test_tiny_totals_do_not_trip(study: Study) -> None:
    assert moved(study, "world-total", {("DE", "Hikvision"): 9}, {("DE", "Hikvision"): 1}) == []
    assert moved(study, "vendor-total", {("DE", "Hikvision"): 9}, {("DE", "Hikvision"): 30}) == []


def test_bounds_are_the_study_s(tmp_path: Path) -> None:
    wide = make_study(tmp_path, "[gates]\nmax_fall = 0.9\nmax_rise = 9.0\nmin_hosts = 10")
    for n in (11, 900):
        assert moved(wide, "world-total", {("DE", "Hikvision"): 100}, {("DE", "Hikvision"): n}) == []


def test_the_mix_of_makers(study: Study) -> None:
    one = {("DE", "Hikvision"): 80, ("DE", "Axis"): 20}
    [(text, fatal)] = moved(study, "vendor-mix", one, {("DE", "Hikvision"): 50, ("DE", "Axis"): 50})
    said = "the shares of makers changed by 30% since 2023 (most: Hikvision, 80 of 100 then, 50 of 100 now)"
    assert text.startswith(f"{said}; the limit is 25%.")
    assert fatal
    assert moved(study, "vendor-mix", one, {("DE", "Hikvision"): 60, ("DE", "Axis"): 40}) == []


def test_what_cannot_be_compared_is_not(study: Study) -> None:
    one, two = make_counts("2023", {("DE", "Hikvision"): 100}), make_counts("2024", {("DE", "Hikvision"): 10})
    for field in ({"complete": False}, {"basis": "sample"}, {"simulated": True}):
        assert (
            check_gates(
                study, [(make_manifest("2023", stages={}), one), (make_manifest("2024", stages={}, **field), two)]
            )
            == []
        )
    found = check_gates(study, [(make_manifest("2023", stages={}), one), (make_manifest("2024", stages={}), two)])
    assert [f.gate for f in found] == ["world-total", "vendor-total"]
    with pytest.raises(GateError, match="2024: gate world-total: all makers: 100 hosts in 2023, 10 now"):
        stop_at_fatal(found)


def test_warnings_go_on() -> None:
    warning = Finding("fields", "2024", "moved", False)
    assert stop_at_fatal([warning]) == [warning]


def lay_down(study: Study, snapshot: str, hosts: Cells) -> None:
    """A counted snapshot in the study's data folder."""
    folder = study.data / snapshot
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    parquet.write_table(folder / "counts.parquet", make_counts(snapshot, hosts), COUNTS)
    path = folder / "counts.parquet"
    output = Output(bytes=path.stat().st_size, sha256=storage.sha256(path))
    banners = 2 * sum(n for (c, _), n in hosts.items() if c != "CN")
    flow = Flow(unit="banners", rows_in=banners, rows_out=banners)
    manifest: Manifest = make_manifest(snapshot)
    manifest.stages = {"aggregate": StageRecord(version=1, depends_on={}, outputs={path.name: output}, flow=flow)}
    manifest.save(folder)


@pytest.mark.slow
def test_a_fatal_gate_leaves_the_report_as_it_was(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    study = make_study(tmp_path)
    lay_down(study, "2023", {("DE", "Hikvision"): 1000})
    page, drawn = bring_report_up_to_date(study, Reporter())
    assert drawn
    before = {p: p.read_bytes() for p in study.report.rglob("*") if p.is_file()}
    lay_down(study, "2024", {("DE", "Hikvision"): 400})
    with pytest.raises(GateError, match="1,000 hosts in 2023, 400 now"):
        bring_report_up_to_date(study, Reporter())
    assert before == {p: p.read_bytes() for p in study.report.rglob("*") if p.is_file()}
    explained = make_study(tmp_path, "[gates]\nmax_fall = 0.7\n[assertions]\nhosts = { max = 450 }")
    lay_down(explained, "2024", {("DE", "Hikvision"): 400, ("DE", "Axis"): 100})
    assert bring_report_up_to_date(explained, Reporter()) == (page, True)
    said = "2024: gate assertions: hosts of the headline: 500, expected at most 450"
    assert said in caplog.text
    assert said in page.read_text(encoding="utf-8")
