"""Assertions: an analyst's expectations of a snapshot.

A broken minimum stops publication, a broken maximum is a warning: too little suggests a broken collection, too much is
news.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from camcensus.core.config import Assertions, Bounds
from camcensus.core.stage_record import Fields
from camcensus.core.tables import UNKNOWN

Cell = Mapping[str, Any]
Outcome = list[tuple[str, bool]]
KNOWN = ("manufacturer", "brand", "model")  # the share of devices of which they are known
_UNITS = ("hosts", "devices", "banners")


def check(
    expected: Assertions, world: Cell | None, levels: Mapping[str, Sequence[Cell]], sent: Fields | None
) -> Outcome:  # fmt: skip
    """Check the headline's units, its countries with a host, the hosts of makers, and shares.

    A share is of devices with a known maker, brand or model, or of banners with a column of `observations`.
    """
    found: Outcome = []
    for unit in _UNITS:
        found += _compare(f"{unit} of the headline", world[f"n_{unit}"] or 0 if world else 0, getattr(expected, unit))
    countries = sum(bool(cell["n_hosts"]) for cell in levels["country"])
    found += _compare("countries with a host", countries, expected.countries)
    hosts = {cell["manufacturer"]: cell["n_hosts"] or 0 for cell in levels["manufacturer"]}
    for name, bounds in expected.makers.items():
        found += _compare(f"hosts of {name}", hosts.get(name, 0), bounds)
    for name, bounds in expected.fill.items():
        if (share := _share(name, levels, sent)) is not None:
            found += _compare(f"share filled of {name}", share, bounds)
        else:
            found.append((f"share filled of {name}: no data to compute it from", bounds.min is not None))
    return found


def _share(name: str, levels: Mapping[str, Sequence[Cell]], sent: Fields | None) -> float | None:
    if name in KNOWN:
        counts = [(row[name], row["n_devices"] or 0) for row in levels[name]]
        total = sum(n for _, n in counts)
        return sum(n for value, n in counts if value != UNKNOWN) / total if total else None
    return sent.read[name] / sent.rows if sent and sent.rows and name in sent.read else None


def country_changes(expected: Assertions, before: Sequence[Cell], now: Sequence[Cell], least: int) -> Outcome:
    """Check the relative change of hosts (0.5: half as many again) of countries that had at least `least` before."""
    hosts = {row["country"]: row["n_hosts"] or 0 for row in now}
    found: Outcome = []
    for row in sorted(before, key=lambda row: str(row["country"])):
        if (old := row["n_hosts"] or 0) >= max(least, 1):
            change = hosts.get(row["country"], 0) / old - 1
            found += _compare(f"change of hosts in {row['country']}", change, expected.country_change)
    return found


def _compare(what: str, value: float, bounds: Bounds) -> Outcome:
    """Compare a value with its bounds."""
    shown = f"{value:,}" if isinstance(value, int) else f"{value:.3g}"
    if bounds.min is not None and value < bounds.min:
        return [(f"{what}: {shown}, expected at least {bounds.min:,g}", True)]
    if bounds.max is not None and value > bounds.max:
        return [(f"{what}: {shown}, expected at most {bounds.max:,g}", False)]
    return []
