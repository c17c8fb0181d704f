"""Errors of counts by country against each of the four truths, and of the words for changes."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd

from camcensus.core.config import load_study
from camcensus.core.tables import UNITS
from camcensus.estimate import years
from camcensus.validation.accuracy.counted import CountedWorld

TRUTHS = {
    "reachable": "what can be reached from the Internet at the end of the window",
    "seen": "what the engine holds in the window",
    "returned": "what the catalogue's queries return of that",
    "evidence": "what shows an expert its maker, or that it is a surveillance device",
}
LEAST = 200  # countries with fewer are not in the summary


def true_counts(world: CountedWorld, truth: str) -> pd.DataFrame:
    """Return the true counts by country, a column per unit."""
    if truth == "reachable":
        rows = world.cameras[world.cameras["reachable"]]
        n_banners = rows.groupby("country")["services"].sum()
    else:
        rows = world.banners[world.banners["counted"]]
        if truth != "seen":
            rows = rows[rows["returned"]]
        if truth == "evidence":
            rows = rows[rows["names"] | rows["tells"]]
        n_banners = rows.drop_duplicates(["host", "port"]).groupby("country").size()
    groups = rows.assign(prefix=rows["host"].map(prefix)).groupby("country")
    return pd.DataFrame({
        "n_banners": n_banners, "n_hosts": groups["host"].nunique(), "n_devices": groups["device_id"].nunique(),
        "n_prefixes": groups["prefix"].nunique(),
    })  # fmt: skip


def country_errors(counted: pd.DataFrame, true: pd.DataFrame) -> pd.DataFrame:
    """Return a row per country and unit: counted, true, and the error as a share of the truth."""
    both = counted.join(true.add_suffix("_true"), how="outer").fillna(0).astype(int)
    rows = [
        pd.DataFrame({"country": both.index, "unit": u, "counted": both[u].array, "true": both[f"{u}_true"].array})
        for u in UNITS
    ]
    found = pd.concat(rows, ignore_index=True)
    return found.assign(error=(found["counted"] - found["true"]) / found["true"].where(found["true"] > 0))


def summary(errors: pd.DataFrame, least: int = LEAST) -> pd.DataFrame:
    """Return for each unit the world's error, and median, 90th percentile and worst of the countries' errors."""
    rows = []
    for unit, each in errors.groupby("unit", sort=False):
        large = each[each["true"] >= least]
        sizes = large["error"].abs()
        counted, true = int(each["counted"].sum()), int(each["true"].sum())
        none = {"error": np.nan, "country": ""}
        worst = max(large.to_dict("records"), key=lambda row: abs(row["error"]), default=none)
        rows.append({
            "unit": unit, "countries": len(large), "counted": counted, "true": true,
            "world": counted / max(true, 1) - 1.0, "median": sizes.median(), "p90": sizes.quantile(0.9),
            "worst": worst["error"], "worst_country": worst["country"],
        })  # fmt: skip
    return pd.DataFrame(rows)


def by_truth(world: CountedWorld, least: int = LEAST) -> pd.DataFrame:
    """Return the summary against each of the four truths."""
    counted = world.by_country()
    parts = [summary(country_errors(counted, true_counts(world, name)), least).assign(truth=name) for name in TRUTHS]
    return pd.concat(parts, ignore_index=True)


def evidence_errors(world: CountedWorld, counted: pd.DataFrame, least: int = LEAST) -> pd.DataFrame:
    """Return the summary of counts against *evidence*, by unit."""
    return summary(country_errors(counted, true_counts(world, "evidence")), least).set_index("unit")


def changes(worlds: list[CountedWorld], least: int = LEAST) -> pd.DataFrame:
    """Return the yearly change of hosts by country, counted and true (for each truth), as shares of the year before."""
    rows = []
    for before, after in itertools.pairwise(worlds):
        counted = _change(before.by_country()["n_hosts"], after.by_country()["n_hosts"])
        for name in TRUTHS:
            old, new = true_counts(before, name)["n_hosts"], true_counts(after, name)["n_hosts"]
            both = pd.DataFrame({"counted": counted, "true": _change(old, new)[old >= least]}).dropna()
            rows.append(both.assign(truth=name, years=f"{before.snapshot}-{after.snapshot}").reset_index())
    found = pd.concat(rows, ignore_index=True).rename(columns={"index": "country"})
    return found.assign(error=found["counted"] - found["true"])


def _change(old: pd.Series, new: pd.Series) -> pd.Series:
    return (new / old.where(old > 0) - 1.0).dropna()


def words(folder: Path, worlds: list[CountedWorld], least: int = LEAST) -> pd.DataFrame:
    """Return for each truth how often changes without an audit were called up or down, and rightly.

    Of countries with at least `least` true hosts in both years: how many were called up or down (`told`), what share of
    these had the true direction, and what share of all was called not distinguishable.
    """
    study = load_study(folder / "study.toml")
    table = years.changes(study, years.years_of(study)).dropna(subset=["country"])
    table = table[table["country"] != ""].astype({"before": str, "after": str})
    rows = []
    for name in TRUTHS:
        true = {world.snapshot: true_counts(world, name)["n_hosts"] for world in worlds}
        one, two = (
            pd.Series([true[row[when]].get(row["country"], 0) for _, row in table.iterrows()], table.index, float)
            for when in ("before", "after")
        )  # fmt: skip
        large = (one >= least) & (two >= least)
        direction = table["word"].map({"up": 1, "down": -1}).fillna(0)[large]
        called = direction != 0
        rows.append({
            "truth": name, "countries": int(large.sum()), "told": int(called.sum()),
            "told_right": (direction * (two - one)[large] > 0)[called].mean(), "not_told": (~called).mean(),
        })  # fmt: skip
    return pd.DataFrame(rows)


def prefix(host: str) -> str:
    """Return the /24, or the first three groups of an IPv6 address (none of these is shortened here)."""
    return host.rpartition(".")[0] if ":" not in host else ":".join(host.split(":")[:3])
