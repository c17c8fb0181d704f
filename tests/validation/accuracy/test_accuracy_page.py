"""`camcensus accuracy` writes a page with its tables and plots, which says whose error it is."""

import re
from pathlib import Path

import pandas as pd
import pytest

from camcensus.validation.accuracy.coverage import ENGINES, LABELLERS
from camcensus.validation.accuracy.measure import CAUSES
from camcensus.validation.accuracy.page import goals, markdown
from tests.commands import camcensus

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("accuracy")
    done = camcensus("accuracy", "--out", out, "--devices", "1500", "--worlds", "1", "--workers", "1", "--quiet")
    assert "never the error of a published count" in done.stdout
    assert "precision of the maker" in done.stdout
    return out


def test_the_page_says_whose_error_it_is_and_when(report: Path) -> None:
    page = " ".join((report / "README.md").read_text().split())
    assert "the software's error in simulated worlds, never the error of a published count" in page
    assert re.search(r"^# How wrong is the count\? \(\d{4}-\d{2}-\d{2}\)", page)
    assert "1,500 devices" in page


def test_every_table_is_a_file_and_every_plot_is_there(report: Path) -> None:
    page = (report / "README.md").read_text()
    plots = re.findall(r"\]\((charts/\w+\.png)\)", page)
    assert len(plots) == 4
    assert all((report / plot).stat().st_size > 5_000 for plot in plots)
    tables = {path.stem: pd.read_csv(path) for path in report.glob("*.csv")}
    assert len(tables) == 16
    # No country of so small a world is large enough for a change.
    assert [name for name, table in tables.items() if table.empty] in ([], ["changes"])
    assert set(tables["coverage"]["setting"]) <= {*ENGINES, *LABELLERS}
    assert set(tables["causes"]["setting"]) == set(CAUSES)


def test_goals_are_met_or_not_by_what_was_measured(report: Path) -> None:
    tables = {path.stem: pd.read_csv(path) for path in report.glob("*.csv")}
    before = goals(tables).set_index("goal")["met"]
    tables["joins"] = tables["joins"].assign(merges=10.0, splits=10.1)
    after = goals(tables).set_index("goal")["met"]
    assert after["wrong merges, per 1,000 devices"] == "yes"
    assert after["wrong splits, per 1,000 devices"] == "no"
    rest = [goal for goal in before.index if not goal.endswith("per 1,000 devices")]
    assert (before[rest] == after[rest]).all()


def test_a_table_in_markdown() -> None:
    frame = pd.DataFrame({"name": ["a|b", "c"], "median": [0.1234, float("nan")], "n": [1_234, 5]})
    assert markdown(frame).splitlines() == [
        "| name | median | n |", "| --- | --- | --- |", "| a\\|b | 12.3% | 1,234 |", "| c |  | 5 |",
    ]  # fmt: skip
