"""Whether a collection is whole: what came against what was announced, on distinct address, port and transport, for
each part, each country and each query. 98 % of the world can hide a country that is lost.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from camcensus.core.config import Collect
from camcensus.raw.drawn_blocks import MODE as SAMPLE
from camcensus.raw.drawn_blocks import uncounted
from camcensus.raw.ledger import Ledger
from camcensus.raw.ledger_rows import Partition, Whole


def is_short(part: Partition, settings: Collect) -> bool:
    """Whether a part that was asked to its end lacks something: in all, in a country, or, until it was asked twice,
    against what was counted when it was planned."""
    if not part.passes:
        return False
    counted = [(part.found, part.announced), *((found, told) for told, found in part.by_country.values())]
    if any(found < told * settings.threshold for found, told in counted):
        return True
    return part.passes == 1 and _lost(part.found, part.expected, settings)


def _lost(found: int, planned: int, settings: Collect) -> bool:
    """Whether less was found than drift explains: between plan and download lie hours, in which banners come and go.
    Three times the root of a number is what it rarely moves by of itself."""
    return planned - found > planned * (1 - settings.threshold) + 3 * math.sqrt(planned)


def asked_for(ledger: Ledger, mode: str) -> list[str]:
    """The queries that the last run in a mode was to ask."""
    return list(json.loads(ledger.fact(f"queries of {mode}") or "[]"))


def missing(ledger: Ledger, mode: str, settings: Collect) -> list[str]:
    """What is missing of a mode, in words, one line each; empty: the collection is whole."""
    planned, parts = ledger.done(mode), ledger.partitions(mode)
    told = [f"{query}: not asked yet" for query in asked_for(ledger, mode) if query not in planned]
    told += uncounted(ledger) if mode == SAMPLE else []
    told += [f"{part.sent}: not asked to the end" for part in parts if not part.passes]
    for part in parts:
        if is_short(part, settings):
            told += [_told(part.sent, part.found, part.announced or part.expected, part.repeated)]
            told += [
                _told(f"{part.sent}: {code or 'no country'}", found, announced)
                for code, (announced, found) in part.by_country.items()
                if found < announced * settings.threshold
            ]
    return told or _holes(planned, parts, settings)


def _told(what: str, found: int, announced: int, repeated: int = 0) -> str:
    twice = f"; {repeated:,} rows came twice" if repeated else ""
    return f"{what}: {found:,} of {announced:,} banners{twice}"


def _holes(planned: Mapping[str, Whole], parts: Sequence[Partition], settings: Collect) -> list[str]:
    """What no part announced, although the whole query did when it was planned; asking again does not help."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for part in parts:
        found[part.query] += Counter({code: n for code, (_, n) in part.by_country.items()})
    told = []
    for query, whole in planned.items():
        wholes = {"": whole.announced, **whole.countries}
        for code, announced in wholes.items():
            came = found[query][code] if code else sum(part.found for part in parts if part.query == query)
            if _lost(came, announced, settings):
                told += [f"{_told(f'{query}: {code}' if code else query, came, announced)}; its parts do not add up"]
    return told
