"""Precision and recall of makers, models and types, and the grades of decoys."""

import pandas as pd

from camcensus.core.tables import COUNTED_TYPES, DECOY_GRADES
from camcensus.validation.accuracy.counted import SURE, CountedWorld
from camcensus.validation.simulate.products import UNKNOWN


def makers(world: CountedWorld) -> pd.DataFrame:
    """Return by maker: precision among inferred devices that are real, recall among devices whose banners name it."""
    devices, rows = world.devices, world.identified
    said = devices[devices["true_product_type"].isin(COUNTED_TYPES) & devices["manufacturer_confidence"].isin(SURE)]
    found = rows["manufacturer_confidence"].isin(SURE) & (rows["manufacturer"] == rows["true_manufacturer"])
    shown = world.cameras[world.cameras["names"]]
    table = _table(
        said["manufacturer"], said["manufacturer"] == said["true_manufacturer"],
        shown["manufacturer"], shown["device_id"].isin(rows.loc[found, "device_id"]),
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
    said = world.devices[world.devices["true_model"].notna() & world.devices["model"].notna()]
    rows = world.identified[world.identified["model"].notna() & world.identified["is_camera"].eq(True)]
    shown = world.cameras[world.cameras["models"]]
    return _table(
        said["true_manufacturer"].fillna("unknown"), _same(said["model"], said["true_model"]),
        shown["manufacturer"].fillna("unknown"),
        shown["device_id"].isin(rows.loc[_same(rows["model"], rows["true_model"]), "device_id"]),
    )  # fmt: skip


def types(world: CountedWorld) -> pd.DataFrame:
    """Return by type: precision among inferred devices with more than `video`, recall among devices that show it."""
    devices, rows = world.devices, world.identified
    said = devices[devices["true_decoy"].isna() & (devices["product_type"] != "video")]
    shown = world.cameras[world.cameras["tells"]]
    return _table(
        said["product_type"], said["product_type"] == said["true_product_type"], shown["product_type"],
        shown["device_id"].isin(rows.loc[rows["product_type"] == rows["true_product_type"], "device_id"]),
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


def breadth(world: CountedWorld, held: pd.DataFrame) -> pd.DataFrame:
    """Return how many real cameras are found, of those that the catalogue knows, and of those that it does not.

    A row per group (`UNKNOWN`: what is not known of a device): devices that the engine holds (`seen`), that a query
    returned and that are counted; `by_queries`, `recall` and `of_seen`: returned of seen, counted of returned, counted
    of seen. Of the `missed` (returned, not counted): shares that are `candidate`, `typed` as something else, and
    `nothing`. `held`: all that the engine holds (`SmallWorld.held`), of which `all_counted` and `all_candidate` are the
    shares that would be counted, or only be candidates, if the queries returned everything.
    """
    cameras, rows = world.cameras[world.cameras["seen"]], world.identified
    candidates = rows.loc[rows["candidate"].notna(), "device_id"]
    typed = rows.loc[rows["product_type"].notna() & ~rows["product_type"].isin(COUNTED_TYPES), "device_id"]
    returned, hit = cameras["returned"], cameras["device_id"].isin(world.linked["device_id"])
    missed, candidate = returned & ~hit, cameras["device_id"].isin(candidates)
    something_else = cameras["device_id"].isin(typed) & ~candidate
    unknown = cameras["uncatalogued"]
    would_count = cameras["device_id"].isin(held.loc[held["is_counted"], "device_id"])
    would_be = cameras["device_id"].isin(held.loc[held["is_candidate"], "device_id"]) & ~would_count
    groups = {"all": cameras["seen"], "catalogued": unknown.isna(), "uncatalogued": unknown.notna()}
    groups |= {f"uncatalogued {name}": unknown == name for name in UNKNOWN}
    found = []
    for name, mine in groups.items():
        seen, out, lost = int(mine.sum()), int((mine & returned).sum()), int((mine & missed).sum())
        counted = int((mine & hit).sum())
        left = {"candidate": candidate, "typed": something_else, "nothing": ~candidate & ~something_else}
        found.append({
            "group": name, "seen": seen, "returned": out, "counted": counted, "by_queries": _of(out, seen),
            "recall": _of(counted, out), "of_seen": _of(counted, seen), "missed": lost,
            **{key: _of(int((mine & missed & each).sum()), lost) for key, each in left.items()},
            "all_counted": _of(int((mine & would_count).sum()), seen),
            "all_candidate": _of(int((mine & would_be).sum()), seen),
        })  # fmt: skip
    return pd.DataFrame(found)


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


def _of(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _same(one: pd.Series, other: pd.Series) -> pd.Series:
    """Whether two model names are the same, ignoring case and spaces."""
    plain = [s.fillna("").str.upper().str.replace(r"\s+", " ", regex=True).str.strip() for s in (one, other)]
    return plain[0] == plain[1]


def _table(said: pd.Series, is_right: pd.Series, shown: pd.Series, is_found: pd.Series) -> pd.DataFrame:
    """Return a row per name: how often it was said and rightly, shown and found."""
    names = {"said": said, "right": said[is_right], "shown": shown, "found": shown[is_found]}
    found = pd.DataFrame({key: each.groupby(each).size() for key, each in names.items()}).fillna(0).astype(int)
    found.index.name = "name"
    found.loc["all"] = found.sum()
    found["precision"] = found["right"] / found["said"].where(found["said"] > 0)
    found["recall"] = found["found"] / found["shown"].where(found["shown"] > 0)
    return found.reset_index()
