"""The page: one file, no requests, nothing from a banner that is not escaped, and the numbers in words."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pytest

from camcensus.core.config import Study
from camcensus.core.countries import code_notes
from camcensus.core.errors import TableError
from camcensus.core.manifest import Instrument
from camcensus.core.storage import sha256
from camcensus.core.tables import COVERAGE, OUTCOMES
from camcensus.report.draw import draw_report
from camcensus.report.formatting import linked, plain
from camcensus.report.inputs import Result
from camcensus.report.tables.facts import Change, change, headline
from camcensus.report.tables.small_tables import settings
from camcensus.report.wording import left_out_note, outside
from tests.report.conftest import make_result, make_study
from tests.report.worlds import LARGE_MAKERS, large_world

HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "=HYPERLINK(1)"]
VOID = {"meta", "img", "input", "br"}


class Reader(HTMLParser):
    """Checks that tags are closed in order, and keeps elements, text and attributes."""

    def __init__(self, text: str) -> None:
        """Read the whole page."""
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element."""
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that the innermost element ends."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep text that is shown."""
        if not {"style", "script"} & set(self.open):
            self.text.append(data)

    @property
    def words(self) -> str:
        """The visible text, on one line."""
        return " ".join("".join(self.text).split())


def page(study: Study, *results: Result) -> tuple[str, Reader]:
    """The page's source, and what is in it."""
    text = draw_report(study, list(results)).read_text(encoding="utf-8")
    return text, Reader(text)


def test_numbers_in_words(study: Study) -> None:
    _, read = page(study, make_result("2023", {("US", "Hikvision"): 263}), make_result("2024"))
    assert (
        "368 hosts with cameras or recorders made by Hikvision in 4 countries and territories outside China"
        in read.words
    )
    assert "(3 of them UN members)" in read.words
    assert "Left out: China (CN). Hong Kong, Macao and Taiwan have their own country codes" in read.words
    assert "+263" in read.words
    assert "+100.0%" in read.words
    assert "2023-11-14 to 2023-12-14 (UTC)" in read.words
    assert "not <JSON>: 4" in read.words


def covered(result: Result, **hosts: int) -> Result:
    """The result with the coverage of the world: hosts by outcome, in either scope; all countries have one more."""
    cells = [
        {
            "scope": scope,
            "level": "world",
            "country": None,
            "port": None,
            "outcome": outcome,
            "n_banners": 9,
            "n_hosts": n,
        }
        for scope, more in (("all", 1), ("study", 0))
        for outcome in OUTCOMES
        for n in [hosts.get(outcome, 0) + more]
    ]
    return replace(result, coverage=pa.Table.from_pylist(cells, COVERAGE.schema))


def test_what_is_not_identified_is_next_to_the_headline_and_no_share_of_anything(study: Study) -> None:
    text, read = page(study, covered(make_result("2024"), counted=1368, candidate=210, other=5000))
    said = (
        "All makers: 1,368 hosts counted; 210 more use surveillance words and are not identified; devices without such "
        "words are in neither."
    )
    assert said in read.words
    assert text.index("1,368 hosts counted") < text.index("<nav")
    assert said in (study.report / "methodology.md").read_text(encoding="utf-8")


def test_a_snapshot_counted_before_there_was_coverage_says_nothing_of_it(study: Study) -> None:
    _, read = page(study, make_result("2024"))
    assert "not identified" not in read.words


def test_no_requests_and_no_foreign_code(study: Study) -> None:
    text, read = page(study, make_result("2023"), make_result("2024"))
    for tag, attributes in read.found:
        assert tag not in {"link", "iframe", "object", "embed", "base", "form"}
        assert not [a for a in attributes if a == "style" or a.startswith("on")]
        source = attributes.get("src")
        assert source is None or source.startswith("data:image/")
    style, script = (re.search(rf"<{t}>(.*?)</{t}>", text, re.DOTALL) for t in ("style", "script"))
    assert style
    assert script
    assert set(re.findall(r"url\(.", style[1])) == {"url(#"}
    assert "@import" not in style[1]
    policy = next(a["content"] for t, a in read.found if a.get("http-equiv") == "Content-Security-Policy") or ""
    for inline in (style[1], script[1]):
        assert base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode() in policy
    assert "default-src 'none'" in policy


@pytest.mark.slow
def test_the_page_of_the_whole_world_is_small(tmp_path: Path) -> None:
    """195 countries, 20 makers, 6 snapshots, with all pictures in the page."""
    drawn = draw_report(make_study(tmp_path, vendors=LARGE_MAKERS), large_world())
    text = drawn.read_text(encoding="utf-8")
    assert (text.count('<tr class="country"'), text.count('<option value="maker-')) == (194, 20)
    assert text.count('<svg class="chart') >= 10
    assert drawn.stat().st_size <= 1_500_000


@pytest.mark.slow
def test_hostile_names_are_escaped(tmp_path: Path) -> None:
    study = make_study(tmp_path, vendors=tuple(HOSTILE))
    _, read = page(study, make_result("2024", {("US", name): 50 for name in HOSTILE}))
    assert [a for t, a in read.found if t == "script"] == [{"type": "application/json", "id": "view"}, {}]
    assert [tag for tag, _ in read.found].count("img") == 0
    assert all(f"50 hosts with cameras or recorders made by {name}" in read.words for name in HOSTILE)


def test_table_rows(study: Study) -> None:
    _, read = page(study, make_result("2023"), make_result("2024"))
    ids = [a["id"] for t, a in read.found if t == "tr" and a.get("id")]
    assert ids == [f"country-{c}" for c in ("US", "DE", "NA", "TK", "CN", "ZZ")]
    assert "China left out" in read.words
    assert "World outside China" in read.words


def test_single_snapshot_has_no_change(study: Study) -> None:
    _, read = page(study, make_result("2024"))
    assert "Change since the snapshot before: n/a (there is no earlier snapshot)" in read.words


def test_partial_collection_is_marked_and_not_compared(study: Study) -> None:
    _, read = page(study, make_result("2023"), make_result("2024", manifest={"complete": False}))
    assert "PARTIAL COLLECTION" in read.words
    assert "n/a (one of the two collections is partial)" in read.words


def test_changed_instrument_is_said(study: Study) -> None:
    changed = Instrument(query_set="q2", catalogue="c2", rules="r1", geo_db="g1")
    _, read = page(study, make_result("2023"), make_result("2024", manifest={"instrument": changed}))
    said = "Change since the snapshot before: n/a (another query set and another catalogue)."
    assert read.words.count(said) == 2  # in the headline, and where the table of changes would stand
    assert "Changes are n/a: another query set and another catalogue." in read.words
    assert "since 2023. All makers:" not in read.words


def test_another_edition_of_the_country_database_is_said_and_the_change_given(study: Study) -> None:
    changed = Instrument(query_set="q1", catalogue="c1", rules="r1", geo_db="g2")
    _, read = page(study, make_result("2023"), make_result("2024", manifest={"instrument": changed}))
    assert "since 2023. All makers:" in read.words
    assert "Not corrected for changed instrument: geolocation edition differs." in read.words
    assert "Not one instrument: geolocation edition changed." in read.words


@pytest.mark.slow
def test_nothing_counted(study: Study) -> None:
    _, read = page(study, make_result("2023", {}), make_result("2024", {}))
    assert "0 hosts with cameras or recorders made by Hikvision outside China" in read.words
    assert "Nothing to show: none has 5 hosts or more." in read.words


@pytest.mark.slow
@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_is_marked(tmp_path: Path, simulated: bool) -> None:
    study = make_study(tmp_path, f"simulated = {str(simulated).lower()}")
    _, read = page(study, make_result("2024"))
    assert ("SYNTHETIC DATA" in read.words) is simulated
    package = json.loads((study.report / "datapackage.json").read_text())
    assert package["simulated"] is simulated


@pytest.mark.slow
def test_same_bytes_twice_and_hashes_are_true(study: Study) -> None:
    results = [make_result("2023"), make_result("2024")]
    folder = draw_report(study, results).parent
    first = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    draw_report(study, results)
    assert first == {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    listed = json.loads((folder / "datapackage.json").read_text())["resources"]
    assert {r["path"] for r in listed} | {"datapackage.json"} == {str(p.relative_to(folder)) for p in first}
    assert all(r["hash"] == f"sha256:{sha256(folder / r['path'])}" for r in listed)


def test_methodology_says_what_the_page_says(study: Study) -> None:
    _, read = page(study, make_result("2024"))
    text = (study.report / "methodology.md").read_text(encoding="utf-8")
    said = ("Devices and banners add up across everything.", "A search engine sees part of the Internet")
    for words in (*said, "Visible is not open"):
        assert words in text
        assert words in read.words
    assert "<b>" not in text.replace("\\<b", "")


def test_few_hosts_are_not_told(study: Study) -> None:
    found = headline(study, make_result("2024", {("US", "Hikvision"): 4, ("US", "Axis"): 90}), "Hikvision")
    assert (found.number, found.un_members) == ("Not shown:", "")
    assert found.text.startswith("hosts with cameras or recorders made by Hikvision outside China (fewer than 5, or")


def test_what_is_hidden_is_said(study: Study) -> None:
    _, read = page(study, make_result("2024"))
    assert "2 of 5 counts of these makers by country are hidden; they hold 2.2% of their hosts." in read.words
    assert "counts_public.parquet: all counts that may be published" in read.words
    package = json.loads((study.report / "datapackage.json").read_text())
    entry = next(r for r in package["resources"] if r["path"] == "counts_public.parquet")
    shares = entry["hidden"]["snapshots"]["2024"]
    assert shares == {"cells": 5, "cells_in_all": 11, "percent_of_hosts": 15.0}
    assert f"they hold {shares['percent_of_hosts']}% of the hosts" in read.words
    assert "15.0%" in (study.report / "methodology.md").read_text(encoding="utf-8")


def test_no_snapshot_is_an_error(study: Study) -> None:
    with pytest.raises(TableError, match="no snapshot"):
        draw_report(study, [])


def test_other_settings(study: Study) -> None:
    table = settings(study, make_result("2024"))
    assert [row[1] for place, row in enumerate(table.rows) if place in table.ours] == ["526"] * 3
    assert all(str(row[0]).endswith(" (headline)") == (place in table.ours) for place, row in enumerate(table.rows))
    hosts = {row[0]: row[1] for row in table.rows}
    assert hosts["Decoys: none left out"] == str(526 + 11 * 5)
    assert hosts["Addresses: IPv6"] == "n/a"
    assert hosts["Location: both sources name the same country"] == str(210 - 21 + 47 - 4 + 2 + 261 - 26)


def test_f27_change_of_zero() -> None:
    assert change(0, 3) == Change(3, None)
    assert change(None, 3) == change(3, None) == Change()
    assert change(4, 3) == Change(-1, -25.0)


def test_words_for_what_is_left_out(tmp_path: Path) -> None:
    study = make_study(tmp_path, "countries_left_out = ['CN', 'HK']")
    assert outside(study.countries_left_out) == "outside China and Hong Kong"
    assert left_out_note(study).endswith(
        "Hong Kong has its own country code and is left out too. Macao and Taiwan are counted."
    )
    assert outside(()) == "worldwide"
    assert outside(("CN", "HK", "MO", "TW")) == "outside the 4 countries and territories left out"


def test_only_https_becomes_a_link() -> None:
    found = linked('By <X> (https://db-ip.com), javascript:alert(1) http://a.b "https://c.d/e.')
    assert found.count("<a ") == 2
    assert '<a href="https://db-ip.com">https://db-ip.com</a>), javascript' in found
    assert "&lt;X&gt;" in found
    assert '<a href="https://c.d/e">https://c.d/e</a>.' in found


def test_markdown_is_plain() -> None:
    assert plain("a|b\n<i>*x*") == r"a\|b \<i\>\*x\*"


def test_country_codes_are_explained_in_page_and_methodology(study: Study) -> None:
    _, read = page(study, make_result("2024"))
    text = (study.report / "methodology.md").read_text(encoding="utf-8")
    for note in code_notes():
        assert note in read.words
        assert f"- {note}\n" in text


@pytest.mark.slow
def test_warnings_of_gates_stand_on_the_page_escaped(study: Study) -> None:
    text = draw_report(study, [make_result("2024")], ["2024: gate vendor-mix: <b>20 %</b>"]).read_text(encoding="utf-8")
    assert "<li>2024: gate vendor-mix: &lt;b&gt;20 %&lt;/b&gt;</li>" in text
    assert "every row is accounted for" not in text
    _, read = page(study, make_result("2024"))
    assert "every row is accounted for. They could not be compared with an earlier snapshot" in read.words
    _, read = page(study, make_result("2023"), make_result("2024"))
    assert "No total moved out of bounds since the snapshot before." in read.words


@pytest.mark.slow
def test_makers_that_a_chart_does_not_show_are_counted(study: Study) -> None:
    hosts = {("US", f"M{n:02}"): 50 + n for n in range(20)} | {("US", "Tiny"): 2, ("US", "Few"): 4}
    _, read = page(study, make_result("2024", hosts))
    assert "5 makers follow after these." in read.words
    assert "2 makers with fewer than 5 hosts, or hidden to protect such a count, are not shown." in read.words
