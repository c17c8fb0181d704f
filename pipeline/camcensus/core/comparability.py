"""Comparability: what of the instrument differs between two snapshots, and so whether a difference is a change."""

from camcensus.core.manifest import Manifest

# A new edition of the country database breaks no total: it follows the addresses.
NOT_OF_TOTALS = "geolocation edition"
PARTS = {"query_set": "query set", "catalogue": "catalogue", "rules": "counting rules", "geo_db": NOT_OF_TOTALS}
CHANGED = {
    "query set": "another query set",
    "catalogue": "another catalogue",
    "counting rules": "other counting rules",
    NOT_OF_TOTALS: "another geolocation edition",
}
OTHER_PORTS = "the engine scanned other ports"


def changed_instrument(before: Manifest, now: Manifest) -> list[str]:
    """Return the parts of the instrument that differ between two snapshots."""
    one, two = (m.instrument.model_dump() if m.instrument else {} for m in (before, now))
    return [label for name, label in PARTS.items() if one.get(name) != two.get(name)]


def breaks(before: Manifest, now: Manifest) -> list[str]:
    """Return why the totals of a snapshot cannot be compared with those of the one before; empty if they can."""
    reasons = [CHANGED[part] for part in changed_instrument(before, now) if part != NOT_OF_TOTALS]
    return [*reasons, why] if (why := incomparable(before, now)) else reasons


def scanned_other_ports(before: Manifest, now: Manifest) -> bool:
    """Return whether the engine is known to have scanned other ports."""
    one, two = ports_of(before), ports_of(now)
    return bool(one and two) and one != two


def incomparable(before: Manifest, now: Manifest) -> str:
    """Return why a snapshot cannot be compared with the one before; "" if it can."""
    if not (before.complete and now.complete):
        return "one of the two collections is partial"
    if (before.engine, before.basis) != (now.engine, now.basis):
        return "engine or way of collecting differ"
    if before.simulated != now.simulated:
        return "one of the two is simulated"
    return ""


def ports_of(manifest: Manifest) -> tuple[int, ...]:
    """Return the ports that the engine scanned for a snapshot, sorted; empty: not known."""
    known = manifest.collection.ports if manifest.collection else manifest.declared.ports
    return tuple(sorted(set(known)))
