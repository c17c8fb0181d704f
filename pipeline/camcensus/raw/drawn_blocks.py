"""A snapshot's sample in its ledger: which blocks, and in how many of them each query was counted."""

import json
from dataclasses import asdict, dataclass
from functools import cached_property

from camcensus.core.config import Sample
from camcensus.core.errors import CamcensusError
from camcensus.core.manifest import DrawnBlocks
from camcensus.raw.address_blocks import Block, Frame
from camcensus.raw.ledger import Ledger
from camcensus.raw.ledger_rows import Partition

MODE = "sample"
_FACT = "sample"


@dataclass(frozen=True)
class Drawn:
    """The first `n_blocks` blocks of a prefix length that a seed draws."""

    seed: int
    prefix_length: int
    n_blocks: int

    @property
    def frame(self) -> Frame:
        """Return the blocks that could have been drawn."""
        return Frame(self.prefix_length)

    @cached_property
    def blocks(self) -> list[Block]:
        """Return the blocks in the order in which they were drawn."""
        return self.frame.draw(self.seed, self.n_blocks)

    def described(self) -> DrawnBlocks:
        """Return the sample as a manifest records it."""
        size = self.frame.size
        return DrawnBlocks(seed=self.seed, prefix_length=self.prefix_length, blocks=self.n_blocks, of=size)

    def blocks_of(self, part: Partition) -> set[Block]:
        """Return the blocks that a part covers, in whole or in part."""
        return {Block(network).supernet(new_prefix=self.prefix_length) for network in networks_of(part)}

    def __str__(self) -> str:
        return (
            f"{self.n_blocks:,} of {self.frame.size:,} public /{self.prefix_length} blocks, drawn with equal "
            f"probability by seed {self.seed}"
        )


def networks_of(part: Partition) -> list[str]:
    """Return the networks that a part covers."""
    return part.sent.rpartition(" net:")[2].split(",")


def drawn_of(ledger: Ledger) -> Drawn | None:
    """Return the sample of a snapshot; None: it has none."""
    found = ledger.fact(_FACT)
    return Drawn(**json.loads(found)) if found else None


def draw(ledger: Ledger, settings: Sample) -> Drawn:
    """Record and return the sample that the study asks for; raises `CamcensusError` if bought blocks are not in it."""
    wanted = Drawn(settings.seed, settings.prefix_length, settings.blocks)
    _ = wanted.blocks
    known = drawn_of(ledger)
    if known and (known.seed, known.prefix_length) != (wanted.seed, wanted.prefix_length):
        raise CamcensusError(
            f"this snapshot's sample has seed {known.seed} and prefix length {known.prefix_length}; the study has "
            f"{wanted.seed} and {wanted.prefix_length} under [collect.sample]. Restore them, or collect into a new "
            "snapshot"
        )
    with ledger.together():
        if known and wanted.n_blocks < known.n_blocks:
            _withdraw(ledger, known, wanted.n_blocks)
        ledger.set_fact(_FACT, json.dumps(asdict(wanted)))
    return wanted


def _withdraw(ledger: Ledger, known: Drawn, keep: int) -> None:
    """Remove parts with blocks after the first `keep` from the plan; their other blocks are planned again."""
    removed = set(known.blocks[keep:])
    bought = {page.partition for page in ledger.pages()}
    for part in ledger.partitions(MODE):
        if not removed & known.blocks_of(part):
            continue
        if part.id in bought:
            raise CamcensusError(
                f"collect.sample.blocks: found {keep:,}; pages of later blocks are already bought. Restore "
                f"{known.n_blocks:,}, or collect into a new snapshot"
            )
        ledger.withdraw(part)


def n_counted(ledger: Ledger, query: str) -> int:
    """Return in how many blocks, from the first drawn on, a query was counted."""
    return int(ledger.fact(f"sample blocks of {query}") or 0)


def set_counted(ledger: Ledger, query: str, blocks: int) -> None:
    """Record in how many blocks a query was counted."""
    ledger.set_fact(f"sample blocks of {query}", str(blocks))


def unplanned(ledger: Ledger, query: str, drawn: Drawn) -> list[tuple[int, str, int]]:
    """Return the matches of a query that no part covers yet: place of the block, network, matches."""
    planned = {n for part in ledger.partitions(MODE) if part.query == query for n in networks_of(part)}
    return [row for row in ledger.networks(query) if row[0] < drawn.n_blocks and row[1] not in planned]


def uncounted(ledger: Ledger) -> list[str]:
    """Return a line for each query that was not counted in all blocks drawn by now."""
    lines: list[str] = []
    if (drawn := drawn_of(ledger)) is None:
        return lines
    for query in sorted(ledger.done(MODE)):
        if (n := n_counted(ledger, query)) < drawn.n_blocks:
            lines.append(f"{query}: counted in {n:,} of {drawn.n_blocks:,} blocks")
        elif left := unplanned(ledger, query, drawn):
            lines.append(f"{query}: {len(left):,} networks with matches are not planned yet")
    return lines
