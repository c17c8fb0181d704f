"""Churn between collections of one snapshot: by example, by a slow count in plain Python, and at the command line."""

import random
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from camcensus.core import parquet
from camcensus.core.config import Decoys, Dedupe
from camcensus.core.manifest import load_manifest
from camcensus.core.stage_record import Churn
from camcensus.core.tables import CHURN
from camcensus.dedupe.churn import FILE, NO_IDENTITY, ONE_COLLECTION, PARTIAL
from camcensus.dedupe.devices import Rules, dedupe
from camcensus.engines.duckdb_sql import sql
from tests.census import DAY, NOON, banner, numbered, somewhere, write
from tests.commands import camcensus
from tests.conftest import banner as raw_banner
from tests.conftest import write_lines

Row = dict[str, Any]
MAY, JUNE, JULY = "may", "june", "july"


def churned(folder: Path, rows: list[Row], collections: dict[str, str], whole: bool = True) -> Churn:
    """What dedupe says of churn."""
    with sql(2, folder / "scratch") as db:
        db.parquet("identified", write(folder, [numbered(rows)]))
        rules = Rules("all", None, Dedupe.model_validate({}), Decoys.model_validate({}), collections, whole)
        return dedupe(db, rules, folder).churn


def cells(folder: Path) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """The table: pair, level and place to hosts, gone, identities, moved."""
    rows = parquet.read_table(folder / FILE, CHURN).to_pylist()
    units = ("n_hosts", "n_hosts_gone", "n_identities", "n_identities_moved")
    return {
        (r["earlier"], r["later"], r["level"], r["country"] or r["asn"]): tuple(r[unit] for unit in units) for r in rows
    }


def sights(earlier: list[Row], later: list[Row]) -> list[Row]:
    """Rows of two collections."""
    return [{**r, "file": "1", "seen_at": NOON - 9 * DAY} for r in earlier] + [{**r, "file": "2"} for r in later]


TWO = {"1": MAY, "2": JUNE}
ONE_LEFT = f"only one of the collections has counted banners in the window; {ONE_COLLECTION}"


def test_one_that_moved_one_that_stayed_and_one_that_is_gone(tmp_path: Path) -> None:
    german: Row = {"country": "DE", "asn": 3320, "network": "Telekom"}
    earlier = [
        banner("192.0.2.1", identity="moves", **german), banner("192.0.2.2", identity="stays"), banner("192.0.2.3"),
    ]  # fmt: skip
    later = [banner("192.0.2.9", identity="moves"), banner("192.0.2.2", identity="stays")]
    found = churned(tmp_path, sights(earlier, later), TWO)
    assert (found.index, found.reason) == (0.5, None)
    assert [(c.collection, c.n_banners) for c in found.collections] == [(MAY, 3), (JUNE, 2)]
    assert cells(tmp_path) == {
        (MAY, JUNE, "world", None): (3, 2, 2, 1),
        (MAY, JUNE, "country", "DE"): (1, 1, 1, 1),
        (MAY, JUNE, "country", "NL"): (2, 1, 1, 0),
        (MAY, JUNE, "network", 3320): (1, 1, 1, 1),
    }
    assert parquet.read_table(tmp_path / FILE, CHURN)["network"].drop_null().to_pylist() == ["Telekom"]


def test_an_identity_on_two_hosts_of_a_collection_tells_no_move(tmp_path: Path) -> None:
    earlier = [banner("192.0.2.1", identity="s")]
    later = [banner(f"192.0.2.{n}", identity="s") for n in (2, 3)]
    found = churned(tmp_path, sights(earlier, later), TWO)
    assert (found.index, found.reason, found.n_hosts_gone) == (None, NO_IDENTITY, 1)


def test_the_newest_banner_says_which_collection_is_the_later(tmp_path: Path) -> None:
    rows = sights([banner("192.0.2.1")], [banner("192.0.2.2")])
    found = churned(tmp_path, rows, {"1": "z", "2": "a"})
    assert [c.collection for c in found.collections] == ["z", "a"]


@pytest.mark.parametrize(
    ("collections", "whole", "reason"),
    [
        ({"1": MAY, "2": MAY}, True, ONE_COLLECTION),
        ({}, True, ONE_COLLECTION),
        (TWO, False, PARTIAL),
        ({"1": MAY, "2": MAY, "3": JUNE}, True, ONE_LEFT),
    ],
)
def test_without_several_whole_collections_there_is_no_index(
    tmp_path: Path, collections: dict[str, str], whole: bool, reason: str
) -> None:
    rows = sights([banner("192.0.2.1", identity="s")], [banner("192.0.2.2", identity="s")])
    churned(tmp_path, rows, TWO)
    assert (tmp_path / FILE).is_file()
    found = churned(tmp_path, rows, collections, whole)
    assert (found.index, found.reason) == (None, reason)
    assert not (tmp_path / FILE).exists()


def slow_count(rows: list[Row], names: dict[str, str], order: list[str]) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """The table, one by one from the words of `camcensus.dedupe.churn`."""
    country: dict[tuple[str, str], str] = {}
    hosts, on = defaultdict(set), defaultdict(set)
    for row in rows:
        if row["is_counted"]:
            name = names[row["file"]]
            hosts[name].add(row["host"])
            country[name, row["host"]] = max(country.get((name, row["host"]), ""), row["country"])
            on[name, row["identity"]].add(row["host"])
    found: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0, 0])

    def add(one: str, two: str, host: str, *units: int) -> None:
        for level, place in (("world", None), ("country", country[one, host])):
            cell = found[one, two, level, place]
            cell[:] = [a + b for a, b in zip(cell, units, strict=True)]

    for one, two in pairwise(order):
        for host in hosts[one]:
            add(one, two, host, 1, host not in hosts[two], 0, 0)
        for (name, identity), here in [*on.items()]:
            there = on.get((two, identity), set())
            if name == one and identity and len(here) == len(there) == 1:
                add(one, two, min(here), 0, 0, 1, here != there)
    return {key: tuple(units) for key, units in found.items()}


@pytest.mark.parametrize("seed", range(4))
def test_every_cell_against_a_slow_count(tmp_path: Path, seed: int) -> None:
    names = {"f0": MAY, "f1": MAY, "f2": JUNE, "f3": JULY}
    rows = somewhere(seed)
    chance = random.Random(seed)
    for n, row in enumerate(rows):
        row["identity"] = row["identity"] and f"id{chance.randrange(80)}"
        row["line"] = n + 1
    found = churned(tmp_path, rows, names)
    table = cells(tmp_path)
    assert table == slow_count(rows, names, [c.collection for c in found.collections])
    worlds = [units for key, units in table.items() if key[2] == "world"]
    assert (found.n_identities, found.n_identities_moved) == (sum(u[2] for u in worlds), sum(u[3] for u in worlds))
    assert found.n_identities_moved
    assert found.index == round(found.n_identities_moved / (found.n_identities or 1), 4)


def serial(host: str, number: str, day: str) -> Row:
    """A raw banner of a device that tells its serial number."""
    dahua = {"dahua": {"serial_number": number}}
    return raw_banner(ip_str=host, port=37777, timestamp=f"2026-10-{day}T08:30:01.123456", data="\x00", **dahua)


@pytest.mark.slow
def test_collections_at_the_command_line(tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text('title = "t"\nsimulated = true\n')
    moves, stays = "3G04C0DPAZ00001", "3G04C0DPAZ00002"
    write_lines(tmp_path / "SYNTHETIC-1.json", [serial("81.2.69.1", moves, "01"), serial("81.2.69.2", stays, "01")])
    write_lines(tmp_path / "SYNTHETIC-2.json", [serial("81.2.69.9", moves, "20"), serial("81.2.69.2", stays, "20")])
    import_ = ("import", "--study", study, "--snapshot", "one")
    camcensus(*import_, tmp_path / "SYNTHETIC-1.json", "--collection", MAY)
    camcensus(*import_, tmp_path / "SYNTHETIC-2.json")
    camcensus("run", "--study", study, "--no-report")
    manifest = load_manifest(tmp_path / "data/one")
    assert manifest
    assert {name: item.collection for name, item in manifest.inputs.items()} == {
        "SYNTHETIC-1.json": MAY, "SYNTHETIC-2.json": "main",
    }  # fmt: skip
    dedupe = manifest.stages["dedupe"]
    assert dedupe.churn is not None
    assert dedupe.ages is not None
    assert (dedupe.churn.index, dedupe.ages.churn_index) == (0.5, 0.5)
    assert dedupe.outputs[FILE].rows == len(cells(tmp_path / "data/one"))
    # Named the same later, they are one collection.
    again = camcensus(*import_, tmp_path / "SYNTHETIC-2.json", "--collection", MAY)
    assert "already imported, collection may" in again.stderr
    camcensus("run", "--study", study, "--no-report")
    manifest = load_manifest(tmp_path / "data/one")
    assert manifest
    assert manifest.stages["dedupe"].churn == Churn(reason=ONE_COLLECTION)
    assert not (tmp_path / "data/one" / FILE).exists()


def test_a_collection_has_a_plain_name(tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text('title = "t"\n')
    done = camcensus("import", "x.json", "--study", study, "--snapshot", "one", "--collection", "a/b", status=2)
    assert "--collection" in done.stderr
