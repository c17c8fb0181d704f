"""What the report says of the country database: editions of the wrong time, and how far two sources agree."""

from typing import Any

import pytest

from camcensus.core.config import Study
from camcensus.core.manifest import Geo
from camcensus.report.draw import draw_report
from camcensus.report.tables import geo_tables
from tests.report.conftest import built, make_result

SUMS = {"sha256": "0" * 64, "second_sha256": None}


def located(days: int, flag: str, **changed: Any) -> dict[str, Any]:
    """Part of a manifest: an edition so many days away."""
    fields = {"edition": "DB-IP Lite country 2026-06-01", "built": "2026-06-01", "snapshot": "2024-11-01"}
    return {"geo": Geo.model_validate({**fields, "days": days, "flag": flag, "second": "engine", **SUMS, **changed})}


@pytest.mark.parametrize(
    ("days", "flag", "said"),
    [
        (0, "before", ""), (180, "before", ""), (181, "before", "built 181 days before the snapshot"),
        (1, "after", "built 1 day after the snapshot"), (1577, "after", "built 1,577 days after the snapshot"),
    ],
)  # fmt: skip
def test_a_remark_on_an_edition_of_another_time(days: int, flag: str, said: str) -> None:
    assert geo_tables.remark(located(days, flag)["geo"]) == said
    assert geo_tables.remark(None) == ""


def test_a_limit_for_each_snapshot_that_needs_one() -> None:
    manifests = {"2023": located(900, "after"), "2024": located(10, "after"), "2025": located(400, "before"),
                 "2026": located(20, "before"), "2027": {"geo": None}}  # fmt: skip
    found = geo_tables.limits([make_result(name, manifest=manifest) for name, manifest in manifests.items()])
    assert [text.split()[1] for text in found] == ["2023", "2024", "2025"]
    assert "since there is no earlier one. That is more than 180 days away." in found[0]
    assert "more than 180" not in found[1]
    assert "built 400 days before the snapshot. That is more than 180 days away." in found[2]


def test_page_and_methodology_say_it(study: Study) -> None:
    page = draw_report(study, [make_result("2024", manifest=located(577, "after"))]).read_text()
    assert "built 577 days after the snapshot" in page
    assert "Snapshot 2024 (2024-11-01) is located with DB-IP Lite country 2026-06-01" in page
    assert "a second source (the search engine&#39;s own) gives a country too" in page
    assert "built 577 days after the snapshot" in (study.report / "methodology.md").read_text()


def test_agreement_by_country(study: Study) -> None:
    table = built(study, [make_result("2024")])
    shares = dict(zip(table["country"].fillna("world"), table["geo_agreement"], strict=True))
    assert shares["DE"] == 0.9
    hosts = int(table.iloc[-1]["n_hosts"])
    assert shares["world"] == round((hosts - hosts // 10) / hosts, 4)
    assert table.loc[table["country"] == "ZZ", "geo_agreement"].isna().all()


@pytest.mark.parametrize(
    ("agreed", "asked", "share"), [(1, 3, 0.3333), (0, 5, 0.0), (5, 5, 1.0), (0, 0, None), (None, None, None)]
)
def test_no_second_opinion_is_not_disagreement(agreed: int | None, asked: int | None, share: float | None) -> None:
    assert geo_tables.agreement({"n_hosts_geo_min": agreed, "n_hosts_geo_asked": asked}) == share


def test_the_second_source_by_name() -> None:
    assert geo_tables.second_source(None) == "the search engine's own"
    other = located(1, "before", second="GeoLite2-Country 2026-05-01")["geo"]
    assert geo_tables.second_source(other) == "GeoLite2-Country 2026-05-01, else the search engine's own"
