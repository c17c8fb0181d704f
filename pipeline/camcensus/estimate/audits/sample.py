"""A sample of hosts to label by hand: drawn by stratum, with recorded chances, without addresses in what is kept."""

import hashlib
import hmac
from pathlib import Path

import jinja2
import pandas as pd
import pyarrow.parquet as pq

from camcensus.core import storage
from camcensus.core.resources import TEMPLATES
from camcensus.core.tables import UNKNOWN
from camcensus.estimate.source import Source
from camcensus.identify.batches import outcome_of
from camcensus.identify.verdict import Verdict

LEAST = 5  # labelled hosts of each stratum, if it has as many
NAMED_MAKERS = 6
NAMED_COUNTRIES = 2  # countries that are strata of their own
LONGEST = 600  # characters of each piece of evidence on the page
TEXTS = (
    "product", "http_server", "http_title", "http_realm", "http_html", "rtsp_server", "rtsp_realm", "cert_subject",
    "ftp_banner", "telnet_banner", "snmp_description", "onvif_scopes", "dhip_reply", "block", "http_assets",
    "block_text", "upnp_manufacturer", "upnp_model_name", "ssdp_server", "http_location", "mac_organisation",
)  # fmt: skip


def sample(source: Source, wanted: int, seed: int) -> tuple[pd.DataFrame, list[Path]]:
    """Draw a sample into the private `audit` folder: a table, a page to read, a file to fill in."""
    key = storage.identity_key(source.study.key_path, source.study.simulated)
    drawn = draw(hosts_of(banners_of(source)), wanted, seed)
    drawn["code"] = [code_of(key, host) for host in drawn["host"]]
    drawn = drawn.sort_values("code").reset_index(drop=True)  # so that the order does not reveal the stratum
    folder = source.folder / "audit"
    paths = [folder / name for name in ("sample.csv", "page.html", "labels.csv")]
    kept = drawn[["code", "stratum", "stratum_size", "chance"]]
    storage.write_text(paths[0], kept.to_csv(index=False, lineterminator="\n"))
    storage.write_text(paths[1], _page(drawn, source))
    empty = pd.DataFrame({"code": drawn["code"], "camera": "", "maker": "", "labeller": "", "date": "", "note": ""})
    storage.write_text(paths[2], empty.to_csv(index=False, lineterminator="\n"))
    return drawn, paths


def banners_of(source: Source) -> pd.DataFrame:
    """Return the banners of a snapshot's window, as `hosts_of` takes them."""
    columns = ["host", "port", "is_counted", "manufacturer", "type_confidence", "country", "product_type", "seen_at"]
    found = pd.concat([pq.read_table(p, columns=columns).to_pandas() for p in source.parts("identified")])
    window = source.manifest.window
    start, end = (window.start or 0, window.end or 0) if window else (0, 0)
    inside: pd.DataFrame = found[found["seen_at"].between(start, end)].reset_index(drop=True)
    return inside


def hosts_of(banners: pd.DataFrame) -> pd.DataFrame:
    """Return one row per host, by its surest banner.

    Columns: `host`, `counted`, `manufacturer`, `country`, `confidence`, and `why_not` (why a host is not counted).
    """
    banners = banners.rename(columns={"is_counted": "counted"})
    order = banners.assign(
        manufacturer=banners["manufacturer"].fillna(UNKNOWN),
        rank=banners["counted"].astype(int) * 10 + banners["type_confidence"].map({"high": 3, "medium": 2}).fillna(1),
    ).sort_values(["host", "rank", "port"], ascending=[True, False, True])
    best = order.drop_duplicates("host")
    kinds = best["product_type"].astype(object).where(best["product_type"].notna(), None)
    whys = [outcome_of(Verdict(counted=bool(c), product_type=k)) for c, k in zip(best["counted"], kinds, strict=True)]
    return (
        best[["host", "counted", "manufacturer", "country"]]
        .assign(confidence=best["type_confidence"].fillna("none"), why_not=whys)
        .reset_index(drop=True)
    )


def strata_of(hosts: pd.DataFrame) -> pd.Series:
    """Return the stratum of each host: maker, confidence and country if counted, else why it is not counted."""
    counted = hosts[hosts["counted"]]
    makers = counted["manufacturer"].value_counts().index[:NAMED_MAKERS]
    countries = counted["country"].value_counts().index[:NAMED_COUNTRIES].tolist()
    maker = hosts["manufacturer"].where(hosts["manufacturer"].isin([*makers, UNKNOWN]), "other")
    country = hosts["country"].where(hosts["country"].isin(countries), "rest")
    names = "counted|" + maker + "|" + hosts["confidence"] + "|" + country
    return names.where(hosts["counted"], "uncounted|" + hosts["why_not"] + "|" + country)


def draw(hosts: pd.DataFrame, wanted: int, seed: int) -> pd.DataFrame:
    """Draw hosts, with `stratum`, `stratum_size` and `chance`.

    Each stratum gets at least `LEAST`, otherwise in proportion to its size, since most of the uncertainty about the
    total lies in the large ones. A host's number depends on the seed and the host alone, so with one seed a host that
    exists in two years is mostly drawn in both: errors pair, and the labeller knows it already.
    """
    strata = strata_of(hosts)
    sizes = strata.value_counts().sort_index()
    each = (sizes / sizes.sum() * wanted).round().astype(int).clip(lower=LEAST).clip(upper=sizes)
    numbers = pd.Series([hashlib.sha256(f"{seed} {h}".encode()).hexdigest() for h in hosts["host"]], hosts.index)
    place = numbers.sort_values().groupby(strata).cumcount().reindex(hosts.index)
    found = hosts.assign(stratum=strata, stratum_size=strata.map(sizes), chance=strata.map(each / sizes))
    return found[place < strata.map(each)].sort_values("stratum", kind="stable").reset_index(drop=True)


def code_of(key: bytes, host: str) -> str:
    """Return the label code that replaces an address in files of labels."""
    return hmac.new(key, b"audit\x00" + host.encode(), hashlib.sha256).hexdigest()[:16]


def _page(drawn: pd.DataFrame, source: Source) -> str:
    """Render the page to read while labelling: no address, no stratum, nothing that the catalogue says."""
    banners: dict[str, list[dict[str, str]]] = {host: [] for host in drawn["host"]}
    for part in source.parts("observations"):
        table = pq.read_table(part, columns=["host", "port", *TEXTS], filters=[("host", "in", list(banners))])
        for row in table.to_pylist():
            texts = {name: str(row[name])[:LONGEST] for name in TEXTS if row[name] is not None}
            banners[row["host"]].append({"port": str(row["port"]), **texts})
    hosts = [
        {"code": row.code, "banners": sorted(banners[str(row.host)], key=lambda b: int(b["port"]))}
        for row in drawn.itertuples()
    ]
    template = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    return template.get_template("audit.html.j2").render(
        hosts=hosts, snapshot=source.snapshot, simulated=source.study.simulated
    )
