"""What a run prints at its end."""

import json
from pathlib import Path
from typing import Any

import pytest

from camcensus.cli.messages import outcome_text
from camcensus.run import Outcome

SUMMARY: dict[str, Any] = {
    "snapshot": "2026",
    "is_simulated": True,
    "n_hosts": 1299,
    "n_countries": 114,
    "before": "2025",
    "n_hosts_before": 1202,
    "not_comparable": [],
    "n_warnings": 2,
    "tables": "report/country_table.csv",
    "page": "report/index.html",
}


def test_the_summary_of_a_run() -> None:
    outcome = Outcome(page=Path("report/index.html"), done=["report"])
    assert outcome_text(outcome, SUMMARY, as_json=False).splitlines() == [
        "Summary of 2026 (SIMULATED data)",
        "hosts: 1,299 (+97, +8.1% since 2025)",
        "countries: 114",
        "warnings: 2",
        "tables: report/country_table.csv",
        "page: report/index.html",
    ]
    assert json.loads(outcome_text(outcome, SUMMARY, as_json=True))["summary"] == SUMMARY


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"before": None, "n_hosts_before": None}, "hosts: 1,299"),
        ({"n_hosts_before": 0}, "hosts: 1,299 (+1,299 since 2025)"),
        ({"not_comparable": ["another query set"]}, "hosts: 1,299 (not comparable with 2025: another query set)"),
    ],
)
def test_the_change_of_hosts(changed: dict[str, Any], text: str) -> None:
    assert outcome_text(Outcome(done=["report"]), SUMMARY | changed, as_json=False).splitlines()[1] == text
