"""Which banner is which device: each rule by example, and what must hold of any table."""

import datetime as dt
import ipaddress
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import store
from pipeline.aggregate import aggregate
from pipeline.dedupe import Deduped, Rules, attach, dedupe, key_id_of, window_of
from pipeline.engines.local import sql
from pipeline.errors import InputError
from pipeline.label import addresses_of, prefix_of
from pipeline.manifest import Flow, Instrument, Manifest
from pipeline.study import Decoys, Dedupe
from pipeline.tables import COUNTED_TYPES, COUNTS, DEVICES, IDENTIFIED, LINKS

Row = dict[str, Any]
DAY = 86400
NOON = 1_750_000_000
OUTPUTS = ("links", "devices", "counts")


def banner(host: str = "192.0.2.1", port: int = 80, **told: Any) -> Row:
    """A row of `identified`, a camera by one specific token unless told otherwise."""
    row: Row = dict.fromkeys(IDENTIFIED.names)
    row |= {
        "file": "a.json", "host": host, "ip_version": 6 if ":" in host else 4, "port": port, "transport": "tcp",
        "address": addresses_of([host])[0].as_py(),
        "seen": NOON, "prefix": prefix_of(host), "product_type": "camera", "type_confidence": "medium",
        "signatures": "", "country": "NL", "synthetic": False,
    }  # fmt: skip
    row |= told
    if row["manufacturer"] and "manufacturer_confidence" not in told:
        row["manufacturer_confidence"] = "medium"
    sure = row["type_confidence"] in ("medium", "high")
    row["counted"] = row["product_type"] in COUNTED_TYPES and sure
    return row


def numbered(rows: Iterable[Row]) -> list[Row]:
    """The rows with a line of their own each, where none was told."""
    return [row if row["line"] is not None else {**row, "line": n} for n, row in enumerate(rows, 1)]


def write(folder: Path, parts: Sequence[Sequence[Row]]) -> list[Path]:
    """The rows as part files of `identified`."""
    paths = [folder / "identified.parquet" / f"{n}.parquet" for n in range(len(parts))]
    for path, rows in zip(paths, parts, strict=True):
        store.write_table(path, pa.Table.from_pylist(list(rows), IDENTIFIED.schema), IDENTIFIED)
    return paths


@dataclass
class Census:
    """What dedupe and aggregate made of a table."""

    folder: Path
    rows: list[Row]
    links: list[Row]
    devices: dict[str, Row]
    counts: list[Row]
    deduped: Deduped
    flow: Flow | None

    @property
    def kept(self) -> list[Row]:
        """Kept banners, each with its device and rule."""
        by_place = {(row["file"], row["line"]): row for row in self.rows}
        return [{**by_place[link["file"], link["line"]], **link} for link in self.links if link["fate"] == "kept"]

    def devices_of(self, host: str) -> set[str]:
        """Devices that a host's kept banners belong to."""
        return {row["device"] for row in self.kept if row["host"] == host}

    @property
    def bytes(self) -> dict[str, bytes]:
        """Each output's bytes."""
        return {n: p.read_bytes() for n in OUTPUTS if (p := self.folder / f"{n}.parquet").is_file()}


def census(
    folder: Path, rows: Iterable[Row], *, parts: int = 1, threads: int = 1, days: int | str = "all",
    end: dt.date | None = None, max_identity_hosts: int = 3, counts: bool = False, min_confidence: str = "medium",
    left_out: tuple[str, ...] = (), numbered_already: bool = False, rules: Row | None = None,
    signs: Row | None = None,
) -> Census:  # fmt: skip
    """Runs both stages on real files."""
    rows = list(rows) if numbered_already else numbered(rows)
    paths = write(folder, [rows[n::parts] for n in range(parts)])
    flow = None
    with sql(threads, folder / "scratch") as db:
        db.parquet("identified", paths)
        told = Dedupe.model_validate({"max_identity_hosts": max_identity_hosts, **(rules or {})})
        deduped = dedupe(db, Rules(days, end, told, Decoys.model_validate(signs or {})), folder)
        if counts:
            manifest = Manifest(snapshot="2026", window=deduped.window, instrument=INSTRUMENT)
            flow = aggregate(db, manifest, min_confidence, left_out, folder)
    links = store.read_table(folder / "links.parquet", LINKS).to_pylist()
    devices = {row["device"]: row for row in store.read_table(folder / "devices.parquet", DEVICES).to_pylist()}
    cells = store.read_table(folder / "counts.parquet", COUNTS).to_pylist() if counts else []
    return Census(folder, rows, links, devices, cells, deduped, flow)


INSTRUMENT = Instrument(query_set="q", catalogue="c", rules="r", geo_db="g")

HIK = {"manufacturer": "Hikvision"}
DAHUA = {"manufacturer": "Dahua"}
MAKERS = {"Hikvision": ("DS-1", "DS-2"), "Dahua": ("IPC-1", "IPC-2"), "Axis": ("P1", "P1 Mk II")}
COUNTRIES = ("NL", "DE", "CN", "ZZ", "NA")


def somewhere(seed: int, n: int = 300) -> list[Row]:
    """A table over 30 hosts in which everything collides: ports, sights, identities, makers, models and decoys."""
    chance = random.Random(seed)
    hosts = [str(ipaddress.ip_address("192.0.2.0") + i * 37) for i in range(24)]
    hosts += [str(ipaddress.ip_address("2001:db8::") + (i << 79)) for i in range(6)]
    country = {host: chance.choice(COUNTRIES) for host in hosts}
    rows = []
    for n_th in range(n):
        host = chance.choice(hosts)
        maker = chance.choice([*MAKERS, None, None])
        told = {
            "file": f"f{chance.randrange(4)}", "line": n_th + 1, "transport": chance.choice(("tcp", "tcp", "udp")),
            "seen": NOON - chance.choice((0, 0, 1, DAY, chance.randrange(40 * DAY))),
            "manufacturer": maker,
            "manufacturer_confidence": maker and chance.choice(("low", "medium", "high")),
            "brand": chance.choice((None, None, "Lorex", "ABUS")),
            "model": chance.choice((None, None, *MAKERS[maker])) if maker else chance.choice((None, None, None, "X-1")),
            "product_type": chance.choice(("camera", "camera", "recorder", "video", "video", "encoder", "other", None)),
            "type_confidence": chance.choice(("low", "medium", "medium", "high")),
            "firmware": chance.choice((None, "1.0", "2.0")),
            "identity": chance.choice((None, None, f"id{chance.randrange(50)}", "shared")),
            "certificate": chance.choice((None, None, f"cert{chance.randrange(20)}")),
            "decoy": chance.choice((*[None] * 40, "possible", "likely", "certain")),
            "country": country[host], "country_second": chance.choice((country[host], country[host], "FR", None)),
            "network_kind": chance.choice((*[None] * 9, "hosting", "mobile", "fixed")),
        }  # fmt: skip
        rows.append(banner(host, chance.choice((80, 554, 8000)), **told))
    return rows


@pytest.fixture(scope="module", params=range(4))
def anywhere(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Census:
    """The outcome for a random table."""
    return census(tmp_path_factory.mktemp("anywhere"), somewhere(request.param), days=30)


# --- the same banner ---


def test_the_latest_sight_of_a_banner_is_kept(tmp_path: Path) -> None:
    found = census(tmp_path, [banner(seen=NOON - 5), banner(seen=NOON), banner(seen=NOON - 9)])
    assert [link["fate"] for link in found.links] == ["again", "kept", "again"]
    assert [link["rule"] for link in found.links] == ["same-banner", "alone", "same-banner"]
    assert len({link["device"] for link in found.links}) == 1
    assert found.deduped.flow == Flow(unit="counted banners", rows_in=3, rows_out=1, dropped={"seen again": 2})


def test_another_transport_is_another_banner(tmp_path: Path) -> None:
    found = census(tmp_path, [banner(), banner(transport="udp")])
    assert [link["fate"] for link in found.links] == ["kept", "kept"]


def test_equal_times_are_settled_by_file_and_line(tmp_path: Path) -> None:
    rows = [banner(file="b", line=1), banner(file="a", line=9), banner(file="b", line=2)]
    found = census(tmp_path, rows, numbered_already=True)
    assert [(k["file"], k["line"]) for k in found.kept] == [("b", 2)]


def test_what_is_not_counted_is_no_device(tmp_path: Path) -> None:
    rows = [banner(product_type="software"), banner(port=81, type_confidence="low"), banner(port=82, product_type=None)]
    found = census(tmp_path, rows)
    assert (found.links, found.devices) == ([], {})


# --- one host ---


def test_ports_that_agree_are_one_device(tmp_path: Path) -> None:
    rows = [banner(port=80, **HIK), banner(port=554, product_type="video"), banner(port=8000, **HIK, model="DS-1")]
    found = census(tmp_path, rows)
    (device,) = found.devices.values()
    assert (device["manufacturer"], device["model"], device["product_type"]) == ("Hikvision", "DS-1", "camera")
    assert device["n_banners"] == 3
    assert found.deduped.rules == {"alone": 1, "same-host": 2}


def test_two_models_are_two_devices(tmp_path: Path) -> None:
    found = census(tmp_path, [banner(port=80, **HIK, model="DS-1"), banner(port=81, **HIK, model="DS-2")])
    assert len(found.devices) == 2


def test_two_makers_are_two_devices(tmp_path: Path) -> None:
    assert len(census(tmp_path, [banner(port=80, **HIK), banner(port=81, **DAHUA)]).devices) == 2


def test_a_camera_and_a_recorder_are_two_devices(tmp_path: Path) -> None:
    assert len(census(tmp_path, [banner(port=80), banner(port=81, product_type="recorder")]).devices) == 2


def test_a_maker_by_a_guess_contradicts_nobody(tmp_path: Path) -> None:
    guess = banner(port=81, manufacturer="Dahua", manufacturer_confidence="low")
    (device,) = census(tmp_path, [banner(port=80, **HIK), guess]).devices.values()
    assert device["manufacturer"] == "Hikvision"


def test_what_says_nothing_joins_the_device_that_is_there(tmp_path: Path) -> None:
    found = census(tmp_path, [banner(port=554, product_type="video"), banner(port=80, **HIK, model="DS-1")])
    assert len(found.devices) == 1
    assert {k["port"]: k["rule"] for k in found.kept} == {80: "alone", 554: "same-host"}


def test_one_model_told_more_and_less_fully_is_one_device(tmp_path: Path) -> None:
    rows = [
        banner(port=80, **HIK, model="DS-1"),
        banner(port=554, **HIK, model="DS-1", product_type="video"),
        banner(port=81, model="DS-1", product_type="video"),
    ]
    assert len(census(tmp_path, rows).devices) == 1


def test_a_device_takes_no_second_maker_by_the_back_door(tmp_path: Path) -> None:
    # The model's own banner names no maker; another banner gives the device one, and Dahua then contradicts it.
    model = banner(port=80, model="X-1", product_type="video")
    rows = [model, banner(port=81, **HIK), banner(port=82, **DAHUA, product_type="video")]
    found = census(tmp_path, rows)
    assert len(found.devices) == 2
    assert {d["manufacturer"] for d in found.devices.values()} == {"Hikvision", "Dahua"}


def test_a_device_takes_no_second_kind_by_the_back_door(tmp_path: Path) -> None:
    rows = [
        banner(port=80, **HIK, model="DS-1", product_type="video"),
        banner(port=81, **HIK),
        banner(port=82, product_type="recorder"),
    ]
    assert len(census(tmp_path, rows).devices) == 2


def test_two_models_do_not_share_a_device_of_which_only_the_serial_is_known(tmp_path: Path) -> None:
    rows = [
        banner(port=80, product_type="video", identity="s"),
        banner(port=81, **HIK, model="DS-1"),
        banner(port=82, **HIK, model="DS-2"),
    ]
    assert len(census(tmp_path, rows).devices) == 3


def test_names_that_run_together_are_not_one_device(tmp_path: Path) -> None:
    rows = [
        banner(port=80, manufacturer="Dedicated Micros", model="X", product_type="video"),
        banner(port=81, manufacturer="Dedicated", model="Micros X", product_type="video"),
    ]
    assert len(census(tmp_path, rows).devices) == 2


# --- identities ---


def test_an_identity_joins_ports_and_hosts(tmp_path: Path) -> None:
    old = banner("192.0.2.1", 80, identity="s", seen=NOON - DAY, country="DE")
    rows = [old, banner("192.0.2.2", 80, identity="s"), banner("192.0.2.2", 554, identity="s", product_type="video")]
    (device,) = census(tmp_path, rows).devices.values()
    assert (device["host"], device["country"], device["n_hosts"], device["n_banners"]) == ("192.0.2.2", "NL", 2, 3)
    assert (device["first_seen"], device["last_seen"]) == (NOON - DAY, NOON)


def test_two_identities_on_one_host_are_two_devices(tmp_path: Path) -> None:
    assert len(census(tmp_path, [banner(port=80, identity="s"), banner(port=81, identity="t")]).devices) == 2


@pytest.mark.parametrize(("hosts", "devices"), [(3, 1), (4, 4)])
def test_an_identity_on_too_many_hosts_is_none(tmp_path: Path, hosts: int, devices: int) -> None:
    found = census(tmp_path, [banner(f"192.0.2.{n}", identity="s") for n in range(hosts)], max_identity_hosts=3)
    assert len(found.devices) == devices


def test_only_kept_banners_show_an_identity_on_a_host(tmp_path: Path) -> None:
    rows = [banner(f"192.0.2.{n}", identity="s", seen=NOON - 1) for n in range(4)]
    rows += [banner(f"192.0.2.{n}", identity="t") for n in range(2)]
    found = census(tmp_path, rows)
    assert sorted(d["n_hosts"] for d in found.devices.values()) == [2, 2]


def test_other_ports_join_a_device_with_an_identity(tmp_path: Path) -> None:
    rows = [banner(port=80, identity="s", product_type="video"), banner(port=81, **HIK, model="DS-1")]
    (device,) = census(tmp_path, rows).devices.values()
    assert device["model"] == "DS-1"


def test_what_an_identity_is_known_to_be_is_not_contradicted(tmp_path: Path) -> None:
    rows = [
        banner(port=80, identity="s", product_type="video"),
        banner(port=554, identity="s", **HIK, model="DS-1"),
        banner(port=81, **HIK, model="DS-2"),
    ]
    assert len(census(tmp_path, rows).devices) == 2


def test_what_an_identity_is_known_to_be_elsewhere_is_not_contradicted(tmp_path: Path) -> None:
    rows = [
        banner("192.0.2.1", identity="s", **HIK, model="DS-1"),
        banner("192.0.2.2", 80, identity="s", product_type="video"),
        banner("192.0.2.2", 81, **HIK, model="DS-2"),
    ]
    assert len(census(tmp_path, rows).devices) == 2


def test_two_hosts_cannot_give_one_identity_two_models(tmp_path: Path) -> None:
    rows = [banner(f"192.0.2.{n}", 80, identity="s", product_type="video") for n in (1, 2)]
    rows += [banner("192.0.2.1", 81, **HIK, model="DS-1"), banner("192.0.2.2", 81, **HIK, model="DS-2")]
    found = census(tmp_path, rows)
    assert sorted(str(d["model"]) for d in found.devices.values()) == ["DS-1", "DS-2", "None"]


# --- rules of the study ---


def merged(found: Census) -> dict[str, int]:
    """How many rows each rule merged; rows in the window are devices plus all of them."""
    merges = {rule: found.deduped.merges[rule].merged for rule in ("same-banner", "identity", "same-host", "churn")}
    inside = sum(link["fate"] != "outside" for link in found.links)
    assert inside == len(found.devices) + sum(merges.values())
    return merges


EVERY_RULE = [
    banner("192.0.2.1", 80, identity="s"), banner("192.0.2.1", 80, identity="s", seen=NOON - 1),
    banner("192.0.2.1", 81, identity="s"), banner("192.0.2.1", 554, product_type="video"),
    banner("192.0.2.2", 80, identity="s"), banner("192.0.2.3", 80), banner("192.0.2.3", 81),
]  # fmt: skip


@pytest.mark.parametrize(
    ("off", "wanted"),
    [
        ((), (1, 1, 2, 1)),
        (("identity",), (1, 0, 3, 0)),
        (("same_host",), (1, 1, 0, 1)),
        (("churn",), (1, 1, 2, 0)),
        (("identity", "same_host", "churn"), (1, 0, 0, 0)),
    ],
)
def test_each_rule_says_what_it_merged_and_merges_nothing_when_off(
    tmp_path: Path, off: tuple[str, ...], wanted: tuple[int, ...]
) -> None:
    found = census(tmp_path, EVERY_RULE, rules=dict.fromkeys(off, False))
    assert tuple(merged(found).values()) == wanted
    for rule in ("identity", "same_host"):
        assert found.deduped.merges[rule.replace("_", "-")].on == (rule not in off)
    assert found.deduped.merges["churn"].on == (not {"identity", "churn"} & set(off))


def test_without_same_host_ports_that_say_the_same_stay_apart(tmp_path: Path) -> None:
    found = census(tmp_path, [banner(port=80, **HIK), banner(port=554, **HIK)], rules={"same_host": False})
    assert len(found.devices) == 2
    assert {link["rule"] for link in found.links} == {"alone"}


@pytest.mark.parametrize(("hosts", "devices"), [(1, 2), (2, 2), (3, 1)])
def test_a_certificate_is_an_identity_on_few_hosts_only(tmp_path: Path, hosts: int, devices: int) -> None:
    # What is not counted is seen all the same: the certificate stands on three hosts.
    rows = [banner(f"192.0.2.{n}", certificate="c", product_type="camera" if n < 3 else "other") for n in (1, 2, 3)]
    found = census(tmp_path, rows, rules={"max_certificate_hosts": hosts})
    assert len(found.devices) == devices
    assert found.deduped.identities["certificates_refused"] == (hosts < 3)


def test_two_rare_certificates_on_a_host_are_two_devices_and_one_is_one(tmp_path: Path) -> None:
    rows = [banner(port=443, certificate="c"), banner(port=8443, certificate="c", **HIK)]
    rare = {"max_certificate_hosts": 1}
    assert len(census(tmp_path / "one", rows, rules=rare).devices) == 1
    assert len(census(tmp_path / "never", [*rows, banner(port=444, certificate="d")]).devices) == 1
    found = census(tmp_path / "two", [*rows, banner(port=444, certificate="d")], rules=rare)
    assert len(found.devices) == 2
    assert found.deduped.identities["banners_by_certificate"] == 3


def test_a_certificate_beside_a_serial_number_makes_no_second_device(tmp_path: Path) -> None:
    rows = [banner(port=80, identity="s"), banner(port=443, certificate="c")]
    found = census(tmp_path, rows, rules={"max_certificate_hosts": 1})
    assert (len(found.devices), found.deduped.identities["banners_by_certificate"]) == (1, 0)


def test_a_certificate_once_seen_with_a_serial_number_is_that_device(tmp_path: Path) -> None:
    rows = [
        banner("192.0.2.1", 443, identity="s", certificate="c"), banner("192.0.2.2", 443, certificate="c"),
        banner("192.0.2.2", 80, identity="t"),
    ]  # fmt: skip
    found = census(tmp_path / "one", rows, rules={"max_certificate_hosts": 2})
    assert sorted(d["n_banners"] for d in found.devices.values()) == [1, 2]
    assert found.deduped.identities["certificates_of_a_serial"] == 1
    both = [*rows, banner("192.0.2.2", 8443, identity="t", certificate="c")]
    refused = census(tmp_path / "two", both, rules={"max_certificate_hosts": 2})
    assert refused.deduped.identities["certificates_refused"] == 1


def test_parts_of_two_keys_are_refused(tmp_path: Path) -> None:
    paths = [tmp_path / "identified.parquet" / f"{n}.parquet" for n in range(2)]
    for path, key in zip(paths, ("aaa", "bbb"), strict=True):
        store.write_table(path, IDENTIFIED.schema.empty_table(), IDENTIFIED, {"key_id": key})
    assert key_id_of(paths[:1]) == "aaa"
    assert key_id_of([]) == ""
    with pytest.raises(InputError, match=r"different keys: aaa \(0.parquet\), bbb \(1.parquet\)"):
        key_id_of(paths)


def test_the_age_of_what_was_kept(tmp_path: Path) -> None:
    days = (0, 1, 2, 3, 6, 7, 13, 14, 29, 30, 300)
    rows = [banner(f"192.0.2.{n}", seen=NOON - n_days * DAY) for n, n_days in enumerate(days)]
    rows.append(banner("192.0.2.10", 81, seen=NOON - 2 * DAY))
    ages = census(tmp_path, rows).deduped.ages
    assert ages.banners == {"0": 1, "1-2": 3, "3-6": 2, "7-13": 2, "14-29": 2, "30+": 2}
    assert ages.hosts == {"0": 1, "1-2": 3, "3-6": 2, "7-13": 2, "14-29": 2, "30+": 1}
    assert ages.hosts_last_7_days == 6
    assert ages.churn_index is None
    assert "one collection" in str(ages.churn_reason)


# --- what a device is ---


def test_the_strongest_evidence_then_the_most_specific(tmp_path: Path) -> None:
    rows = [
        banner(port=80, identity="s", manufacturer="Dahua", manufacturer_confidence="high", product_type="video"),
        banner(port=81, identity="s", manufacturer="Hikvision", model="DS-1", seen=NOON + 9, brand="ABUS"),
        banner(port=82, identity="s", product_type="recorder", type_confidence="high", firmware="1"),
        banner(port=83, identity="s", product_type="video", type_confidence="high", seen=NOON + 5),
    ]
    (device,) = census(tmp_path, rows).devices.values()
    assert (device["manufacturer"], device["manufacturer_confidence"]) == ("Dahua", "high")
    assert (device["product_type"], device["type_confidence"]) == ("recorder", "high")
    assert device["firmware"] == "1"


def test_a_device_has_no_model_or_brand_of_another_maker(tmp_path: Path) -> None:
    rows = [
        banner(port=80, identity="s", manufacturer="Dahua", manufacturer_confidence="high"),
        banner(port=81, identity="s", **HIK, model="DS-1", brand="ABUS", firmware="V5"),
    ]
    (device,) = census(tmp_path, rows).devices.values()
    assert (device["manufacturer"], device["model"], device["brand"], device["firmware"]) == ("Dahua", None, None, None)


@pytest.mark.parametrize("counted", [True, False])
def test_a_host_takes_its_worst_decoy_grade(tmp_path: Path, counted: bool) -> None:
    mark = banner(port=1900, decoy="certain", product_type="camera" if counted else None)
    found = census(tmp_path, [banner(decoy="possible"), mark, banner("192.0.2.2", decoy="likely")])
    assert {d["host"]: d["decoy"] for d in found.devices.values()} == {"192.0.2.1": "certain", "192.0.2.2": "likely"}


def test_a_decoy_outside_the_window_grades_nobody(tmp_path: Path) -> None:
    found = census(tmp_path, [banner(), banner(port=1900, decoy="certain", seen=NOON - 9 * DAY)], days=7)
    assert [d["decoy"] for d in found.devices.values()] == [None]


# --- the window ---


def test_a_given_date_ends_with_its_last_second(tmp_path: Path) -> None:
    end = dt.date(2026, 3, 31)
    last = int(dt.datetime(2026, 3, 31, 23, 59, 59, tzinfo=dt.UTC).timestamp())
    first = int(dt.datetime(2026, 3, 30, tzinfo=dt.UTC).timestamp())
    rows = [banner(port=n, seen=s) for n, s in enumerate((first - 1, first, last, last + 1), 1)]
    found = census(tmp_path, rows, days=2, end=end)
    assert [link["fate"] for link in found.links] == ["outside", "kept", "kept", "outside"]
    assert (found.deduped.window.start, found.deduped.window.end) == (first, last)


def test_without_a_date_the_newest_banner_of_any_kind_ends_the_window(tmp_path: Path) -> None:
    rows = [banner(port=1, seen=NOON - DAY + 1), banner(port=2, seen=NOON - DAY), banner(port=3, product_type="other")]
    found = census(tmp_path, rows, days=1)
    assert [link["fate"] for link in found.links] == ["kept", "outside"]
    assert [link["device"] is None for link in found.links] == [False, True]


def test_all_is_everything_up_to_the_date(tmp_path: Path) -> None:
    rows = [banner(port=1, seen=5), banner(port=2, seen=NOON), banner(port=3, seen=NOON + 10 * DAY)]
    found = census(tmp_path, rows, end=dt.datetime.fromtimestamp(NOON, dt.UTC).date())
    assert [link["fate"] for link in found.links] == ["kept", "kept", "outside"]


def test_an_older_sight_in_the_window_is_kept_when_the_newest_is_outside(tmp_path: Path) -> None:
    rows = [banner(seen=NOON), banner(seen=NOON + 9 * DAY)]
    found = census(tmp_path, rows, end=dt.datetime.fromtimestamp(NOON, dt.UTC).date())
    assert [link["fate"] for link in found.links] == ["kept", "outside"]


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


# --- any table ---


def test_one_banner_of_each_place_is_kept_and_it_is_the_latest(anywhere: Census) -> None:
    fates = {(link["file"], link["line"]): link["fate"] for link in anywhere.links}
    window = anywhere.deduped.window
    assert window.start is not None
    assert window.end is not None
    sights = defaultdict(list)
    for row in anywhere.rows:
        place = (row["file"], row["line"])
        assert (place in fates) == row["counted"]
        if row["counted"]:
            inside = window.start <= row["seen"] <= window.end
            assert (fates[place] == "outside") == (not inside)
            if inside:
                sights[row["host"], row["port"], row["transport"]].append((row["seen"], fates[place]))
    for found in sights.values():
        assert [fate for _, fate in found].count("kept") == 1
        assert max(seen for seen, _ in found) == next(seen for seen, fate in found if fate == "kept")


def test_each_kept_banner_has_exactly_one_device_and_each_device_a_banner(anywhere: Census) -> None:
    places = [(k["file"], k["line"]) for k in anywhere.kept]
    assert len(places) == len(set(places))
    assert {k["device"] for k in anywhere.kept} == set(anywhere.devices)
    assert sum(d["n_banners"] for d in anywhere.devices.values()) == len(places) == anywhere.deduped.flow.rows_out


def test_older_sights_are_linked_to_the_device_of_the_kept_one(anywhere: Census) -> None:
    rows = {(r["file"], r["line"]): r for r in anywhere.rows}
    device = {(k["host"], k["port"], k["transport"]): k["device"] for k in anywhere.kept}
    for link in anywhere.links:
        row = rows[link["file"], link["line"]]
        mine = None if link["fate"] == "outside" else device[row["host"], row["port"], row["transport"]]
        assert link["device"] == mine


def valid_identities(kept: list[Row], most: int = 3) -> set[str]:
    """Identities on no more hosts than allowed."""
    hosts = defaultdict(set)
    for row in kept:
        hosts[row["identity"]].add(row["host"])
    return {identity for identity, found in hosts.items() if identity and len(found) <= most}


def test_an_identity_is_one_device_and_a_device_has_one(anywhere: Census) -> None:
    valid = valid_identities(anywhere.kept)
    pairs = {(k["identity"], k["device"]) for k in anywhere.kept if k["identity"] in valid}
    assert len(valid) == len(pairs) == len({device for _, device in pairs})
    assert valid
    assert any(k["identity"] and k["identity"] not in valid for k in anywhere.kept)


def test_a_device_without_an_identity_stays_on_its_host(anywhere: Census) -> None:
    valid = valid_identities(anywhere.kept)
    identified = {k["device"] for k in anywhere.kept if k["identity"] in valid}
    assert all(d["n_hosts"] == 1 for name, d in anywhere.devices.items() if name not in identified)


def known(row: Row) -> Row:
    """What a banner claims to be, where it knows."""
    sure = row["manufacturer_confidence"] in ("medium", "high")
    kind = None if row["product_type"] == "video" else row["product_type"]
    return {"maker": row["manufacturer"] if sure else None, "model": row["model"], "kind": kind}


def contradictions(kept: list[Row], most: int = 3) -> list[str]:
    """Devices that hold two makers, models or kinds though no serial number or MAC address says they are one."""
    valid = valid_identities(kept, most)
    found = []
    for device in {k["device"] for k in kept}:
        banners = [k for k in kept if k["device"] == device]
        for what in ("maker", "model", "kind"):
            certain = {known(k)[what] for k in banners if k["identity"] in valid} - {None}
            joined = {known(k)[what] for k in banners if k["identity"] not in valid} - {None}
            if (certain and not joined <= certain) or (not certain and len(joined) > 1):
                found.append(f"{device}: {what}: {certain or '-'} {joined}")
    return found


def test_no_device_contradicts_itself(anywhere: Census) -> None:
    assert contradictions(anywhere.kept) == []


def test_what_a_device_is_was_said_by_its_strongest_banners(anywhere: Census) -> None:
    grades = (None, "low", "medium", "high")
    for name, device in anywhere.devices.items():
        mine = [k for k in anywhere.kept if k["device"] == name]
        makers = [k for k in mine if known(k)["maker"]]
        best = max((grades.index(k["manufacturer_confidence"]) for k in makers), default=0)
        assert device["manufacturer_confidence"] == grades[best]
        said = {k["manufacturer"] for k in makers if grades.index(k["manufacturer_confidence"]) == best}
        assert device["manufacturer"] in (said or {None})
        sure = max(grades.index(k["type_confidence"]) for k in mine)
        types = {k["product_type"] for k in mine if grades.index(k["type_confidence"]) == sure}
        assert device["type_confidence"] == grades[sure]
        assert device["product_type"] in ((types - {"video"}) or {"video"})
        last = max(k["seen"] for k in mine)
        assert device["last_seen"] == last
        assert (device["host"], device["country"]) in {(k["host"], k["country"]) for k in mine if k["seen"] == last}


claims = st.fixed_dictionaries(
    {
        "host": st.integers(1, 2),
        "manufacturer": st.sampled_from([None, "Hikvision", "Dahua"]),
        "model": st.sampled_from([None, None, "DS-1", "DS-2"]),
        "product_type": st.sampled_from(["video", "camera", "recorder"]),
        "identity": st.sampled_from([None, None, "s", "t"]),
    }
)


@settings(max_examples=5, deadline=None)
@given(worlds=st.lists(st.lists(claims, min_size=1, max_size=6), min_size=60, max_size=100))
def test_no_two_hosts_bring_a_device_to_contradict_itself(
    tmp_path_factory: pytest.TempPathFactory, worlds: list[list[Row]]
) -> None:
    rows = [
        banner(**{
            **claim, "port": port, "host": f"198.51.{n}.{claim['host']}",
            "identity": claim["identity"] and f"{claim['identity']}{n}",
        })
        for n, world in enumerate(worlds) for port, claim in enumerate(world, 1)
    ]  # fmt: skip
    found = census(tmp_path_factory.mktemp("hosts"), rows)
    assert contradictions(found.kept) == []
    for host in {k["host"] for k in found.kept}:
        mine = [k for k in found.kept if k["host"] == host]
        pairs = combinations(map(known, mine), 2)
        agree = all(a[what] == b[what] or None in (a[what], b[what]) for a, b in pairs for what in a)
        if agree and not any(k["identity"] for k in mine):
            assert len(found.devices_of(host)) == 1


@pytest.mark.parametrize("seed", range(4))
def test_hosts_that_are_settled_at_once_come_out_as_if_they_were_disputed(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    rows = somewhere(seed)[:150]
    for n in range(300):  # hosts whose banners mostly agree
        host = f"198.51.{chance.randrange(40)}.1"
        told = random.Random(host).choice((HIK, DAHUA, {}))
        about = {"product_type": chance.choice(("video", "camera")), "model": chance.choice((None, "DS-1"))}
        sure = {"type_confidence": chance.choice(("medium", "high")), "identity": chance.choice((None, None, host))}
        rows.append(banner(host, chance.randrange(1, 9), **told, **about, **sure, file="g", line=n + 1))
    with sql(2, tmp_path / "scratch") as db:
        db.parquet("identified", write(tmp_path, [rows]))
        dedupe(db, Rules("all", None, Dedupe.model_validate({}), Decoys.model_validate({})), tmp_path)
        hosts, disputed = (db.read(name)["host"] for name in ("hosts", "disputed"))
        assert 4 < len(disputed) < len(hosts) - 20
        once = {name: db.query(name) for name in ("links", "devices_written", "merges")}
        db.rows("disputed", pa.table({"host": hosts}))
        attach(db)
        assert {name: db.query(name) for name in once} == once


# --- order, parts, threads, copies ---


def test_nothing_depends_on_order_parts_or_threads(tmp_path: Path) -> None:
    rows = somewhere(0)
    first = census(tmp_path / "first", rows, days=30, counts=True, numbered_already=True)
    for threads, parts in ((1, 7), (2, 3), (4, 5)):
        shuffled = random.Random(threads * parts).sample(rows, len(rows))
        again = census(
            tmp_path / f"{threads}-{parts}", shuffled, days=30, counts=True, numbered_already=True,
            threads=threads, parts=parts,
        )  # fmt: skip
        assert again.bytes == first.bytes


def test_threads_agree_on_a_table_larger_than_one_row_group(tmp_path: Path) -> None:
    rows = [{**r, "line": n, "host": f"198.51.{n % 251}.{n % 97}"} for n, r in enumerate(somewhere(5, 1000) * 10, 1)]
    some = {t: census(tmp_path / str(t), rows, threads=t, parts=t, numbered_already=True).bytes for t in (1, 4)}
    assert some[1] == some[4]


def test_a_copy_of_an_older_sight_changes_nothing_but_how_often_it_was_seen(tmp_path: Path) -> None:
    rows = somewhere(1)
    once = census(tmp_path / "once", rows, days=30, counts=True, numbered_already=True)
    older = {(link["file"], link["line"]) for link in once.links if link["fate"] == "again"}
    copies = [{**r, "file": "0-copy"} for r in rows if (r["file"], r["line"]) in older]
    assert copies
    twice = census(tmp_path / "twice", rows + copies, days=30, counts=True, numbered_already=True)
    assert twice.devices == once.devices
    assert twice.counts == once.counts
    assert [link for link in twice.links if link["file"] != "0-copy"] == once.links
    assert {link["fate"] for link in twice.links if link["file"] == "0-copy"} == {"again"}


def test_a_snapshot_collected_twice_has_the_same_devices(tmp_path: Path) -> None:
    rows = somewhere(2)
    once = census(tmp_path / "once", rows, days=30, counts=True, numbered_already=True)
    copies = [{**r, "file": f"{r['file']}-copy"} for r in rows]
    twice = census(tmp_path / "twice", rows + copies, days=30, counts=True, numbered_already=True)
    assert set(twice.devices) == set(once.devices)
    assert twice.counts == once.counts


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 99), order=st.randoms(use_true_random=False), parts=st.integers(1, 6),
    threads=st.integers(1, 4), off=st.sets(st.sampled_from(["identity", "same_host", "churn"])),
    certificate_hosts=st.integers(0, 3),
)  # fmt: skip
def test_with_any_rules_order_parts_threads_and_copies_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, seed: int, order: random.Random, parts: int, threads: int,
    off: set[str], certificate_hosts: int,
) -> None:  # fmt: skip
    rows = somewhere(seed, 120)
    how: Row = {
        "rules": {**dict.fromkeys(off, False), "max_certificate_hosts": certificate_hosts},
        "days": 30, "counts": True, "numbered_already": True,
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("any")
    once = census(folder / "once", rows, **how)
    merged(once)
    shuffled = order.sample(rows, len(rows))
    assert census(folder / "again", shuffled, parts=parts, threads=threads, **how).bytes == once.bytes
    twice = census(folder / "twice", rows + [{**r, "file": f"{r['file']}-copy"} for r in rows], **how)
    assert (set(twice.devices), twice.counts) == (set(once.devices), once.counts)
