"""Assertions: what an analyst expects of a snapshot. A broken minimum stops publication, a broken maximum is a warning:
too little looks like a broken collection, too much like news."""

from collections.abc import Mapping, Sequence
from typing import Any

from camcensus.core.config import Assertions, Bounds
from camcensus.core.manifest import Fields
from camcensus.core.tables import UNKNOWN

Cell = Mapping[str, Any]
Outcome = list[tuple[str, bool]]
KNOWN = ("manufacturer", "brand", "model")  # the share of devices of which they are known
_UNITS = ("hosts", "devices", "banners")


def totals(expected: Assertions, world: Cell | None, countries: Sequence[Cell]) -> Outcome:
    """Hosts, devices and banners of the headline, and how many countries have a host."""
    found: Outcome = []
    for unit in _UNITS:
        found += _held(f"{unit} of the headline", world[f"n_{unit}"] or 0 if world else 0, getattr(expected, unit))
    return found + _held("countries with a host", sum(bool(c["n_hosts"]) for c in countries), expected.countries)


def makers(expected: Assertions, hosts: Mapping[str, int]) -> Outcome:
    """Hosts of single makers."""
    return [
        fault
        for name, bounds in expected.makers.items()
        for fault in _held(f"hosts of {name}", hosts.get(name, 0), bounds)
    ]


def fill_rates(expected: Assertions, levels: Mapping[str, Sequence[Cell]], sent: Fields | None) -> Outcome:
    """How much is filled: of the headline's devices those whose maker, brand or model is known, or of the accepted
    banners those that hold a column of `observations`."""
    found: Outcome = []
    for name, bounds in expected.fill.items():
        if (share := _share(name, levels, sent)) is not None:
            found += _held(f"share filled of {name}", share, bounds)
        else:
            found.append((f"share filled of {name}: there is nothing to reckon it from", bounds.min is not None))
    return found


def _share(name: str, levels: Mapping[str, Sequence[Cell]], sent: Fields | None) -> float | None:
    if name in KNOWN:
        counts = [(row[name], row["n_devices"] or 0) for row in levels.get(name, [])]
        total = sum(n for _, n in counts)
        return sum(n for value, n in counts if value != UNKNOWN) / total if total else None
    return sent.read[name] / sent.rows if sent and sent.rows and name in sent.read else None


def country_changes(expected: Assertions, before: Sequence[Cell], now: Sequence[Cell], least: int) -> Outcome:
    """Relative change of each country's hosts against the snapshot before (0.5: half as many again); countries that
    had fewer hosts than `least` may do as they like."""
    hosts = {row["country"]: row["n_hosts"] or 0 for row in now}
    found: Outcome = []
    for row in sorted(before, key=lambda row: str(row["country"])):
        if (old := row["n_hosts"] or 0) >= max(least, 1):
            change = hosts.get(row["country"], 0) / old - 1
            found += _held(f"change of hosts in {row['country']}", change, expected.country_change)
    return found


def _held(what: str, value: float, bounds: Bounds) -> Outcome:
    """A value against its bounds."""
    shown = f"{value:,}" if isinstance(value, int) else f"{value:.3g}"
    if bounds.min is not None and value < bounds.min:
        return [(f"{what}: {shown}, expected at least {bounds.min:,g}", True)]
    if bounds.max is not None and value > bounds.max:
        return [(f"{what}: {shown}, expected at most {bounds.max:,g}", False)]
    return []
