"""Decoys that only show across banners and hosts: the rules, whether they could be evaluated, and what they found.

A reason alone has the grade of its rule, two different ones make a host at least likely, and a host takes its worst
grade. What is common among honest devices (equal pages, a hosting network, a copied MAC address) is only possible
alone.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from camcensus.core.config import Decoys
from camcensus.core.stage_record import DecoyRule


@dataclass(frozen=True)
class Rule:
    """One rule of `sql/honeypot_signals.sql`: the grade it has alone, the study's threshold and what it needs."""

    id: str
    grade: str
    threshold: str | None = None
    needs: str | None = None


RULES = (
    Rule("banner", "as marked"),
    Rule("hosting", "possible"),
    Rule("many-makers", "likely", "makers"),
    Rule("unrelated-products", "possible", "unrelated", "other_ports"),
    Rule("many-ports", "likely", "ports", "other_ports"),
    Rule("shared-identity", "possible", "identity_hosts", "identities"),
    Rule("alike-answers", "possible", "alike_hosts", "hashes"),
    Rule("two-reasons", "likely"),
)
MISSING = {
    "other_ports": "fewer than one host in twenty shows a port that is no camera's, so other ports were not collected",
    "identities": "no banner shows a serial number or MAC address",
    "hashes": "no banner has a hash of its answer",
}


def decoy_rules(totals: Mapping[str, Counter[str]], decoys: Decoys) -> list[DecoyRule]:
    """Return what each rule found, and which could not be evaluated, from `dedupe_totals.sql`."""
    found = []
    for rule in RULES:
        missing = rule.needs if rule.needs and not totals["evaluable"][rule.needs] else None
        found.append(
            DecoyRule(
                rule=rule.id,
                grade=rule.grade,
                evaluated=missing is None,
                reason=MISSING[missing] if missing else None,
                from_n=getattr(decoys, rule.threshold) if rule.threshold else None,
                hosts=None if missing else totals["decoys"][rule.id],
            )
        )
    return found
