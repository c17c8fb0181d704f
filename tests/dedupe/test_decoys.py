"""Decoys that only show across banners: each rule by example, and all of them against a slow count in plain Python."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from camcensus.core.config import Decoys
from camcensus.core.resources import bundled
from camcensus.identify.catalogue import load_catalogue
from tests.census import DAHUA, DAY, HIK, NOON, Census, banner, census, somewhere

Row = dict[str, Any]
GRADES = (None, "possible", "likely", "certain")
AXIS = {"manufacturer": "Axis"}


def sights(found: Census) -> list[Row]:
    """All that was seen in the window."""
    window = found.deduped.window
    return [r for r in found.rows if (window.start or 0) <= r["seen_at"] <= (window.end or 0)]


def other_ports(rows: list[Row]) -> bool:
    """Whether one host in twenty shows a port that is no camera's."""
    hosts = {r["host"] for r in rows if r["is_counted"]}
    return 20 * len({r["host"] for r in rows if not r["is_counted"]} & hosts) >= max(len(hosts), 1)


def reasons_of(found: Census, signs: Decoys) -> dict[tuple[str, str], int]:
    """The grade of each host and reason, one by one from the words of the rules."""
    rows = sights(found)
    reasons: dict[tuple[str, str], int] = defaultdict(int)

    def tell(host: str, reason: str, grade: int) -> None:
        if any(r["is_counted"] for r in rows if r["host"] == host):
            reasons[host, reason] = max(reasons[host, reason], grade)

    on, alike = defaultdict(set), defaultdict(list)
    for row in rows:
        on[row["identity"]].add(row["host"])
        for body in ("banner_hash", "html_hash"):
            if row["is_counted"] and row["identity"] and row[body] is not None:
                alike[row["prefix"], body, row[body]].append(row)
        signs_of = [sign for sign in row["signatures"].split() if sign.startswith("decoys.")]
        is_tag = row["decoy"] == "possible" and signs_of == ["decoys.tags.cloud"] and row["network_kind"] == "hosting"
        if row["decoy"] and not is_tag:
            tell(row["host"], "banner", GRADES.index(row["decoy"]))
        if row["network_kind"] == "hosting":
            tell(row["host"], "hosting", 1)
    for host in {r["host"] for r in rows}:
        mine = [r for r in rows if r["host"] == host]
        makers = {r["manufacturer"] for r in mine if r["is_counted"]} - {None}
        others = {r["manufacturer"] for r in mine if r["product_type"] in ("other", "software")} - {None}
        if len(makers) >= signs.makers:
            tell(host, "many-makers", 2)
        if len(others) >= signs.unrelated and other_ports(rows):
            tell(host, "unrelated-products", 1)
        if len({r["port"] for r in mine}) >= signs.ports and other_ports(rows):
            tell(host, "many-ports", 2)
        if any(r["identity"] and len(on[r["identity"]]) >= signs.identity_hosts for r in mine):
            tell(host, "shared-identity", 1)
    for same in alike.values():
        hosts, identities = {r["host"] for r in same}, {r["identity"] for r in same}
        if min(len(hosts), len(identities)) >= signs.alike_hosts:
            for host in hosts:
                tell(host, "alike-answers", 1)
    return reasons


def grades_of(found: Census, signs: Decoys) -> dict[str, int]:
    """The grade of each host under suspicion."""
    by_host = defaultdict(list)
    for (host, _), grade in reasons_of(found, signs).items():
        by_host[host].append(grade)
    return {host: max(*grades, 2 if len(grades) > 1 else 0) for host, grades in by_host.items()}


def grade(found: Census, host: str = "192.0.2.1") -> str | None:
    """The grade of a host's devices."""
    (worst,) = {d["decoy"] for d in found.devices.values() if d["host"] == host}
    return worst


def told(found: Census) -> dict[str, int | None]:
    """Hosts graded by rule; None: not evaluated."""
    return {rule.rule: rule.hosts for rule in found.deduped.decoy_rules}


@pytest.mark.parametrize("seed", range(6))
def test_f18_every_host_has_the_grade_that_a_slow_count_gives(tmp_path: Path, seed: int) -> None:
    bodies = [{"banner_hash": n % 3, "html_hash": n % 2 or None} for n in range(300)]
    rows = [row | body for row, body in zip(somewhere(seed), bodies, strict=True)]
    signs = {"makers": 3, "unrelated": 2, "ports": 3, "identity_hosts": 4 + seed, "alike_hosts": 4}
    found = census(tmp_path, rows, days=30, signs=signs)
    wanted = grades_of(found, Decoys.model_validate(signs))
    for device in found.devices.values():
        hosts = {k["host"] for k in found.kept if k["device"] == device["device"]}
        assert device["decoy"] == GRADES[max(wanted.get(host, 0) for host in hosts)]
    reasons = reasons_of(found, Decoys.model_validate(signs))
    for rule, hosts in told(found).items():
        if rule != "two-reasons":
            assert hosts == len({host for host, reason in reasons if reason == rule})


def test_f18_three_makers_on_a_host_are_a_likely_decoy_and_two_are_none(tmp_path: Path) -> None:
    rows = [banner(port=n, **maker) for n, maker in enumerate((HIK, DAHUA, AXIS), 1)]
    assert grade(census(tmp_path / "3", rows)) == "likely"
    assert grade(census(tmp_path / "2", rows[:2])) is None
    assert grade(census(tmp_path / "4", rows, signs={"makers": 4})) is None


def test_unrelated_products_beside_a_camera_are_possible(tmp_path: Path) -> None:
    others = [banner(port=n, product_type="other", manufacturer=f"Maker {n}") for n in (21, 23)]
    assert grade(census(tmp_path / "two", [banner(), *others])) == "possible"
    # A router in front of a camera is how most cameras stand.
    assert grade(census(tmp_path / "one", [banner(), *others[:1]])) is None


def test_many_open_ports_are_likely_and_not_evaluated_without_uncounted_ones(tmp_path: Path) -> None:
    rows = [banner(port=n) for n in range(1, 21)]
    found = census(tmp_path / "cameras only", rows)
    assert (grade(found), told(found)["many-ports"], told(found)["unrelated-products"]) == (None, None, None)
    rule = next(r for r in found.deduped.decoy_rules if r.rule == "many-ports")
    assert not rule.evaluated
    assert "so other ports were not collected" in str(rule.reason)
    # Queries for cameras bring a few others, mostly on hosts without one; that tells nothing of this host.
    found = census(tmp_path / "elsewhere", [*rows, banner("192.0.2.2", product_type=None)])
    assert (grade(found), told(found)["many-ports"]) == (None, None)
    others = [banner("192.0.2.1", 22, product_type=None), *(banner(f"192.0.2.{n}") for n in range(2, 21))]
    found = census(tmp_path / "one in twenty", [*rows, *others])
    assert (grade(found), told(found)["many-ports"]) == ("likely", 1)
    found = census(tmp_path / "one in twenty-one", [*rows, *others, banner("192.0.2.21")])
    assert (grade(found), told(found)["many-ports"], told(found)["unrelated-products"]) == (None, None, None)


def test_one_serial_on_many_hosts_is_possible(tmp_path: Path) -> None:
    rows = [banner(f"192.0.2.{n}", identity="s") for n in range(1, 11)]
    found = census(tmp_path / "10", rows)
    assert {d["decoy"] for d in found.devices.values()} == {"possible"}
    assert told(found)["shared-identity"] == 10
    assert {d["decoy"] for d in census(tmp_path / "9", rows[1:]).devices.values()} == {None}


@pytest.mark.parametrize("fresh", [True, False])
def test_equal_answers_with_fresh_serials_in_one_network_are_possible(tmp_path: Path, fresh: bool) -> None:
    rows = [
        banner(host, identity=f"s{n if fresh else n // 2}", banner_hash=7, html_hash=None)
        for n in range(1, 21)
        for host in (f"192.0.2.{n}", f"198.51.{n}.1")
    ]
    one, many = ([r for r in rows if r["host"].startswith(start)] for start in ("192", "198"))
    assert grade(census(tmp_path / "one", one)) == ("possible" if fresh else None)
    assert grade(census(tmp_path / "many", many), "198.51.1.1") is None


def test_two_different_reasons_are_likely_and_one_reason_twice_is_not(tmp_path: Path) -> None:
    cloud = {"decoy": "possible", "signatures": "x decoys.tags.cloud", "network_kind": "hosting"}
    others = [banner(port=n, product_type="other", manufacturer=f"Maker {n}") for n in (21, 23)]
    found = census(tmp_path / "two", [banner(**cloud), *others])
    assert (grade(found), told(found)["two-reasons"], told(found)["hosting"]) == ("likely", 1, 1)
    assert grade(census(tmp_path / "twice", [banner(**cloud), banner(port=81, **cloud)])) == "possible"
    both = cloud | {"signatures": "decoys.http.html.fixed-model-and-build decoys.tags.cloud"}
    assert grade(census(tmp_path / "both", [banner(**both)])) == "likely"


def test_a_sign_beside_the_tag_of_a_hosting_network_is_a_second_reason(tmp_path: Path) -> None:
    both = "decoys.http.html.fixed-model-and-build decoys.tags.cloud"
    one = census(tmp_path / "hosting", [banner(decoy="possible", signatures=both, network_kind="hosting")])
    assert (grade(one), told(one)["banner"], told(one)["hosting"]) == ("likely", 1, 1)
    # A network that the table knows as another kind: what is left is the engine's tag.
    tag = census(tmp_path / "fixed", [banner(decoy="possible", signatures="decoys.tags.cloud", network_kind="fixed")])
    assert (grade(tag), told(tag)["banner"], told(tag)["hosting"]) == ("possible", 1, 0)


def test_signs_of_decoys_are_told_by_their_ids() -> None:
    signatures = [s for s in load_catalogue(bundled("queries")).signatures if s.decoy]
    assert {s.id.partition(".")[0] for s in signatures} == {"decoys"}
    assert "decoys.tags.cloud" in {s.id for s in signatures}


def test_a_host_without_a_camera_and_what_is_outside_the_window_grade_nobody(tmp_path: Path) -> None:
    old = [banner(port=n, seen_at=NOON - 9 * DAY, **maker) for n, maker in enumerate((HIK, DAHUA), 1)]
    found = census(tmp_path, [banner(**AXIS), *old, banner("192.0.2.9", product_type="other", decoy="certain")], days=7)
    assert grade(found) is None
    assert told(found)["banner"] == 0
