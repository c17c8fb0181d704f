"""What map, table and the pages of countries and makers may show: what is published, and nothing else."""

import re
from pathlib import Path
from typing import Any

import pytest

from camcensus.core.config import Study
from camcensus.core.countries import country_name
from camcensus.core.manifest import Instrument
from camcensus.report.context import ReportContext
from camcensus.report.inputs import Result
from camcensus.report.pages import detail_page
from camcensus.report.pages.country_rows import CountryRows
from camcensus.report.pages.detail_page import DetailPage, country_pages, maker_files, maker_pages
from camcensus.report.tables.page_data import view
from camcensus.report.tables.publish import published
from tests.report.conftest import make_result, make_study
from tests.report.worlds import COUNTRIES, MAKERS, TYPES, counts_of, random_facts
from tests.shared import mostly_slow

SEEDS = range(0, 60, 4)


def world(seed: int) -> list[Result]:
    """Two snapshots of different random worlds, so that what is hidden in one may be shown in the other."""
    return [counts_of(random_facts(seed), "2023"), counts_of(random_facts(seed + 1), "2024")]


def numbers(page: DetailPage, title: str) -> dict[str, list[str]]:
    """A table of a page: first cell to the others."""
    table = next(part.table for part in page.parts if part.title == title)
    return {str(row[0]): [str(cell) for cell in row[1:]] for row in table.rows}


@pytest.mark.parametrize("seed", mostly_slow(SEEDS, 4))
def test_switches_show_only_what_is_published(tmp_path: Path, seed: int) -> None:
    study, results = make_study(tmp_path, vendors=MAKERS[:4]), world(seed)
    found = view(ReportContext(study, results))
    for year, result in zip(found.years, results, strict=True):
        given = published(study, result)
        for maker, counts in year.makers.items():
            for code, n in counts.items():
                expected = given.count(country=code, manufacturer=maker)
                assert n == expected
    hidden = sum(n is None for year in found.years for counts in year.makers.values() for n in counts.values())
    assert hidden > 0


@pytest.mark.parametrize("seed", mostly_slow(SEEDS, 4))
def test_pages_of_countries_show_only_what_is_published(tmp_path: Path, seed: int) -> None:
    study, results = make_study(tmp_path), world(seed)
    context = ReportContext(study, results)
    pages = {page.title: page for page in country_pages(context, view(context))}
    for code in COUNTRIES:
        if code == "ZZ" or country_name(code) not in pages:
            continue
        page = pages[country_name(code)]
        makers, models = numbers(page, "Makers"), numbers(page, "Models")
        for maker in MAKERS:
            expected = [published(study, r).count(country=code, manufacturer=maker) for r in results]
            row = makers.get("Maker unknown" if maker == "unknown" else maker)
            assert row is not None or not any(expected)
            assert row is None or row[:2] == ["–" if n is None else str(n) for n in expected]
        shown = published(study, results[-1]).cells("country+manufacturer+model")
        for name, (n,) in models.items():
            maker, model = name.split(" ")
            assert shown[code, maker, None, None, model]["n_hosts"] == int(n)


@pytest.mark.parametrize("seed", mostly_slow(SEEDS, 4))
def test_pages_of_makers_show_only_what_is_published(tmp_path: Path, seed: int) -> None:
    study, results = make_study(tmp_path), world(seed)
    given = [published(study, r) for r in results]
    pages = {page.title: page for page in maker_pages(ReportContext(study, results))}
    assert set(pages) == {m for g in given for m in g.shown("manufacturer")} - {"unknown"}
    for maker, page in pages.items():
        for code in COUNTRIES:
            name = country_name(code) + (" (left out)" if code in study.countries_left_out else "")
            row = numbers(page, "Countries and territories").get(name)
            expected = [g.count(country=code, manufacturer=maker) for g in given]
            assert row is None or row == ["–" if n is None else str(n) for n in expected]
        for kind in TYPES:
            row = numbers(page, "Kinds of device").get(kind.capitalize())
            expected = [g.count(manufacturer=maker, product_type=kind) for g in given]
            assert row is None or row == ["–" if n is None else str(n) for n in expected]


def test_the_data_of_the_page_are_the_counts_of_every_year(study: Study) -> None:
    context = ReportContext(study, [make_result("2023"), make_result("2024")])
    found = view(context)
    table = CountryRows(context, found)
    data: dict[str, Any] = table.data()
    rows = {row.code: row.cells for row in table.rows()}
    for year, written in zip(found.years, data["years"], strict=True):
        for measure, key in {"hosts": "hosts", "devices": "devices", **table.makers}.items():
            counts = dict(zip([*data["codes"], ""], written["views"][key]["count"].split("|"), strict=True))
            assert counts == {c: "–" if (n := year.counts(measure).get(c, 0)) is None else f"{n:,}" for c in counts}
    newest = data["years"][-1]["views"]["hosts"]["count"].split("|")
    assert [rows[code]["hosts"] for code in [*data["codes"], ""]] == newest


def test_the_world_has_its_rate_in_every_unit(study: Study) -> None:
    year = view(ReportContext(study, [make_result("2024")])).years[-1]
    rates = [year.rates[unit][0] or 0 for unit in ("hosts", "devices", "banners")]
    assert 0 < rates[0] < rates[1] < rates[2] == pytest.approx(2 * rates[0], rel=0.02)


def test_f24_no_change_is_given_where_the_instrument_changed(study: Study) -> None:
    other = Instrument(query_set="q2", catalogue="c1", rules="r1", geo_db="g1")
    results = [
        make_result("2022"),
        make_result("2023", manifest={"instrument": other}),
        make_result("2024", manifest={"instrument": other}),
    ]
    context = ReportContext(study, results)
    found = view(context)
    assert [year.caveat for year in found.years] == [
        "Changes are n/a: there is no earlier snapshot.", "Changes are n/a: another query set.", "",
    ]  # fmt: skip
    pages = country_pages(context, found) + maker_pages(context)
    for page in pages:
        at = list(page.figures.head).index("Change, hosts")
        assert [row[at] for row in page.figures.rows[1:]] == ["n/a", "n/a"]
    germany = next(page for page in pages if page.title == "Germany")
    assert germany.figures.rows[0][list(germany.figures.head).index("Change, hosts")] == "0"
    before = ReportContext(study, results[:2])
    newest = {row.code: row.cells["change"] for row in CountryRows(before, view(before)).rows()}
    assert {newest[code] for code in ("DE", "US", "")} == {"n/a"}


def test_a_page_for_each_and_links_back(study: Study) -> None:
    context = ReportContext(study, [make_result("2023"), make_result("2024")])
    pages = detail_page.pages(context, country_pages(context, view(context)) + maker_pages(context))
    assert {f"countries/{c}.html" for c in ("US", "DE", "NA", "TK", "CN")} <= set(pages)
    assert 'href="../index.html#country=DE"' in pages["countries/DE.html"]
    assert "left out of headlines" in pages["countries/CN.html"]
    assert not re.search(r"(?:src|href)=\"(?!#|\.\./|https://db-ip\.com)", "".join(pages.values()))


def test_makers_of_one_slug_have_files_of_their_own(study: Study) -> None:
    result = make_result("2024", {("US", "D-Link"): 30, ("US", "D Link"): 40, ("US", "海康"): 50})
    assert maker_files(ReportContext(study, [result])) == {
        "D Link": "makers/d-link.html",
        "D-Link": "makers/d-link-2.html",
        "海康": "makers/maker.html",
    }
