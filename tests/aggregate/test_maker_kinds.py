"""Kinds of makers' hosts: against a slow count in plain Python, and one case at a time."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from camcensus.core import parquet
from camcensus.core.tables import COUNTED_TYPES, MAKER_KINDS
from tests.census import DAY, NOON, Census, banner, census, somewhere

Row = dict[str, Any]
SURE = ("medium", "high")
COLUMNS = ("n_hosts", "n_hosts_by_range", "n_hosts_with_kind", "n_hosts_other")


def kinds(found: Census) -> dict[str, tuple[int, ...]]:
    rows = parquet.read_table(found.folder / "maker_kinds.parquet", MAKER_KINDS).to_pylist()
    return {row["manufacturer"]: tuple(row[name] for name in COLUMNS) for row in rows}


def of(maker: str, rule: str = "", **told: Any) -> Row:
    return {"manufacturer": maker, "manufacturer_confidence": "high", "signatures": rule, **told}


def counted(maker: str, rule: str = "acme.http.server") -> Row:
    return of(maker, rule, is_counted=True, product_type="video", type_confidence="medium")


def other(maker: str, confidence: str = "medium") -> Row:
    return of(maker, "acme.model.switch", is_counted=False, product_type="other", type_confidence=confidence)


RANGE = "acme.http.realm.name acme.range"


@pytest.mark.parametrize(
    ("banners", "expected"),
    [
        ([counted("Acme", RANGE)], (1, 1, 0, 0)),
        ([counted("Acme", "acme.range")], (1, 1, 0, 0)),
        ([counted("Acme", "acme.range-finder.title")], (1, 0, 1, 0)),
        ([counted("Acme")], (1, 0, 1, 0)),
        ([counted("Acme", RANGE), counted("Acme")], (1, 0, 1, 0)),
        ([counted("Acme", RANGE), other("Acme")], (1, 1, 1, 1)),
        ([counted("Acme"), other("Acme")], (1, 0, 1, 0)),
        ([other("Acme")], (0, 0, 1, 1)),
        ([other("Acme", "low")], (0, 0, 0, 0)),
        ([counted("Acme", RANGE) | {"decoy": "certain"}], None),
        ([counted("Acme", RANGE) | {"country": "CN"}], None),
        ([counted("Acme", RANGE) | {"seen_at": NOON - 90 * DAY}], None),
        ([counted("Acme", RANGE) | {"manufacturer_confidence": "low"}], None),
    ],
)
def test_a_host_is_in_each_number_that_its_banners_put_it_in(
    tmp_path: Path, banners: list[Row], expected: tuple[int, ...] | None
) -> None:
    rows = [banner("192.0.2.1", 80 + n, **told) for n, told in enumerate(banners)]
    rows.append(banner("192.0.2.9", 80, **counted("Borealis")))  # the window ends at the newest banner
    found = kinds(census(tmp_path, rows, days=30, counts=True, left_out=("CN",)))
    assert found.get("Acme") == expected
    assert found["Borealis"] == (1, 0, 1, 0)


@pytest.mark.parametrize(("seed", "least"), [(0, "medium"), (1, "high")])
def test_every_maker_as_counted_slowly(tmp_path: Path, seed: int, least: str) -> None:
    rows = somewhere(seed)
    for n, row in enumerate(rows):
        row["signatures"] = ("a.http.server", "a.http.server a.range", "a.range b.model", "")[n % 4]
    found = census(tmp_path, rows, days=30, counts=True, min_confidence=least, left_out=("CN",))
    window = found.deduped.window
    inside = [row for row in found.rows if (window.start or 0) <= row["seen_at"] <= (window.end or 0)]
    decoys = {row["host"] for row in inside if row["decoy"] == "certain"}
    hosts: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in inside:
        is_left = row["ip_version"] == 4 and row["host"] not in decoys and row["country"] != "CN"
        if is_left and row["manufacturer"] and row["manufacturer_confidence"] in SURE:
            hosts[row["manufacturer"], row["host"]].append(row)
    wanted: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for (maker, _), own in hosts.items():
        ranged = [".range" in row["signatures"] for row in own]
        is_in = [row["is_counted"] and (least == "medium" or row["type_confidence"] == "high") for row in own]
        sure = [row["product_type"] if row["type_confidence"] in SURE else None for row in own]
        shows = any(kind in COUNTED_TYPES and not r for kind, r in zip(sure, ranged, strict=True))
        is_other = any(kind is not None and kind not in COUNTED_TYPES for kind in sure)
        by_range = any(is_in) and all(r for r, i in zip(ranged, is_in, strict=True) if i)
        for place, value in enumerate((any(is_in), by_range, shows or is_other, is_other and not shows)):
            wanted[maker][place] += value
    assert kinds(found) == {maker: tuple(numbers) for maker, numbers in wanted.items()}
    assert all(sum(numbers[place] for numbers in wanted.values()) > 0 for place in range(3))
