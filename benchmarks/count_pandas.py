"""The same devices and counts written as an analyst would: pandas group-bys over one frame.

Categories for text, only the columns that are needed, no Python function for each group. Devices are simpler than
camcensus's: a serial number, else the maker and model that a host's ports share; no look for contradictions, decoys,
certificates or identities on too many hosts. So it does less, and the banners, hosts and prefixes must be equal.
"""

from itertools import product
from pathlib import Path

import pandas as pd

COLUMNS = [
    "file", "line", "host", "ip_version", "prefix", "port", "transport", "seen", "counted", "manufacturer", "brand",
    "model", "product_type", "type_confidence", "manufacturer_confidence", "identity", "country",
]  # fmt: skip
NAMES = ["country", "manufacturer", "brand", "product_type", "model"]
LEVELS = [
    ["country"], ["manufacturer"], ["brand"], ["product_type"], ["model"], ["country", "manufacturer"],
    ["country", "brand"], ["country", "product_type"], ["manufacturer", "brand"], ["manufacturer", "product_type"],
    ["manufacturer", "model"], ["country", "manufacturer", "product_type"], ["country", "manufacturer", "model"],
]  # fmt: skip
UNITS = {"n_hosts": ("host", "nunique"), "n_devices": ("device", "nunique"), "n_prefixes": ("prefix", "nunique")}


def count(folder: Path) -> dict[str, int]:
    """Devices, the headline's cube in both scopes, the countries of other variants; gives the world's units."""
    kept = devices(read(folder))
    result = {}
    cells = []
    for scope, version, confidence in product(("all", "study"), (4, 6, None), ("medium", "high")):
        some = kept
        if scope == "study":
            some = some[some["country"] != "CN"]
        if version:
            some = some[some["ip_version"] == version]
        if confidence == "high":
            some = some[some["type_confidence"] == "high"]
        if version == 4 and confidence == "medium":
            world = {"n_banners": len(some), **{unit: some[column].nunique() for unit, (column, _) in UNITS.items()}}
            result |= {f"{scope}/world/{unit}": int(n) for unit, n in world.items()}
            cells += [grouped(some, level) for level in LEVELS]
        else:
            cells.append(grouped(some, ["country"]))
    pd.concat(cells).to_parquet(folder / "pandas-counts.parquet")
    kept[["file", "line", "device"]].to_parquet(folder / "pandas-links.parquet")
    return result


def grouped(kept: pd.DataFrame, level: list[str]) -> pd.DataFrame:
    """All units of one level."""
    groups = kept.groupby(level, observed=True, dropna=False)
    return groups.agg(n_banners=("line", "size"), **UNITS).reset_index()


def read(folder: Path) -> pd.DataFrame:
    """Kept banners: the latest of each host, port and transport, within 30 days."""
    rows = pd.read_parquet(folder / "identified.parquet", columns=COLUMNS)
    for name in ("file", "host", "prefix", "transport", *NAMES, "type_confidence", "manufacturer_confidence"):
        rows[name] = rows[name].astype("category")
    rows = rows[rows["counted"] & (rows["seen"] > rows["seen"].max() - 30 * 86400)]
    rows = rows.sort_values(["seen", "file", "line"])
    return rows.drop_duplicates(["host", "port", "transport"], keep="last")


def devices(kept: pd.DataFrame) -> pd.DataFrame:
    """Each banner with its device; the device's best model is that of its banners that has one."""
    maker = kept["host"].cat.codes.astype("int64") * 1000 + kept["manufacturer"].cat.codes
    kept = kept.assign(device=maker.astype("string").where(kept["identity"].isna(), kept["identity"]))
    by_host = kept[kept["identity"].notna()].groupby(maker[kept["identity"].notna()])["identity"].first()
    kept["device"] = maker.map(by_host).fillna(kept["device"])
    kept["device"] = kept["device"].astype("category")
    first = kept[kept["model"].notna()].drop_duplicates("device").set_index("device")["model"]
    kept["model"] = kept["device"].map(first).astype(kept["model"].dtype)
    return kept
