"""Make a world, count it, and measure all errors."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from camcensus.core.console import Reporter
from camcensus.core.resources import bundled
from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.matcher import identifier_of
from camcensus.validation.accuracy import causes, countries, labels
from camcensus.validation.accuracy.counted import CountedWorld, count_world
from camcensus.validation.accuracy.coverage import coverage
from camcensus.validation.accuracy.small_world import CachedIdentifier, SmallWorld
from camcensus.validation.simulate.world import Plan, make_world
from camcensus.validation.simulate.write import simulate

# Worlds without one cause of error.
CAUSES: dict[str, dict[str, Any]] = {
    "all causes": {},
    "no decoys": {"sites.decoy": 0.0},
    "no other devices": {"sites.other": 0.0},
    "the country database is right": dict.fromkeys(
        ("addresses.misplaced_fixed", "addresses.misplaced_mobile", "addresses.misplaced_hosting"), 0.0
    ),
    "addresses stay": {"addresses.daily": 0.0, "addresses.rare_days": 1e7},
    "one device at each address": {"sites.devices": [1.0]},
}
CAUSE_DEVICES = 60_000


@dataclass(frozen=True)
class Results:
    """All tables of an accuracy report by name, and the plan of the world."""

    plan: Plan
    worlds: int
    tables: dict[str, pd.DataFrame]


def measure(plan: Plan, worlds: int, workers: int, say: Callable[[str], None]) -> Results:
    """Measure all errors in one world, and the coverage of intervals over `worlds` small ones per setting."""
    with TemporaryDirectory(prefix="camcensus-") as folder:
        tables = one_world(Path(folder) / "world", plan, workers, say)
        tables["causes"] = without_causes(Path(folder), plan, workers, say)
    say(f"intervals over {worlds} worlds per setting")
    tables["coverage"] = coverage(worlds, workers)
    return Results(plan, worlds, tables)


def without_causes(folder: Path, plan: Plan, workers: int, say: Callable[[str], None]) -> pd.DataFrame:
    """Return a row per world without one of the causes: errors against evidence, wrong merges and splits."""
    rows = []
    for number, (name, overrides) in enumerate(CAUSES.items()):
        say(f"a world with {name}" if number == 0 else f"a world without a cause: {name}")
        own = Plan(min(plan.devices, CAUSE_DEVICES), 1, plan.seed, tuple(overrides.items()))
        out = folder / f"cause-{number}"
        simulate(out, own, Reporter(), workers)
        (last,) = count_world(out, workers)
        world = CountedWorld(out, last)
        found = countries.evidence_errors(world, world.by_country())
        joined = causes.joins(world)
        rows.append({
            "setting": name, **{f"hosts_{key}": found.loc["n_hosts", key] for key in ("median", "p90")},
            **{f"devices_{key}": found.loc["n_devices", key] for key in ("median", "p90")},
            "merges": joined.merges, "splits": joined.splits,
        })  # fmt: skip
    return pd.DataFrame(rows)


def held_in(plan: Plan, snapshot: str) -> pd.DataFrame:
    """Return what the first engine holds of a world at a snapshot, identified whether a query returns it or not."""
    identifier = CachedIdentifier(identifier_of(load_catalogue(bundled("queries"))))
    return SmallWorld(make_world(plan).view(int(snapshot)), identifier).held()


def one_world(folder: Path, plan: Plan, workers: int, say: Callable[[str], None]) -> dict[str, pd.DataFrame]:
    """Write a world to a new folder, count it and compare the last snapshots with the truth."""
    say(f"a world of {plan.devices:,} devices, {plan.snapshots} snapshots, seed {plan.seed}")
    simulate(folder, plan, Reporter(), workers)
    say("counting it")
    ids = count_world(folder, workers)
    worlds = [CountedWorld(folder, name) for name in ids]
    last = worlds[-1]
    say("comparing with the truth")
    errors = [
        countries.country_errors(last.by_country(), countries.true_counts(last, truth)).assign(truth=truth)
        for truth in countries.TRUTHS
    ]
    tables = {
        "summary": countries.by_truth(last),
        "countries": pd.concat(errors, ignore_index=True),
        "makers": labels.makers(last),
        "types": labels.types(last),
        "models": labels.models(last),
        "counted": pd.DataFrame(list(labels.counted_at_all(last).items()), columns=["what", "is"]),
        "breadth": labels.breadth(last, held_in(plan, last.snapshot)),
        "decoys": labels.decoys(last),
        "joins": pd.DataFrame([{"name": "as it comes", **vars(causes.joins(last))}]),
        "budget": causes.budget(last),
        "variants": causes.variants(last),
    }
    if len(worlds) > 1:
        tables["changes"] = countries.changes(worlds)
        tables["words"] = countries.words(folder, worlds)
    say("with and without each rule")
    tables["rules"] = causes.dedupe_rules(folder, ids[-1], workers)
    return tables
