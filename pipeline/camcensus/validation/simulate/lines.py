"""Lines of an engine's export: address, time, network, place and probe in the engine's layout, and the banner."""

import json
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from camcensus.core.countries import load_countries
from camcensus.validation.simulate.banners import NEW_LAYOUT, Banners
from camcensus.validation.simulate.chance import Ints
from camcensus.validation.simulate.places import HOSTING
from camcensus.validation.simulate.templates import times

QUERIES, NET = "queries", "net"  # returned by camera queries; complete blocks of addresses
CRAWLERS = [f"{n * 0x9E3779B97F4A7C15F39CC0605CEDC834 % (1 << 160):040x}" for n in range(1, 9)]
NETWORK_NAMES = 400
_TAGS = ("", '"tags":["honeypot"],', '"tags":["cloud"],', '"tags":["honeypot","cloud"],')


@dataclass(frozen=True)
class Lines:
    """Lines of an export, and for each the row of its banner (-1: a damaged line)."""

    lines: list[str]
    row: Ints


def lines_of(banners: Banners) -> dict[str, Lines]:
    """Return the lines of each kind of export of an engine."""
    wanted = {QUERIES: banners.returned}
    if banners.engine == "first":
        world = banners.view.world
        drawn = world.chance.uniform("net", banners.low >> np.uint64(16))
        wanted[NET] = (banners.high == 0) & (drawn < world.parameters.number("export.net_blocks"))
    return {kind: _lines(banners, np.flatnonzero(mask)) for kind, mask in wanted.items()}


def _lines(banners: Banners, at: Ints) -> Lines:
    if not len(at):
        return Lines([], at)
    bodies: list[str] = [""] * len(at)
    template = banners.template[at]
    order = np.argsort(template, kind="stable")
    bounds = np.flatnonzero(np.diff(template[order], prepend=-1))
    for first, end in zip(bounds.tolist(), [*bounds[1:].tolist(), len(at)], strict=True):
        mine = order[first:end]
        filled = banners.templates[template[mine[0]]].fill(banners.rows.take(at[mine]))
        for place, text in zip(mine.tolist(), filled, strict=True):
            bodies[place] = text
    heads, end = (_shodan(banners, at), "}") if banners.engine == "first" else (_netlas(banners, at), "}}")
    return _with_damage(banners, at, [f"{head}{body}{end}" for head, body in zip(heads, bodies, strict=True)])


def _with_damage(banners: Banners, at: Ints, lines: list[str]) -> Lines:
    """Repeat the first half of some lines, as a broken download does."""
    world, rows = banners.view.world, banners.rows
    drawn = world.chance.uniform("dirt", rows.key[at], banners.port[at], rows.seen_at[at].astype(np.int64))
    damaged = np.flatnonzero(drawn < world.parameters.number("export.dirt"))
    for place in reversed(damaged.tolist()):
        lines.insert(place + 1, lines[place][: len(lines[place]) // 2])
    return Lines(lines, np.insert(at, damaged + 1, -1))


def _netlas(banners: Banners, at: Ints) -> list[str]:
    columns = zip(
        [banners.rows.host[n] for n in at.tolist()], banners.port[at].tolist(), _transports(banners, at),
        times(banners.rows.seen_at[at]), *_networks(banners, at), _countries(banners, at), strict=True,
    )  # fmt: skip
    place = '"geo":{{"country":"{}","continent":"","latitude":0.0,"longitude":0.0}},'
    return [
        f'{{"data":{{"ip":"{host}","host":"{host}","port":{port},"prot4":"{transport}","@timestamp":"{time[:19]}Z",'
        f'"uri":"{transport}://{host}:{port}","last_updated":"{time[:19]}Z",{place.format(code) if code else ""}'
        f'"whois":{{"asn":{{"number":["{asn}"],"name":"Example Network {network}"}}}},'
        '"_camcensus":{"synthetic":true},'
        for host, port, transport, time, asn, network, code in columns
    ]


def _shodan(banners: Banners, at: Ints) -> list[str]:
    view, chance = banners.view, banners.view.world.chance
    site, locations = view.devices.site[banners.device[at]], view.sites.locations
    key, port, seen_at = banners.rows.key[at], banners.port[at], banners.rows.seen_at[at]
    tagged = chance.uniform("tag", view.sites.number[site]) < view.world.parameters.number("networks.tagged")
    honeypots = np.array(["honeypot" in p.piece("tags") for p in view.products])[banners.product[at]]
    tags = ((locations.kind[site] == HOSTING) & tagged) * 2 + honeypots
    ids = zip(chance.bits("id", key, port, seen_at.astype(np.int64)).tolist(), key.tolist(), strict=True)
    columns = zip(
        _addresses(banners, at), port.tolist(), _transports(banners, at), times(seen_at), *_networks(banners, at),
        map(location, _countries(banners, at)), tags.tolist(), _modules(banners, at), ids, strict=True,
    )  # fmt: skip
    region = '"region":"eu",' if view.year >= NEW_LAYOUT else ""
    return [
        f'{{{address},"port":{p},"transport":"{transport}","timestamp":"{time}","asn":"AS{number}",'
        f'"org":"Example Network {network}","isp":"Example Carrier {network % 40}","os":null,'
        f'"hostnames":["line-{a & 0xFFFFFF}.network-{network}.example"],"domains":["network-{network}.example"],'
        f'"location":{place},"opts":{{}},{_TAGS[tag]}'
        f'"_shodan":{{"id":"{_uuid(a, b)}","crawler":"{CRAWLERS[a & 7]}","module":"{module}","options":{{}},'
        f'{region}"ptr":true}},"_camcensus":{{"synthetic":true}},'
        for address, p, transport, time, number, network, place, tag, module, (a, b) in columns
    ]


def _transports(banners: Banners, at: Ints) -> list[str]:
    return [banners.templates[n].answer.transport for n in banners.template[at].tolist()]


def _modules(banners: Banners, at: Ints) -> list[str]:
    modules = [banners.templates[n].answer.module for n in banners.template[at].tolist()]
    return [
        f"{module}-simple-new" if port >= 1000 and module in ("http", "https") else module
        for module, port in zip(modules, banners.port[at].tolist(), strict=True)
    ]


def _networks(banners: Banners, at: Ints) -> tuple[list[int], list[int]]:
    """AS number, and number in the network's name."""
    view = banners.view
    network = view.sites.locations.network[view.devices.site[banners.device[at]]]
    return view.world.places.asn(network).tolist(), (network % NETWORK_NAMES).tolist()


def _uuid(high: int, low: int) -> str:
    text = f"{high:016x}{low:016x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _addresses(banners: Banners, at: Ints) -> list[str]:
    texts = (banners.rows.host[n] for n in at.tolist())
    return [
        f'"ip_str":"{host}","ipv6":"{host}"' if high else f'"ip":{low},"ip_str":"{host}"'
        for high, low, host in zip(banners.high[at].tolist(), banners.low[at].tolist(), texts, strict=True)
    ]


def _countries(banners: Banners, at: Ints) -> list[str | None]:
    """Return the engine's country: mostly the true one, sometimes another, now and then none."""
    view, engine = banners.view, banners.engine
    world, number = view.world, view.devices.number[banners.device[at]]
    chance, value = world.chance, world.engines[engine].number
    drawn = chance.uniform(f"{engine} country", number, view.year)
    wrong = chance.choice(f"{engine} elsewhere", np.sqrt(world.places.weights), number)
    home = view.sites.locations.country[view.devices.site[banners.device[at]]]
    country = np.where(drawn < value("country_right"), home, wrong)
    country = np.where(chance.uniform(f"{engine} no country", number, view.year) < value("no_country"), -1, country)
    return [world.places.codes[n] if n >= 0 else None for n in country.tolist()]


@lru_cache(maxsize=512)
def location(code: str | None) -> str:
    """Return the block `location` of a country; the city is made up."""
    name = load_countries()[code].name if code else None
    return json.dumps({
        "city": f"{name} City" if name else None, "region_code": "01" if name else None, "area_code": None,
        "country_code": code, "country_name": name, "latitude": 0.0, "longitude": 0.0,
    })  # fmt: skip
