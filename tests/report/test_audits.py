"""What audits and changes add to the page: intervals, words, ranks, and nothing where nobody made them."""

import pandas as pd

from camcensus.core.config import Study
from camcensus.estimate.audits.makers import COLUMNS as MAKER_COLUMNS
from camcensus.estimate.years import COLUMNS
from camcensus.report.charts import years
from camcensus.report.charts.lines import Lines
from camcensus.report.context import ReportContext
from camcensus.report.draw import draw_report
from camcensus.report.tables import audits, facts, small_tables
from camcensus.report.tables.audits import NO_AUDITS, Audits
from tests.report.conftest import make_result
from tests.report.test_charts import at

SCORES = pd.DataFrame(
    [
        ("precision", None, 0.95, 0.9, 0.98, 120, 526),
        ("cameras", None, 610.4, 560.2, 690.9, 120, 526),
        ("precision", "<b>Axis</b>", 0.9, 0.7, 0.99, 20, 37),
    ],
    columns=["what", "manufacturer", "value", "low", "high", "labelled", "counted"],
)
CHANGES = pd.DataFrame(
    [
        ("2023", "2024", None, "audit", 500, 526, 0.052, 0.011, 0.093, "up", None),
        ("2023", "2024", None, "sensitivity range", 500, 526, 0.05, -0.1, 0.2, "not distinguishable", None),
        ("2023", "2024", "DE", "audit", 5, 6, 0.2, 0.1, 0.3, "up", None),
    ],
    columns=COLUMNS,
)


def test_a_change_has_the_interval_of_audits_and_the_word_of_ranges(study: Study) -> None:
    one, two = make_result("2023", **at(0)), make_result("2024", **at(1))
    said = facts.headline_change(ReportContext(study, [one, two], Audits(changes=CHANGES)))
    assert "By audits of both: +5.2% (95% interval +1.1% to +9.3%), up." in said
    assert said.endswith("We cannot tell so small a change from differences in method.")
    assert "audits" not in facts.headline_change(ReportContext(study, [one, two]))


def test_a_change_beyond_both_ranges_has_a_direction(study: Study) -> None:
    one, two = make_result("2023", **at(0)), make_result("2024", {("DE", "Hikvision"): 9000}, **at(1))
    said = audits.change_sentences(NO_AUDITS, one, two)
    assert said == "The change is up whichever method is used in both years."
    assert audits.change_sentences(NO_AUDITS, one, make_result("2024", {}, **at(1))) == ""


def test_the_trend_has_the_corrected_count_with_its_interval(study: Study) -> None:
    results = [make_result("2023", **at(0)), make_result("2024", **at(1))]
    chart = years.trend_chart(ReportContext(study, results, Audits(scores={"2024": SCORES})))
    rows = [row for row in chart.rows if row["maker"] == years.CORRECTED]
    assert [(row["n_hosts"], row["low"], row["high"]) for row in rows] == [(None, None, None), (610, 560, 691)]
    assert "95% intervals" in chart.note
    assert isinstance(chart.picture, Lines)
    chart.picture.draw()
    assert years.CORRECTED not in {row["maker"] for row in years.trend_chart(ReportContext(study, results)).rows}


MAKERS = pd.DataFrame(
    [
        ("Hikvision", 400, 120, 90, 0.75, 0.66, 0.82, 533.0, 488.0, 606.0, "labels", None),
        ("<b>Unseen</b>", 0, 40, 0, 0.0, 0.0, 0.09, None, None, None, "labels", "none of the audited hosts is counted"),
        ("Axis", 37, 3, 3, None, None, None, None, None, None, "labels", "audited hosts: 3, fewer than 30"),
        ("Hidden", 1, 60, 1, 0.02, 0.0, 0.09, 60.0, 11.0, 333.0, "labels", None),
    ],
    columns=MAKER_COLUMNS,
)


def test_makers_have_corrected_counts_next_to_their_own(study: Study) -> None:
    results = [make_result("2024")]
    context = ReportContext(study, results, Audits(makers={"2024": MAKERS}))
    found = small_tables.corrected_makers(context)
    assert found is not None
    by_maker = {row[0]: list(row)[1:] for row in found.rows}
    assert by_maker["Hikvision"] == ["400", "120", "75.0%", "66.0%", "82.0%", "533", "488", "606", ""]
    assert by_maker["Axis"][2:8] == ["n/a"] * 6
    assert by_maker["Axis"][-1] == "audited hosts: 3, fewer than 30"
    assert by_maker["<b>Unseen</b>"][-1] == "none of the audited hosts is counted"
    assert "Hidden" not in by_maker  # of fewer hosts than are published
    assert small_tables.corrected_makers(ReportContext(study, results)) is None


def test_the_page_says_what_the_makers_recall_covers(study: Study) -> None:
    results = [make_result("2024")]
    given = Audits(makers={"2024": MAKERS.assign(basis="catalogue")})
    page = draw_report(study, results, audits=given).read_text()
    assert "does not cover what the catalogue does not know" in page
    assert "only if the blocks were drawn at random" in page
    assert "&lt;b&gt;Unseen&lt;/b&gt;" in page
    assert "<b>Unseen" not in page


def test_the_audit_as_a_table(study: Study) -> None:
    results = [make_result("2024")]
    found = small_tables.audit(ReportContext(study, results, Audits(scores={"2024": SCORES})))
    assert found is not None
    assert [list(row)[1:] for row in found.rows] == [
        ["All makers", "95.0%", "90.0%", "98.0%", "120"],
        ["All makers", "610", "560", "691", "120"],
        ["<b>Axis</b>", "90.0%", "70.0%", "99.0%", "20"],
    ]
    assert small_tables.audit(ReportContext(study, results)) is None
