"""Precision and recall of makers, models and types, and the grades of decoys."""

import pandas as pd

from camcensus.core.tables import COUNTED_TYPES, DECOY_GRADES
from camcensus.validation.accuracy.counted import SURE, CountedWorld


def makers(world: CountedWorld) -> pd.DataFrame:
    """Return by maker: precision among inferred devices that are real, recall among devices whose banners name it."""
    devices, real = world.devices, world.devices["true_product_type"].isin(COUNTED_TYPES)
    named = devices["manufacturer_confidence"].isin(SURE)
    said = devices[real & named]
    right = said["manufacturer"] == said["true_manufacturer"]
    found = _found(world, "manufacturer", world.identified["manufacturer_confidence"].isin(SURE))
    shown = world.cameras[world.cameras["names"]]
    hit = shown["device_id"].isin(found)
    table = _table(
        said.groupby("manufacturer").size(), said[right].groupby("manufacturer").size(),
        shown.groupby("manufacturer").size(), shown[hit].groupby("manufacturer").size(),
    )  # fmt: skip
    # What the queries miss, before the catalogue.
    observed = world.cameras[world.cameras["seen"]]
    returned = observed.groupby("manufacturer")["returned"].agg(["size", "sum"])
    returned.loc["all"] = returned.sum()
    table = table.merge(returned, left_on="name", right_index=True, how="outer")
    counts = {name: table[name].fillna(0).astype(int) for name in ("said", "right", "shown", "found")}
    return table.assign(**counts, by_queries=table["sum"] / table["size"]).drop(columns=["size", "sum"])


def models(world: CountedWorld) -> pd.DataFrame:
    """Return by maker: precision of the model, and recall among devices whose banners show it."""
    devices = world.devices[world.devices["true_model"].notna() & world.devices["model"].notna()]
    right = _same(devices["model"], devices["true_model"])
    rows = world.identified[world.identified["model"].notna() & world.identified["is_camera"].eq(True)]
    found = set(rows.loc[_same(rows["model"], rows["true_model"]), "device_id"])
    shown = world.cameras[world.cameras["models"]]
    hit = shown["device_id"].isin(found)
    maker, true_maker = devices["true_manufacturer"].fillna("unknown"), shown["manufacturer"].fillna("unknown")
    return _table(
        devices.groupby(maker).size(), devices[right].groupby(maker).size(), shown.groupby(true_maker).size(),
        shown[hit].groupby(true_maker).size(),
    )  # fmt: skip


def types(world: CountedWorld) -> pd.DataFrame:
    """Return by type: precision among inferred devices with more than `video`, recall among devices that show it."""
    devices = world.devices[world.devices["true_decoy"].isna()]
    said = devices[devices["product_type"] != "video"]
    right = said["product_type"] == said["true_product_type"]
    rows = world.identified
    found = set(rows.loc[rows["product_type"] == rows["true_product_type"], "device_id"])
    shown = world.cameras[world.cameras["tells"]]
    hit = shown["device_id"].isin(found)
    return _table(
        said.groupby("product_type").size(), said[right].groupby("product_type").size(),
        shown.groupby("product_type").size(), shown[hit].groupby("product_type").size(),
    )  # fmt: skip


def counted_at_all(world: CountedWorld) -> dict[str, float]:
    """Return whether what is counted is a camera: precision, decoys, and recall for three truths."""
    devices = world.devices
    real, decoy = devices["true_product_type"].isin(COUNTED_TYPES), devices["true_decoy"].notna()
    counted = set(world.linked["device_id"])
    camera = world.cameras
    hit = camera["device_id"].isin(counted)
    any_evidence = camera["names"] | camera["tells"]
    return {
        "inferred devices": len(devices),
        "of them real cameras": float(real.mean()),
        "of them decoys": float(decoy.mean()),
        "of them other devices": float((~real & ~decoy).mean()),
        "recall of what is returned": float(hit[camera["returned"]].mean()),
        "recall of what shows that it is one": float(hit[camera["tells"]].mean()),
        "recall of what has any evidence": float(hit[any_evidence].mean()),
    }


def decoys(world: CountedWorld) -> pd.DataFrame:
    """Return by kind of decoy (real cameras: `none`): counted hosts, and the share with each grade or a worse one."""
    rows = world.linked.merge(world.devices[["device", "decoy"]], on="device", suffixes=("_banner", ""))
    rows["grade"] = rows["decoy"].map({name: n for n, name in enumerate(DECOY_GRADES, 1)}).fillna(0)
    rows["kind"] = rows["true_decoy"].fillna("none").where(rows["is_camera"] | rows["true_decoy"].notna(), "other")
    hosts = rows.groupby(["kind", "host"])["grade"].max().reset_index()
    groups = hosts.groupby("kind")["grade"]
    found = pd.DataFrame({"hosts": groups.size()})
    for n, name in enumerate(DECOY_GRADES, 1):
        found[name] = (hosts["grade"] >= n).groupby(hosts["kind"]).mean()
    return found.reset_index()


def _found(world: CountedWorld, what: str, sure: pd.Series) -> set[int]:
    rows = world.identified
    return set(rows.loc[sure & (rows[what] == rows[f"true_{what}"]), "device_id"])


def _same(one: pd.Series, other: pd.Series) -> pd.Series:
    """Whether two model names are the same, ignoring case and spaces."""
    plain = [s.fillna("").str.upper().str.replace(r"\s+", " ", regex=True).str.strip() for s in (one, other)]
    return plain[0] == plain[1]


def _table(said: pd.Series, right: pd.Series, shown: pd.Series, hit: pd.Series) -> pd.DataFrame:
    found = pd.DataFrame({"said": said, "right": right, "shown": shown, "found": hit}).fillna(0).astype(int)
    found.index.name = "name"
    found.loc["all"] = found.sum()
    found["precision"] = found["right"] / found["said"].where(found["said"] > 0)
    found["recall"] = found["found"] / found["shown"].where(found["shown"] > 0)
    return found.reset_index()
