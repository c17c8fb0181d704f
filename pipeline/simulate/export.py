"""From the sights of a block to the lines of the first engine's export."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pipeline.countries import load_countries
from pipeline.simulate.chance import Chance, Ints
from pipeline.simulate.looks import NEW_LAYOUT, Flags, Seen
from pipeline.simulate.places import HOSTING
from pipeline.simulate.texts import times
from pipeline.simulate.world import Block, World

QUERIES, NET = "queries", "net"  # returned by camera queries; the rest of whole blocks of addresses
CRAWLERS = [f"{n * 0x9E3779B97F4A7C15F39CC0605CEDC834 % (1 << 160):040x}" for n in range(1, 9)]
NETWORK_NAMES = 400


@dataclass(frozen=True)
class Lines:
    """Lines of one kind of export, and for each the sight it is of (-1: a line that is no banner)."""

    lines: list[str]
    sight: Ints


def lines_of(world: World, block: Block, found: Seen, year: int) -> dict[str, Lines]:
    """The lines of each kind of export."""
    in_net = _in_net(world.chance, found, world.parameters.number("export.net_blocks"))
    wanted = {QUERIES: found.returned, NET: in_net & ~found.returned}
    return {kind: _lines(world, block, found, np.flatnonzero(mask), year) for kind, mask in wanted.items()}


def _in_net(chance: Chance, found: Seen, share: float) -> Flags:
    """Whether each lies in a /16 that is downloaded whole."""
    inside: Flags = (found.high == 0) & (chance.share("net", found.low >> np.uint64(16)) < share)
    return inside


def _lines(world: World, block: Block, found: Seen, at: Ints, year: int) -> Lines:
    """One line for each of these sights, and few that are no banners."""
    bodies: list[str] = [""] * len(at)
    look = found.look[at]
    order = np.argsort(look, kind="stable")
    bounds = np.flatnonzero(np.diff(look[order], prepend=-1))
    for first, end in zip(bounds.tolist(), [*bounds[1:].tolist(), len(at)], strict=True):
        mine = order[first:end]
        filled = found.texts[look[mine[0]]].fill(found.rows.take(at[mine]))
        for place, text in zip(mine.tolist(), filled, strict=True):
            bodies[place] = text
    heads = _heads(world, block, found, at, year)
    lines = [f"{{{head}{body}}}" for head, body in zip(heads, bodies, strict=True)]
    return _with_dirt(world, found, at, lines)


def _with_dirt(world: World, found: Seen, at: Ints, lines: list[str]) -> Lines:
    """After some lines the first half of the same one again, as a broken download leaves it."""
    drawn = world.chance.share("dirt", found.rows.key[at], found.port[at], found.rows.seen[at].astype(np.int64))
    dirty = np.flatnonzero(drawn < world.parameters.number("export.dirt"))
    for place in reversed(dirty.tolist()):
        lines.insert(place + 1, lines[place][: len(lines[place]) // 2])
    return Lines(lines, np.insert(at, dirty + 1, -1))


def _heads(world: World, block: Block, found: Seen, at: Ints, year: int) -> list[str]:
    """What surrounds every answer: address, time, place, network, probe."""
    device = found.device[at]
    site, where = block.devices.site[device], block.sites.where
    key, port, seen = found.rows.key[at], found.port[at], found.rows.seen[at]
    chance = world.chance
    asn = world.places.asn(where.network[site], where.kind[site])
    tagged = (where.kind[site] == HOSTING) & (chance.share("tag", block.sites.number[site]) < _value(world, "tagged"))
    tags = (
        tagged * 2
        + np.array(["honeypot" in p.piece("tags") for p in world.population.market.products])[found.product[at]]
    )
    answers = [text.answer for text in found.texts]
    module = [answers[n].module + ("-simple-new" if _unusual(answers[n].module, p) else "")
              for n, p in zip(found.look[at].tolist(), port.tolist(), strict=True)]  # fmt: skip
    ids = zip(chance.bits("id", key, port, seen.astype(np.int64)).tolist(), key.tolist(), strict=True)
    columns = zip(
        _addresses(found, at), port.tolist(), [answers[n].transport for n in found.look[at].tolist()], times(seen),
        asn.tolist(), (where.network[site] % NETWORK_NAMES).tolist(), _places(world, block, site, device, year),
        tags.tolist(), module, ids, strict=True,
    )  # fmt: skip
    region = '"region":"eu",' if year >= NEW_LAYOUT else ""
    return [
        f'{address},"port":{p},"transport":"{transport}","timestamp":"{time}","asn":"AS{number}",'
        f'"org":"Example Network {network}","isp":"Example Carrier {network % 40}","os":null,'
        f'"hostnames":["line-{a & 0xFFFFFF}.network-{network}.example"],"domains":["network-{network}.example"],'
        f'"location":{place},"opts":{{}},{_TAGS[tag]}'
        f'"_shodan":{{"id":"{_uuid(a, b)}","crawler":"{CRAWLERS[a & 7]}","module":"{probe}","options":{{}},'
        f'{region}"ptr":true}},"_camcensus":{{"synthetic":true}},'
        for address, p, transport, time, number, network, place, tag, probe, (a, b) in columns
    ]


_TAGS = ("", '"tags":["honeypot"],', '"tags":["cloud"],', '"tags":["honeypot","cloud"],')


def _value(world: World, name: str) -> float:
    return world.parameters.number(f"networks.{name}")


def _unusual(module: str, port: int) -> bool:
    return port >= 1000 and module in ("http", "https")


def _uuid(high: int, low: int) -> str:
    text = f"{high:016x}{low:016x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _addresses(found: Seen, at: Ints) -> list[str]:
    pairs = zip(found.high[at].tolist(), found.low[at].tolist(), (found.rows.host[n] for n in at.tolist()), strict=True)
    return [
        f'"ip_str":"{host}","ipv6":"{host}"' if high else f'"ip":{low},"ip_str":"{host}"' for high, low, host in pairs
    ]


def _places(world: World, block: Block, site: Ints, device: Ints, year: int) -> Sequence[str]:
    """Where the engine puts each: mostly where it is, sometimes elsewhere, and now and then it does not know."""
    engine, number = world.engines["first"], block.devices.number[device]
    drawn = world.chance.share("engine country", number, year)
    wrong = world.chance.pick("engine elsewhere", np.sqrt(world.places.weights), number)
    country = np.where(drawn < engine.number("country_right"), block.sites.where.country[site], wrong)
    country = np.where(world.chance.share("no country", number, year) < engine.number("no_country"), -1, country)
    codes = world.places.codes
    return [location(codes[n] if n >= 0 else None) for n in country.tolist()]


@lru_cache(maxsize=512)
def location(code: str | None) -> str:
    """Block `location` of a country; the place in it is made up."""
    name = load_countries()[code].name if code else None
    return json.dumps({
        "city": f"{name} City" if name else None, "region_code": "01" if name else None, "area_code": None,
        "country_code": code, "country_name": name, "latitude": 0.0, "longitude": 0.0,
    })  # fmt: skip
