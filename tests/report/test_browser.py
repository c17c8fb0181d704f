"""The page as a reader has it, in a browser: without network, without JavaScript, on a phone, in the dark, on paper."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pytest

from camcensus.core.manifest import Window
from camcensus.report.draw import draw_report
from camcensus.report.inputs import Result
from tests.report.browser import Browser, Page, opened
from tests.report.conftest import DAY, HOSTS, START, make_result, make_study

pytestmark = pytest.mark.slow

WHERE = """(() => { const at = document.activeElement;
return at.dataset.c || at.id || at.closest('th')?.dataset.key || ''; })()"""
EARLIER = {cell: n * 2 // 3 for cell, n in HOSTS.items()}
DETAIL_PAGES = ("countries/DE.html", "countries/CN.html", "makers/hikvision.html")


def snapshot(name: str, hosts: dict[tuple[str, str], int], years: int) -> Result:
    """A result whose window ends some years after the first."""
    end = START + (365 * years + 30) * DAY
    return make_result(name, hosts, {"window": Window(start=end - 30 * DAY, end=end, days=30)})


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The page of a small study of two snapshots."""
    study = make_study(tmp_path_factory.mktemp("study"), vendors=("Hikvision", "Dahua"))
    return draw_report(study, [snapshot("2023", EARLIER, 0), snapshot("2024", HOSTS, 1)])


def column(page: Page, key: str) -> list[str]:
    """The text of a column, from the first row shown to the last."""
    found: list[str] = page.evaluate(
        """key => { const t = document.getElementById('country-table');
        const n = [...t.tHead.rows[0].cells].findIndex(h => h.dataset.key === key);
        return [...t.tBodies[0].rows].filter(r => !r.hidden).map(r => r.cells[n].textContent.trim()); }""",
        key,
    )
    return found


def cells(page: Page, code: str) -> dict[str, str]:
    """A row's text by column; of columns for single makers the last."""
    found: dict[str, str] = page.evaluate(
        """code => { const t = document.getElementById('country-table');
        const row = code ? document.getElementById('country-' + code) : t.querySelector('tr.world');
        const heads = [...t.tHead.rows[0].cells];
        return Object.fromEntries(heads.map((h, n) => [h.dataset.key, row.cells[n].textContent.trim()])); }""",
        code,
    )
    return found


def whole_text(page: Page) -> list[str]:
    """All text of the table's body and foot, row by row."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('#country-table tbody tr, #country-table tfoot tr')].map(r => "
        "[...r.cells].map(c => c.textContent.trim()).join('|'))"
    )
    return found


@pytest.mark.parametrize("file", ["index.html", *DETAIL_PAGES])
def test_asks_for_nothing_and_breaks_no_rule_of_its_own(browser: Browser, page_path: Path, file: str) -> None:
    with opened(browser, page_path.parent / file) as seen:
        assert "hosts" in seen.page.inner_text("header")
        seen.page.mouse.wheel(0, 20_000)
        assert (seen.requests, seen.errors, seen.violations) == ([], [], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("file", ["index.html", *DETAIL_PAGES])
def test_axe_finds_nothing(browser: Browser, page_path: Path, file: str, scheme: str) -> None:
    with opened(browser, page_path.parent / file, color_scheme=scheme) as seen:
        assert seen.axe() == []


def test_axe_finds_nothing_where_the_data_are_made_up_and_partial(browser: Browser, tmp_path: Path) -> None:
    study = make_study(tmp_path, "simulated = true")
    page = draw_report(study, [make_result("2023"), make_result("2024", manifest={"complete": False})])
    for file in ("index.html", "countries/DE.html", "makers/hikvision.html"):
        with opened(browser, page.parent / file) as seen:
            assert seen.page.locator(".band").count() == 2
            assert seen.axe() == []


def test_without_javascript_everything_is_there(browser: Browser, page_path: Path) -> None:
    with opened(browser, page_path, java_script_enabled=False) as seen:
        text = seen.page.inner_text("body")
    for words in (
        "Germany",
        "World outside China",
        "Where they differ"[:5],
        "How to cite",
        "Data dictionary",
        "Limits",
    ):
        assert words in text
    assert "Search" not in text
    assert "Link to this view" not in text


def test_the_script_shows_what_the_page_shows_without_it(browser: Browser, page_path: Path) -> None:
    with opened(browser, page_path, java_script_enabled=False) as seen:
        rows = seen.page.locator("#country-table tbody tr, #country-table tfoot tr").all()
        before = ["|".join(cell.strip() for cell in row.locator("th, td").all_text_contents()) for row in rows]
        labels = [a.get_attribute("aria-label") for a in seen.page.locator("#world-map a").all()]
        looks = [p.get_attribute("class") for p in seen.page.locator("#world-map a path").all()]
        legend = seen.page.locator("#legend li").all_text_contents()
    with opened(browser, page_path) as seen:
        seen.page.select_option("#pick-maker", index=1)
        seen.page.select_option("#pick-maker", index=0)
        assert whole_text(seen.page) == before
        assert [a.get_attribute("aria-label") for a in seen.page.locator("#world-map a").all()] == labels
        assert [p.get_attribute("class") for p in seen.page.locator("#world-map a path").all()] == looks
        assert seen.page.locator("#legend li").all_text_contents() == legend


def test_sorting(browser: Browser, page_path: Path) -> None:
    with opened(browser, page_path) as seen:
        page = seen.page
        assert column(page, "code") == ["US", "DE", "NA", "TK", "CN"]
        head = page.locator("th[data-key=hosts]")
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == "descending"
        assert column(page, "hosts") == ["900", "261", "210", "47", "2"]
        head.locator("button").click()
        assert column(page, "hosts") == ["2", "47", "210", "261", "900"]
        page.click("th[data-key=name] button")
        assert column(page, "code") == ["CN", "DE", "NA", "TK", "US"]
        # Tokelau's makers are folded: missing, so last whichever way.
        for _ in range(2):
            page.click("th[data-key=share] button")
            assert column(page, "code")[-1] == "TK"


def test_trends_sort_by_how_high_they_end_and_makers_by_the_share_that_stands_first(
    browser: Browser, tmp_path: Path
) -> None:
    one = {("DE", "Dahua"): 90, ("DE", "Hikvision"): 10, ("NA", "Hikvision"): 40, ("US", "Hikvision"): 200}
    two = {("DE", "Dahua"): 50, ("DE", "Hikvision"): 10, ("NA", "Hikvision"): 60, ("US", "Hikvision"): 150}
    two[("US", "Axis")] = 45
    study = make_study(tmp_path, vendors=("Hikvision", "Dahua"))
    with opened(browser, draw_report(study, [snapshot("2023", one, 0), snapshot("2024", two, 1)])) as seen:
        page = seen.page
        assert all(head.locator("button").count() for head in page.locator("#country-table thead th").all())
        for maker in (None, 1):  # as it was drawn, and as the script writes it when all makers are chosen again
            if maker:
                page.select_option("#pick-maker", index=maker)
                page.select_option("#pick-maker", index=0)
            page.click("th[data-key=trend] button")
            assert column(page, "code") == (["NA", "US", "DE"] if maker is None else ["DE", "US", "NA"])
        page.click("th[data-key=share] button")
        assert column(page, "code") == ["NA", "DE", "US"]  # 100% Hikvision, 83% Dahua, 77% Hikvision


def test_ranks_are_ranges_where_counts_may_be_either_way_round(browser: Browser, tmp_path: Path) -> None:
    hosts = {("DE", "Hikvision"): 100, ("US", "Hikvision"): 105, ("NA", "Hikvision"): 20, ("CN", "Hikvision"): 103}
    result = make_result("2024", hosts)
    # The made-up counts have other choices for the world alone; here location sources are the only choice.
    counts = result.counts.filter(pc.equal(result.counts["decoys_left_out"], "certain"))
    drawn = draw_report(make_study(tmp_path), [replace(result, counts=counts)])
    ranks = {"US": "1 (1–2)", "DE": "2 (1–2)", "NA": "3", "CN": ""}
    with opened(browser, drawn) as seen:
        page = seen.page
        assert dict(zip(column(page, "code"), column(page, "rank"), strict=True)) == ranks
        page.select_option("#pick-maker", index=1)
        assert column(page, "rank")[:3] == ["1", "2", "3"]
        page.select_option("#pick-maker", index=0)
        assert dict(zip(column(page, "code"), column(page, "rank"), strict=True)) == ranks
    assert "Rank 2 of 3 by hosts; with other settings 1 to 2." in (drawn.parent / "countries/DE.html").read_text()


def test_search(browser: Browser, page_path: Path) -> None:
    with opened(browser, page_path) as seen:
        seen.page.fill("#search", "GERM")
        assert column(seen.page, "code") == ["DE"]
        assert seen.page.inner_text("#found") == "1 of 5"
        seen.page.fill("#search", "na")
        assert column(seen.page, "code") == ["NA", "CN"]


def test_units_makers_and_snapshots(browser: Browser, page_path: Path) -> None:
    with opened(browser, page_path) as seen:
        page = seen.page
        page.select_option("#pick-unit", "devices")
        assert cells(page, "DE")["change"] == "+77"
        assert "by devices" in page.inner_text("th[data-key=rank]")
        page.select_option("#pick-maker", "Hikvision")
        shown = cells(page, "DE")
        assert [shown[k] for k in ("hosts", "devices", "banners", "rank", "share")] == ["120", "–", "–", "2", "57.1%"]
        assert cells(page, "TK")["hosts"] == "–"
        assert cells(page, "")["hosts"] == "368"
        page.fill("#pick-year", "0")
        assert cells(page, "DE")["hosts"] == "80"
        assert cells(page, "DE")["change"] == "n/a"
        assert page.inner_text("#caveat") == "Changes are n/a: there is no earlier snapshot."
        assert page.inner_text(".now-year") == "2023"


def test_the_map_tells_what_is_not_shown_from_what_was_not_found(browser: Browser, page_path: Path) -> None:
    with opened(browser, page_path) as seen:
        page = seen.page
        assert "Not shown" in page.inner_text("#legend")
        # Tokelau has two hosts of Hikvision, which are folded, and none of Dahua's are in Namibia.
        for maker, code, look, said in (
            ("Hikvision", "TK", "few", "Tokelau: not shown"),
            ("Dahua", "NA", "none", "Namibia: none found"),
        ):
            page.select_option("#pick-maker", maker)
            land = page.locator(f"#world-map a[data-c={code}]")
            looks = {shape.get_attribute("class") for shape in land.locator("path, circle").all()}
            assert (looks, land.get_attribute("aria-label")) == ({look}, said)


def test_the_world_has_its_rate_in_every_unit(browser: Browser, page_path: Path) -> None:
    with opened(browser, page_path) as seen:
        for unit in ("hosts", "devices", "banners"):
            seen.page.select_option("#pick-unit", unit)
            assert cells(seen.page, "")["people"] == "<0.1"
        seen.page.select_option("#pick-maker", index=1)
        assert cells(seen.page, "")["people"] == "n/a"


def test_permalink(browser: Browser, page_path: Path) -> None:
    with opened(browser, page_path, "maker=hikvision&unit=hosts&year=2023&country=DE") as seen:
        page = seen.page
        assert cells(page, "DE")["hosts"] == "80"
        assert page.locator("tr.chosen").get_attribute("id") == "country-DE"
        assert page.evaluate("document.getElementById('country-DE').getBoundingClientRect().top") < 900
        page.select_option("#pick-per", "people")
        link = page.get_attribute("#permalink", "href") or ""
    assert link == "#maker=hikvision&per=people&country=DE&year=2023"
    with opened(browser, page_path, link[1:]) as seen:
        assert cells(seen.page, "DE")["hosts"] == "80"
        assert "per 100,000 people" in (seen.page.get_attribute("#world-map a[data-c=DE]", "aria-label") or "")


def test_makers_of_one_slug_have_links_of_their_own(browser: Browser, tmp_path: Path) -> None:
    hosts = {("DE", "A & B"): 40, ("DE", "A-B"): 90}
    page = draw_report(make_study(tmp_path, vendors=("A & B", "A-B")), [make_result("2024", hosts)])
    for n, shown in ((1, "40"), (2, "90")):
        with opened(browser, page) as seen:
            seen.page.select_option("#pick-maker", index=n)
            link = seen.page.get_attribute("#permalink", "href") or ""
        with opened(browser, page, link[1:]) as seen:
            assert (link, cells(seen.page, "DE")["hosts"]) == (f"#maker=a-b{'-2' * (n - 1)}", shown)


@pytest.mark.parametrize(
    "at", ["maker=none&year=1066&country=XX&unit=cats&sort=x", "country=<script>", "=&&%zz", "charts"]
)
def test_a_strange_address_does_no_harm(browser: Browser, page_path: Path, at: str) -> None:
    with opened(browser, page_path, at) as seen:
        assert cells(seen.page, "DE")["hosts"] == "210"
        assert (seen.errors, seen.violations) == ([], [])


def test_keyboard_alone(browser: Browser, page_path: Path) -> None:
    with opened(browser, page_path) as seen:
        page = seen.page
        page.focus("#pick-maker")
        page.keyboard.press("ArrowDown")
        assert page.inner_text(".now-maker") == "Hikvision"
        page.keyboard.press("ArrowUp")
        reached = []
        for _ in range(60):
            page.keyboard.press("Tab")
            reached.append(page.evaluate(WHERE))
            if reached[-1] == "agreed":
                break
        assert {"pick-unit", "pick-year", "US", "search", "rank", "hosts"} <= set(reached)
        page.focus("#world-map a[data-c=US]")
        assert page.inner_text("#map-status") == "United States: 261 hosts, rank 1"
        page.keyboard.press("ArrowRight")
        assert page.inner_text("#map-status") == "Germany: 210 hosts, rank 2"
        page.focus("th[data-key=hosts] button")
        page.keyboard.press("Enter")
        assert column(page, "hosts")[0] == "900"


def test_pointing_at_a_country_shows_its_figures(browser: Browser, page_path: Path) -> None:
    with opened(browser, page_path) as seen:
        seen.page.hover("#world-map a[data-c=DE] path")
        assert seen.page.inner_text("#map-status") == "Germany: 210 hosts, rank 2"


@pytest.mark.parametrize("file", ["index.html", *DETAIL_PAGES])
def test_a_phone_does_not_scroll_sideways(browser: Browser, page_path: Path, file: str) -> None:
    with opened(browser, page_path.parent / file, viewport={"width": 360, "height": 740}) as seen:
        assert seen.wide() == 0


def test_dark_mode_is_dark(browser: Browser, page_path: Path) -> None:
    with opened(browser, page_path, color_scheme="dark") as seen:
        body, chart = (
            seen.page.evaluate("s => getComputedStyle(document.querySelector(s))", s)
            and seen.page.evaluate("([s, k]) => getComputedStyle(document.querySelector(s))[k]", [s, k])
            for s, k in (("body", "backgroundColor"), (".chart path", "fill"))
        )
    assert body == chart == "rgb(20, 24, 28)"


def test_print(browser: Browser, page_path: Path) -> None:
    with opened(browser, page_path) as seen:
        seen.page.emulate_media(media="print")
        assert not seen.page.is_visible("#switches")
        assert (
            seen.page.evaluate("getComputedStyle(document.querySelector('#country-table thead th')).position")
            == "static"
        )
        assert seen.page.evaluate("getComputedStyle(document.querySelector('.tall')).maxHeight") == "none"
        assert seen.page.pdf(format="A4", landscape=True).startswith(b"%PDF")
