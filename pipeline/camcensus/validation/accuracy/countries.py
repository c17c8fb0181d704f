"""Errors of counts by country, for each unit and against each of the four truths."""

import itertools

import numpy as np
import pandas as pd

from camcensus.core.tables import UNITS
from camcensus.validation.accuracy.counted import Counted

TRUTHS = {
    "reachable": "what can be reached from the Internet at the end of the window",
    "seen": "what the engine holds in the window",
    "returned": "what the catalogue's queries return of that",
    "evidence": "what carries evidence, to an expert, of its maker or that it is a surveillance device",
}
LEAST = 200  # countries with fewer are not in the summary


def true_counts(world: Counted, truth: str) -> pd.DataFrame:
    """True counts by country: columns of `tables.UNITS`, index country."""
    if truth == "reachable":
        there = world.cameras[world.cameras["reachable"]]
        groups = there.assign(prefix=there["host"].map(prefix)).groupby("country")
        banners = groups["services"].sum()
    else:
        there = world.banners[world.banners["counted"]]
        if truth != "seen":
            there = there[there["returned"]]
        if truth == "evidence":
            there = there[there["names"] | there["tells"]]
        there = there.assign(prefix=there["host"].map(prefix))
        groups = there.groupby("country")
        banners = there.drop_duplicates(["host", "port"]).groupby("country").size()
    return pd.DataFrame({
        "n_banners": banners,
        "n_hosts": groups["host"].nunique(),
        "n_devices": groups["device_id"].nunique(),
        "n_prefixes": groups["prefix"].nunique(),
    })  # fmt: skip


def country_errors(counted: pd.DataFrame, true: pd.DataFrame) -> pd.DataFrame:
    """A row for each country and unit: what was counted, what is true, and the error as a share of the truth."""
    both = counted.join(true.add_suffix("_true"), how="outer").fillna(0)
    rows = [
        pd.DataFrame({
            "country": both.index, "unit": unit, "counted": both[unit].astype(int).to_numpy(),
            "true": both[f"{unit}_true"].astype(int).to_numpy(),
        })
        for unit in UNITS
    ]  # fmt: skip
    found = pd.concat(rows, ignore_index=True)
    found["error"] = (found["counted"] - found["true"]) / found["true"].where(found["true"] > 0)
    return found


def summary(errors: pd.DataFrame, least: int = LEAST) -> pd.DataFrame:
    """For each unit: world error, and median, 90th percentile and worst of the countries' absolute errors."""
    rows = []
    for unit, each in errors.groupby("unit", sort=False):
        large = each[each["true"] >= least]
        sizes = large["error"].abs()
        worst = large.iloc[int(np.argmax(sizes))] if len(large) else None
        rows.append({
            "unit": unit, "countries": len(large), "counted": int(each["counted"].sum()),
            "true": int(each["true"].sum()), "world": each["counted"].sum() / max(each["true"].sum(), 1) - 1.0,
            "median": float(np.median(sizes)) if len(large) else np.nan,
            "p90": float(np.quantile(sizes, 0.9)) if len(large) else np.nan,
            "worst": float(worst["error"]) if worst is not None else np.nan,
            "worst_country": str(worst["country"]) if worst is not None else "",
        })  # fmt: skip
    return pd.DataFrame(rows)


def by_truth(world: Counted, counted: pd.DataFrame | None = None, least: int = LEAST) -> pd.DataFrame:
    """The summary against each of the four truths."""
    mine = world.by_country() if counted is None else counted
    parts = [summary(country_errors(mine, true_counts(world, name)), least).assign(truth=name) for name in TRUTHS]
    return pd.concat(parts, ignore_index=True)


def changes(worlds: list[Counted], least: int = LEAST) -> pd.DataFrame:
    """Year-on-year change of hosts by country, counted and true (against each truth), in shares of the year before."""
    rows = []
    for before, after in itertools.pairwise(worlds):
        mine = _change(before.by_country()["n_hosts"], after.by_country()["n_hosts"])
        for name in TRUTHS:
            old, new = true_counts(before, name)["n_hosts"], true_counts(after, name)["n_hosts"]
            true = _change(old, new)[old >= least]
            both = pd.DataFrame({"counted": mine, "true": true}).dropna()
            rows.append(both.assign(truth=name, years=f"{before.snapshot}-{after.snapshot}").reset_index())
    found = pd.concat(rows, ignore_index=True).rename(columns={"index": "country"})
    return found.assign(error=found["counted"] - found["true"])


def _change(old: pd.Series, new: pd.Series) -> pd.Series:
    return (new / old.where(old > 0) - 1.0).dropna()


def prefix(host: str) -> str:
    """The /24, or the first three groups of an IPv6 address, which here has no shortened ones before the fourth."""
    return host.rpartition(".")[0] if ":" not in host else ":".join(host.split(":")[:3])
