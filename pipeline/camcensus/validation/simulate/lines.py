"""Lines of an engine's export: address, time, network, place and probe in the engine's layout, and the banner."""

import json
from dataclasses import dataclass
from functools import cache

import numpy as np

from camcensus.core.countries import load_countries
from camcensus.validation.simulate.banners import NEW_LAYOUT, Banners
from camcensus.validation.simulate.chance import Ints
from camcensus.validation.simulate.places import HOSTING, country_codes
from camcensus.validation.simulate.templates import fill, times

QUERIES, NET = "queries", "net"  # returned by camera queries; complete blocks of addresses
CRAWLERS = [f"{n * 0x9E3779B97F4A7C15F39CC0605CEDC834 % (1 << 160):040x}" for n in range(1, 9)]
NETWORK_NAMES = 400
REGIONS = 8  # of a country
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
    """Return the lines of these banners; the first half of some is repeated, as a broken download does."""
    if not len(at):
        return Lines([], at)
    some, world = banners.take(at), banners.view.world
    bodies = fill(some.templates, some.template, some.rows)
    heads, end = (_shodan(some), "}") if some.engine == "first" else (_netlas(some), "}}")
    lines = [f"{head}{body}{end}" for head, body in zip(heads, bodies, strict=True)]
    drawn = world.chance.uniform("dirt", some.rows.key, some.port, some.rows.seen_at.astype(np.int64))
    damaged = np.flatnonzero(drawn < world.parameters.number("export.dirt"))
    for place in reversed(damaged.tolist()):
        lines.insert(place + 1, lines[place][: len(lines[place]) // 2])
    return Lines(lines, np.insert(at, damaged + 1, -1))


def _netlas(banners: Banners) -> list[str]:
    places = [
        f'"geo":{{"country":"{code}","continent":"","latitude":0.0,"longitude":0.0}},' if code else ""
        for code in _countries(banners)
    ]
    return [
        f'{{"data":{{"ip":"{host}","host":"{host}","port":{port},"prot4":"{transport}","@timestamp":"{time[:19]}Z",'
        f'"uri":"{transport}://{host}:{port}","last_updated":"{time[:19]}Z",{place}'
        f'"whois":{{"asn":{{"number":["{asn}"],"name":"Example Network {network}"}}}},'
        '"_camcensus":{"synthetic":true},'
        for host, port, transport, time, asn, network, place in zip(
            banners.rows.host, banners.port.tolist(), _transports(banners), times(banners.rows.seen_at),
            *_networks(banners), places, strict=True,
        )
    ]  # fmt: skip


def _shodan(banners: Banners) -> list[str]:
    view, rows, chance = banners.view, banners.rows, banners.view.world.chance
    site = view.devices.site[banners.device]
    tagged = chance.uniform("tag", view.sites.number[site]) < view.world.parameters.number("networks.tagged")
    honeypots = np.array(["honeypot" in p.piece("tags") for p in view.products])[banners.product]
    tags = ((view.sites.locations.kind[site] == HOSTING) & tagged) * 2 + honeypots
    ids = chance.bits("id", rows.key, banners.port, rows.seen_at.astype(np.int64))
    region = '"region":"eu",' if view.year >= NEW_LAYOUT else ""
    return [
        f'{{{address},"port":{port},"transport":"{transport}","timestamp":"{time}","asn":"AS{number}",'
        f'"org":"Example Network {network}","isp":"Example Carrier {network % 40}","os":null,'
        f'"hostnames":["line-{id_ & 0xFFFFFF}.network-{network}.example"],"domains":["network-{network}.example"],'
        f'"location":{place},"opts":{{}},{_TAGS[tag]}'
        f'"_shodan":{{"id":"{_uuid(id_, key)}","crawler":"{CRAWLERS[id_ & 7]}","module":"{module}","options":{{}},'
        f'{region}"ptr":true}},"_camcensus":{{"synthetic":true}},'
        for address, port, transport, time, number, network, place, tag, module, id_, key in zip(
            _addresses(banners), banners.port.tolist(), _transports(banners), times(rows.seen_at), *_networks(banners),
            map(location, _countries(banners), _regions(banners)), tags.tolist(), _modules(banners), ids.tolist(),
            rows.key.tolist(), strict=True,
        )
    ]  # fmt: skip


def _transports(banners: Banners) -> list[str]:
    return [banners.templates[n].answer.transport for n in banners.template.tolist()]


def _modules(banners: Banners) -> list[str]:
    modules = [banners.templates[n].answer.module for n in banners.template.tolist()]
    return [
        f"{module}-simple-new" if port >= 1000 and module in ("http", "https") else module
        for module, port in zip(modules, banners.port.tolist(), strict=True)
    ]


def _networks(banners: Banners) -> tuple[list[int], list[int]]:
    """AS number, and number in the network's name."""
    network = banners.view.sites.locations.network[banners.view.devices.site[banners.device]]
    return banners.view.world.places.asns[network].tolist(), (network % NETWORK_NAMES).tolist()


def _uuid(high: int, low: int) -> str:
    text = f"{high:016x}{low:016x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _addresses(banners: Banners) -> list[str]:
    return [
        f'"ip_str":"{host}","ipv6":"{host}"' if high else f'"ip":{low},"ip_str":"{host}"'
        for high, low, host in zip(banners.high.tolist(), banners.low.tolist(), banners.rows.host, strict=True)
    ]


def _countries(banners: Banners) -> list[str | None]:
    """Return the engine's country: mostly the true one, sometimes another, now and then none."""
    view, engine, world = banners.view, banners.engine, banners.view.world
    number, chance, value = view.devices.number[banners.device], world.chance, world.engines[engine].number
    wrong = chance.choice(f"{engine} elsewhere", np.sqrt(world.places.weights), number)
    home = view.sites.locations.country[view.devices.site[banners.device]]
    is_right = chance.uniform(f"{engine} country", number, view.year) < value("country_right")
    is_missing = chance.uniform(f"{engine} no country", number, view.year) < value("no_country")
    country = np.where(is_missing, -1, np.where(is_right, home, wrong))
    return [country_codes()[n] if n >= 0 else None for n in country.tolist()]


def _regions(banners: Banners) -> list[int]:
    """Return the number of the region that each site is in."""
    view = banners.view
    site = view.sites.number[view.devices.site[banners.device]]
    regions: list[int] = view.world.chance.integers("region", REGIONS, site).tolist()
    return regions


@cache
def location(code: str | None, region: int) -> str:
    """Return the block `location` of a region of a country; its city is made up."""
    name = load_countries()[code].name if code else None
    return json.dumps({
        "city": f"{name} City {region + 1}" if name else None, "region_code": f"{region + 1:02d}" if name else None,
        "area_code": None, "country_code": code, "country_name": name, "latitude": 0.0, "longitude": 0.0,
    })  # fmt: skip
