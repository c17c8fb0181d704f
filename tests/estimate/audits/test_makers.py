"""Makers' counts corrected by recall: by hand, over many small worlds, and by the command on whole blocks."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from camcensus.api import open_study
from camcensus.core import storage
from camcensus.core.config import load_study
from camcensus.estimate.audits.makers import FEWEST, corrected
from camcensus.estimate.audits.proportions import wilson
from camcensus.estimate.audits.sample import code_of
from camcensus.estimate.saved import MAKERS, kept
from camcensus.validation.accuracy.counted import CountedWorld, count_world
from camcensus.validation.simulate.world import Plan
from tests.commands import camcensus
from tests.validation.accuracy.worlds import counted

PLAN = Plan(devices=6_000, snapshots=1, seed=4, overrides=(("export.net_blocks", 0.2),))


def hosts(maker: str, n_found: int, n_missed: int, weight: float = 1.0, per_block: int = 1) -> pd.DataFrame:
    """Audited hosts, so many in a block each."""
    found = [True] * n_found + [False] * n_missed
    blocks = np.random.default_rng(1).permutation(len(found)) // per_block
    return pd.DataFrame({"manufacturer": maker, "weight": weight, "block": blocks, "found": found})


def rows(*audited: pd.DataFrame, **counts: int) -> pd.DataFrame:
    return corrected(pd.concat(audited), pd.Series(counts), "labels").set_index("manufacturer")


def test_a_count_is_divided_by_its_recall_with_wilson_s_interval() -> None:
    found = rows(hosts("Alpha", 50, 50), Alpha=1_000).loc["Alpha"]
    low, high = wilson(49.5, 99)  # of 100 blocks, one is not free
    assert (found["recall"], found["recall_low"], found["recall_high"]) == pytest.approx((0.5, low, high))
    assert found["n_hosts_corrected"] == 2_000
    assert (found["n_hosts_low"], found["n_hosts_high"]) == (round(1_000 / high), round(1_000 / low))
    assert (found["audited"], found["found"], found["basis"], found["reason"]) == (100, 50, "labels", "")


def test_a_maker_with_few_signatures_comes_before_one_with_many() -> None:
    found = rows(hosts("Many", 95, 5), hosts("Few", 20, 80), Many=1_900, Few=1_000)
    assert found["n_hosts"].to_dict() == {"Many": 1_900, "Few": 1_000}
    assert found["n_hosts_corrected"].to_dict() == {"Many": 2_000, "Few": 5_000}
    assert found.loc["Few", "n_hosts_low"] > found.loc["Many", "n_hosts_high"]


def test_too_few_audited_hosts_give_no_corrected_count_and_say_so() -> None:
    found = rows(hosts("Alpha", FEWEST - 1, 0), hosts("Beta", FEWEST, 0), Alpha=500, Beta=500, Gamma=5)
    assert found["n_hosts_corrected"].isna().to_dict() == {"Alpha": True, "Beta": False, "Gamma": True}
    assert found.loc["Alpha", "reason"] == "audited hosts: 29, fewer than 30"
    assert found.loc["Gamma", "reason"] == "audited hosts: 0, fewer than 30"
    assert found.loc["Alpha", "recall_low":"recall_high"].isna().all()


def test_a_maker_that_is_never_counted_and_one_block_give_no_corrected_count() -> None:
    found = rows(hosts("Unseen", 0, 40), hosts("Near", 20, 20, per_block=40), Near=100)
    assert found.loc["Unseen", ["n_hosts", "recall"]].tolist() == [0, 0.0]
    assert found.loc["Unseen", "reason"] == "none of the audited hosts is counted"
    assert found.loc["Near", "reason"] == "all audited hosts are in one block"
    assert found["n_hosts_corrected"].isna().all()


def test_weights_count_and_alike_hosts_of_a_block_widen_the_interval() -> None:
    light, heavy = hosts("Alpha", 60, 0), hosts("Alpha", 0, 20, weight=9.0)
    heavy["block"] += 100
    found = rows(light, heavy, Alpha=100).loc["Alpha"]
    assert found["recall"] == pytest.approx(60 / 240)
    apart = rows(hosts("Alpha", 40, 40), Alpha=100).loc["Alpha"]
    alike = hosts("Alpha", 40, 40).assign(block=np.arange(80) // 10)
    together = rows(alike, Alpha=100).loc["Alpha"]
    widths = [row["recall_high"] - row["recall_low"] for row in (apart, together)]
    assert widths[1] > 1.5 * widths[0]


@pytest.mark.slow
def test_intervals_contain_the_truth_in_95_of_100_small_worlds() -> None:
    draw = np.random.default_rng(7)
    holds = []
    for _ in range(400):
        recall, n_hosts = draw.uniform(0.2, 0.9), 3_000
        ease = draw.beta(recall * 12, (1 - recall) * 12, 400)  # hosts of a block are alike
        is_found = draw.uniform(size=(400, 8)) < ease[:, None]
        some = draw.choice(400, 40, replace=False)
        audited = pd.DataFrame({
            "manufacturer": "Alpha", "weight": 1.0, "block": np.repeat(some, 8), "found": is_found[some].ravel()
        })  # fmt: skip
        truth = n_hosts / is_found.mean()
        (row,) = corrected(audited, pd.Series({"Alpha": n_hosts}), "labels").to_dict("records")
        holds.append(row["n_hosts_low"] <= truth <= row["n_hosts_high"])
    assert 0.92 <= np.mean(holds) <= 0.98


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> CountedWorld:
    out = tmp_path_factory.mktemp("world") / "out"
    found = counted(out, PLAN)[-1]
    count_world(out / "net")
    return found


@pytest.mark.slow
def test_the_command_keeps_the_table_and_the_api_returns_it(world: CountedWorld, tmp_path: Path) -> None:
    net, study = world.folder / "net/study.toml", world.folder / "study.toml"
    asked = ("estimate", "makers", "--snapshot", "2026", "--study", study, "--blocks", net)
    by_catalogue = json.loads(camcensus(*asked, "--json").stdout)
    assert "not what the catalogue does not know" in by_catalogue["corrected"]
    assert {row["basis"] for row in by_catalogue["makers"]} == {"catalogue"}
    assert "other addresses than the blocks" in camcensus(*asked).stdout
    found = open_study(study).corrected_makers(open_study(net), "2026")
    assert found["manufacturer"].tolist() == [row["manufacturer"] for row in by_catalogue["makers"]]
    table = kept(load_study(study), MAKERS.format("2026"))
    assert table is not None
    assert table["n_hosts"].tolist() == found["n_hosts"].tolist()


@pytest.mark.slow
def test_labels_of_blocks_correct_for_what_no_signature_knows(world: CountedWorld, tmp_path: Path) -> None:
    net, study = world.folder / "net/study.toml", world.folder / "study.toml"
    camcensus("audit", "sample", "--study", net, "--snapshot", "2026", "--hosts", "1000")
    sample = pd.read_csv(net.parent / "data/2026/audit/sample.csv")
    cameras = world.banners[world.banners["counted"]].merge(world.truth[["device_id", "manufacturer"]], on="device_id")
    makers = cameras.dropna(subset=["manufacturer"]).drop_duplicates("host").set_index("host")["manufacturer"]
    codes = {code_of(storage.PUBLIC_KEY, host): host for host in set(world.banners["host"])}
    here = sample["code"].map(codes)
    is_camera = here.isin(set(cameras["host"]))
    sample[["code"]].assign(
        camera=is_camera.map({True: "yes", False: "no"}), maker=here.map(makers).where(is_camera, "").fillna("")
    ).to_csv(tmp_path / "a.csv", index=False)
    asked = ("estimate", "makers", "--snapshot", "2026", "--study", study, "--blocks", net)
    found = json.loads(camcensus(*asked, "--labels", tmp_path / "a.csv", "--json").stdout)["makers"]
    by_maker = {row["manufacturer"]: row for row in found}
    assert {row["basis"] for row in found} == {"labels"}
    mine = by_maker["Hikvision"]
    assert mine["audited"] >= FEWEST
    # Labels know of devices whose answers no signature has, so the recall is lower than the catalogue's own.
    own = json.loads(camcensus(*asked, "--json").stdout)["makers"]
    assert mine["recall"] < next(row["recall"] for row in own if row["manufacturer"] == "Hikvision")
    assert mine["n_hosts"] < mine["n_hosts_low"] < mine["n_hosts_corrected"] < mine["n_hosts_high"]
