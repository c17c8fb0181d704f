"""Tell hosting, mobile and fixed networks apart, where the number of the autonomous system is well known.

In hosting networks location databases disagree and honeypots are; most cameras are in fixed networks. The table is
data/reference/networks.csv, with a source in each row.
"""

import csv
import functools
from dataclasses import dataclass

from camcensus.core.errors import InputError
from camcensus.core.resources import NETWORKS, bundled

KINDS = ("hosting", "mobile", "fixed")
CLOUD = "cloud"  # the engine's tag for addresses of cloud providers


@dataclass(frozen=True)
class Network:
    """One row of data/reference/networks.csv. `source` is where its name and kind come from."""

    asn: int
    name: str
    kind: str
    source: str


@functools.cache
def load_networks() -> dict[int, Network]:
    """Return networks by number. Shared: do not change it. Raises `InputError` for an unknown kind."""
    with bundled(NETWORKS).open(encoding="utf-8", newline="") as file:
        found = [Network(int(r["asn"]), r["name"], r["kind"], r["source"]) for r in csv.DictReader(file)]
    if wrong := [network.asn for network in found if network.kind not in KINDS]:
        raise InputError(bundled(NETWORKS), f"kinds are {', '.join(KINDS)}; AS{wrong[0]} has another")
    return {network.asn: network for network in found}


def network_kind(asn: int | None, tags: str | None) -> str | None:
    """Return hosting, mobile or fixed, by the table, then the engine's tags; None: unknown."""
    network = load_networks().get(asn) if asn is not None else None
    if network:
        return network.kind
    return "hosting" if CLOUD in (tags or "").split() else None
