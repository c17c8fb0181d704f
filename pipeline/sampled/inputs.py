"""What an estimate is made from: how many blocks were drawn and collected whole, the matches in them and everywhere, by
the ledger of the snapshot; and what was counted in them.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import store
from pipeline.collect.blocks import Block
from pipeline.collect.completeness import is_short
from pipeline.collect.drawn import MODE, Drawn, drawn_of, n_counted
from pipeline.collect.ledger import Ledger
from pipeline.collect.replies import Replies
from pipeline.collect.rows import Partition
from pipeline.collect.sample import EVERYWHERE, IPV4, TOTALS
from pipeline.countries import canonical_code
from pipeline.errors import CamcensusError, IntegrityError
from pipeline.sampled.figures import UNITS, Counted, Matches, Sampled
from pipeline.study import Collect
from pipeline.tables import UNKNOWN_COUNTRY

Makers = Mapping[str, str | None]


@dataclass(frozen=True)
class Recorded:
    """What the ledger says of a sample: which blocks were `drawn`, which of them came `whole` (in order of draw), the
    matches in those and everywhere, and matches outside the IPv4 space, which no block stands for."""

    drawn: Drawn
    whole: tuple[Block, ...]
    matches: tuple[Matches, ...]
    elsewhere: int


def recorded(snapshot: Path, makers: Makers, settings: Collect) -> Recorded:
    """What the ledger of a snapshot says. `makers`: of each query. Raises `IntegrityError` for a reply that changed."""
    raw = snapshot / "raw"
    with closing(Ledger(raw, read_only=True)) as ledger:
        drawn = drawn_of(ledger)
        if drawn is None:
            raise CamcensusError(f"{snapshot.name}: no blocks were drawn yet; run: camcensus collect --mode sample")
        parts = ledger.partitions(MODE)
        # A block of which anything is missing cannot be held against its matches.
        broken = {drawn.block_of(part) for part in parts if not part.passes or is_short(part, settings)}
        totals = dict(_totals(raw, ledger))
        queries = {query for query, _ in totals} | set(json.loads(ledger.fact(f"queries of {MODE}") or "[]"))
        counted = min((n_counted(ledger, query) for query in queries), default=0)
        whole = tuple(block for block in drawn.blocks[:counted] if block not in broken)
        place = {block: n for n, block in enumerate(whole)}
        inside = [
            m for part in parts if (block := drawn.block_of(part)) in place for m in _of(part, place[block], makers)
        ]
    everywhere = [m for (query, part), value in totals.items() if part == IPV4 for m in _of_reply(value, makers[query])]
    elsewhere = sum(value["total"] * (1 if part == EVERYWHERE else -1) for (_, part), value in totals.items())
    return Recorded(drawn, whole, (*inside, *everywhere), max(0, elsewhere))


def _of(part: Partition, block: int, makers: Makers) -> Iterator[Matches]:
    """The matches that a part announced, by country."""
    left = part.announced
    for code, (announced, _) in part.by_country.items():
        left -= announced
        yield Matches(block, makers[part.query], canonical_code(code), announced)
    if left > 0:
        yield Matches(block, makers[part.query], UNKNOWN_COUNTRY, left)


def _of_reply(value: dict[str, Any], maker: str | None) -> Iterator[Matches]:
    """The matches that a count announced, by country."""
    left = value["total"]
    for found in (value.get("facets") or {}).get("country", []):
        left -= found["count"]
        yield Matches(None, maker, canonical_code(str(found["value"])), found["count"])
    if left > 0:
        yield Matches(None, maker, UNKNOWN_COUNTRY, left)


def _totals(raw: Path, ledger: Ledger) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Query and part of it (all, or IPv4) to the reply to their count."""
    for reply, value in Replies(raw, ledger, TOTALS).all():
        path = raw / reply.file
        if store.sha256(path) != reply.sha256:
            raise IntegrityError(path, "is not the reply that was received; put it back, or collect anew")
        yield (reply.query, reply.part), value


def sampled(found: Recorded, blocks: pa.Table) -> tuple[Sampled, int]:
    """What is estimated from, and how many banners were counted outside the blocks that came whole. `blocks`:
    `tables.SAMPLE_BLOCKS`."""
    place = {str(block): n for n, block in enumerate(found.whole)}
    rows = blocks.to_pylist()
    counted = tuple(
        Counted(place[row["block"]], row["country"], row["manufacturer"], {unit: row[unit] for unit in UNITS})
        for row in rows
        if row["block"] in place
    )
    outside = sum(row["n_banners"] for row in rows if row["block"] not in place and row["manufacturer"] is None)
    size = found.drawn.frame.size
    return Sampled(len(found.whole), size, found.drawn.seed, found.matches, counted), outside
