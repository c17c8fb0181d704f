"""The window: what is in it, and how old that is."""

import datetime as dt
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from camcensus.dedupe.devices import window_of
from tests.census import DAY, NOON, banner, census


def test_a_given_date_ends_with_its_last_second(tmp_path: Path) -> None:
    end = dt.date(2026, 3, 31)
    last = int(dt.datetime(2026, 3, 31, 23, 59, 59, tzinfo=dt.UTC).timestamp())
    first = int(dt.datetime(2026, 3, 30, tzinfo=dt.UTC).timestamp())
    rows = [banner(port=n, seen_at=s) for n, s in enumerate((first - 1, first, last, last + 1), 1)]
    found = census(tmp_path, rows, days=2, end=end)
    assert [link["status"] for link in found.links] == ["out_of_window", "kept", "kept", "out_of_window"]
    assert (found.deduped.window.start, found.deduped.window.end) == (first, last)


def test_without_a_date_the_newest_banner_of_any_kind_ends_the_window(tmp_path: Path) -> None:
    rows = [
        banner(port=1, seen_at=NOON - DAY + 1),
        banner(port=2, seen_at=NOON - DAY),
        banner(port=3, product_type="other"),
    ]
    found = census(tmp_path, rows, days=1)
    assert [link["status"] for link in found.links] == ["kept", "out_of_window"]
    assert [link["device"] is None for link in found.links] == [False, True]


def test_all_is_everything_up_to_the_date(tmp_path: Path) -> None:
    rows = [banner(port=1, seen_at=5), banner(port=2, seen_at=NOON), banner(port=3, seen_at=NOON + 10 * DAY)]
    found = census(tmp_path, rows, end=dt.datetime.fromtimestamp(NOON, dt.UTC).date())
    assert [link["status"] for link in found.links] == ["kept", "kept", "out_of_window"]


def test_an_older_sight_in_the_window_is_kept_when_the_newest_is_outside(tmp_path: Path) -> None:
    rows = [banner(seen_at=NOON), banner(seen_at=NOON + 9 * DAY)]
    found = census(tmp_path, rows, end=dt.datetime.fromtimestamp(NOON, dt.UTC).date())
    assert [link["status"] for link in found.links] == ["kept", "out_of_window"]


def test_no_banner_at_all_is_an_empty_window(tmp_path: Path) -> None:
    found = census(tmp_path, [])
    assert (found.links, found.devices) == ([], {})
    assert (found.deduped.window.start, found.deduped.window.end) == (None, None)


@given(newest=st.integers(0, 2**33), days=st.integers(1, 3660))
def test_a_window_is_so_many_days_long(newest: int, days: int) -> None:
    window = window_of(newest, days, None)
    assert window.start is not None
    assert window.end == newest
    assert window.end - window.start + 1 == days * DAY


def test_the_age_of_what_was_kept(tmp_path: Path) -> None:
    days = (0, 1, 2, 3, 6, 7, 13, 14, 29, 30, 300)
    rows = [banner(f"192.0.2.{n}", seen_at=NOON - n_days * DAY) for n, n_days in enumerate(days)]
    rows.append(banner("192.0.2.10", 81, seen_at=NOON - 2 * DAY))
    ages = census(tmp_path, rows).deduped.ages
    assert ages.banners == {"0": 1, "1-2": 3, "3-6": 2, "7-13": 2, "14-29": 2, "30+": 2}
    assert ages.hosts == {"0": 1, "1-2": 3, "3-6": 2, "7-13": 2, "14-29": 2, "30+": 1}
    assert ages.hosts_last_7_days == 6
    assert ages.churn_index is None
    assert "one collection" in str(ages.churn_reason)
