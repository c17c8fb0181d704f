"""The page of a sample as a reader has it: marked, without a request, with intervals, and hostile text only as text."""

from pathlib import Path

import pytest

from camcensus.core.config import Study, load_study
from camcensus.core.manifest import Collection, DrawnBlocks, Instrument, Manifest, Window
from camcensus.core.stage_record import Flow, StageRecord
from camcensus.estimate.area_sampling.figures import Figures
from camcensus.report.draw import draw_report
from camcensus.report.pages.sample_page import Estimated
from tests.estimate.area_sampling.test_figures import sample
from tests.estimate.area_sampling.worlds import study
from tests.report.browser import Browser, opened

HOSTILE = "<script>alert(1)</script>&amp;\"'"


def manifest() -> Manifest:
    """Of a sample of 40 blocks, one of which did not come whole."""
    drawn = DrawnBlocks(seed=1, prefix_length=8, blocks=41, of=200)
    flow = Flow(unit="sampled blocks", rows_in=41, rows_out=40, dropped={"not collected whole": 1})
    notes = ["41 of 200 blocks", "7 matches lie outside the IPv4 space"]
    return Manifest(
        snapshot="2026", basis="sample", simulated=True, window=Window(start=0, end=86_399, days=1),
        instrument=Instrument(query_set="q", catalogue="c", rules="r", geo_db="g"),
        collection=Collection(
            modes=["sample"], queries={}, parts=1, announced=1, found=1, credits=1, threshold=0.98, missing=[],
            controls={}, ports=[], sample=drawn,
        ),
        stages={"estimates": StageRecord(version=1, depends_on={}, outputs={}, flow=flow, notes=notes)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a study of a sample and nothing else, with a hostile title and a hostile maker."""
    path = study(tmp_path_factory.mktemp("study"), 40)
    text = path.read_text().replace('title = "T"', f"title = '''{HOSTILE}'''")
    path.write_text(text.replace('vendors = ["Hikvision", "TVT"]', 'vendors = ["A", "B"]'))
    loaded: Study = load_study(path)
    rows = Figures(sample(), loaded.countries_left_out, loaded.vendors).rows()
    same = {
        "snapshot": "2026", "engine": "shodan", "basis": "sample", "blocks_sampled": 40, "blocks_in_all": 200,
        "min_confidence": "medium", "decoys_left_out": "certain", "query_set": "q", "catalogue": "c", "rules": "r",
        "geo_db": "g", "window_start": 0, "window_end": 86_399, "complete": True, "simulated": True,
    }  # fmt: skip
    renamed = [row | same | ({"manufacturer": HOSTILE} if row["manufacturer"] == "B" else {}) for row in rows]
    return draw_report(loaded, [], samples=[Estimated("2026", manifest(), renamed)])


def test_it_asks_for_nothing_and_is_accessible(browser: Browser, drawn: Path) -> None:
    with opened(browser, drawn, viewport={"width": 390, "height": 800}) as seen:
        assert (seen.requests, seen.errors, seen.violations) == ([], [], [])
        assert seen.axe() == []
        assert seen.wide() == 0
        assert seen.page.locator(".band").count() == 2
        assert "SAMPLE: every number is an estimate" in seen.page.inner_text("body")
        assert seen.page.locator("main script, header script").count() == 0


def test_every_estimate_stands_with_its_interval(browser: Browser, drawn: Path) -> None:
    with opened(browser, drawn) as seen:
        assert "95% interval" in seen.page.inner_text("header")
        for name in ("The world", "Maker: hosts", "Country: hosts", "Country, maker: hosts"):
            table = seen.page.locator("table", has=seen.page.locator("caption", has_text=f"{name}, estimated"))
            rows = table.first.locator("tbody tr").all_inner_texts()
            assert rows
            assert all(" to " in row for row in rows)


def test_it_says_how_it_was_drawn_and_what_the_interval_leaves_out(drawn: Path) -> None:
    text = drawn.read_text()
    assert "Of the 200 blocks /8" in text
    assert "41 were drawn without replacement, each with the same chance of 20.50%, by seed 1" in text
    assert "40 are complete" in text
    assert "7 matches lie outside the IPv4 space" in text
    assert "does not cover what the engine does not see" in text
    assert "China (CN), left out of headlines" in text
    assert HOSTILE not in text
