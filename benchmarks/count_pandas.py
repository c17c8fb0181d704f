"""The same devices and counts as camcensus makes, written as an analyst would who knows pandas well.

Group-bys and merges over whole columns; text as categories, addresses as numbers, only the columns that are needed, no
Python function for each row or group. It follows the same rules in the same order, and every cell of its counts must be
equal to camcensus's; it does without checksums and what a run says of itself, and numbers most devices instead of
hashing their names.
"""

import time
from hashlib import md5
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from camcensus.aggregate.counts import DECOYS
from camcensus.core.config import Decoys, Dedupe

TEXTS = [
    "file", "transport", "manufacturer", "brand", "model", "product_type", "type_confidence",
    "manufacturer_confidence", "firmware", "country", "country_second", "decoy", "network_kind", "identity",
    "certificate",
]  # fmt: skip
NUMBERS = ["line", "port", "seen", "counted", "address", "ip_version", "banner_hash", "html_hash"]
LEVELS = [
    [], ["manufacturer"], ["brand"], ["product_type"], ["model"], ["manufacturer", "brand"],
    ["manufacturer", "product_type"], ["manufacturer", "model"],
]  # fmt: skip
WITH_COUNTRY = (0, 1, 2, 3, 6, 7)  # of LEVELS
TOLD = ["maker", "model", "kind", "brand", "firmware"]
UNITS = ["n_banners", "n_hosts", "n_devices", "n_prefixes"]
DAYS, A_DAY = 30, 86400
FAR = 1 << 40  # numbers of devices: hosts have their own, those of disputed hosts begin here


def count(folder: Path, left_out: str = "CN") -> float:
    """Writes links, devices and counts; gives the seconds that passed until it had the devices."""
    began = time.perf_counter()
    dedupe, decoys = Dedupe.model_validate({}), Decoys.model_validate({})
    rows = read(folder)
    latest = rows[rows["counted"]].sort_values("seen", kind="stable")
    kept = latest.drop_duplicates(["host", "door"], keep="last").sort_index()
    del latest
    kept["named"] = identities(rows, kept, dedupe)
    grades = graded(rows, kept, decoys)
    kept["grade"] = kept["host"].map(grades).fillna(0).astype("int8")
    devices = attached(kept)
    devices.to_parquet(folder / "pandas-devices.parquet")
    kept[["file", "line", "device"]].to_parquet(folder / "pandas-links.parquet")
    seconds = time.perf_counter() - began
    cube(facts_of(kept, devices), devices, left_out).to_parquet(folder / "pandas-counts.parquet")
    return seconds


def read(folder: Path) -> pd.DataFrame:
    """Rows in the window, in the order of file and line; addresses as numbers, those of IPv6 above those of IPv4."""
    columns = [*TEXTS, *NUMBERS]
    table = pq.read_table(folder / "identified.parquet", columns=[*columns, "host", "prefix"], read_dictionary=TEXTS)
    rows: pd.DataFrame = table.select(columns).to_pandas()
    six = rows["address"].isna().to_numpy()
    texts = table.select(["host", "prefix"]).filter(table["address"].is_null()).to_pandas()
    del table
    address = rows.pop("address").fillna(0).astype("int64")
    rows["host"], rows["network"] = address, address // 256
    rows.loc[six, "host"] = (1 << 32) + pd.factorize(texts["host"], sort=True)[0]
    rows.loc[six, "network"] = (1 << 24) + pd.factorize(texts["prefix"], sort=True)[0]
    rows["host_six"] = pd.Series(texts["host"].to_numpy(), index=rows.index[six])
    end = rows["seen"].max()
    rows = rows[(rows["seen"] > end - DAYS * A_DAY) & (rows["seen"] <= end)]
    door = rows["port"] * 2 + (rows["transport"] == "udp")
    maker = rows["manufacturer"].where(rows["manufacturer_confidence"].isin(["medium", "high"]))
    return rows.assign(
        door=door,
        maker=codes(maker),
        kind=codes(rows["product_type"].where(rows["product_type"] != "video")),
        type_rank=np.where(rows["type_confidence"] == "high", 2, 1),
        maker_rank=rows["manufacturer_confidence"].map({"low": 1, "medium": 2, "high": 3}).astype("float64").fillna(0),
    ).assign(**{name: codes(rows[name]) for name in ("brand", "model", "firmware", "identity", "certificate")})


def codes(column: pd.Series) -> pd.Series:
    """Numbers in the order of the texts, NaN where there is none: group-bys take the least and the largest of them."""
    ordered = column.cat.set_categories(sorted(column.cat.categories))
    NAMES[column.name] = ordered.cat.categories
    return ordered.cat.codes.astype("float64").where(column.notna())


NAMES: dict[object, pd.Index] = {}


def identities(rows: pd.DataFrame, kept: pd.DataFrame, rules: Dedupe) -> pd.Series:
    """What identifies the device of each kept banner: a serial number, else the one its certificate stands with, else
    the certificate where the host shows no serial number; none that is seen on too many hosts."""
    pairs = kept.loc[kept["identity"].notna(), ["identity", "host"]].drop_duplicates()
    hosts = pairs.groupby("identity").size()
    good = set(hosts.index[hosts <= rules.max_identity_hosts])
    serial = kept["identity"].where(kept["identity"].isin(good))
    seen = (
        rows.loc[rows["certificate"].notna(), ["certificate", "host"]].drop_duplicates().groupby("certificate").size()
    )
    owned = pd.DataFrame({"certificate": kept["certificate"], "serial": serial}).dropna(subset="certificate")
    owners = owned.groupby("certificate")["serial"].agg(["min", "max"])
    rare = seen.reindex(owners.index) <= rules.max_certificate_hosts
    owners = owners[rare & ((owners["min"] == owners["max"]) | owners["min"].isna())]
    owner = kept["certificate"].map(owners["min"])
    settled = kept["host"].isin(kept.loc[serial.notna(), "host"].unique())
    own = (kept["certificate"] + FAR).where(kept["certificate"].isin(owners.index) & ~settled)
    return serial.fillna(owner).fillna(own)


def graded(rows: pd.DataFrame, kept: pd.DataFrame, rules: Decoys) -> pd.Series:
    """The decoy grade of hosts: 3 certain, 2 likely, 1 possible; two reasons make a host likely."""
    marked = rows[rows["decoy"].notna()]
    grade = marked["decoy"].map({"possible": 1, "likely": 2, "certain": 3}).astype("int64")
    reasons: list[tuple[Any, str, Any]] = [(marked["host"], "banner", grade)]
    reasons.append((rows.loc[rows["network_kind"] == "hosting", "host"], "hosting", 1))
    counted = rows[rows["counted"]]
    makers = counted[["host", "manufacturer"]].dropna().drop_duplicates().groupby("host").size()
    reasons.append((many(makers, rules.makers), "many-makers", 2))
    # These two need ports that are no cameras', such as one host in twenty shows where they were collected.
    hosts = kept["host"].unique()
    if 20 * np.isin(hosts, rows.loc[~rows["counted"], "host"].unique()).sum() >= len(hosts):
        others = rows.loc[rows["product_type"].isin(["other", "software"]), ["host", "manufacturer"]]
        unrelated = others.dropna().drop_duplicates().groupby("host").size()
        reasons.append((many(unrelated, rules.unrelated), "unrelated-products", 1))
        ports = rows[["host", "port"]].drop_duplicates().groupby("host").size()
        reasons.append((many(ports, rules.ports), "many-ports", 2))
    named = rows[rows["identity"].notna()]
    spread = many(named[["identity", "host"]].drop_duplicates().groupby("identity").size(), rules.identity_hosts)
    reasons.append((named.loc[named["identity"].isin(spread), "host"], "shared-identity", 1))
    shown = counted[counted["identity"].notna()]
    for body in ("banner_hash", "html_hash"):
        groups = shown[shown[body].notna()].groupby(["network", body])
        big = groups["host"].transform("size") >= rules.alike_hosts
        alike = shown.loc[big.index[big], ["network", body, "host", "identity"]].groupby(["network", body])
        both = (alike["host"].transform("nunique") >= rules.alike_hosts) & (
            alike["identity"].transform("nunique") >= rules.alike_hosts
        )
        reasons.append((shown.loc[both.index[both], "host"], "alike-answers", 1))
    found = pd.concat([pd.DataFrame({"host": h, "reason": r, "grade": g}) for h, r, g in reasons])
    worst = found.groupby(["host", "reason"])["grade"].max().groupby(level="host").agg(["size", "max"])
    worst = worst[worst.index.isin(kept["host"].unique())]
    return worst["max"].mask((worst["size"] > 1) & (worst["max"] < 2), 2)


def many(sizes: pd.Series, least: int) -> pd.Index:
    """The groups of at least so many."""
    return sizes.index[sizes >= least]


def attached(kept: pd.DataFrame) -> pd.DataFrame:
    """Gives each kept banner its device, and each device what it is: hosts without contradictions are one device."""
    kept["spot"] = codes(kept["country"])
    by_host = kept.groupby("host")
    spans = by_host[[*TOLD, "named", "spot"]].agg(["min", "max"])
    unclear = np.zeros(len(spans), bool)
    for name in (*TOLD, "named", "spot"):
        unclear |= (spans[name, "min"] < spans[name, "max"]).to_numpy()
    named = kept.loc[kept["named"].notna(), ["named", "host"]].drop_duplicates()
    several = named[named["named"].duplicated(keep=False)]["host"]
    disputed = kept["host"].isin(spans.index[unclear].union(pd.Index(several.unique())))
    kept["device"] = kept["host"]
    if disputed.any():
        kept.loc[disputed, "device"] = FAR + settled(kept[disputed]).to_numpy()
    clear = resolved(kept[~disputed], spans, by_host["host"].size())
    return pd.concat([clear, resolved_by_evidence(kept[disputed])], ignore_index=True)


def resolved(kept: pd.DataFrame, spans: pd.DataFrame, sizes: pd.Series) -> pd.DataFrame:
    """Devices of hosts whose banners do not contradict each other."""
    groups = kept.groupby("host")
    rank = groups["type_rank"].max()
    sure = kept[kept["type_rank"] == 2].groupby("host")["kind"].max()
    told = spans.loc[rank.index]
    kind = told["kind", "max"].where(rank == 1, sure.reindex(rank.index))
    named = kept[kept["maker"].notna()].groupby("host")["maker_rank"].max()
    return pd.DataFrame({
        "device": rank.index, "host": rank.index, "country": groups["country"].first(),
        "ip_version": groups["ip_version"].first(), "grade": groups["grade"].first(), "type_rank": rank,
        "maker": told["maker", "max"], "brand": told["brand", "max"], "model": told["model", "max"], "kind": kind,
        "firmware": told["firmware", "max"], "maker_rank": named.reindex(rank.index), "n_banners": sizes[rank.index],
        "n_hosts": 1, "first_seen": groups["seen"].min(), "last_seen": groups["seen"].max(),
    })  # fmt: skip


def resolved_by_evidence(kept: pd.DataFrame) -> pd.DataFrame:
    """Devices of the other hosts, each by its strongest evidence, then the latest."""
    newest = kept.sort_values("seen", ascending=False, kind="stable")
    by_maker = newest.sort_values("maker_rank", ascending=False, kind="stable")
    maker = by_maker.groupby("device")["maker"].first()
    own = by_maker.assign(device_maker=by_maker["device"].map(maker))
    foreign = own["maker"].notna() & (own["maker"] != own["device_maker"])
    told = own[~foreign].groupby("device")[["brand", "model"]].first()
    last = newest.groupby("device")[["host", "country", "ip_version"]].nth(0)
    last.index = newest.loc[last.index, "device"]
    latest = newest[~foreign.reindex(newest.index)]
    groups = kept.groupby("device")
    surest = newest[newest["type_rank"] == newest["device"].map(groups["type_rank"].max())]
    return pd.DataFrame({
        "host": last["host"], "country": last["country"], "ip_version": last["ip_version"],
        "grade": groups["grade"].max(), "type_rank": groups["type_rank"].max(), "maker": maker,
        "brand": told["brand"], "model": told["model"],
        "kind": surest.groupby("device")["kind"].first(),
        "firmware": latest.groupby("device")["firmware"].first(),
        "maker_rank": kept[kept["maker"].notna()].groupby("device")["maker_rank"].max(),
        "n_banners": groups.size(), "n_hosts": groups["host"].nunique(), "first_seen": groups["seen"].min(),
        "last_seen": groups["seen"].max(),
    }).rename_axis("device").reset_index()  # fmt: skip


CLAIM = ["host", "named", "maker", "model", "kind"]


def settled(kept: pd.DataFrame) -> pd.Series:
    """Numbers of devices for the banners of disputed hosts: from the claims that say most to those that say nothing,
    each joins the best device that stands on its host already and does not contradict it."""
    known = kept[["model", "maker", "kind"]].notna()
    level = np.select(
        [kept["named"].notna(), known.all(axis=1), known["model"] & known["maker"], known["model"] & known["kind"],
         known["model"], known["maker"] & known["kind"], known["maker"], known["kind"]],
        range(1, 9), 9,
    )  # fmt: skip
    claims = kept[[*CLAIM]].fillna(-1).assign(level=level)
    each = claims.drop_duplicates()
    each = each.assign(own=own_devices(kept.loc[each.index], each))
    tier = each["level"].where(~each["level"].between(2, 5), 2)
    alone = np.ones(len(each), bool)
    for name in ("maker", "model", "kind"):
        groups = each[name].where(each[name] >= 0).groupby([each["host"], tier])
        alone &= ~(groups.transform("min") < groups.transform("max")).to_numpy()
    each = each.assign(alone=alone, claim=np.arange(len(each)))
    stand = each[each["level"] == 1].assign(device=lambda c: c["own"])
    for n in range(2, 10):
        stand = pd.concat([stand, joined(each[each["level"] == n], stand)])
    device = claims.merge(stand[[*CLAIM, "device"]], on=CLAIM, how="left")["device"]
    return pd.Series(pd.factorize(device)[0], index=kept.index)


def own_devices(kept: pd.DataFrame, claims: pd.DataFrame) -> list[str]:
    """Names of the devices that claims make if they join none; ties between devices are broken by them."""
    names = {column: ["", *NAMES[of]] for column, of in
             (("maker", "manufacturer"), ("model", "model"), ("kind", "product_type"))}  # fmt: skip
    marks = {True: NAMES["certificate"], False: NAMES["identity"]}
    found = []
    for host, six, named, maker, model, kind in zip(
        kept["host"], kept["host_six"], claims["named"], claims["maker"], claims["model"], claims["kind"], strict=True
    ):
        if named >= 0:
            text = f"identity|{marks[named >= FAR][int(named) % FAR]}"
        else:
            address = six if host >> 32 else ".".join(str(host >> bits & 255) for bits in (24, 16, 8, 0))
            words = (names["maker"][int(maker) + 1], names["model"][int(model) + 1], names["kind"][int(kind) + 1])
            text = "|".join((address, *words))
        found.append(md5(text.encode(), usedforsecurity=False).hexdigest())
    return found


def joined(claims: pd.DataFrame, stand: pd.DataFrame) -> pd.DataFrame:
    """One level of claims with their devices."""
    here = claims.merge(stand[["host", "device"]].drop_duplicates(), on="host")
    pairs = here.merge(stand[["device", "maker", "model", "kind", "level"]], on="device", suffixes=("", "_of"))
    for name in ("maker", "model", "kind"):
        pairs[f"knows_{name}"] = pairs[f"{name}_of"] >= 0
        pairs[f"same_{name}"] = pairs[f"knows_{name}"] & (pairs[f"{name}_of"] == pairs[name])
    found = pairs.groupby(["claim", "device"], sort=False).agg(
        {**{f"{a}_{n}": "max" for a in ("knows", "same") for n in ("maker", "model", "kind")}, "level_of": "min"}
    )
    found = found.reset_index().merge(claims[[*CLAIM, "claim", "alone"]], on="claim")
    fits = np.ones(len(found), bool)
    for name in ("maker", "model", "kind"):
        adds = ~found[f"knows_{name}"] & found["alone"]
        fits &= (found[name] < 0) | found[f"same_{name}"] | adds
    order = ["same_model", "same_kind", "same_maker", "level_of", "device"]
    best = found[fits].sort_values(order, ascending=[False, False, False, True, True]).drop_duplicates("claim")
    told_two = np.zeros(len(best), bool)
    for name in ("maker", "model", "kind"):
        groups = best[name].where(best[name] >= 0).groupby(best["device"])
        two = groups.transform("min") < groups.transform("max")
        told_two |= ((best[name] >= 0) & ~best[f"knows_{name}"] & two).to_numpy()
    chosen = best[~told_two].set_index("claim")["device"]
    return claims.assign(device=claims["claim"].map(chosen).fillna(claims["own"]))


def facts_of(kept: pd.DataFrame, devices: pd.DataFrame) -> pd.DataFrame:
    """Banners with what their devices are called, for each host once."""
    words = {"maker": "manufacturer", "brand": "brand", "model": "model", "kind": "product_type"}
    for column, of in words.items():
        named = pd.Categorical.from_codes(devices[column].fillna(-1).astype("int64"), NAMES[of])
        absent = "video" if of == "product_type" else "unknown"
        devices[of] = named.add_categories([absent] if absent not in named.categories else []).fillna(absent)
    devices["high"] = devices["type_rank"] == 2
    shown = devices[["device", *words.values(), "high"]]
    second = codes(kept["country_second"])
    columns = ["host", "network", "device", "country", "ip_version", "grade"]
    facts = kept[columns].assign(second=second).merge(shown, on="device")
    by = ["host", "network", "country", "ip_version", "grade", "high", *words.values()]
    numbers = facts.assign(**{name: facts[name].cat.codes for name in ("country", *words.values())})
    groups = numbers.groupby(by, sort=False).agg(n_banners=("device", "size"), second=("second", "max")).reset_index()
    for name in ("country", *words.values()):
        groups[name] = pd.Categorical.from_codes(groups[name], facts[name].cat.categories)
    groups["second"] = pd.Categorical.from_codes(groups["second"].fillna(-1).astype("int64"), NAMES["country_second"])
    return groups


def cube(facts: pd.DataFrame, devices: pd.DataFrame, left_out: str) -> pd.DataFrame:
    """World and countries of all variants, and every level of the headline."""
    cells = []
    for scope, version, confidence, decoys in product(("all", "study"), ("4", "6", "all"), ("medium", "high"), DECOYS):
        some, counted = (pick(frame, scope, version, confidence, decoys, left_out) for frame in (facts, devices))
        headline = (version, confidence, decoys) == ("4", "medium", "certain")
        for n, level in enumerate(LEVELS if headline else LEVELS[:1]):
            for country in ([], ["country"]) if n in WITH_COUNTRY else ([],):
                cell = grouped(some, counted, country + level)
                if headline and not level:
                    cell = (
                        cell.merge(geo(some, country), how="outer", on=country) if country else with_world(cell, some)
                    )
                name = "+".join(country + level) or "world"
                variant = {"ip_version": version, "min_confidence": confidence, "decoys_left_out": decoys}
                cells.append(cell.assign(level=name, scope=scope, **variant))
    counts = pd.concat(cells, ignore_index=True)
    counts[UNITS] = counts[UNITS].fillna(0).astype("int64")
    away = (counts["scope"] == "study") & (counts["country"] == left_out)
    return counts[~away]


def pick(frame: pd.DataFrame, scope: str, version: str, confidence: str, decoys: str, left_out: str) -> pd.DataFrame:
    """The rows that one variant counts."""
    chosen = frame["grade"] <= {"none": 3, "certain": 2, "likely": 1}[decoys]
    if scope == "study":
        chosen &= frame["country"] != left_out
    if version != "all":
        chosen &= frame["ip_version"] == int(version)
    if confidence == "high":
        chosen &= frame["high"]
    return frame[chosen]


def grouped(facts: pd.DataFrame, devices: pd.DataFrame, level: list[str]) -> pd.DataFrame:
    """All units of one level."""
    if not level:
        units = (facts["n_banners"].sum(), facts["host"].nunique(), len(devices), facts["network"].nunique())
        return pd.DataFrame([units], columns=UNITS)
    groups = facts.groupby(level, observed=True)
    counted = groups.agg(n_banners=("n_banners", "sum"), n_hosts=("host", "nunique"), n_prefixes=("network", "nunique"))
    found = counted.join(devices.groupby(level, observed=True).size().rename("n_devices"), how="outer").reset_index()
    return found.astype(dict.fromkeys(level, "object"))


def geo(facts: pd.DataFrame, _: list[str]) -> pd.DataFrame:
    """For each country the hosts that both sources put there, either does, and that have a second opinion."""
    hosts = facts.drop_duplicates(["host", "country"])
    first = hosts["country"].astype("object")
    second = hosts["second"].astype("object")
    both = first[first == second].value_counts()
    elsewhere = second[second.notna() & (first != second)].value_counts()
    asked = first[second.notna()].value_counts()
    return pd.DataFrame({
        "n_hosts_geo_min": both.reindex(first.unique()).fillna(0),
        "n_hosts_geo_max": first.value_counts().add(elsewhere, fill_value=0),
        "n_hosts_geo_asked": asked,
    }).fillna(0).rename_axis("country").reset_index()  # fmt: skip


def with_world(cell: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """The same for the world."""
    hosts = facts.drop_duplicates(["host", "country"])
    asked = hosts[hosts["second"].notna()]
    agree = int((asked["country"].astype("object") == asked["second"].astype("object")).sum())
    return cell.assign(n_hosts_geo_min=agree, n_hosts_geo_max=len(hosts), n_hosts_geo_asked=len(asked))
