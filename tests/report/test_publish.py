"""Folding: a small cell never stands alone, nor can it be worked out from what is published."""

import pandas as pd
import pytest

from pipeline.report.publish import OTHER, MakerHosts, fold, maker_total


def frames(makers: dict[str, int], total: int | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Makers of one country, and the country; two devices and three banners a host."""
    rows = [
        {"country": "NA", "manufacturer": m, "n_hosts": n, "n_devices": 2 * n, "n_banners": 3 * n}
        for m, n in makers.items()
    ]
    whole = sum(makers.values()) if total is None else total
    country = {"country": "NA", "n_hosts": whole, "n_devices": 2 * whole, "n_banners": 3 * whole}
    return pd.DataFrame(rows), pd.DataFrame([country])


def folded(makers: dict[str, int], total: int | None = None) -> dict[str, tuple[object, ...]]:
    """Maker to hosts, devices and banners as published with a minimum of five hosts."""
    found = fold(*frames(makers, total), 5)
    return {
        row.manufacturer: tuple(None if pd.isna(v) else v for v in (row.n_hosts, row.n_devices, row.n_banners))
        for row in found.itertuples()
    }


def test_large_makers_stay_as_they_are() -> None:
    assert folded({"A": 9, "B": 5}) == {"A": (9, 18, 27), "B": (5, 10, 15)}


def test_small_makers_become_other_whose_hosts_are_not_known() -> None:
    assert folded({"A": 90, "B": 3, "C": 4}) == {"A": (90, 180, 270), OTHER: (None, 14, 21)}


def test_the_next_smallest_joins_where_other_could_be_under_the_minimum() -> None:
    assert folded({"A": 90, "B": 20, "C": 2}) == {"A": (90, 180, 270), OTHER: (None, 44, 66)}


def test_a_sum_over_the_minimum_proves_nothing() -> None:
    # B and C may be the same three hosts: the country has 93, and 90 are A's.
    assert set(folded({"A": 90, "B": 3, "C": 3}, total=93)) == {OTHER}


def test_a_country_without_breakdown_has_no_numbers() -> None:
    assert folded({"A": 40, "B": 2}) == {OTHER: (None, None, None)}
    assert folded({"A": 4}) == {OTHER: (None, None, None)}


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "=HYPERLINK(1)", "unknown"])
def test_names_do_not_matter(name: str) -> None:
    assert folded({name: 9}) == {name: (9, 18, 27)}


def test_nothing_in_nothing_out() -> None:
    empty = pd.DataFrame({c: pd.Series(dtype="object") for c in ("country", "manufacturer", "n_hosts")})
    assert fold(empty, empty, 5).empty


def test_zero_is_told_from_hidden() -> None:
    hosts = MakerHosts(*frames({"A": 90, "B": 3, "C": 4}), 5)
    assert [hosts.get("NA", m) for m in ("A", "B", "D")] == [90, None, 0]
    small = MakerHosts(*frames({"A": 4}), 5)
    assert [small.get("NA", m) for m in ("A", "D")] == [None, None]
    assert small.get("DE", "A") == 0


def test_totals_of_makers_have_the_minimum_too() -> None:
    makers, _ = frames({"A": 90, "B": 3})
    assert [maker_total(makers, m, "n_hosts", 5) for m in ("A", "B", "C")] == [90, None, 0]
