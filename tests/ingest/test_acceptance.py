"""What was accepted, in words: lost records that make a snapshot partial, and banners that can show no camera."""

from pathlib import Path

import pytest

from camcensus.core.manifest import Input, Manifest
from camcensus.core.stage_record import Flow, StageRecord
from camcensus.ingest.acceptance import shows_no_camera, summary, unknown_fields, why_nothing
from camcensus.ingest.observe import batch_of
from camcensus.ingest.telling import TELLING, count_telling
from camcensus.raw.completeness import lost_records, why_partial
from camcensus.readers.registry import named_source, shipped


def flow(accepted: int, quarantined: int = 0, blank: int = 0) -> Flow:
    dropped = {"blank": blank, "quarantined: not_json": quarantined - quarantined // 3}
    dropped |= {"quarantined: bad_port": quarantined // 3}
    return Flow(unit="lines", rows_in=accepted + quarantined + blank, rows_out=accepted, dropped=dropped).check(
        "ingest"
    )


@pytest.mark.parametrize(
    ("accepted", "quarantined", "is_partial"),
    [
        (1, 19, False),  # fewer than 20, however large the share
        (0, 20, True),
        (1980, 20, False),  # exactly 1%
        (1979, 20, True),
        (99_000, 1000, False),
        (98_999, 1001, True),
    ],
)
def test_more_than_one_in_a_hundred_and_at_least_twenty_are_too_many(
    accepted: int, quarantined: int, is_partial: bool
) -> None:
    assert bool(lost_records(flow(accepted, quarantined), 0.01)) == is_partial


def test_blank_lines_are_not_lost_and_do_not_hide_lost_ones() -> None:
    assert lost_records(flow(100, blank=5000), 0.01) == ""
    assert lost_records(flow(100, 30, blank=5000), 0.01) == "30 of 130 lines (23.1%) are in quarantine"


def test_the_bound_is_the_study_s() -> None:
    assert lost_records(flow(60, 40), 0.5) == ""
    assert lost_records(flow(999_980, 20), 0.0) == "20 of 1,000,000 lines (0.0%) are in quarantine"


def test_a_partial_snapshot_says_each_reason_without_names_of_files() -> None:
    record = StageRecord(version=2, depends_on={}, outputs={}, flow=flow(100, 30))
    torn = Input(source="shodan", bytes=1, sha256="0", damage="secret.json.gz breaks off")
    found = Manifest(snapshot="a", stages={"ingest": record}, missing=["secret.json"], inputs={"secret.json.gz": torn})
    assert why_partial(found, 0.01) == [
        "imported raw files that are missing: 1",
        "raw files that are damaged or have no banner: 1",
        "30 of 130 lines (23.1%) are in quarantine",
    ]
    assert why_partial(Manifest(snapshot="a"), 0.01) == []


def test_the_summary_accounts_for_every_line() -> None:
    assert summary(flow(2838, 21, 2)) == "2,861 lines, 2,838 banners accepted, 21 in quarantine, 2 blank"
    assert summary(flow(3)) == "3 lines, 3 banners accepted"


def test_one_of_each_is_singular() -> None:
    assert summary(flow(1)) == "1 line, 1 banner accepted"


def test_why_there_is_nothing_is_the_commonest_reason_with_the_way_out() -> None:
    mapping = named_source("fofa", Path()).mapping
    found = why_nothing(flow(0, 30), {"not_json": 20, "no_timestamp": 10}, None)
    assert found.startswith(
        "none of its 30 lines is a banner; the commonest reason (20 of them): the line is not JSON; "
    )
    found = why_nothing(flow(0, 3), {"no_timestamp": 3}, mapping)
    assert "the timestamp is missing; " in found
    assert "[fixed]" in found
    assert why_nothing(flow(0), {}, None) == "it is empty"


def test_unknown_fields_are_listed_by_number_and_bounded() -> None:
    assert unknown_fields({}) == ""
    assert unknown_fields({"b": 1, "a": 2000}) == "unexpected fields: a (2,000 rows), b (1 row)"
    assert unknown_fields({f"f{n:02}": 1 for n in range(25)}).endswith("f19 (1 row) and 5 more")


def test_rows_with_any_evidence_are_counted_once() -> None:
    nothing = [None] * 4
    same = {"host": ["192.0.2.1"] * 4, "ip_version": [4] * 4, "port": [80] * 4, "transport": ["tcp"] * 4}
    same |= {"seen_at": [0] * 4, "is_synthetic": [False] * 4, "file": ["f"] * 4, "line": [1, 2, 3, 4]}

    def telling(**columns: list[str | None]) -> int:
        return count_telling(batch_of(same | columns, 4))

    assert telling() == 0
    assert telling(module=["http"] * 4, tags=["cloud"] * 4, http_auth=["Basic"] * 4, network=["AS"] * 4) == 0
    assert telling(http_server=["a", None, None, None], http_title=["b", "c", None, None], mac=nothing) == 2
    assert telling(http_server=["a"] * 4) == 4
    assert count_telling(batch_of({}, 0)) == 0
    assert "module" not in TELLING


def test_banners_without_evidence_show_no_camera() -> None:
    assert shows_no_camera(0, 0, None) == "", "nothing accepted is another fault"
    assert shows_no_camera(1, 100, None) == ""
    assert "0 of 16 banners" in shows_no_camera(0, 16, None)
    assert "1 of 101 banners" in shows_no_camera(1, 101, None)


@pytest.mark.parametrize("name", shipped())
def test_the_fields_to_export_are_those_that_the_mapping_reads(name: str) -> None:
    mapping = named_source(name, Path()).mapping
    assert mapping is not None
    text = shows_no_camera(0, 50, mapping).partition("export these fields too: ")[2]
    assert set(text.split(", ")) <= set(mapping.mapped)
    assert len(text.split(", ")) >= 3
