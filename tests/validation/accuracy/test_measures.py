"""Errors are measured right: on tables whose errors are known, and on a world in which they must add up."""

import pandas as pd
import pytest

from camcensus.core.config import load_study
from camcensus.core.tables import COUNTED_TYPES, UNITS
from camcensus.estimate.years import changes as changes_of
from camcensus.estimate.years import years_of
from camcensus.validation.accuracy import labels
from camcensus.validation.accuracy.causes import budget, dedupe_rules, joins, variants
from camcensus.validation.accuracy.counted import CountedWorld
from camcensus.validation.accuracy.countries import (
    TRUTHS,
    by_truth,
    changes,
    country_errors,
    summary,
    true_counts,
    words,
)  # fmt: skip
from camcensus.validation.accuracy.measure import held_in
from tests.validation.accuracy.worlds import PLAN, shared_folder, worlds_of


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[CountedWorld]:
    return worlds_of(shared_folder(tmp_path_factory))


def frame(**columns: list[int]) -> pd.DataFrame:
    return pd.DataFrame(dict.fromkeys(UNITS, columns["hosts"]), index=["NL", "US", "VN"])


def test_errors_by_country_are_shares_of_the_truth() -> None:
    found = country_errors(frame(hosts=[110, 300, 0]), frame(hosts=[100, 400, 50])).query("unit == 'n_hosts'")
    assert dict(zip(found["country"], found["error"], strict=True)) == {"NL": 0.1, "US": -0.25, "VN": -1.0}
    (row,) = summary(found, least=100).to_dict("records")
    assert (row["countries"], row["worst_country"], row["worst"]) == (2, "US", -0.25)
    assert row["median"] == pytest.approx(0.175)
    assert row["world"] == pytest.approx(410 / 550 - 1)


def test_each_truth_holds_the_next(worlds: list[CountedWorld]) -> None:
    seen, returned, evidence = (true_counts(worlds[-1], name).sum() for name in ("seen", "returned", "evidence"))
    for unit in UNITS:
        assert seen[unit] > returned[unit] >= evidence[unit] > 0
    assert set(by_truth(worlds[-1], least=20)["truth"]) == set(TRUTHS)


def test_a_truth_counted_by_another_way(worlds: list[CountedWorld]) -> None:
    world = worlds[-1]
    rows = world.banners[world.banners["counted"] & world.banners["returned"]]
    hosts: dict[str, set[str]] = {}
    for row in rows.itertuples():
        hosts.setdefault(str(row.country), set()).add(str(row.host))
    assert true_counts(world, "returned")["n_hosts"].to_dict() == {
        country: len(each) for country, each in hosts.items()
    }
    assert true_counts(world, "reachable")["n_devices"].sum() == world.cameras["reachable"].sum()


def test_every_banner_the_pipeline_counted_has_a_true_device(worlds: list[CountedWorld]) -> None:
    for world in worlds:
        assert world.identified["device_id"].notna().all()
        assert world.linked["device_id"].notna().all()
        assert len(world.devices) == world.counts.query(
            "level == 'world' and scope == 'all' and ip_version == 'all' and min_confidence == 'medium' "
            "and decoys_left_out == 'none'"
        )["n_devices"].sum()  # fmt: skip


def test_makers_right_and_found_are_parts_of_said_and_shown(worlds: list[CountedWorld]) -> None:
    for table in (labels.makers(worlds[-1]), labels.types(worlds[-1]), labels.models(worlds[-1])):
        assert (table["right"] <= table["said"]).all()
        assert (table["found"] <= table["shown"]).all()
        total = table.set_index("name").loc["all"]
        assert total["said"] == table[table["name"] != "all"]["said"].sum()


def test_a_maker_called_another_lowers_precision_and_recall(worlds: list[CountedWorld]) -> None:
    world = CountedWorld(worlds[-1].folder, worlds[-1].snapshot)
    before = labels.makers(world).set_index("name").loc["all"]
    for table in (world.devices, world.identified):  # as if the catalogue took every Dahua for an Axis
        table.loc[table["manufacturer"] == "Dahua", "manufacturer"] = "Axis"
    after = labels.makers(world).set_index("name").loc["all"]
    assert after["precision"] < before["precision"] - 0.05
    assert after["recall"] < before["recall"] - 0.05


def test_merges_and_splits_are_counted_as_they_are(worlds: list[CountedWorld]) -> None:
    world = CountedWorld(worlds[-1].folder, worlds[-1].snapshot)
    rows = world.linked
    rows["device"] = rows["device_id"].astype(str)
    assert (joins(world).merges, joins(world).splits) == (0, 0)
    rows["device"] = rows["file"] + rows["line"].astype(str)
    real = rows[rows["is_camera"].eq(True)]
    apart = joins(world)
    assert apart.merges == 0
    assert apart.splits == pytest.approx(1_000 * (len(real) - apart.devices) / apart.devices)
    rows["device"] = "one"
    assert joins(world).merges == pytest.approx(1_000 * (apart.devices - 1) / apart.devices)


def test_kinds_of_hosts_add_up(worlds: list[CountedWorld]) -> None:
    table = labels.decoys(worlds[-1])
    assert table["hosts"].sum() >= worlds[-1].linked["host"].nunique()
    for better, worse in (("possible", "likely"), ("likely", "certain")):
        assert (table[better] >= table[worse]).all()
    found = labels.counted_at_all(worlds[-1])
    parts = [found[f"of them {what}"] for what in ("real cameras", "decoys", "other devices")]
    assert sum(parts) == pytest.approx(1)


@pytest.mark.slow
def test_breadth_is_measured_apart_for_what_the_catalogue_knows(worlds: list[CountedWorld]) -> None:
    table = labels.breadth(worlds[-1], held_in(PLAN, "2026")).set_index("group")
    kinds = [name for name in table.index if name.startswith("uncatalogued ")]
    for column in ("seen", "returned", "counted", "missed"):
        assert table.loc["all", column] == table.loc["catalogued", column] + table.loc["uncatalogued", column]
        assert table.loc["uncatalogued", column] == table.loc[kinds, column].sum()
    assert (table["returned"] == table["counted"] + table["missed"]).all()
    assert table.loc["all", "recall"] == pytest.approx(labels.counted_at_all(worlds[-1])["recall of what is returned"])
    lost = table[table["missed"] > 0]
    assert lost[["candidate", "typed", "nothing"]].sum(axis=1).tolist() == pytest.approx([1.0] * len(lost))
    assert (table["all_counted"] >= table["of_seen"]).all()
    assert (table["all_counted"] + table["all_candidate"] <= 1.0).all()
    assert table.loc["uncatalogued answer", "all_candidate"] > 0.2
    # That makers and answers are not known costs queries and signatures; the models of a known maker cost less.
    assert table.loc["catalogued", "recall"] > table.loc["uncatalogued", "recall"]
    assert table.loc["catalogued", "by_queries"] > table.loc["uncatalogued maker", "by_queries"]


@pytest.mark.slow
def test_a_candidate_that_is_not_counted_is_shown_as_one(worlds: list[CountedWorld]) -> None:
    world, held = CountedWorld(worlds[-1].folder, worlds[-1].snapshot), held_in(PLAN, "2026")
    before = labels.breadth(world, held).set_index("group").loc["all"]
    world.identified["candidate"] = "network camera"
    after = labels.breadth(world, held).set_index("group").loc["all"]
    assert before["candidate"] < after["candidate"] == 1.0
    assert (after["counted"], after["missed"]) == (before["counted"], before["missed"])


def test_variants_leave_out_more_and_more(worlds: list[CountedWorld]) -> None:
    table = variants(worlds[-1]).set_index("setting")["hosts"]
    assert table["no decoys left out"] >= table["headline (medium, certain decoys left out)"]
    assert table["headline (medium, certain decoys left out)"] >= table["likely decoys left out too"]


def test_changes_are_of_countries_that_were_large_enough(worlds: list[CountedWorld]) -> None:
    table = changes(worlds, least=50)
    assert set(table["truth"]) == set(TRUTHS)
    assert (table["error"] == table["counted"] - table["true"]).all()


@pytest.mark.slow
def test_a_rule_turned_off_is_off_and_the_world_is_left_as_it_was(worlds: list[CountedWorld]) -> None:
    world = worlds[-1]
    before = (world.data / "devices.parquet").read_bytes()
    table = dedupe_rules(world.folder, world.snapshot, 1).set_index("setting")
    assert table.loc["without same-host", "splits_here"] > table.loc["as it comes", "splits_here"]
    assert table.loc["without churn", "splits_moved"] >= table.loc["as it comes", "splits_moved"]
    assert (world.data / "devices.parquet").read_bytes() == before
    assert set(world.cameras["product_type"]) <= COUNTED_TYPES


def test_what_the_error_consists_of_adds_up_to_it(worlds: list[CountedWorld]) -> None:
    world = worlds[-1]
    table = budget(world, least=20).set_index("cause")
    counted, true = world.by_country()["n_hosts"].sum(), true_counts(world, "evidence")["n_hosts"].sum()
    shares = table["of_truth"] * true
    assert shares["as it is"] == pytest.approx(counted - true)
    parts = [name for name in table.index if name not in ("as it is", "all decoys")]
    assert shares[parts].sum() == pytest.approx(shares["as it is"])
    assert shares[[n for n in parts if n.startswith("decoys")]].sum() == pytest.approx(shares["all decoys"])
    assert table.loc["all decoys", "hosts"] > 0


def test_what_rules_could_mend_is_told_from_what_nothing_shows(worlds: list[CountedWorld]) -> None:
    world = CountedWorld(worlds[-1].folder, worlds[-1].snapshot)
    rows = world.linked
    rows["device"] = "one"  # everything merged: all that shows what it is would have been told apart
    real = rows[rows["is_camera"].eq(True)]
    shown = real.loc[real["identifies"], "device_id"].nunique()
    found = joins(world)
    assert found.merges_told == pytest.approx(1_000 * (shown - 1) / found.devices)
    rows["device"] = rows["host"] + rows["device_id"].astype(str)  # a device of its own at each address
    apart = joins(world)
    assert (apart.splits_here, apart.splits_stayed) == (0, 0)
    assert apart.splits == pytest.approx(apart.splits_shown + apart.splits_moved)
    both = real[real["identifies"]].groupby("device_id")["host"].nunique().sub(1).sum()
    assert apart.splits_shown == pytest.approx(1_000 * both / apart.devices)
    assert apart.splits_moved > 0


@pytest.mark.slow
def test_words_of_changes_are_right_where_the_truth_went_that_way(worlds: list[CountedWorld]) -> None:
    folder = worlds[-1].folder
    table = words(folder, worlds, least=20).set_index("truth")
    assert set(table.index) == set(TRUTHS)
    assert ((table["told"] + table["not_told"] * table["countries"]).round() == table["countries"]).all()
    study = load_study(folder / "study.toml")
    said = changes_of(study, years_of(study))
    said = said[said["country"].ne("") & said["word"].isin(["up", "down"])]
    true = [true_counts(world, "evidence")["n_hosts"] for world in worlds]
    large = [r for r in said.to_dict("records") if min(t.get(r["country"], 0) for t in true) >= 20]
    right = [(true[1][r["country"]] > true[0][r["country"]]) == (r["word"] == "up") for r in large]
    assert table.loc["evidence", "told"] == len(large)
    if large:
        assert table.loc["evidence", "told_right"] == pytest.approx(sum(right) / len(right), abs=1 / len(right))
