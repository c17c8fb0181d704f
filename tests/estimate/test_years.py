"""Changes between snapshots: none where the instrument changed, no word where more was looked at."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from camcensus.core.config import Study
from camcensus.core.manifest import DeclaredProvenance, Instrument
from camcensus.estimate.years import Year, changes
from camcensus.report.tables.audits import NO_AUDITS, change_sentences
from tests.report.conftest import Cells, make_counts, make_result, make_study

SAME = {"query_set": "q1", "catalogue": "c1", "rules": "r1", "geo_db": "g1"}
LESS: Cells = {("DE", "Hikvision"): 1_000}
MORE: Cells = {("DE", "Hikvision"): 3_000}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study of Hikvision outside China."""
    return make_study(tmp_path)


def year(name: str, hosts: Cells, **manifest: Any) -> Year:
    result = make_result(name, hosts, manifest)
    return Year(name, result.counts.to_pandas(), result.manifest, "medium")


def world(study: Study, before: Year, after: Year) -> dict[str, Any]:
    """The world's row."""
    found: list[dict[str, Any]] = changes(study, [before, after]).query("country == ''").to_dict("records")
    return found[0]


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ({"query_set": "q2"}, "another query set"),
        ({"catalogue": "c2", "rules": "r2"}, "another catalogue and other counting rules"),
    ],
)
def test_f24_another_instrument_is_no_change_of_the_world(study: Study, part: dict[str, str], reason: str) -> None:
    used = Instrument.model_validate(SAME | part)
    found = world(study, year("2023", LESS), year("2024", MORE, instrument=used))
    assert (found["word"], found["reason"]) == ("not comparable", reason)
    assert pd.isna(found["change"])
    one, two = make_result("2023", LESS), make_result("2024", MORE, {"instrument": used})
    assert change_sentences(NO_AUDITS, one, two) == ""


def test_another_edition_of_the_country_database_leaves_the_total_comparable(study: Study) -> None:
    used = Instrument.model_validate(SAME | {"geo_db": "g2"})
    assert world(study, year("2023", LESS), year("2024", MORE, instrument=used))["word"] == "up"


def test_where_other_ports_were_looked_at_no_word_is_given(study: Study) -> None:
    ports = [{"declared": DeclaredProvenance(ports=found)} for found in ([80], [80, 554])]
    years = [year(name, hosts, **told) for name, hosts, told in zip(("2023", "2024"), (LESS, MORE), ports, strict=True)]
    found = changes(study, years)
    assert set(found["word"]) == {"not distinguishable"}
    assert set(found["reason"]) == {"the engine scanned other ports"}
    assert found["change"].tolist() == [2.0, 2.0]
    said = change_sentences(NO_AUDITS, make_result("2023", LESS, ports[0]), make_result("2024", MORE, ports[1]))
    assert said.endswith("from one of the instrument, since the engine scanned other ports.")


def test_from_nothing_there_is_no_change(study: Study) -> None:
    found = world(study, year("2023", {}), year("2024", MORE))
    assert (found["word"], found["reason"]) == ("not comparable", "nothing was counted in 2023")


def test_the_headline_has_the_confidence_of_the_study(study: Study) -> None:
    high = study.model_copy(update={"min_confidence": "high"})
    one, two = (year(name, hosts) for name, hosts in (("2023", LESS), ("2024", MORE)))
    both = [
        Year(y.name, pd.concat([y.counts, make_counts(y.name, own, min_confidence="high").to_pandas()]), y.manifest, h)
        for y, own, h in ((one, {("DE", "Axis"): 500}, "high"), (two, {("DE", "Axis"): 400}, "high"))
    ]
    found = world(high, *both)
    assert (found["n_hosts_before"], found["n_hosts_after"]) == (500, 400)
