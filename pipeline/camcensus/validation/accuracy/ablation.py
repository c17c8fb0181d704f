"""What each dedupe rule, decoy grade and confidence threshold buys and costs: one world counted with and without."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from camcensus.core.tables import DECOY_GRADES
from camcensus.validation.accuracy.counted import Counted, count_world
from camcensus.validation.accuracy.countries import country_errors, prefix, summary, true_counts
from camcensus.validation.accuracy.joined import joins

# Names of settings, and what they set in the study's section `dedupe`; the first is how a study comes.
DEDUPE: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "without identity": {"identity": False},
    "without same-host": {"same_host": False},
    "without churn": {"churn": False},
    "certificates on 1 address identify": {"max_certificate_hosts": 1},
    "certificates on up to 3 addresses identify": {"max_certificate_hosts": 3},
    "identities on 1 address only": {"max_identity_hosts": 1},
    "identities on up to 3 addresses": {"max_identity_hosts": 3},
    "identities on up to 6 addresses": {"max_identity_hosts": 6},
    "identities on up to 20 addresses": {"max_identity_hosts": 20},
}
VARIANTS = {
    "headline (medium, certain decoys left out)": ("medium", "certain"),
    "no decoys left out": ("medium", "none"),
    "likely decoys left out too": ("medium", "likely"),
    "possible decoys left out too (not among the counts)": ("medium", "possible"),
    "high confidence only": ("high", "certain"),
}


def dedupe_rules(folder: Path, snapshot: str, workers: int) -> pd.DataFrame:
    """A row for each setting: wrong merges and splits for each 1,000 devices, and errors of the count of devices.

    The world is left counted as it comes.
    """
    rows = [_with(folder, snapshot, name, {"dedupe": values}, workers) for name, values in DEDUPE.items()]
    count_world(folder, workers)
    return pd.DataFrame(rows)


def _with(
    folder: Path, snapshot: str, name: str, settings: Mapping[str, Mapping[str, Any]], workers: int
) -> dict[str, Any]:  # fmt: skip
    count_world(folder, workers, settings, [snapshot])
    world = Counted(folder, snapshot)
    found = summary(country_errors(world.by_country(), true_counts(world, "evidence"))).set_index("unit")
    devices = found.loc["n_devices"]
    errors = {"devices": devices["world"], "devices_median": devices["median"], "devices_p90": devices["p90"]}
    joined = {key: value for key, value in asdict(joins(world)).items() if key != "devices"}
    return {"setting": name, **joined, **errors}


def variants(world: Counted) -> pd.DataFrame:
    """A row for each variant of the counts: errors of hosts against what carries evidence, real cameras lost, decoys
    and other devices that are counted as hosts."""
    true = true_counts(world, "evidence")
    rows = []
    for name, (confidence, decoys) in VARIANTS.items():
        count = _by_devices if decoys == "possible" else Counted.by_country
        counted = count(world, confidence, decoys)
        found = summary(country_errors(counted, true)).set_index("unit").loc["n_hosts"]
        kept = _hosts(world, confidence, decoys)
        rows.append({
            "setting": name, "hosts": found["counted"], "world": found["world"], "median": found["median"],
            "p90": found["p90"], **kept,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _hosts(world: Counted, confidence: str, decoys: str) -> dict[str, float]:
    """Real hosts that are left out, and decoys' hosts that are, as shares of each."""
    rows = left_out(world, confidence, decoys)
    hosts = rows.assign(real=rows["is_camera"].eq(True), bad=rows["true_decoy"].notna()).groupby("host")
    each = pd.DataFrame({"out": hosts["out"].all(), "real": hosts["real"].any(), "bad": hosts["bad"].all()})
    return {
        "real_lost": float(each.loc[each["real"], "out"].mean()),
        "decoys_found": float(each.loc[each["bad"], "out"].mean()),
    }


def left_out(world: Counted, confidence: str, decoys: str) -> pd.DataFrame:
    """Counted banners with `out`: whether their device is left out."""
    rows = world.linked.merge(world.devices[["device", "decoy", "type_confidence"]], on="device", suffixes=("_b", ""))
    grades = [] if decoys == "none" else DECOY_GRADES[DECOY_GRADES.index(decoys) :]
    out = rows["decoy"].isin(grades)
    return rows.assign(out=out | (rows["type_confidence"] != "high") if confidence == "high" else out)


def _by_devices(world: Counted, confidence: str, decoys: str) -> pd.DataFrame:
    """Counts by country from what is left of devices, for a variant that is not among the counts."""
    kept = left_out(world, confidence, decoys)
    kept = kept[~kept["out"]]
    each = kept.groupby("country")
    return pd.DataFrame({
        "n_banners": each.size(), "n_hosts": each["host"].nunique(), "n_devices": each["device"].nunique(),
        "n_prefixes": kept.assign(prefix=kept["host"].map(prefix)).groupby("country")["prefix"].nunique(),
    })  # fmt: skip
