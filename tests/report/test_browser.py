"""The page as a reader has it, in a browser: without network, without JavaScript, on a phone, in the dark, on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from pipeline.report import draw_report
from tests.report.browser import browser, opened
from tests.report.conftest import HOSTS, make_result, make_study

__all__ = ["browser"]

EARLIER = {cell: n * 2 // 3 for cell, n in HOSTS.items()}


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The page of a small study of two snapshots."""
    study = make_study(tmp_path_factory.mktemp("study"), vendors=("Hikvision", "Dahua"))
    return draw_report(study, [make_result("2023", EARLIER), make_result("2024")])


def test_asks_for_nothing_and_breaks_no_rule_of_its_own(browser: Browser, page_path: Path) -> None:
    with opened(browser, page_path) as seen:
        assert "368" in seen.page.inner_text("header")
        assert (seen.requests, seen.errors, seen.violations) == ([], [], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, page_path: Path, scheme: str) -> None:
    with opened(browser, page_path, color_scheme=scheme) as seen:
        assert seen.axe() == []
