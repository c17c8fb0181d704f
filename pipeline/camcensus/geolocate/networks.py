"""Tell hosting, mobile and fixed networks apart, where the number of the autonomous system is well known.

In hosting networks location databases disagree and honeypots are; most cameras are in fixed networks. The table is
data/reference/networks.csv, with a source in each row.
"""

import csv
import functools

from camcensus.core.errors import InputError
from camcensus.core.resources import NETWORKS, bundled

KINDS = ("hosting", "mobile", "fixed")
CLOUD = "cloud"  # the engine's tag for addresses of cloud providers


@functools.cache
def load_networks() -> dict[int, str]:
    """Return the kind of networks by number. Shared: do not change it. Raises `InputError` for an unknown kind."""
    with bundled(NETWORKS).open(encoding="utf-8", newline="") as file:
        found = {int(row["asn"]): row["kind"] for row in csv.DictReader(file)}
    if wrong := [asn for asn, kind in found.items() if kind not in KINDS]:
        raise InputError(bundled(NETWORKS), f"kinds are {', '.join(KINDS)}; AS{wrong[0]} has another")
    return found


def network_kind(asn: int | None, tags: str | None) -> str | None:
    """Return hosting, mobile or fixed, by the table, then the engine's tags; None: unknown."""
    known = load_networks().get(asn) if asn is not None else None
    return known or ("hosting" if CLOUD in (tags or "").split() else None)
