"""Matches of a census: small cells of a country and a maker are hidden, and nothing that stands tells them."""

from typing import Any

import pyarrow as pa
import pytest

from camcensus.core.config import Study
from camcensus.core.tables import CENSUS, TRENDS
from camcensus.report.draw import draw_report
from camcensus.report.pages.matches_page import (
    Matches,
    census_by_country,
    census_chart,
    census_rows,
    census_sums,
    shown_sums,
)
from tests.report.browser import Browser, opened
from tests.report.conftest import make_manifest, make_result

HELD = {
    ("CN", "Hikvision"): 900, ("DE", "Hikvision"): 120, ("NL", "Hikvision"): 7, ("TK", "Hikvision"): 2,
    ("DE", "Dahua"): 60, ("US", "Dahua"): 3, ("ZZ", "Dahua"): 30,
}  # fmt: skip


def census(held: dict[tuple[str, str], int]) -> Matches:
    """A census with one query for each maker."""
    rows: list[dict[str, Any]] = []
    for maker in dict.fromkeys(maker for _, maker in held):
        base = {"query": f"{maker}.query.a", "manufacturer": maker, "sent": "product:x", "is_disjoint": True}
        own = {country: n for (country, of), n in held.items() if of == maker}
        for country, n in {None: sum(own.values()), **own}.items():
            rows.append(base | {"country": country, "facet": None, "value": None, "n_matches": n})
    return Matches("c", make_manifest("c"), pa.Table.from_pylist(rows, schema=CENSUS.schema), None)


def test_few_matches_are_hidden_and_so_is_what_would_tell_them(study: Study) -> None:
    found = census(HELD)
    assert census_sums(found) == HELD
    shown = shown_sums(study, found)
    hidden = {key for key, n in shown.items() if n is None}
    assert {("TK", "Hikvision"), ("US", "Dahua")} <= hidden
    for maker in ("Hikvision", "Dahua"):
        left = [HELD[key] for key in hidden if key[1] == maker]
        assert sum(left) >= study.publication.min_hosts
        assert len(left) > 1
    assert shown["CN", "Hikvision"] == 900
    rows = {(row["country"], row["manufacturer"]): row["n_matches"] for row in census_rows(study, found)}
    assert rows == shown


def test_the_table_has_dashes_and_totals(study: Study) -> None:
    cells = {row[1]: list(row)[2:] for row in census_by_country(study, census(HELD), ["Hikvision", "Dahua"]).rows}
    assert cells[""] == ["1,029", "93"]
    assert cells["TK"] == ["–", "0"]
    assert cells["US"] == ["0", "–"]


def test_a_world_total_does_not_tell_a_hidden_country_that_is_left_out(study: Study) -> None:
    held = {("CN", "Hikvision"): 2, ("DE", "Hikvision"): 120, ("NL", "Hikvision"): 70}
    table = census_by_country(study, census(held), ["Hikvision"])
    assert {row[1]: row[2] for row in table.rows} == {"": "–", "CN": "–", "DE": "120", "NL": "70"}


def test_the_chart_has_what_is_shown_of_the_first_maker(study: Study) -> None:
    chart = census_chart(study, census(HELD))
    assert chart is not None
    shown = shown_sums(study, census(HELD))
    assert {row["country"]: row["n_matches"] for row in chart.rows} == {
        code: n for (code, maker), n in shown.items() if maker == "Hikvision" and n
    }
    chart.picture.draw()
    assert census_chart(study, Matches("c", make_manifest("c"), None, None)) is None


def history() -> Matches:
    """Two years of one query's matches, by month."""
    rows = [
        {"query": "a", "manufacturer": "Hikvision", "sent": "product:x", "month": f"{2024 + n // 12}-{n % 12 + 1:02}"}
        | {"country": None, "n_matches": 1_000 + 10 * n}
        for n in range(24)
    ]
    return Matches("h", make_manifest("h"), None, pa.Table.from_pylist(rows, schema=TRENDS.schema))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("alone", [False, True])
def test_its_page_is_a_page_like_the_others(browser: Browser, study: Study, scheme: str, alone: bool) -> None:
    results = [] if alone else [make_result("2024")]
    drawn = draw_report(study, results, matches=[census(HELD), history()])
    path = drawn if alone else drawn.parent / "matches.html"
    with opened(browser, path, color_scheme=scheme, viewport={"width": 360, "height": 740}) as seen:
        assert (seen.requests, seen.errors, seen.violations) == ([], [], [])
        assert seen.axe() == []
        assert seen.wide() == 0
        paper = "rgb(20, 24, 28)" if scheme == "dark" else "rgb(255, 255, 255)"
        charts = seen.page.locator("svg.chart")
        assert charts.count() == 2
        for place in range(2):
            fill = "e => getComputedStyle(e.querySelector('path')).fill"
            assert charts.nth(place).evaluate(fill) == paper
            assert charts.nth(place).evaluate("e => e.getBoundingClientRect().width") > 500
