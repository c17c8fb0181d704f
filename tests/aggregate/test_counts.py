"""Every cell of the cube against a slow count in plain Python, and what adds up and what does not."""

from collections import defaultdict
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from camcensus.core import parquet
from camcensus.core.config import Decoys
from camcensus.core.tables import GROUPS, NETWORKS, UNITS
from tests.census import DAHUA, DAY, HIK, NOON, Census, banner, census, somewhere
from tests.dedupe.test_decoys import grades_of

Row = dict[str, Any]
Key = tuple[Any, ...]
GRADES = (None, "possible", "likely", "certain")
LEVELS = {
    (), ("country",), ("manufacturer",), ("brand",), ("product_type",), ("model",),
    ("country", "manufacturer"), ("country", "brand"), ("country", "product_type"),
    ("manufacturer", "brand"), ("manufacturer", "product_type"), ("manufacturer", "model"),
    ("country", "manufacturer", "product_type"), ("country", "manufacturer", "model"),
}  # fmt: skip
VARIANTS = list(product(("all", "study"), ("4", "6", "all"), ("medium", "high"), ("none", "certain", "likely")))
LEFT_OUT = ("CN",)


def key_of(cell: Row) -> Key:
    """What a cell is a count of, and its level."""
    variant = tuple(cell[n] for n in ("scope", "ip_version", "min_confidence", "decoys_left_out"))
    return (*variant, cell["level"], *(cell[group] for group in GROUPS))


def graded(found: Census) -> dict[str, int]:
    """The decoy grade of each host by all it showed in the window."""
    return defaultdict(int, grades_of(found, Decoys.model_validate({})))


def values_of(country: str, device: Row, variant: tuple[str, ...], decoy: int) -> Row | None:
    """What a banner or a device counts under in a variant; None: it does not count."""
    scope, ip, least, decoys = variant
    if (scope == "study" and country in LEFT_OUT) or decoy > {"none": 3, "certain": 2, "likely": 1}[decoys]:
        return None
    if ip not in ("all", str(device["ip_version"])) or (least == "high" and device["type_confidence"] != "high"):
        return None
    sure = least == "medium" or device["manufacturer_confidence"] == "high"
    return {
        "country": country,
        "manufacturer": (device["manufacturer"] if sure else None) or "unknown",
        "brand": device["brand"] or "unknown",
        "product_type": device["product_type"],
        "model": device["model"] or "unknown",
    }


def expected(found: Census, min_confidence: str) -> dict[Key, tuple[int, ...]]:
    """Units of each cell, counted one by one from the words of the design."""
    grade = graded(found)
    facts: list[tuple[str, Row, int, Row | None]] = []
    for row in found.kept:
        device = {**found.devices[row["device"]], "ip_version": row["ip_version"]}
        facts.append((row["country"], device, grade[row["host"]], row))
    facts += [(d["country"], d, GRADES.index(d["decoy"]), None) for d in found.devices.values()]
    cells: dict[Key, list[set[Any]]] = {}
    for variant in VARIANTS:
        cells[(*variant, "world", *[None] * 5)] = [set(), set(), set(), set()]
        full = variant[1:] == ("4", min_confidence, "certain")
        for (country, device, decoy, row), level in product(facts, LEVELS if full else {(), ("country",)}):
            values = values_of(country, device, variant, decoy)
            if values is None:
                continue
            named = [values[group] if group in level else None for group in GROUPS]
            cell = cells.setdefault((*variant, "+".join(level) or "world", *named), [set(), set(), set(), set()])
            if row is None:
                cell[2].add(device["device"])
            else:
                cell[0].add((row["host"], row["port"], row["transport"]))
                cell[1].add(row["host"])
                cell[3].add(row["prefix"])
    return {key: tuple(map(len, sets)) for key, sets in cells.items()}


def units(cells: list[Row]) -> dict[Key, tuple[int, ...]]:
    """The counts, by cell; no cell stands twice."""
    found = {key_of(cell): tuple(cell[unit] for unit in UNITS) for cell in cells}
    assert len(found) == len(cells)
    return found


@pytest.fixture(scope="module", params=[(0, "medium"), (1, "high"), (2, "medium"), (3, "medium")], ids=str)
def counted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Census, str]:
    """The counts of a random table and the study's least confidence."""
    seed, least = request.param
    folder = tmp_path_factory.mktemp("counted")
    return census(folder, somewhere(seed), days=30, counts=True, min_confidence=least, left_out=LEFT_OUT), least


def headline(counted: tuple[Census, str], level: str, scope: str = "all") -> list[Row]:
    """The cells of one level of the full cube."""
    found, least = counted
    wanted = (scope, "4", least, "certain")
    return [c for c in found.counts if c["level"] == level and key_of(c)[:4] == wanted]


def test_every_cell_of_every_variant(counted: tuple[Census, str]) -> None:
    found, least = counted
    wanted = expected(found, least)
    second_only = [cell for cell in found.counts if cell["country"] == "FR"]
    assert {(cell["level"], cell["n_banners"]) for cell in second_only} == {("country", 0)}
    assert units([cell for cell in found.counts if cell not in second_only]) == wanted
    assert len(wanted) > 300


def test_f21_devices_and_banners_add_up_across_every_breakdown(counted: tuple[Census, str]) -> None:
    for scope in ("all", "study"):
        (world,) = headline(counted, "world", scope)
        for level in LEVELS - {()}:
            cells = headline(counted, "+".join(level), scope)
            for unit in ("n_banners", "n_devices"):
                assert sum(c[unit] for c in cells) == world[unit]


def test_hosts_add_up_across_countries_and_nothing_else_falls_short(counted: tuple[Census, str]) -> None:
    (world,) = headline(counted, "world")
    countries = {c["country"]: c["n_hosts"] for c in headline(counted, "country")}
    assert sum(countries.values()) == world["n_hosts"]
    by_maker: dict[str, int] = defaultdict(int)
    for cell in headline(counted, "country+manufacturer"):
        by_maker[cell["country"]] += cell["n_hosts"]
    assert all(by_maker[country] >= hosts for country, hosts in countries.items())
    assert sum(by_maker.values()) > world["n_hosts"]


def test_a_cell_has_no_more_hosts_than_banners_and_no_more_prefixes_than_hosts(counted: tuple[Census, str]) -> None:
    for cell in counted[0].counts:
        assert cell["n_banners"] >= cell["n_hosts"] >= cell["n_prefixes"] >= (cell["n_hosts"] > 0)


def test_less_is_counted_as_more_is_asked(counted: tuple[Census, str]) -> None:
    world = {key_of(c)[:4]: c for c in counted[0].counts if c["level"] == "world"}
    assert set(world) == set(VARIANTS)
    for (scope, ip, least, decoys), cell in world.items():
        for unit in UNITS:
            assert cell[unit] <= world["all", ip, least, decoys][unit]
            assert cell[unit] <= world[scope, ip, "medium", decoys][unit]
            assert cell[unit] <= world[scope, ip, least, "none"][unit]
            parts = [world[scope, version, least, decoys][unit] for version in ("4", "6")]
            assert sum(parts) == world[scope, "all", least, decoys][unit]


def test_the_range_between_location_sources(counted: tuple[Census, str]) -> None:
    found, least = counted
    cells = {c["country"]: c for c in headline(counted, "country")}
    grade = graded(found)
    second: dict[str, tuple[str, set[str | None]]] = {}
    for row in found.kept:
        sure = least == "medium" or found.devices[row["device"]]["type_confidence"] == "high"
        if row["ip_version"] == 4 and sure and grade[row["host"]] < 3:
            second.setdefault(row["host"], (row["country"], set()))[1].add(row["country_second"])
    other = {host: (country, max((s for s in said if s), default=None)) for host, (country, said) in second.items()}
    # A country that only the second source names has a cell too.
    assert cells["FR"]["n_hosts"] == 0
    assert set(cells) == {country for pair in other.values() for country in pair if country}
    for country, cell in cells.items():
        assert cell["n_hosts_geo_min"] == sum(pair == (country, country) for pair in other.values())
        assert cell["n_hosts_geo_max"] == sum(country in pair for pair in other.values())
        assert cell["n_hosts_geo_asked"] == sum(a == country and b is not None for a, b in other.values())
    (world,) = headline(counted, "world")
    assert world["n_hosts_geo_min"] == sum(a == b for a, b in other.values())
    assert world["n_hosts_geo_max"] == world["n_hosts"] == len(other)
    assert world["n_hosts_geo_asked"] == sum(b is not None for _, b in other.values())


def test_the_headline_by_kind_of_network(counted: tuple[Census, str]) -> None:
    found, least = counted
    grade = graded(found)
    kind_of: dict[str, str] = {}
    order = ("unknown", "fixed", "mobile", "hosting")
    for row in found.kept:
        kinds = (kind_of.get(row["host"], "unknown"), row["network_kind"] or "unknown")
        kind_of[row["host"]] = max(kinds, key=order.index)
    cells: dict[Key, list[set[Any]]] = defaultdict(lambda: [set(), set(), set()])

    def add(scope: str, country: str, host: str, device: Row, row: Row | None) -> None:
        headline = (scope, "4", least, "certain")
        decoy = grade[host] if row else GRADES.index(device["decoy"])
        if values_of(country, device, headline, decoy) is None:
            return
        for level, place in (("world", None), ("country", country)):
            cell = cells[scope, level, place, kind_of[host]]
            if row is None:
                cell[2].add(device["device"])
            else:
                cell[0].add((row["file"], row["line"]))
                cell[1].add(row["host"])

    for scope in ("all", "study"):
        for row in found.kept:
            device = {**found.devices[row["device"]], "ip_version": row["ip_version"]}
            add(scope, row["country"], row["host"], device, row)
        for device in found.devices.values():
            add(scope, device["country"], device["host"], device, None)
    rows = parquet.read_table(found.folder / "networks.parquet", NETWORKS).to_pylist()
    told = {
        (r["scope"], r["level"], r["country"], r["network_kind"]): [r["n_banners"], r["n_hosts"], r["n_devices"]]
        for r in rows
    }
    assert told == {key: [len(units) for units in sets] for key, sets in cells.items()}
    assert {key[3] for key in told} == {"unknown", "fixed", "mobile", "hosting"}
    (world,) = headline(counted, "world")
    assert sum(n[1] for key, n in told.items() if key[:2] == ("all", "world")) == world["n_hosts"]


def test_the_flow_ends_at_the_headline(counted: tuple[Census, str]) -> None:
    (world,) = headline(counted, "world", "study")
    flow = counted[0].flow
    assert flow is not None
    assert flow.rows_in == counted[0].deduped.flow.rows_out
    assert flow.rows_out == world["n_banners"]
    assert {"on a certain decoy", "IPv6 (counted apart)"} <= set(flow.dropped)


# --- by example ---


def world_of(found: Census, **variant: str) -> tuple[int, ...]:
    """Banners, hosts, devices and prefixes of the world row of a variant."""
    asked = {"scope": "all", "ip_version": "all", "min_confidence": "medium", "decoys_left_out": "none"} | variant
    (cell,) = [c for c in found.counts if c["level"] == "world" and asked.items() <= c.items()]
    return tuple(cell[unit] for unit in UNITS)


def test_f22_nothing_counted_is_a_world_of_zeros(tmp_path: Path) -> None:
    for name, rows in (("none", []), ("software", [banner(product_type="software")])):
        found = census(tmp_path / name, rows, counts=True)
        assert {c["level"] for c in found.counts} == {"world"}
        assert len(found.counts) == len(VARIANTS)
        assert {tuple(c[unit] for unit in UNITS) for c in found.counts} == {(0, 0, 0, 0)}
        assert (found.links, found.devices) == ([], {})


def test_what_is_not_in_the_level_is_null_and_what_is_not_known_is_unknown(tmp_path: Path) -> None:
    found = census(tmp_path, [banner()], counts=True)
    (cell,) = [c for c in found.counts if c["level"] == "manufacturer+brand" and c["scope"] == "all"]
    assert [cell[group] for group in GROUPS] == [None, "unknown", "unknown", None, None]


def test_f18_a_host_counts_once_for_each_maker_and_once_in_its_country(tmp_path: Path) -> None:
    found = census(tmp_path, [banner(port=80, **HIK), banner(port=81, **DAHUA)], counts=True)
    hosts = {(c["level"], c["manufacturer"]): c["n_hosts"] for c in found.counts if c["scope"] == "all"}
    assert hosts["country+manufacturer", "Hikvision"] == hosts["country+manufacturer", "Dahua"] == 1
    assert hosts["country", None] == 1


def test_a_device_that_moved_counts_in_its_last_country_and_its_banners_in_their_own(tmp_path: Path) -> None:
    rows = [banner("192.0.2.1", identity="s", country="DE", seen_at=NOON - DAY), banner("192.0.2.9", identity="s")]
    found = census(tmp_path, rows, counts=True)
    cells = {
        c["country"]: (c["n_banners"], c["n_hosts"], c["n_devices"])
        for c in found.counts
        if key_of(c)[:5] == ("all", "4", "medium", "none", "country")
    }
    assert cells == {"DE": (1, 1, 0), "NL": (1, 1, 1)}


@pytest.mark.parametrize(("decoys", "devices"), [("none", 4), ("certain", 3), ("likely", 2)])
def test_decoys_are_left_out_by_grade_and_possible_ones_never(tmp_path: Path, decoys: str, devices: int) -> None:
    grades = (None, "possible", "likely", "certain")
    rows = [banner(f"192.0.2.{n}", decoy=grade) for n, grade in enumerate(grades)]
    found = census(tmp_path, rows, counts=True)
    assert world_of(found, decoys_left_out=decoys) == (devices, devices, devices, 1)


def test_all_banners_of_a_decoy_host_are_left_out(tmp_path: Path) -> None:
    rows = [banner(port=80, **HIK), banner(port=1900, product_type=None, decoy="certain")]
    found = census(tmp_path, rows, counts=True)
    assert world_of(found) == (1, 1, 1, 1)
    assert world_of(found, decoys_left_out="certain") == (0, 0, 0, 0)


def test_versions_of_ip_are_counted_apart(tmp_path: Path) -> None:
    found = census(tmp_path, [banner(), banner("2001:db8::1"), banner("2001:db8:0:1::1")], counts=True)
    assert world_of(found, ip_version="4") == (1, 1, 1, 1)
    assert world_of(found, ip_version="6") == (2, 2, 2, 1)
    assert world_of(found) == (3, 3, 3, 2)


def test_countries_left_out_are_missing_from_the_study_and_from_nothing_else(tmp_path: Path) -> None:
    rows = [banner(), banner("192.0.2.2", country="CN"), banner("192.0.2.3", country="DE")]
    found = census(tmp_path, rows, counts=True, left_out=("CN", "DE"))
    assert world_of(found, scope="study")[0] == 1
    assert world_of(found)[0] == 3
    assert {c["country"] for c in found.counts if c["scope"] == "study"} == {None, "NL"}


def test_high_confidence_asks_it_of_the_device_not_of_the_banner(tmp_path: Path) -> None:
    rows = [
        banner(port=80, manufacturer="Hikvision", manufacturer_confidence="high", type_confidence="high"),
        banner(port=554, product_type="video"),
        banner("192.0.2.2", type_confidence="high", **HIK),
        banner("192.0.2.3"),
    ]
    found = census(tmp_path, rows, counts=True, min_confidence="high")
    assert world_of(found, min_confidence="high") == (3, 2, 2, 1)
    makers = {c["manufacturer"]: c["n_devices"] for c in found.counts if c["level"] == "manufacturer"}
    assert makers == {"Hikvision": 1, "unknown": 1}


def test_namibia_and_nowhere_stay_themselves(tmp_path: Path) -> None:
    found = census(tmp_path, [banner(country="NA"), banner("192.0.2.2", country="ZZ")], counts=True)
    assert {c["country"] for c in found.counts} == {None, "NA", "ZZ"}


def test_the_instrument_stands_in_rows_and_metadata(tmp_path: Path) -> None:
    found = census(tmp_path, [banner()], counts=True)
    instrument = {"query_set": "q", "catalogue": "c", "rules": "r", "geo_db": "g"}
    assert all(instrument.items() <= c.items() for c in found.counts)
    metadata = pq.read_schema(tmp_path / "counts.parquet").metadata
    assert {k: metadata[k.encode()].decode() for k in instrument} == instrument
    assert {(c["window_start"], c["window_end"]) for c in found.counts} == {(NOON, NOON)}
