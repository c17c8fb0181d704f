"""Tables of the page on how the counts came about: what bounds on identities did."""

from camcensus.core.config import Study
from camcensus.core.stage_record import Flow, Merges, StageRecord
from camcensus.report.tables.small_tables import process
from tests.report.conftest import make_result

IDENTITIES = {
    "serials_used": 1234, "serials_refused": 5, "certificates_used": 67, "certificates_refused": 8,
    "certificates_of_a_serial": 9, "banners_by_certificate": 10,
}  # fmt: skip


def parts(study: Study, **fields: object) -> dict[str, tuple[str, str]]:
    """Words, and cells in one text, of each table by its title."""
    flow = Flow(unit="counted banners", rows_in=0, rows_out=0)
    stage = StageRecord.model_validate({"version": 1, "depends_on": {}, "outputs": {}, "flow": flow, **fields})
    result = make_result("2026", manifest={"stages": {"dedupe": stage}})
    return {title: (text, repr(table)) for title, text, table in process(study, result)}


def test_the_bounds_on_identities_stand_with_what_they_did(study: Study) -> None:
    merges = {"identity": Merges(on=True, merged=3)}
    text, _ = parts(study, merges=merges, identities=IDENTITIES)["From banners to devices"]
    assert "1,234 were used; 5 were not, because they are on more than 9 addresses. Certificates were not used." in text
    on = study.model_copy(update={"dedupe": study.dedupe.model_copy(update={"max_certificate_hosts": 2})})
    text, _ = parts(on, merges=merges, identities=IDENTITIES)["From banners to devices"]
    assert "67 were used; 8 were not, because they are on more than 2 or have two serial numbers" in text
    assert "Serial numbers" not in parts(study, merges=merges)["From banners to devices"][0]
