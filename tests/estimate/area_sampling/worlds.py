"""A world for samples: banners of two makers' cameras over the whole address space, as unevenly as they really lie."""

import ipaddress
import random
from pathlib import Path

from camcensus.geolocate.database import open_locator
from camcensus.raw.address_blocks import Block, Frame
from tests.conftest import Banner, banner

LENGTH = 8
FRAME = Frame(LENGTH)
STUDY = """title = "T"
vendors = ["Hikvision", "TVT"]
simulated = true
[collect]
queries = ["hikvision.query.product", "tvt.query.product"]
rate = 0
budget = 10000
depth = 1
[collect.sample]
blocks = {blocks}
prefix_length = 8
seed = {seed}
"""


def study(folder: Path, blocks: int, seed: int = 1) -> Path:
    """A study of both makers that samples so many blocks."""
    path = folder / "study.toml"
    path.write_text(STUDY.format(blocks=blocks, seed=seed))
    return path


def cameras(seed: int, share: float = 0.7) -> list[Banner]:
    """In so many of the blocks cameras: in most a few, in some hundreds close together; one maker at an address, on one
    port or two. The engine places most of them where the country database does, some nowhere."""
    dice = random.Random(seed)
    hosts = []
    for place in range(FRAME.size):
        if dice.random() < share:
            first = int(FRAME.block(place).network_address)
            hosts += [first + dice.randrange(1 << 24) for _ in range(int(dice.lognormvariate(1.5, 1.2)) + 1)]
            if dice.random() < 0.04:
                hosts += [first + dice.randrange(1 << 12) for _ in range(200)]
    public = sorted(str(a) for a in map(ipaddress.IPv4Address, set(hosts)) if a.is_global)
    countries = open_locator().countries(public)
    return [b for host, code in zip(public, countries, strict=True) for b in _host(host, code, dice)]


def _host(address: str, country: str, dice: random.Random) -> list[Banner]:
    place = {"country_code": country if dice.random() < 0.95 else None}
    same = {"ip_str": address, "ip": int(ipaddress.ip_address(address)), "location": place}
    if dice.random() < 0.3:
        return [
            banner(**same, product="Cross Web Server", data=TVT, http={"status": 200, "server": "Cross Web Server"})
        ]
    return [banner(**same, port=port) for port in ((80, 8000) if dice.random() < 0.4 else (80,))]


TVT = "HTTP/1.1 200 OK\r\nServer: Cross Web Server\r\n\r\n"


def block_of(found: Banner) -> Block:
    """The block that a banner lies in."""
    return Block((found["ip_str"], 32)).supernet(new_prefix=LENGTH)
