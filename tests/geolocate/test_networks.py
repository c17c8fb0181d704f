"""Kinds of networks: the table as it is committed, and what is made of a number and the engine's tags."""

import csv
from collections import Counter

import pytest

from camcensus.core.resources import NETWORKS, bundled
from camcensus.geolocate.networks import KINDS, load_networks, network_kind


def test_the_table_is_sorted_and_each_row_has_a_source() -> None:
    with bundled(NETWORKS).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = [int(row["asn"]) for row in rows]
    assert numbers == sorted(set(numbers))
    assert all(row["name"] and row["source"].startswith("https://") and row["kind"] in KINDS for row in rows)
    assert Counter(row["kind"] for row in rows)["hosting"] >= 80


def test_no_private_or_reserved_number() -> None:
    assert all(0 < n < 64_496 or 131_072 <= n < 4_200_000_000 for n in load_networks())


@pytest.mark.parametrize(
    ("asn", "tags", "kind"),
    [
        (16509, None, "hosting"), (24940, "", "hosting"), (21928, None, "mobile"), (7922, None, "fixed"),
        (64_512, "cloud", "hosting"), (None, "self-signed cloud", "hosting"), (64_512, "cloudy", None),
        (None, None, None), (0, "", None), (21928, "cloud", "mobile"),
    ],
)  # fmt: skip
def test_kind(asn: int | None, tags: str | None, kind: str | None) -> None:
    assert network_kind(asn, tags) == kind
