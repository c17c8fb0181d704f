"""Makes a world, counts it, and measures all errors."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from camcensus.core.console import Reporter
from camcensus.validation.accuracy import ablation, recognised
from camcensus.validation.accuracy.budget import budget
from camcensus.validation.accuracy.counted import Counted, count_world
from camcensus.validation.accuracy.countries import TRUTHS, by_truth, changes, country_errors, summary, true_counts
from camcensus.validation.accuracy.coverage import coverage
from camcensus.validation.accuracy.joined import as_rows, joins
from camcensus.validation.accuracy.words import words
from camcensus.validation.simulate.world import Plan
from camcensus.validation.simulate.write import simulate

# Worlds in which one cause of error is not there.
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
    """All tables of an accuracy report, by name, and the plan of the world they are of."""

    plan: Plan
    worlds: int
    tables: dict[str, pd.DataFrame]


def measure(plan: Plan, worlds: int, workers: int, say: Callable[[str], None]) -> Results:
    """All errors in one world, and the coverage of intervals over `worlds` small ones for each setting."""
    with TemporaryDirectory(prefix="camcensus-") as folder:
        tables = one_world(Path(folder) / "world", plan, workers, say)
        tables["causes"] = causes(Path(folder), plan, workers, say)
    say(f"intervals over {worlds} worlds for each setting")
    tables["coverage"] = coverage(worlds, workers)
    return Results(plan, worlds, tables)


def causes(folder: Path, plan: Plan, workers: int, say: Callable[[str], None]) -> pd.DataFrame:
    """A row for each world without one of the causes: errors against evidence, wrong merges and splits."""
    rows = []
    for number, (name, overrides) in enumerate(CAUSES.items()):
        say(f"a world with {name}" if number == 0 else f"a world in which: {name}")
        own = Plan(min(plan.devices, CAUSE_DEVICES), 1, plan.seed, tuple(overrides.items()))
        out = folder / f"cause-{number}"
        simulate(out, own, Reporter(), workers)
        (last,) = count_world(out, workers)
        world = Counted(out, last)
        found = summary(country_errors(world.by_country(), true_counts(world, "evidence"))).set_index("unit")
        joined = joins(world)
        rows.append({
            "setting": name, **{f"hosts_{key}": found.loc["n_hosts", key] for key in ("median", "p90")},
            **{f"devices_{key}": found.loc["n_devices", key] for key in ("median", "p90")},
            "merges": joined.merges, "splits": joined.splits,
        })  # fmt: skip
    return pd.DataFrame(rows)


def one_world(folder: Path, plan: Plan, workers: int, say: Callable[[str], None]) -> dict[str, pd.DataFrame]:
    """Writes a world to a new folder, counts it and compares the last snapshots with the truth."""
    say(f"a world of {plan.devices:,} devices, {plan.snapshots} snapshots, seed {plan.seed}")
    simulate(folder, plan, Reporter(), workers)
    say("counting it")
    ids = count_world(folder, workers)
    worlds = [Counted(folder, name) for name in ids]
    last = worlds[-1]
    say("comparing with the truth")
    countries = [country_errors(last.by_country(), true_counts(last, truth)).assign(truth=truth) for truth in TRUTHS]
    tables = {
        "summary": by_truth(last),
        "countries": pd.concat(countries, ignore_index=True),
        "makers": recognised.makers(last),
        "types": recognised.types(last),
        "models": recognised.models(last),
        "counted": pd.DataFrame(list(recognised.counted_at_all(last).items()), columns=["what", "is"]),
        "decoys": recognised.decoys(last),
        "joins": as_rows({"as it comes": joins(last)}),
        "budget": budget(last),
        "variants": ablation.variants(last),
    }
    if len(worlds) > 1:
        tables["changes"] = changes(worlds)
        tables["words"] = words(folder, worlds)
    say("with and without each rule")
    tables["rules"] = ablation.dedupe_rules(folder, ids[-1], workers)
    return tables
