"""What must hold of any table: random ones, in any order, parts and threads, and collected twice."""

import random
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camcensus.core.config import Decoys, Dedupe
from camcensus.dedupe.devices import Rules, dedupe, device_texts, resolve_conflicts, with_texts
from camcensus.engines import duckdb_sql
from camcensus.engines.duckdb_sql import Sql, sql
from tests.census import DAHUA, HIK, Census, Row, banner, census, merged, somewhere, write


@pytest.fixture(scope="module", params=range(4))
def anywhere(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Census:
    """The outcome for a random table."""
    return census(tmp_path_factory.mktemp("anywhere"), somewhere(request.param), days=30)


# --- any table ---


def test_one_banner_of_each_place_is_kept_and_it_is_the_latest(anywhere: Census) -> None:
    statuses = {(link["file"], link["line"]): link["status"] for link in anywhere.links}
    window = anywhere.deduped.window
    assert window.start is not None
    assert window.end is not None
    sights = defaultdict(list)
    for row in anywhere.rows:
        place = (row["file"], row["line"])
        assert (place in statuses) == row["is_counted"]
        if row["is_counted"]:
            inside = window.start <= row["seen_at"] <= window.end
            assert (statuses[place] == "out_of_window") == (not inside)
            if inside:
                sights[row["host"], row["port"], row["transport"]].append((row["seen_at"], statuses[place]))
    for found in sights.values():
        assert [status for _, status in found].count("kept") == 1
        assert max(seen for seen, _ in found) == next(seen for seen, status in found if status == "kept")


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
        mine = None if link["status"] == "out_of_window" else device[row["host"], row["port"], row["transport"]]
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
        last = max(k["seen_at"] for k in mine)
        assert device["last_seen_at"] == last
        assert (device["host"], device["country"]) in {(k["host"], k["country"]) for k in mine if k["seen_at"] == last}


claims = st.fixed_dictionaries(
    {
        "host": st.integers(1, 2),
        "manufacturer": st.sampled_from([None, "Hikvision", "Dahua"]),
        "model": st.sampled_from([None, None, "DS-1", "DS-2"]),
        "product_type": st.sampled_from(["video", "camera", "recorder"]),
        "identity": st.sampled_from([None, None, "s", "t"]),
    }
)


@pytest.mark.slow
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
        hosts, conflicting = (db.read(name)["host_id"] for name in ("hosts", "conflicting_hosts"))
        assert 4 < len(conflicting) < len(hosts) - 20
        once = _found(db, ("links", "devices", "dedupe_totals"))
        db.rows("conflicting_hosts", pa.table({"host_id": hosts}))
        resolve_conflicts(db)
        db.query("device_labels")
        assert _found(db, ("devices", "links", "dedupe_totals")) == once


def _found(db: Sql, names: Sequence[str]) -> dict[str, pa.Table]:
    """Results of queries, with texts in place of ids, which depend on what else is claimed."""
    found = {name: db.query(name) for name in names}
    return found | {"devices": with_texts(found["devices"], device_texts(db))}


# --- order, parts, threads, copies ---


@pytest.mark.slow
def test_f17_nothing_depends_on_order_parts_or_threads(tmp_path: Path) -> None:
    rows = somewhere(0)
    first = census(tmp_path / "first", rows, days=30, counts=True, numbered_already=True)
    for threads, parts in ((1, 7), (2, 3), (4, 5)):
        shuffled = random.Random(threads * parts).sample(rows, len(rows))
        again = census(
            tmp_path / f"{threads}-{parts}", shuffled, days=30, counts=True, numbered_already=True,
            threads=threads, parts=parts,
        )  # fmt: skip
        assert again.bytes == first.bytes


@pytest.mark.slow
def test_tables_in_memory_and_in_a_file_come_to_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some = {}
    for fits in (duckdb_sql.FITS, 0):
        monkeypatch.setattr(duckdb_sql, "FITS", fits)
        some[fits] = census(tmp_path / str(fits), somewhere(11), days=30, counts=True, threads=2).bytes
    in_memory, in_a_file = some.values()
    assert in_memory == in_a_file


def test_threads_agree_on_a_table_larger_than_one_row_group(tmp_path: Path) -> None:
    rows = [{**r, "line": n, "host": f"198.51.{n % 251}.{n % 97}"} for n, r in enumerate(somewhere(5, 1000) * 10, 1)]
    some = {t: census(tmp_path / str(t), rows, threads=t, parts=t, numbered_already=True).bytes for t in (1, 4)}
    assert some[1] == some[4]


def test_f17_a_copy_of_an_older_sight_changes_nothing_but_how_often_it_was_seen(tmp_path: Path) -> None:
    rows = somewhere(1)
    once = census(tmp_path / "once", rows, days=30, counts=True, numbered_already=True)
    older = {(link["file"], link["line"]) for link in once.links if link["status"] == "superseded"}
    copies = [{**r, "file": "0-copy"} for r in rows if (r["file"], r["line"]) in older]
    assert copies
    twice = census(tmp_path / "twice", rows + copies, days=30, counts=True, numbered_already=True)
    assert twice.devices == once.devices
    assert twice.counts == once.counts
    assert [link for link in twice.links if link["file"] != "0-copy"] == once.links
    assert {link["status"] for link in twice.links if link["file"] == "0-copy"} == {"superseded"}


@pytest.mark.slow
def test_a_snapshot_collected_twice_has_the_same_devices(tmp_path: Path) -> None:
    rows = somewhere(2)
    once = census(tmp_path / "once", rows, days=30, counts=True, numbered_already=True)
    copies = [{**r, "file": f"{r['file']}-copy"} for r in rows]
    twice = census(tmp_path / "twice", rows + copies, days=30, counts=True, numbered_already=True)
    assert set(twice.devices) == set(once.devices)
    assert twice.counts == once.counts


@pytest.mark.slow
@settings(max_examples=4, deadline=None)
@given(
    seed=st.integers(0, 99), order=st.randoms(use_true_random=False), parts=st.integers(1, 6),
    threads=st.integers(1, 4), off=st.sets(st.sampled_from(["identity", "same_host", "churn"])),
    certificate_hosts=st.integers(0, 3),
)  # fmt: skip
def test_f17_with_any_rules_order_parts_threads_and_copies_change_nothing(
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
