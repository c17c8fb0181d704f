"""Whether a collection is whole: what came against what was announced, on distinct address and port, for each part and
for each country of a query. 98 % of the world can hide a country that is lost.
"""

import json
from collections import defaultdict
from collections.abc import Sequence

from pipeline.collect.drawn import MODE as SAMPLE
from pipeline.collect.drawn import uncounted
from pipeline.collect.ledger import Ledger, Partition
from pipeline.study import Collect


def is_short(part: Partition, settings: Collect) -> bool:
    """Whether a part that was asked to its end has less than the study's threshold."""
    return part.passes > 0 and part.found < part.announced * settings.threshold


def missing(ledger: Ledger, mode: str, settings: Collect) -> list[str]:
    """What is missing of a mode, in words, one line each; empty: the collection is whole."""
    asked = json.loads(ledger.fact(f"queries of {mode}") or "[]")
    parts = ledger.partitions(mode)
    told = [f"{query}: not asked yet" for query in asked if query not in ledger.done(mode)]
    told += uncounted(ledger) if mode == SAMPLE else []
    told += [f"{part.sent}: not asked to the end" for part in parts if not part.passes]
    told += [
        f"{part.sent}: {part.found:,} of {part.announced:,} banners; {part.repeated:,} rows came twice"
        for part in parts
        if is_short(part, settings)
    ]
    return told + [
        f"{query}: {code or 'no country'}: {found:,} of {announced:,} banners"
        for (query, code), (announced, found) in sorted(by_country(parts).items())
        if found < announced * settings.threshold
    ]


def by_country(parts: Sequence[Partition]) -> dict[tuple[str, str], tuple[int, int]]:
    """Query and country (ISO alpha-2; "": none) to banners announced and found."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for part in parts:
        for code, counted in part.by_country.items():
            for n, value in enumerate(counted):
                sums[part.query, code][n] += value
    return {key: (announced, found) for key, (announced, found) in sums.items()}
