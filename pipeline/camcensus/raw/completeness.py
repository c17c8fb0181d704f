"""The completeness of a snapshot: what was collected of what was announced, and which records could be read.

Of a collection, banners received and announced by part, country and query are compared. Banners are distinct by
address, port and transport. 98% of the world can hide a country that is missing.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from camcensus.core.config import Collect
from camcensus.core.manifest import Manifest
from camcensus.core.stage_record import Flow
from camcensus.raw.drawn_blocks import MODE as SAMPLE
from camcensus.raw.drawn_blocks import uncounted
from camcensus.raw.ledger import Ledger
from camcensus.raw.ledger_rows import Announced, Partition

LEAST_LOST = 20  # records in quarantine: fewer never make a snapshot partial


def lost_records(flow: Flow, most: float, where: str = "in quarantine") -> str:
    """Return how many records are in quarantine, if there are too many: more than the share `most`, and `LEAST_LOST`.

    `flow`: of ingest. `where`: what is said of them. Blank lines are not counted. Empty: there are not too many.
    """
    lost, of = flow.quarantined, flow.rows_in - flow.blank
    if lost < LEAST_LOST or lost <= most * of:
        return ""
    return f"{lost:,} of {of:,} {flow.unit} ({lost / of:.1%}) are {where}"


def why_partial(manifest: Manifest, max_quarantined: float) -> list[str]:
    """Return why a snapshot is partial, without names of files; empty: it is complete."""
    damaged = [item for item in manifest.inputs.values() if item.damage]
    lacking = manifest.collection.missing if manifest.collection else []
    ingest = manifest.stages.get("ingest")
    reasons = {
        f"imported raw files that are missing: {len(manifest.missing):,}": manifest.missing,
        f"raw files that are damaged or have no banner: {len(damaged):,}": damaged,
        f"parts or countries that were not collected: {len(lacking):,}": lacking,
    }
    lost = lost_records(ingest.flow, max_quarantined) if ingest else ""
    return [*(text for text, found in reasons.items() if found), *([lost] if lost else [])]


def is_short(part: Partition, settings: Collect) -> bool:
    """Return whether a finished part lacks banners: in total, in a country, or, until its second pass, of its plan."""
    if not part.passes:
        return False
    counted = [(part.announced, part.found), *part.by_country.values()]
    is_below = any(found < announced * settings.threshold for announced, found in counted)
    return is_below or (part.passes == 1 and _is_lost(part.found, part.expected, settings))


def _is_lost(found: int, planned: int, settings: Collect) -> bool:
    """Return whether fewer were found than drift explains."""
    # Banners come and go between plan and download; a number rarely changes by more than three times its square root.
    return planned - found > planned * (1 - settings.threshold) + 3 * math.sqrt(planned)


def requested_queries(ledger: Ledger, mode: str) -> list[str]:
    """Return the queries that the last run in a mode requested."""
    return list(json.loads(ledger.fact(f"queries of {mode}") or "[]"))


def missing(ledger: Ledger, mode: str, settings: Collect) -> list[str]:
    """Return a line for each missing part of a mode; empty: the collection is complete."""
    planned, parts = ledger.done(mode), ledger.partitions(mode)
    lines = [f"{query}: not requested yet" for query in requested_queries(ledger, mode) if query not in planned]
    lines += uncounted(ledger) if mode == SAMPLE else []
    lines += [f"{part.sent}: not finished" for part in parts if not part.passes]
    for part in parts:
        if is_short(part, settings):
            lines += [_shortfall(part.sent, part.found, part.announced or part.expected, part.repeated)]
            lines += [
                _shortfall(f"{part.sent}: {code or 'no country'}", found, announced)
                for code, (announced, found) in part.by_country.items()
                if found < announced * settings.threshold
            ]
    return lines or _gaps(planned, parts, settings)


def _shortfall(name: str, found: int, announced: int, repeated: int = 0) -> str:
    twice = f"; {repeated:,} rows were received twice" if repeated else ""
    return f"{name}: {found:,} of {announced:,} banners{twice}"


def _gaps(planned: Mapping[str, Announced], parts: Sequence[Partition], settings: Collect) -> list[str]:
    """Return what no part announced, although the query did when it was planned; requesting it again does not help."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for part in parts:
        found[part.query] += Counter({code: n for code, (_, n) in part.by_country.items()})
    lines = []
    for query, plan in planned.items():
        for code, announced in {"": plan.announced, **plan.countries}.items():
            n_found = found[query][code] if code else sum(part.found for part in parts if part.query == query)
            if _is_lost(n_found, announced, settings):
                name = f"{query}: {code}" if code else query
                lines.append(f"{_shortfall(name, n_found, announced)}; its parts do not add up")
    return lines
