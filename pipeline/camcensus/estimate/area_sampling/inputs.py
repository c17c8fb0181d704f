"""Inputs of an estimate: drawn and complete blocks and all matches (ledger), matches and counts in each block.

Several blocks are bought in one part, so the addresses received decide in which block a match lies. A part with less
than it announced is incomplete, and none of its blocks is used.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from camcensus.core import storage
from camcensus.core.config import Collect
from camcensus.core.countries import canonical_code
from camcensus.core.errors import CamcensusError, IntegrityError
from camcensus.core.tables import UNKNOWN_COUNTRY
from camcensus.estimate.area_sampling.figures import UNITS, Counted, Matches, Sampled
from camcensus.geolocate.ranges import key_v4
from camcensus.raw.address_blocks import BITS, Block
from camcensus.raw.completeness import is_short
from camcensus.raw.drawn_blocks import MODE, Drawn, drawn_of, n_counted
from camcensus.raw.ledger import Ledger
from camcensus.raw.reply_files import EVERYWHERE, IPV4, TOTALS, Replies

Makers = Mapping[str, str | None]
_BANNER = ("query", "host", "port", "transport")


@dataclass(frozen=True)
class Recorded:
    """The ledger's record of a sample: blocks drawn, complete ones in order of draw, and matches.

    `everywhere`: matches in the IPv4 space; `elsewhere`: matches outside it, which no block represents.
    """

    drawn: Drawn
    complete: tuple[Block, ...]
    everywhere: tuple[Matches, ...]
    elsewhere: int


def recorded(snapshot: Path, makers: Makers, settings: Collect) -> Recorded:
    """Read the ledger of a snapshot. `makers`: of each query. Raises `IntegrityError` for a changed reply."""
    raw = snapshot / "raw"
    with closing(Ledger(raw, read_only=True)) as ledger:
        drawn = drawn_of(ledger)
        if drawn is None:
            raise CamcensusError(f"{snapshot.name}: no blocks were drawn yet; run: camcensus collect --mode sample")
        # A block of which anything is missing cannot be compared with its matches.
        bad = [part for part in ledger.partitions(MODE) if not part.passes or is_short(part, settings)]
        broken = {block for part in bad for block in drawn.blocks_of(part)}
        totals = dict(_totals(raw, ledger))
        queries = {query for query, _ in totals} | set(json.loads(ledger.fact(f"queries of {MODE}") or "[]"))
        counted = min((n_counted(ledger, query) for query in queries), default=0)
    complete = tuple(block for block in drawn.blocks[:counted] if block not in broken)
    everywhere = [m for (query, part), value in totals.items() if part == IPV4 for m in _of_reply(value, makers[query])]
    elsewhere = sum(value["total"] * (1 if part == EVERYWHERE else -1) for (_, part), value in totals.items())
    return Recorded(drawn, complete, tuple(everywhere), max(0, elsewhere))


def _of_reply(value: dict[str, Any], maker: str | None) -> Iterator[Matches]:
    """Yield the matches that a count announced, by country."""
    left = value["total"]
    for found in (value.get("facets") or {}).get("country", []):
        left -= found["count"]
        yield Matches(None, maker, canonical_code(str(found["value"])), found["count"])
    if left > 0:
        yield Matches(None, maker, UNKNOWN_COUNTRY, left)


def _totals(raw: Path, ledger: Ledger) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Yield query and part of it (all, or IPv4), with the reply to their count."""
    for reply, value in Replies(raw, ledger, TOTALS).all():
        path = raw / reply.file
        if storage.sha256(path) != reply.sha256:
            raise IntegrityError(path, "is not the reply that was received; restore it, or collect again")
        yield (reply.query, reply.part), value


def matches_in(observations: Sequence[Path], found: Recorded, makers: Makers) -> Iterator[Matches]:
    """Yield the matches in complete blocks by the engine's country: distinct address, port and transport per query."""
    shift = BITS - found.drawn.prefix_length
    place = {int(block.network_address) >> shift: n for n, block in enumerate(found.complete)}
    sums: Counter[tuple[int, str, str]] = Counter()
    seen = _returned(observations)
    numbers = (key_v4(seen["host"].to_pylist()).astype(np.int64) >> shift).tolist()
    for number, query, code in zip(numbers, seen["query"].to_pylist(), seen["country"].to_pylist(), strict=True):
        if number in place:
            sums[place[number], query, canonical_code(code)] += 1
    for (block, query, country), n in sums.items():
        yield Matches(block, makers[query], country, n)


def _returned(observations: Sequence[Path]) -> pa.Table:
    """Return each IPv4 banner of a query once: `query`, `host`, `country` (the engine's)."""
    columns = ["file", "host", "ip_version", "port", "transport", "engine_country"]
    seen = pa.concat_tables([pq.read_table(part, columns=columns) for part in observations])
    seen = seen.filter(pc.equal(seen["ip_version"], 4))
    # A page's file is below the folder of its query.
    seen = seen.append_column("query", pc.list_element(pc.split_pattern(seen["file"], "/"), 1))
    return seen.group_by([*_BANNER]).aggregate([("engine_country", "min")]).rename_columns([*_BANNER, "country"])


def sampled(found: Recorded, inside: Sequence[Matches], blocks: pa.Table) -> tuple[Sampled, int]:
    """Return the sample, whose matches are `inside`, and how many banners were counted outside complete blocks."""
    place = {str(block): n for n, block in enumerate(found.complete)}
    counted, outside = [], 0
    for row in blocks.to_pylist():
        if row["block"] in place:
            units = {unit: row[unit] for unit in UNITS}
            counted.append(Counted(place[row["block"]], row["country"], row["manufacturer"], units))
        elif row["manufacturer"] is None:
            outside += row["n_banners"]
    size, matches = found.drawn.frame.size, (*inside, *found.everywhere)
    return Sampled(len(place), size, found.drawn.seed, matches, tuple(counted)), outside
