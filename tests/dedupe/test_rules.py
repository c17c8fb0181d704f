"""Identities, and the rules and bounds that a study decides of."""

from pathlib import Path

import pytest

from camcensus.core import parquet
from camcensus.core.errors import InputError
from camcensus.core.tables import IDENTIFIED
from camcensus.dedupe.devices import key_id_of
from tests.census import DAY, HIK, NOON, banner, census, merged

# --- identities ---


def test_an_identity_joins_ports_and_hosts(tmp_path: Path) -> None:
    old = banner("192.0.2.1", 80, identity="s", seen_at=NOON - DAY, country="DE")
    rows = [old, banner("192.0.2.2", 80, identity="s"), banner("192.0.2.2", 554, identity="s", product_type="video")]
    (device,) = census(tmp_path, rows).devices.values()
    assert (device["host"], device["country"], device["n_hosts"], device["n_banners"]) == ("192.0.2.2", "NL", 2, 3)
    assert (device["first_seen_at"], device["last_seen_at"]) == (NOON - DAY, NOON)


def test_two_identities_on_one_host_are_two_devices(tmp_path: Path) -> None:
    assert len(census(tmp_path, [banner(port=80, identity="s"), banner(port=81, identity="t")]).devices) == 2


@pytest.mark.parametrize(("hosts", "devices"), [(3, 1), (4, 4)])
def test_an_identity_on_too_many_hosts_is_none(tmp_path: Path, hosts: int, devices: int) -> None:
    found = census(tmp_path, [banner(f"192.0.2.{n}", identity="s") for n in range(hosts)], max_identity_hosts=3)
    assert len(found.devices) == devices


def test_only_kept_banners_show_an_identity_on_a_host(tmp_path: Path) -> None:
    rows = [banner(f"192.0.2.{n}", identity="s", seen_at=NOON - 1) for n in range(4)]
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


EVERY_RULE = [
    banner("192.0.2.1", 80, identity="s"), banner("192.0.2.1", 80, identity="s", seen_at=NOON - 1),
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
        parquet.write_table(path, IDENTIFIED.schema.empty_table(), IDENTIFIED, {"key_id": key})
    assert key_id_of(paths[:1]) == "aaa"
    assert key_id_of([]) == ""
    with pytest.raises(InputError, match=r"different keys: aaa \(0.parquet\), bbb \(1.parquet\)"):
        key_id_of(paths)
