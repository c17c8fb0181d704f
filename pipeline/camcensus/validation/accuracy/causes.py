"""What causes the errors: wrong merges and splits, rules and thresholds with and without, the parts of the error."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from camcensus.core.tables import DECOY_GRADES
from camcensus.validation.accuracy.counted import CountedWorld, count_world
from camcensus.validation.accuracy.countries import LEAST, evidence_errors, prefix

# Names of settings, and their values in the study's section `dedupe`; the first is the default.
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
HEADLINE = ("medium", "certain")
VARIANTS = {
    "headline (medium, certain decoys left out)": HEADLINE,
    "no decoys left out": ("medium", "none"),
    "likely decoys left out too": ("medium", "likely"),
    "possible decoys left out too (not among the counts)": ("medium", "possible"),
    "high confidence only": ("high", "certain"),
}
# What distinguishes two devices if both show it: the truth's column, and the flag of banners that show it.
DISTINGUISHING = (("device_id", "identifies"), ("true_model", "models"), ("true_manufacturer", "names"))


@dataclass(frozen=True)
class Joins:
    """Wrong merges and splits per 1,000 true devices that were counted.

    n true devices in an inferred one are n - 1 wrong merges; n inferred ones of a true device are n - 1 wrong splits.
    `merges_told`: merges whose devices show two serial numbers or MAC addresses, models or makers, which rules could
    correct. `splits_here`: on one address; `splits_shown`: between addresses that all show the device's serial number
    or MAC address, which rules could correct; `splits_moved`: the rest, of devices that changed their address.
    `stayed`: devices seen at one address only; `splits_stayed`: per 1,000 of these, the rate without churn.
    """

    devices: int
    merges: float
    merges_told: float
    splits: float
    splits_here: float
    splits_shown: float
    splits_moved: float
    stayed: int
    splits_stayed: float


def joins(world: CountedWorld) -> Joins:
    """Return the errors of dedupe."""
    rows = world.linked[world.linked["is_camera"].eq(True)]
    pairs = rows[["device", "device_id"]].drop_duplicates()
    of_each = pairs.groupby("device_id").size() - 1
    places = rows[["device", "device_id", "host"]].drop_duplicates().groupby(["device_id", "host"]).size() - 1
    here = places.groupby("device_id").sum().clip(upper=of_each)
    shown = rows[rows["identifies"].eq(True)][["device", "device_id"]].drop_duplicates().groupby("device_id").size() - 1
    shown = shown.reindex(of_each.index, fill_value=0).clip(upper=of_each - here)
    stayed = of_each[rows.groupby("device_id")["host"].nunique().reindex(of_each.index) == 1]
    # In each inferred device: different values of what shows most of them, less one.
    most = pd.Series(1, index=pd.Index(rows["device"].unique()))
    for column, flag in DISTINGUISHING:
        values = rows[rows[flag].eq(True)].groupby("device")[column].nunique()
        most = most.clip(lower=values.reindex(most.index, fill_value=1))

    def rate(wrong: pd.Series, devices: int = len(of_each)) -> float:
        return 1_000.0 / max(devices, 1) * int(wrong.sum())

    return Joins(
        devices=len(of_each), merges=rate(pairs.groupby("device").size() - 1), merges_told=rate(most - 1),
        splits=rate(of_each), splits_here=rate(here), splits_shown=rate(shown),
        splits_moved=rate(of_each - here - shown), stayed=len(stayed), splits_stayed=rate(stayed, len(stayed)),
    )  # fmt: skip


def dedupe_rules(folder: Path, snapshot: str, workers: int) -> pd.DataFrame:
    """Return a row per setting: wrong merges and splits, and errors of the count of devices.

    The world is counted with the default settings again at the end.
    """
    rows = []
    for name, values in DEDUPE.items():
        count_world(folder, workers, {"dedupe": values}, [snapshot])
        world = CountedWorld(folder, snapshot)
        devices = evidence_errors(world, world.by_country()).loc["n_devices"]
        errors = {"devices": devices["world"], "devices_median": devices["median"], "devices_p90": devices["p90"]}
        joined = {key: value for key, value in asdict(joins(world)).items() if key != "devices"}
        rows.append({"setting": name, **joined, **errors})
    count_world(folder, workers)
    return pd.DataFrame(rows)


def variants(world: CountedWorld) -> pd.DataFrame:
    """Return a row per variant of the counts: errors of hosts, real cameras lost, decoys left out."""
    rows = []
    for name, (confidence, decoys) in VARIANTS.items():
        counted = _by_devices(world) if decoys == "possible" else world.by_country(confidence, decoys)
        found = evidence_errors(world, counted).loc["n_hosts"]
        banners = left_out(world, confidence, decoys)
        hosts = banners.assign(real=banners["is_camera"].eq(True), bad=banners["true_decoy"].notna()).groupby("host")
        out, real, bad = hosts["out"].all(), hosts["real"].any(), hosts["bad"].all()
        rows.append({
            "setting": name, "hosts": found["counted"], "world": found["world"], "median": found["median"],
            "p90": found["p90"], "real_lost": float(out[real].mean()), "decoys_found": float(out[bad].mean()),
        })  # fmt: skip
    return pd.DataFrame(rows)


def left_out(world: CountedWorld, confidence: str, decoys: str) -> pd.DataFrame:
    """Return counted banners with `out`: whether their device is left out."""
    rows = world.linked.merge(world.devices[["device", "decoy", "type_confidence"]], on="device", suffixes=("_b", ""))
    grades = [] if decoys == "none" else DECOY_GRADES[DECOY_GRADES.index(decoys) :]
    out = rows["decoy"].isin(grades)
    return rows.assign(out=out | (rows["type_confidence"] != "high") if confidence == "high" else out)


def _by_devices(world: CountedWorld) -> pd.DataFrame:
    """Return counts by country without possible decoys, which are not among the counts."""
    kept = left_out(world, "medium", "possible")
    kept = kept[~kept["out"]]
    each = kept.assign(prefix=kept["host"].map(prefix)).groupby("country")
    return pd.DataFrame({
        "n_banners": each.size(), "n_hosts": each["host"].nunique(), "n_devices": each["device"].nunique(),
        "n_prefixes": each["prefix"].nunique(),
    })  # fmt: skip


def budget(world: CountedWorld, least: int = LEAST) -> pd.DataFrame:
    """Return the parts of the headline's error: non-cameras, cameras elsewhere, cameras missed.

    A row per cause: its hosts, their share of the true ones (*evidence*) with the sign of the error, and median and
    90th percentile of the countries' errors without this cause.
    """
    counted, true = _counted_hosts(world), _true_hosts(world)
    decoy = counted["true_decoy"]
    causes = {f"decoys: {kind}": -_by_country(counted[decoy == kind]) for kind in sorted(decoy.dropna().unique())}
    causes["all decoys"] = -_by_country(counted[decoy.notna()])
    causes["other devices"] = -_by_country(counted[~counted["real"] & decoy.isna()])
    causes["cameras that are not counted"] = _by_country(true[~true.index.isin(counted["host"])])
    real = counted[counted["real"]].set_index("host").join(true["country"].rename("true_country"))
    causes["cameras counted without evidence"] = -_by_country(real[real["true_country"].isna()])
    real = real.dropna(subset=["true_country"])
    moved = "cameras counted in another country"
    causes[moved] = real.groupby("true_country").size().sub(_by_country(real), fill_value=0)
    base = world.by_country()["n_hosts"]
    rows = []
    for name, correction in {"as it is": base * 0, **causes}.items():
        corrected = world.by_country().assign(n_hosts=base.add(correction, fill_value=0))
        errors = evidence_errors(world, corrected, least).loc["n_hosts"]
        hosts = int(correction.sum())
        error = int(base.sum()) - len(true) if name == "as it is" else 0 if name == moved else -hosts
        if name in ("as it is", moved):
            hosts = error if name == "as it is" else int(real["country"].ne(real["true_country"]).sum())
        rows.append({
            "cause": name, "hosts": abs(hosts), "of_truth": error / len(true), "median": errors["median"],
            "p90": errors["p90"],
        })  # fmt: skip
    return pd.DataFrame(rows)


def _counted_hosts(world: CountedWorld) -> pd.DataFrame:
    """Each host of the headline once: `host`, `country`, whether it has a camera (`real`), else the kind of decoy."""
    rows = left_out(world, *HEADLINE)
    rows = rows[~rows["out"]].assign(real=lambda r: r["is_camera"].eq(True) & r["true_decoy"].isna())
    best = rows.sort_values(["host", "real", "port"], ascending=[True, False, True]).drop_duplicates("host")
    found: pd.DataFrame = best[["host", "country", "real", "true_decoy"]]
    return found


def _true_hosts(world: CountedWorld) -> pd.DataFrame:
    """Hosts with evidence: index host, `country`."""
    rows = world.banners[world.banners["counted"] & world.banners["returned"]]
    rows = rows[rows["names"] | rows["tells"]]
    found: pd.DataFrame = rows.drop_duplicates("host").set_index("host")[["country"]]
    return found


def _by_country(rows: pd.DataFrame) -> pd.Series:
    return rows.groupby("country").size()
