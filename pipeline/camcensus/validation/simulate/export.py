"""From the sights of a block to the lines of an engine's export."""

from dataclasses import dataclass

import numpy as np

from camcensus.validation.simulate.chance import Chance, Ints
from camcensus.validation.simulate.heads import heads_of
from camcensus.validation.simulate.looks import Flags, Seen
from camcensus.validation.simulate.world import Block, World

QUERIES, NET = "queries", "net"  # returned by camera queries; whole blocks of addresses


@dataclass(frozen=True)
class Lines:
    """Lines of one kind of export, and for each the sight it is of (-1: a line that is no banner)."""

    lines: list[str]
    sight: Ints


def lines_of(world: World, block: Block, found: Seen, year: int, engine: str = "first") -> dict[str, Lines]:
    """The lines of each kind of export of an engine."""
    wanted = {QUERIES: found.returned}
    if engine == "first":
        wanted[NET] = _in_net(world.chance, found, world.parameters.number("export.net_blocks"))
    return {kind: _lines(world, block, found, np.flatnonzero(mask), year, engine) for kind, mask in wanted.items()}


def _in_net(chance: Chance, found: Seen, share: float) -> Flags:
    """Whether each lies in a /16 that is downloaded whole."""
    inside: Flags = (found.high == 0) & (chance.share("net", found.low >> np.uint64(16)) < share)
    return inside


def _lines(world: World, block: Block, found: Seen, at: Ints, year: int, engine: str) -> Lines:
    """One line for each of these sights, and few that are no banners."""
    if not len(at):
        return Lines([], at)
    bodies: list[str] = [""] * len(at)
    look = found.look[at]
    order = np.argsort(look, kind="stable")
    bounds = np.flatnonzero(np.diff(look[order], prepend=-1))
    for first, end in zip(bounds.tolist(), [*bounds[1:].tolist(), len(at)], strict=True):
        mine = order[first:end]
        filled = found.texts[look[mine[0]]].fill(found.rows.take(at[mine]))
        for place, text in zip(mine.tolist(), filled, strict=True):
            bodies[place] = text
    heads, end = heads_of(world, block, found, at, year, engine)
    lines = [f"{head}{body}{end}" for head, body in zip(heads, bodies, strict=True)]
    return _with_dirt(world, found, at, lines)


def _with_dirt(world: World, found: Seen, at: Ints, lines: list[str]) -> Lines:
    """After some lines the first half of the same one again, as a broken download leaves it."""
    drawn = world.chance.share("dirt", found.rows.key[at], found.port[at], found.rows.seen[at].astype(np.int64))
    dirty = np.flatnonzero(drawn < world.parameters.number("export.dirt"))
    for place in reversed(dirty.tolist()):
        lines.insert(place + 1, lines[place][: len(lines[place]) // 2])
    return Lines(lines, np.insert(at, dirty + 1, -1))
