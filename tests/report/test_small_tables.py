"""Tables of the page on how the counts came about: what bounds on identities did."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from camcensus.core.config import Study
from camcensus.core.stage_record import Flow, Merges, StageRecord
from camcensus.core.tables import MAKER_KINDS, RELIANCE
from camcensus.estimate.audits.proportions import wilson
from camcensus.identify.catalogue import Catalogue
from camcensus.report.context import ReportContext
from camcensus.report.draw import draw_report
from camcensus.report.formatting import MISSING, share
from camcensus.report.inputs import Result
from camcensus.report.tables.small_tables import maker_kinds, rests_on
from tests.report.conftest import make_result, make_study

IDENTITIES = {
    "serials_used": 1234, "serials_refused": 5, "certificates_used": 67, "certificates_refused": 8,
    "certificates_of_a_serial": 9, "banners_by_certificate": 10,
}  # fmt: skip


def from_banners_to_devices(study: Study, **fields: object) -> str:
    """The page's words on what each rule merged."""
    flow = Flow(unit="counted banners", rows_in=0, rows_out=0)
    stage = StageRecord.model_validate({"version": 1, "depends_on": {}, "outputs": {}, "flow": flow, **fields})
    page = draw_report(study, [make_result("2026", manifest={"stages": {"dedupe": stage}})]).read_text()
    return page.partition("What each rule merged.")[2].partition("</p>")[0]


@pytest.mark.slow
def test_the_bounds_on_identities_stand_with_what_they_did(study: Study) -> None:
    merges = {"identity": Merges(on=True, merged=3)}
    text = from_banners_to_devices(study, merges=merges, identities=IDENTITIES)
    assert "1,234 were used; 5 were not, because they are on more than 9 addresses. Certificates were not used." in text
    on = study.model_copy(update={"dedupe": study.dedupe.model_copy(update={"max_certificate_hosts": 2})})
    text = from_banners_to_devices(on, merges=merges, identities=IDENTITIES)
    assert "67 were used; 8 were not, because they are on more than 2 or have two serial numbers" in text
    text = from_banners_to_devices(study, merges=merges)
    assert text == " Devices are what is left, so they are a low estimate."


def with_kinds(*rows: tuple[str, int, int, int, int]) -> Result:
    kinds = [dict(zip(MAKER_KINDS.names, row, strict=True)) for row in rows]
    return replace(make_result("2026"), maker_kinds=pa.Table.from_pylist(kinds, MAKER_KINDS.schema))


@pytest.mark.slow
def test_makers_of_which_the_range_counts_hosts_have_their_other_products_with_an_interval(study: Study) -> None:
    result = with_kinds(
        ("Axis", 37, 37, 0, 0), ("Dahua", 63, 0, 60, 1), ("Hikvision", 1_268, 317, 400, 8), ("Unpublished", 2, 2, 2, 0)
    )  # fmt: skip
    found = maker_kinds(ReportContext(study, [result]))
    assert found is not None
    assert [list(row) for row in found.rows] == [
        ["Hikvision", "1,268", "25.0%", "400", "2.0%", *map(share, wilson(8, 400))],
        ["Axis", "37", "100.0%", "0", MISSING, MISSING, MISSING],
    ]
    page = draw_report(study, [result]).read_text()
    assert 'id="maker-kinds"' in page
    assert "By range alone" in page


def test_there_is_no_table_where_no_range_counts_anything(study: Study) -> None:
    assert maker_kinds(ReportContext(study, [with_kinds(("Dahua", 63, 0, 60, 1))])) is None
    assert maker_kinds(ReportContext(study, [make_result("2026")])) is None


def with_reliance(*rows: tuple[str, str, int, int]) -> Result:
    rests = [dict(zip(RELIANCE.names, row, strict=True)) for row in rows]
    return replace(make_result("2026"), reliance=pa.Table.from_pylist(rests, RELIANCE.schema))


@pytest.mark.slow
def test_what_the_headline_rests_on_is_shown_if_enough_hosts_rest_on_it(study: Study, catalogue: Catalogue) -> None:
    general = [rule.id for rule in catalogue.signatures if rule.file_maker is None][:30]
    many = [("signature", name, 20 + n, 300) for n, name in enumerate(general)]
    result = with_reliance(
        ("field", "http_title", 100, 268), ("field", "http_server", 10, 400), ("field", "cpe", 2, 366),
        ("signature", "hikvision.http.server.app-webs", 90, 278), *many,
    )  # fmt: skip
    found = rests_on(ReportContext(study, [result]))
    assert found is not None
    names = [row[1] for row in found.rows]
    assert names[:4] == ["http_title", "http_server", "hikvision.http.server.app-webs", general[29]]
    assert len(names) == 22
    assert "cpe" not in names
    page = draw_report(study, [result]).read_text()
    assert 'id="rests-on"' in page
    assert 'id="chart-reliance"' in page


def test_a_signature_of_a_maker_whose_count_is_hidden_is_not_shown(tmp_path: Path, catalogue: Catalogue) -> None:
    study = make_study(tmp_path)
    few = make_result(
        "2026", {("US", "Hikvision"): 300, ("US", "Axis"): 90, ("US", "Dahua"): 80, ("US", "Hanwha Vision"): 2}
    )
    # A maker's signatures are named after its file, and its general rules after the maker.
    hanwha = next(rule.id for rule in catalogue.signatures if rule.file_maker == "Hanwha Vision")
    assert not hanwha.startswith("hanwha-vision")
    rows = [
        ("signature", hanwha, 9, 293), ("signature", "hanwha-vision.range", 9, 293),
        ("signature", "hikvision.range", 90, 212), ("signature", "retired.http.title", 9, 293),
        ("field", "hikvision_device_model", 90, 212),
    ]  # fmt: skip
    table = pa.Table.from_pylist([dict(zip(RELIANCE.names, row, strict=True)) for row in rows], RELIANCE.schema)
    found = rests_on(ReportContext(study, [replace(few, reliance=table)]))
    assert found is not None
    assert [row[1] for row in found.rows] == ["hikvision_device_model", "hikvision.range"]
    assert rests_on(ReportContext(study, [few])) is None
