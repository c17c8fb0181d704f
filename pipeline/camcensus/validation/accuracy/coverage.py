"""How often 95% intervals contain the truth: over many small worlds that meet the assumptions, or break one of them."""

import functools
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd

from camcensus.core.resources import bundled
from camcensus.estimate.audits.proportions import Audited, wilson
from camcensus.estimate.audits.sample import draw, hosts_of
from camcensus.estimate.audits.score import replicates
from camcensus.estimate.change import Span, audited, correlation
from camcensus.estimate.two_engines.estimate import STRATUM, estimate
from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.matcher import identifier_of
from camcensus.validation.accuracy.small_world import CachedIdentifier, SmallWorld
from camcensus.validation.simulate.world import Plan, make_world

SIZE = 4_000  # devices of a small world
LABELLED = 400  # hosts of an audit
REPLICATES = 600
LAST, BEFORE = 2026, 2025
# No decoys, one port for each address, addresses that stay, services found with one chance by each engine alone.
HOLDS: dict[str, Any] = {
    "sites.decoy": 0.0, "sites.other": 0.0, "sites.devices": [1.0], "sites.more_ports": 0.0, "sites.ipv6": 0.0,
    "addresses.daily": 0.0, "addresses.rare_days": 1e7, "addresses.misplaced_fixed": 0.0,
    "addresses.misplaced_mobile": 0.0, "addresses.misplaced_hosting": 0.0, "networks.fixed": 1.0,
    "networks.mobile": 0.0, "networks.hosting": 0.0, "networks.known": 1.0, "rest.share": 0.0,
    "engine.dependence": 0.0, "engine.first.spread": 0.0, "engine.second.spread": 0.0,
    "engine.first.other_ports": 1.0, "engine.second.other_ports": 1.0, "engine.first.base": 0.6,
    "engine.second.base": 0.55, "strings.guessed": 0.0,
}  # fmt: skip
SPREAD = {"engine.first.spread": 1.0, "engine.second.spread": 1.0}
ENGINES: dict[str, dict[str, Any]] = {
    "assumptions hold": {},
    "ease of finding differs, on its own for each engine": SPREAD,
    "ease of finding is half shared": {**SPREAD, "engine.dependence": 0.5},
    "ease of finding is wholly shared": {**SPREAD, "engine.dependence": 1.0},
    "both engines find most ports less often": {
        "engine.first.ports": [80, 443], "engine.second.ports": [80, 443], "engine.first.other_ports": 0.3,
        "engine.second.other_ports": 0.3,
    },
    "some hosts have more ports": {"sites.more_ports": 1.0},
    "addresses change every day in 3 of 10 networks": {"addresses.daily": 0.3},
    "decoys nobody knows": {"sites.decoy": 0.05, "decoys.quiet": 50.0},
}  # fmt: skip
LABELLERS: dict[str, float] = {"labels are right": 0.0, "1 label of 50 is wrong": 0.02, "1 label of 20 is wrong": 0.05}


@dataclass(frozen=True)
class Outcome:
    """One interval in one world. `band`: whether the truth is between the interval's low end and odds ratio 10."""

    interval: str
    setting: str
    true: float
    point: float
    low: float
    high: float
    band: bool | None = None

    @property
    def holds(self) -> bool:
        """Return whether the interval contains the truth."""
        return self.low <= self.true <= self.high


def two_engines(setting: str, seed: int) -> Iterator[Outcome]:
    """Yield Chapman's interval, in total and for the largest country."""
    world = make_world(Plan(SIZE, 1, seed, tuple({**HOLDS, **ENGINES[setting]}.items())))
    small = SmallWorld(world.view(LAST), _identifier())
    found, people = estimate(small.lists()), small.population()
    strata = found.strata[found.strata["estimate"].notna()]
    if found.hosts is None or strata.empty:
        return
    inside = people.merge(strata[STRATUM], on=STRATUM)
    rest = found.hosts.left_out  # only strata with an estimate are compared with the truth
    true, most = float(len(inside)), found.hosts.band[-1][1] - rest
    low, high = found.hosts.low - rest, found.hosts.high - rest
    yield Outcome("two engines, world", setting, true, found.hosts.point - rest, low, high, low <= true <= most)
    top = strata.sort_values("both", ascending=False).iloc[0]
    reachable = float(((people[STRATUM] == top[STRATUM]).all(axis=1)).sum())
    in_band = bool(top["low"] <= reachable <= top["at_odds_10"])
    yield Outcome("two engines, one country", setting, reachable, top["estimate"], top["low"], top["high"], in_band)


def audits(setting: str, seed: int) -> Iterator[Outcome]:
    """Yield an audit's precision, recall and corrected count, and the change between two audited years."""
    world = make_world(Plan(SIZE, 2, seed))
    found: dict[int, Audited] = {}
    labels: dict[int, pd.DataFrame] = {}
    true: dict[int, float] = {}
    counted: dict[int, Span] = {}
    for year in (BEFORE, LAST):
        banners = SmallWorld(world.view(year), _identifier()).collected()
        hosts = hosts_of(banners)
        camera = hosts["host"].map(banners.groupby("host")["camera"].any())
        labelled = draw(hosts, LABELLED, seed)
        answers = labelled["host"].map(dict(zip(hosts["host"], camera, strict=True)))
        wrong = world.chance.uniform("label", np.arange(len(labelled)), year) < LABELLERS[setting]
        labels[year] = labelled.assign(answer=answers.to_numpy(bool) ^ wrong, code=labelled["host"])
        found[year] = replicates(labels[year], seed + year, REPLICATES)
        mine = hosts["counted"]
        true[year], counted[year] = float(camera.sum()), Span(*[int(mine.sum())] * 3)
        if year == LAST:
            shares = {"precision": (camera & mine).sum() / mine.sum(), "recall": (camera & mine).sum() / camera.sum()}
            for name, truth in {**shares, "cameras": float(camera.sum())}.items():
                yield Outcome(f"audit, {name}", setting, float(truth), *found[year].interval(name))
    pairing = correlation(labels[BEFORE], labels[LAST])
    change = audited((counted[BEFORE], counted[LAST]), (found[BEFORE], found[LAST]), pairing)
    yield Outcome(
        "audit, change", setting, true[LAST] / true[BEFORE] - 1.0, change.change, change.low, change.high
    )  # fmt: skip


def coverage(worlds: int, workers: int = 1, first_seed: int = 1) -> pd.DataFrame:
    """Return a row per interval and setting (see `table`)."""
    tasks: list[tuple[Callable[..., Iterator[Outcome]], str]] = [(two_engines, name) for name in ENGINES]
    tasks += [(audits, name) for name in LABELLERS]
    outcomes: list[Outcome] = []
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for kind, setting in tasks:
            seeds = range(first_seed, first_seed + worlds)
            for each in pool.map(functools.partial(_all, kind, setting), seeds, chunksize=10):
                outcomes += each
    return table(outcomes)


def table(outcomes: list[Outcome]) -> pd.DataFrame:
    """Summarise outcomes by interval and setting: share that contains the truth (with a 95% interval), error, width."""
    frame = pd.DataFrame([{**vars(o), "holds": o.holds} for o in outcomes])
    rows: list[Mapping[str, Any]] = []
    for (interval, setting), each in frame.groupby(["interval", "setting"], sort=False):
        hits = int(each["holds"].sum())
        low, high = wilson(hits, len(each))
        size = each["true"].abs()
        relative = interval != "audit, change"
        off, wide = each["point"] - each["true"], each["high"] - each["low"]
        rows.append({
            "interval": interval, "setting": setting, "worlds": len(each), "holds": hits / len(each), "low": low,
            "high": high, "mean_error": float((off / size if relative else off).mean()),
            "mean_width": float((wide / size if relative else wide).mean()),
            "in_band": each["band"].astype(float).mean() if each["band"].notna().all() else np.nan,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _all(kind: Callable[..., Iterator[Outcome]], setting: str, seed: int) -> list[Outcome]:
    return list(kind(setting, seed))


@functools.cache
def _identifier() -> CachedIdentifier:
    """Return the cache of this process."""
    return CachedIdentifier(identifier_of(load_catalogue(bundled("queries"))))
