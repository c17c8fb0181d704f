"""Text from banners is hostile. It is put into the tables directly, and must be harmless in all that is published."""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pyarrow.parquet as pq
import pytest

from camcensus.report.draw import draw_report
from camcensus.report.formatting import plain
from camcensus.report.tables.publish import LONGEST_NAME, safe_name
from tests.report.browser import Browser, opened
from tests.report.conftest import make_study
from tests.report.worlds import counts_of

HOSTILE = (
    "<script>window.hurt = 1</script>",
    '"><img src=x onerror="window.hurt = 1">',
    "</script><svg onload=window.hurt=1>",
    '=HYPERLINK("https://evil.example","x")',
    "@SUM(A1:A9)",
    "+1+cmd|' /C calc'!A0",
    "evil\u202egpj.exe",
    "\u2066over\u2069",
    "x" * 10_000,
    "a\x00b\x07c\x1b[31md\re\nf",
    "javascript:window.hurt=1",
    "[x](javascript:hurt) | `y` <b>",
    "{{ 7 * 7 }}{% raw %}",
    "$\\frac{1}{0}$",
    "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
)
CONTROLS = {chr(n) for n in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))} - {"\n"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a world in which makers, brands and models have hostile names."""
    facts = []
    for n, name in enumerate(HOSTILE):
        groups = {"country": "DE", "manufacturer": name, "brand": name, "product_type": "camera", "model": name}
        facts += [(f"h{n}-{i}", len(facts) + i, groups) for i in range(40 + n)]
    vendors = tuple(n for n in HOSTILE if n.isprintable() and len(n) <= LONGEST_NAME and "'" not in n)
    study = make_study(tmp_path_factory.mktemp("study"), vendors=vendors)
    return draw_report(study, [counts_of(facts, "2023"), counts_of(facts, "2024")]).parent


def test_f28_pages_run_and_ask_for_nothing(browser: Browser, folder: Path) -> None:
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) > len(HOSTILE)
    for path in pages:
        with opened(browser, path) as seen:
            assert seen.page.evaluate("window.hurt") is None
            assert (seen.requests, seen.errors, seen.violations) == ([], [], []), path.name
            assert seen.page.locator("img, iframe, object, embed, form").count() == 0
            assert seen.page.evaluate("[...document.links].filter(a => a.protocol === 'javascript:').length") == 0


def test_switching_to_a_hostile_maker_does_no_harm(browser: Browser, folder: Path) -> None:
    with opened(browser, folder / "index.html") as seen:
        for n in range(1, seen.page.locator("#pick-maker option").count()):
            seen.page.select_option("#pick-maker", index=n)
        assert seen.page.evaluate("window.hurt") is None
        assert (seen.requests, seen.errors, seen.violations) == ([], [], [])


def test_f28_no_control_character_and_no_turned_text_anywhere(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".html", ".csv", ".md", ".svg", ".json"):
            assert not CONTROLS & set(path.read_text(encoding="utf-8")), path.name
            assert "x" * 200 not in path.read_text(encoding="utf-8"), path.name
    values = [v for c in pq.read_table(folder / "counts_public.parquet").columns for v in set(c.to_pylist())]
    assert not CONTROLS & set("".join(v for v in values if isinstance(v, str)))


def test_f28_pictures_are_pictures(folder: Path) -> None:
    for path in sorted((folder / "charts").glob("*.svg")):
        tags = {e.tag.rpartition("}")[2] for e in ET.parse(path).getroot().iter()}
        assert not tags & {"script", "image", "a", "foreignObject", "img"}, path.name


def test_f28_no_cell_of_a_sheet_is_a_formula(folder: Path) -> None:
    cells = [c for sheet in openpyxl.load_workbook(folder / "country_table.xlsx") for row in sheet.rows for c in row]
    assert len(cells) > 100
    assert [c.value for c in cells if c.data_type == "f" or c.hyperlink] == []
    for path in [folder / "country_table.csv", *(folder / "charts").glob("*.csv")]:
        with path.open(encoding="utf-8", newline="") as file:
            texts = [text for row in csv.reader(file) for text in row]
        assert [t for t in texts if t.startswith(("=", "+", "@")) or (t.startswith("-") and not t[1:2].isdigit())] == []


def test_f28_markdown_shows_it_as_it_is(folder: Path) -> None:
    text = (folder / "methodology.md").read_text(encoding="utf-8") + (folder / "country_table.md").read_text("utf-8")
    for mark in ("<script", "<img", "<b>", "[x](", "<svg"):
        assert mark not in text.replace("\\" + mark[0], "")
    assert plain("[x](javascript:hurt) | `y` <b>") == "\\[x\\](javascript:hurt) \\| \\`y\\` \\<b\\>"


def test_f28_the_data_in_the_page_cannot_end_their_element(folder: Path) -> None:
    text = (folder / "index.html").read_text(encoding="utf-8")
    block = text.split('id="view">')[1].split("</script>")[0]
    names = json.loads(block)["makers"].values()
    assert "</script><svg onload=window.hurt=1>" in names
    assert "<" not in block


def test_names_stay_apart() -> None:
    one, two = safe_name("x" * 10_000), safe_name("x" * 10_001)
    assert one != two
    assert one is not None
    assert len(one) <= LONGEST_NAME
    assert safe_name("DS-2CD2032-I") == "DS-2CD2032-I"
    assert safe_name("D\u00fcrr \u6d77\u5eb7") == "D\u00fcrr \u6d77\u5eb7"
    assert safe_name(None) is None
