"""A sample of hosts to label by hand: drawn by stratum, with recorded chances, without addresses in what is kept."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow.parquet as pq

from camcensus.core.tables import UNKNOWN
from camcensus.estimate.two_lists import Source
from camcensus.identify.batches import fate_of
from camcensus.identify.matcher import Verdict

LEAST = 5  # labelled of each stratum, where it has as many
NAMED_MAKERS = 6
TEXTS = (
    "product", "http_server", "http_title", "http_realm", "http_html", "rtsp_server", "rtsp_realm", "cert_subject",
    "ftp_banner", "telnet_banner", "snmp_description", "onvif_scopes", "dhip_reply", "block",
)  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """All hosts of a snapshot, one row each: `host`, `counted`, `manufacturer`, `confidence`, `country`, `why_not`."""

    hosts: pd.DataFrame

    def strata(self, groups: Sequence[str]) -> pd.Series:
        """The stratum of each host: counted ones by maker, confidence and country group, others by why they are not.

        `groups`: countries that are groups of their own; all others are one.
        """
        hosts = self.hosts
        top = hosts.loc[hosts["counted"], "manufacturer"].value_counts().index[:NAMED_MAKERS]
        maker = hosts["manufacturer"].where(hosts["manufacturer"].isin([*top, UNKNOWN]), "other")
        place = hosts["country"].where(hosts["country"].isin(groups), "rest")
        counted = "counted|" + maker + "|" + hosts["confidence"] + "|" + place
        return counted.where(hosts["counted"], "uncounted|" + hosts["why_not"] + "|" + place)


def frame_of(banners: pd.DataFrame) -> Frame:
    """Hosts from banners (`host`, `counted`, `manufacturer`, `type_confidence`, `country`, `product_type`): a host is
    what its surest banner says."""
    order = banners.assign(
        manufacturer=banners["manufacturer"].fillna(UNKNOWN),
        rank=banners["counted"].astype(int) * 10 + banners["type_confidence"].map({"high": 3, "medium": 2}).fillna(1),
    ).sort_values(["host", "rank", "port"], ascending=[True, False, True])
    best = order.drop_duplicates("host")
    kinds = best["product_type"].astype(object).where(best["product_type"].notna(), None)
    whys = [fate_of(Verdict(counted=bool(c), product_type=k)) for c, k in zip(best["counted"], kinds, strict=True)]
    return Frame(
        best[["host", "counted", "manufacturer", "country"]]
        .assign(confidence=best["type_confidence"].fillna("none"), why_not=whys)
        .reset_index(drop=True)
    )


def draw(frame: Frame, strata: pd.Series, wanted: int, seed: int) -> pd.DataFrame:
    """Rows of the frame with `stratum`, `stratum_size` and `chance`: at least `LEAST` of each stratum, and else in
    proportion to its size, since most of the doubt about the total lies in the large ones.

    A host's number in the draw hangs on the seed and the host alone, so with one seed a host that is there in two years
    is mostly drawn in both: its errors pair, and whoever labels knows it already.
    """
    sizes = strata.value_counts().sort_index()
    each = (sizes / sizes.sum() * wanted).round().astype(int).clip(lower=LEAST).clip(upper=sizes)
    numbers = pd.Series([_number(seed, host) for host in frame.hosts["host"]], index=frame.hosts.index)
    chosen: list[int] = []
    for name, count in each.items():
        chosen += sorted(numbers[strata == name].sort_values().index[: int(count)])
    found: pd.DataFrame = frame.hosts.loc[chosen].copy()
    found["stratum"] = strata.loc[chosen]
    found["stratum_size"] = found["stratum"].map(sizes)
    found["chance"] = found["stratum"].map(each / sizes)
    return found.reset_index(drop=True)


def _number(seed: int, host: str) -> str:
    return hashlib.sha256(f"{seed} {host}".encode()).hexdigest()


def code_of(key: bytes, host: str) -> str:
    """What stands for an address in files of labels."""
    return hmac.new(key, b"audit\x00" + host.encode(), hashlib.sha256).hexdigest()[:16]


def banners_of(source: Source) -> pd.DataFrame:
    """Banners of a snapshot's window, as `frame_of` wants them."""
    columns = ["host", "port", "counted", "manufacturer", "type_confidence", "country", "product_type", "seen"]
    found = pd.concat([pq.read_table(p, columns=columns).to_pandas() for p in source.parts("identified")])
    window = source.manifest.window
    start, end = (window.start or 0, window.end or 0) if window else (0, 0)
    inside: pd.DataFrame = found[found["seen"].between(start, end)].reset_index(drop=True)
    return inside
