"""What surrounds every answer: address, time, place, network, probe, in the layout of each engine."""

import json
from functools import lru_cache

import numpy as np

from camcensus.core.countries import load_countries
from camcensus.validation.simulate import second
from camcensus.validation.simulate.chance import Ints
from camcensus.validation.simulate.looks import NEW_LAYOUT, Seen
from camcensus.validation.simulate.places import HOSTING
from camcensus.validation.simulate.texts import times
from camcensus.validation.simulate.world import Block, World

CRAWLERS = [f"{n * 0x9E3779B97F4A7C15F39CC0605CEDC834 % (1 << 160):040x}" for n in range(1, 9)]
NETWORK_NAMES = 400
_TAGS = ("", '"tags":["honeypot"],', '"tags":["cloud"],', '"tags":["honeypot","cloud"],')


def heads_of(
    world: World, block: Block, found: Seen, at: Ints, year: int, engine: str
) -> tuple[list[str], str]:  # fmt: skip
    """The start of each line as JSON, up to what the answer itself says, and the end that all lines have."""
    if engine == "first":
        return _first(world, block, found, at, year), "}"
    return _second(world, block, found, at, year), "}}"


def _second(world: World, block: Block, found: Seen, at: Ints, year: int) -> list[str]:
    device = found.device[at]
    site, where = block.devices.site[device], block.sites.where
    transports = [found.texts[n].answer.transport for n in found.look[at].tolist()]
    columns = zip(
        [found.rows.host[n] for n in at.tolist()], found.port[at].tolist(), transports, times(found.rows.seen[at]),
        world.places.asn(where.network[site]).tolist(),
        (where.network[site] % NETWORK_NAMES).tolist(), _countries(world, block, device, year, "second"), strict=True,
    )  # fmt: skip
    return ["{" + second.head(*row) for row in columns]


def _first(world: World, block: Block, found: Seen, at: Ints, year: int) -> list[str]:
    device = found.device[at]
    site, where = block.devices.site[device], block.sites.where
    key, port, seen = found.rows.key[at], found.port[at], found.rows.seen[at]
    chance = world.chance
    asn = world.places.asn(where.network[site])
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
        asn.tolist(), (where.network[site] % NETWORK_NAMES).tolist(),
        map(location, _countries(world, block, device, year, "first")), tags.tolist(), module, ids, strict=True,
    )  # fmt: skip
    region = '"region":"eu",' if year >= NEW_LAYOUT else ""
    return [
        f'{{{address},"port":{p},"transport":"{transport}","timestamp":"{time}","asn":"AS{number}",'
        f'"org":"Example Network {network}","isp":"Example Carrier {network % 40}","os":null,'
        f'"hostnames":["line-{a & 0xFFFFFF}.network-{network}.example"],"domains":["network-{network}.example"],'
        f'"location":{place},"opts":{{}},{_TAGS[tag]}'
        f'"_shodan":{{"id":"{_uuid(a, b)}","crawler":"{CRAWLERS[a & 7]}","module":"{probe}","options":{{}},'
        f'{region}"ptr":true}},"_camcensus":{{"synthetic":true}},'
        for address, p, transport, time, number, network, place, tag, probe, (a, b) in columns
    ]


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


def _countries(world: World, block: Block, device: Ints, year: int, engine: str) -> list[str | None]:
    """Where an engine puts each: mostly where it is, sometimes elsewhere, and now and then it does not know."""
    number, chance, value = block.devices.number[device], world.chance, world.engines[engine].number
    drawn = chance.share(f"{engine} country", number, year)
    wrong = chance.pick(f"{engine} elsewhere", np.sqrt(world.places.weights), number)
    home = block.sites.where.country[block.devices.site[device]]
    country = np.where(drawn < value("country_right"), home, wrong)
    country = np.where(chance.share(f"{engine} no country", number, year) < value("no_country"), -1, country)
    return [world.places.codes[n] if n >= 0 else None for n in country.tolist()]


@lru_cache(maxsize=512)
def location(code: str | None) -> str:
    """Block `location` of a country; the place in it is made up."""
    name = load_countries()[code].name if code else None
    return json.dumps({
        "city": f"{name} City" if name else None, "region_code": "01" if name else None, "area_code": None,
        "country_code": code, "country_name": name, "latitude": 0.0, "longitude": 0.0,
    })  # fmt: skip
