"""Comparability: what of the instrument differs between two snapshots, and so whether a difference is a change."""

from camcensus.core.manifest import Manifest

# A new edition of the country database breaks no total: it follows the addresses.
NOT_OF_TOTALS = "geolocation edition"
QUERY_SET = "query set"
EVIDENCE = "evidence"
PARTS = {
    "query_set": QUERY_SET,
    "evidence": EVIDENCE,
    "catalogue": "catalogue",
    "rules": "counting rules",
    "geo_db": NOT_OF_TOTALS,
}
CHANGED = {
    QUERY_SET: "another query set",
    EVIDENCE: "other evidence read",
    "catalogue": "another catalogue",
    "counting rules": "other counting rules",
    NOT_OF_TOTALS: "another geolocation edition",
}
OTHER_PORTS = "the engine scanned other ports"


def changed_instrument(before: Manifest, now: Manifest) -> list[str]:
    """Return the parts of the instrument that differ between two snapshots."""
    one, two = (m.instrument.model_dump() if m.instrument else {} for m in (before, now))
    if one.get("evidence") != two.get("evidence"):
        # The rules name the version of ingest too, which a new version of the evidence raises.
        one, two = ({**used, "rules": _without_ingest(used.get("rules"))} for used in (one, two))
    return [label for name, label in PARTS.items() if one.get(name) != two.get(name)]


def _without_ingest(rules: str | None) -> list[str]:
    return [rule for rule in (rules or "").split(", ") if not rule.startswith("ingest ")]


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
