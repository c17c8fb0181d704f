"""Errors of dedupe: devices that are wrongly one, and devices that are wrongly several."""

from dataclasses import dataclass

import pandas as pd

from pipeline.accuracy.counted import Counted


@dataclass(frozen=True)
class Joins:
    """Wrong merges and splits for each 1,000 true devices that were counted, by where they happen.

    `splits_moved`: between addresses of one device; `splits_here`: on one address. n true devices in one inferred one
    are n - 1 wrong merges; n inferred ones for one true device are n - 1 wrong splits. `merges_apart`, `splits_apart`:
    of devices whose banners all show a serial number or MAC address, which dedupe could have used.
    """

    devices: int
    merges: float
    splits: float
    splits_moved: float
    splits_here: float
    merges_apart: float
    splits_apart: float


def joins(world: Counted) -> Joins:
    """How well the pipeline told devices apart."""
    rows = world.linked[world.linked["is_camera"].eq(True)]
    true = rows["device_id"].nunique()
    pairs = rows[["device", "device_id"]].drop_duplicates()
    places = rows[["device", "device_id", "host"]].drop_duplicates()
    here = places.groupby(["device_id", "host"]).size() - 1
    splits = int(pairs.groupby("device_id").size().sub(1).sum())
    shown = rows[rows.groupby("device_id")["identifies"].transform("all")]
    apart = shown[["device", "device_id"]].drop_duplicates()
    each = 1_000.0 / max(true, 1)
    own = 1_000.0 / max(shown["device_id"].nunique(), 1)
    return Joins(
        devices=true,
        merges=each * int(pairs.groupby("device").size().sub(1).sum()),
        splits=each * splits,
        splits_moved=each * (splits - min(splits, int(here.sum()))),
        splits_here=each * min(splits, int(here.sum())),
        merges_apart=own * int(apart.groupby("device").size().sub(1).sum()),
        splits_apart=own * int(apart.groupby("device_id").size().sub(1).sum()),
    )


def as_rows(named: dict[str, Joins]) -> pd.DataFrame:
    """A row for each named result."""
    return pd.DataFrame([{"name": name, **vars(found)} for name, found in named.items()])
