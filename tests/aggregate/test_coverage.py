"""Coverage: every cell against a slow count in plain Python; flows; what must stop it."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from camcensus.aggregate.coverage import world_of
from camcensus.core import parquet
from camcensus.core.errors import ReconciliationError
from camcensus.core.tables import COUNTED_TYPES, COVERAGE, OUTCOMES
from tests.census import DAY, HIK, NOON, Census, banner, census, somewhere

Row = dict[str, Any]
Key = tuple[Any, ...]
LEFT_OUT = ("CN",)


def outcome(row: Row, least: str) -> str:
    """What a row is, in the words of the glossary."""
    if row["is_counted"] and (least == "medium" or row["type_confidence"] == "high"):
        return "counted"
    if row["candidate"]:
        return "candidate"
    if row["product_type"] in COUNTED_TYPES:
        return "unsure"
    return "other" if row["product_type"] else "nothing"


def in_window(found: Census) -> list[Row]:
    window = found.deduped.window
    return [row for row in found.rows if (window.start or 0) <= row["seen_at"] <= (window.end or 0)]


def expected(found: Census, least: str) -> dict[Key, tuple[int, int]]:
    """Banners and hosts of each cell, one by one."""
    rows = in_window(found)
    decoys = {row["host"] for row in rows if row["decoy"] == "certain"}
    cells: dict[Key, dict[Key, int]] = defaultdict(dict)
    for row in rows:
        if row["ip_version"] != 4 or row["host"] in decoys:
            continue
        rank, place = OUTCOMES.index(outcome(row, least)), (row["country"], row["port"])
        endpoint = (row["host"], row["port"], row["transport"])
        for scope in ("all", "study"):
            if scope == "study" and row["country"] in LEFT_OUT:
                continue
            levels = {"world": (None, None), "country": (place[0], None), "port": (None, place[1])}
            for level, cell in {**levels, "country+port": place}.items():
                for what, one in (("n_banners", endpoint), ("n_hosts", row["host"])):
                    best = cells[scope, level, *cell, what]
                    best[one] = min(rank, best.get(one, rank))
    counted: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    for (scope, level, country, port, what), best in cells.items():
        for rank in best.values():
            counted[scope, level, country, port, OUTCOMES[rank]][what == "n_hosts"] += 1
    return {key: (banners, hosts) for key, (banners, hosts) in counted.items()}


def coverage(found: Census) -> list[Row]:
    rows: list[Row] = parquet.read_table(found.folder / "coverage.parquet", COVERAGE).to_pylist()
    return rows


@pytest.mark.parametrize(("seed", "least"), [(0, "medium"), (1, "high"), (2, "medium")])
def test_every_cell(tmp_path: Path, seed: int, least: str) -> None:
    found = census(tmp_path, somewhere(seed), days=30, counts=True, min_confidence=least, left_out=LEFT_OUT)
    names = ("scope", "level", "country", "port", "outcome")
    cells = {tuple(row[name] for name in names): (row["n_banners"], row["n_hosts"]) for row in coverage(found)}
    assert len(cells) == len(coverage(found))
    wanted = expected(found, least)
    assert {key: units for key, units in cells.items() if any(units)} == wanted
    assert len({key[-1] for key in wanted}) >= len(OUTCOMES) - 1
    assert len(wanted) > 100


def test_the_flow_ends_at_the_cells_of_the_headline(tmp_path: Path) -> None:
    found = census(tmp_path, somewhere(3), days=30, counts=True, left_out=LEFT_OUT)
    flow = found.covered
    assert flow is not None
    assert flow.rows_in == len(in_window(found)) < len(found.rows)
    assert set(flow.dropped) == {
        "another answer of the same banner", "IPv6 (counted apart)", "on a certain decoy", "country left out",
    }  # fmt: skip
    world = world_of(parquet.read_table(tmp_path / "coverage.parquet", COVERAGE), "study")
    assert flow.rows_out == sum(units["n_banners"] for units in world.values())
    assert found.flow is not None
    assert world["counted"]["n_banners"] == found.flow.rows_out


def test_a_host_is_in_the_strongest_outcome_of_its_banners_in_a_cell(tmp_path: Path) -> None:
    words = {"product_type": None, "type_confidence": None, "candidate": "camera"}
    rows = [
        banner(port=80, **HIK), banner(port=81, **words),
        banner(port=81, seen_at=NOON - 1, product_type="other", type_confidence="high"),
        banner("192.0.2.2", 81, **words), banner("192.0.2.2", 82, product_type=None, type_confidence=None),
        banner("192.0.2.3", 81, decoy="certain", **words), banner("192.0.2.4", 81, seen_at=NOON - 40 * DAY, **words),
    ]  # fmt: skip
    found = census(tmp_path, rows, days=30, counts=True)
    cells = {(r["level"], r["port"], r["outcome"]): (r["n_banners"], r["n_hosts"]) for r in coverage(found)}
    assert cells["world", None, "counted"] == (1, 1)
    assert cells["world", None, "candidate"] == (2, 1)
    assert cells["port", 81, "candidate"] == (2, 2)
    assert cells["world", None, "nothing"] == (1, 0)
    assert cells["world", None, "other"] == (0, 0)
    assert ("port", 81, "other") not in cells


def test_a_window_without_a_banner_has_the_outcomes_of_the_world_alone(tmp_path: Path) -> None:
    found = census(tmp_path, [], counts=True)
    assert {(r["scope"], r["level"], r["outcome"], r["n_banners"], r["n_hosts"]) for r in coverage(found)} == {
        (scope, "world", one, 0, 0) for scope in ("all", "study") for one in OUTCOMES
    }


def test_what_is_counted_otherwise_than_in_the_headline_stops_it(tmp_path: Path) -> None:
    """A host in two countries is impossible, since its address alone says where it is; a defect would do this."""
    rows = [banner(country="NL", **HIK), banner(country="DE", seen_at=NOON - 1, **HIK)]
    with pytest.raises(ReconciliationError, match="coverage: 2 hosts and 2 banners counted; the headline has 1 and 1"):
        census(tmp_path, rows, counts=True)
