"""Small random worlds, counted cell by cell, for attacks on what is published."""

import random
from collections import defaultdict
from itertools import combinations
from typing import Any

import pyarrow as pa

from pipeline.report.inputs import Result
from pipeline.tables import COUNTS, GROUPS
from tests.report.conftest import DAY, START, make_manifest

COUNTRIES = ("CN", "DE", "FR", "NA", "TK", "ZZ")
MAKERS = ("Axis", "Dahua", "Hanwha", "Hikvision", "unknown")
TYPES = ("camera", "recorder", "video")
Fact = tuple[str, int, dict[str, str]]  # host, device, groups
LEFT_OUT = ("CN",)


def random_facts(seed: int) -> list[Fact]:
    """Banners: a few countries and makers have most, many cells are small, some hosts have two makers."""
    dice = random.Random(seed)
    facts: list[Fact] = []
    for number in range(dice.choice((12, 40, 150, 400))):
        country = dice.choices(COUNTRIES, (20, 40, 15, 6, 3, 4))[0]
        for _ in range(dice.choice((1, 1, 1, 2))):
            maker = dice.choices(MAKERS, (6, 20, 3, 40, 10))[0]
            model = f"{maker[:2]}-{dice.choice((1, 1, 1, 2, 3))}"
            groups = {"country": country, "manufacturer": maker, "brand": dice.choice((maker, "Lorex"))}
            groups |= {"product_type": dice.choices(TYPES, (6, 3, 1))[0], "model": model}
            facts += [(f"h{number}", len(facts), groups)] * dice.choice((1, 1, 2))
    return facts


def counts_of(facts: list[Fact], snapshot: str = "2024") -> Result:
    """The full cube of both scopes at the headline values."""
    rows: list[dict[str, Any]] = []
    for scope in ("all", "study"):
        inside = [f for f in facts if scope == "all" or f[2]["country"] not in LEFT_OUT]
        for size in range(4):
            for level in combinations(GROUPS, size):
                rows += [cell | {"scope": scope} for cell in _cells(inside, level)]
    same = {"snapshot": snapshot, "engine": "shodan", "basis": "download", "ip_version": "4", "complete": True}
    same |= {"min_confidence": "medium", "decoys_left_out": "certain", "simulated": False, "query_set": "q1"}
    same |= {"catalogue": "c1", "rules": "r1", "geo_db": "g1", "window_start": START, "window_end": START + 30 * DAY}
    columns = [pa.array([(same | row).get(c.name) for row in rows], c.type) for c in COUNTS.columns]
    return Result(snapshot, make_manifest(snapshot), pa.table(columns, schema=COUNTS.schema))


def _cells(facts: list[Fact], level: tuple[str, ...]) -> list[dict[str, Any]]:
    found: dict[tuple[str, ...], list[Fact]] = defaultdict(list)
    for fact in facts:
        found[tuple(fact[2][group] for group in level)].append(fact)
    if not level:
        found[()] = found[()]
    return [
        {"level": "+".join(level) or "world", "n_banners": len(inside)}
        | dict(zip(level, values, strict=True))
        | {"n_hosts": len({f[0] for f in inside}), "n_devices": len({f[1] for f in inside})}
        | {"n_prefixes": len({f[0] for f in inside})}
        for values, inside in sorted(found.items())
    ]
