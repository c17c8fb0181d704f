"""Errors of dedupe: devices that are wrongly one, and devices that are wrongly several."""

from dataclasses import dataclass

import pandas as pd

from camcensus.validation.accuracy.counted import Counted

# What tells two devices apart where both show it: the truth's column, and the flag of banners that show it.
TELLS_APART = (("device_id", "identifies"), ("true_model", "models"), ("true_manufacturer", "names"))


@dataclass(frozen=True)
class Joins:
    """Wrong merges and splits for each 1,000 true devices that were counted. n true devices in an inferred one are
    n - 1 wrong merges; n inferred ones for a true device are n - 1 wrong splits.

    `merges_told`: of the merges, those in which the devices show two serial numbers or MAC addresses, models or makers:
    what rules could mend. Of the splits: `splits_here` are on one address; `splits_shown` between addresses that all
    show the device's serial number or MAC address, which rules could mend; `splits_moved` the rest, in which a device
    changed its address and nothing says which it is. `stayed`: devices seen at one address only; `splits_stayed`: for
    each 1,000 of these, which is what the wrong splits would be without churn.
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


def joins(world: Counted) -> Joins:
    """How well the pipeline told devices apart."""
    rows = world.linked[world.linked["is_camera"].eq(True)]
    pairs = rows[["device", "device_id"]].drop_duplicates()
    of_each = pairs.groupby("device_id").size() - 1
    places = rows[["device", "device_id", "host"]].drop_duplicates().groupby(["device_id", "host"]).size() - 1
    here = places.groupby("device_id").sum().clip(upper=of_each)
    shown = rows[rows["identifies"].eq(True)][["device", "device_id"]].drop_duplicates().groupby("device_id").size() - 1
    shown = shown.reindex(of_each.index, fill_value=0).clip(upper=of_each - here)
    hosts = rows.groupby("device_id")["host"].nunique()
    stayed = of_each[hosts.reindex(of_each.index) == 1]
    each = 1_000.0 / max(len(of_each), 1)
    return Joins(
        devices=len(of_each),
        merges=each * int(pairs.groupby("device").size().sub(1).sum()),
        merges_told=each * _told(rows),
        splits=each * int(of_each.sum()),
        splits_here=each * int(here.sum()),
        splits_shown=each * int(shown.sum()),
        splits_moved=each * int((of_each - here - shown).sum()),
        stayed=len(stayed),
        splits_stayed=1_000.0 / max(len(stayed), 1) * int(stayed.sum()),
    )


def _told(rows: pd.DataFrame) -> int:
    """Wrong merges that something shown would have told: in each inferred device, how many different values of what
    shows most of them, less one."""
    most = pd.Series(1, index=pd.Index(rows["device"].unique()))
    for column, flag in TELLS_APART:
        values = rows[rows[flag].eq(True)].groupby("device")[column].nunique()
        most = most.clip(lower=values.reindex(most.index, fill_value=1))
    return int((most - 1).sum())


def as_rows(named: dict[str, Joins]) -> pd.DataFrame:
    """A row for each named result."""
    return pd.DataFrame([{"name": name, **vars(found)} for name, found in named.items()])
