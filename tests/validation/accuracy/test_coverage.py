"""Small worlds in memory are what the pipeline makes of the same worlds written; intervals over a few of them."""

from pathlib import Path

import pytest

from camcensus.core.config import load_study
from camcensus.estimate.audits.sample import banners_of, hosts_of
from camcensus.estimate.source import Source
from camcensus.estimate.two_engines.lists import comparable
from camcensus.identify.matcher import Identifier
from camcensus.validation.accuracy.counted import count_world
from camcensus.validation.accuracy.coverage import ENGINES, LABELLERS, audits, coverage, table, two_engines
from camcensus.validation.accuracy.small_world import COMMON, CachedIdentifier, SmallWorld
from camcensus.validation.simulate.world import Plan, make_world
from tests.validation.accuracy.worlds import counted

pytestmark = pytest.mark.slow

PLAN = Plan(devices=5_000, snapshots=1, seed=4, overrides=(("sites.decoy", 0.0),))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("world") / "out"
    counted(out, PLAN)
    count_world(out / "second")
    return out


def test_lists_in_memory_are_those_of_files(folder: Path, identifier: Identifier) -> None:
    written = comparable(
        Source(load_study(folder / "study.toml"), "2026"), Source(load_study(folder / "second/study.toml"), "2026")
    )
    drawn = SmallWorld(make_world(PLAN).view(2026), CachedIdentifier(identifier)).lists()
    assert set(written.evidence) <= COMMON
    assert (written.start, written.end) == (drawn.start, drawn.end)
    for one, other in ((written.first, drawn.first), (written.second, drawn.second)):
        kept, mine = (set(zip(frame["host"], frame["port"], strict=True)) for frame in (one, other))
        assert len(kept) > 1_000
        assert kept <= mine
        # The pipeline takes some honest hosts for decoys, from what stands together on them; memory does not look.
        assert len(mine - kept) < 0.01 * len(mine)


def test_banners_in_memory_are_those_of_files(folder: Path, identifier: Identifier) -> None:
    written = hosts_of(banners_of(Source(load_study(folder / "study.toml"), "2026")))
    drawn = hosts_of(SmallWorld(make_world(PLAN).view(2026), CachedIdentifier(identifier)).collected())
    columns = ["host", "counted", "manufacturer", "confidence", "why_not"]
    both = written[columns].merge(drawn[columns], on="host", how="outer", indicator=True, suffixes=("", "_drawn"))
    assert (both["_merge"] == "both").all()
    for name in columns[1:]:
        assert (both[name] == both[f"{name}_drawn"]).all(), name


@pytest.mark.parametrize("setting", list(ENGINES))
def test_each_setting_of_two_engines_gives_intervals(setting: str) -> None:
    found = list(two_engines(setting, seed=2))
    assert [outcome.interval for outcome in found] == ["two engines, world", "two engines, one country"]
    assert all(outcome.low <= outcome.point <= outcome.high for outcome in found)
    assert all(outcome.true > 0 for outcome in found)


@pytest.mark.parametrize("setting", list(LABELLERS))
def test_each_labeller_gives_intervals(setting: str) -> None:
    found = {outcome.interval: outcome for outcome in audits(setting, seed=2)}
    assert set(found) == {f"audit, {what}" for what in ("precision", "recall", "cameras", "change")}
    assert all(outcome.low <= outcome.point <= outcome.high for outcome in found.values())


def test_coverage_over_two_worlds_hangs_on_nothing_but_the_seeds() -> None:
    found = coverage(2, workers=2)
    assert set(found["worlds"]) == {2}
    assert set(found["setting"]) == {*ENGINES, *LABELLERS}
    (setting, *_) = ENGINES
    here = table([outcome for seed in range(1, 3) for outcome in two_engines(setting, seed)])
    there = found[found["setting"] == setting].reset_index(drop=True)
    assert here.equals(there)
