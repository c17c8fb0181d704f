"""A world for samples: banners of two makers' cameras over the whole address space, as unevenly as they really lie."""

import ipaddress
import random
from pathlib import Path

from pipeline.collect.blocks import Block, Frame
from tests.conftest import Banner, banner

LENGTH = 10
FRAME = Frame(LENGTH)
QUERIES = ("hikvision.query.product", "dahua.query.title-web-service")
COUNTRIES = ("GB", "NL", "NL", "DE", None)
STUDY = """title = "T"
vendors = ["Hikvision", "Dahua"]
simulated = true
[collect]
queries = ["hikvision.query.product", "dahua.query.title-web-service"]
rate = 0
budget = 10000
depth = 1
[collect.sample]
blocks = {blocks}
prefix_length = 10
seed = {seed}
"""
DAHUA = {"status": 200, "title": "WEB SERVICE", "html": "<title>WEB SERVICE</title>", "server": "Dahua"}


def study(folder: Path, blocks: int, seed: int = 1) -> Path:
    """A study of both makers that samples so many blocks."""
    path = folder / "study.toml"
    path.write_text(STUDY.format(blocks=blocks, seed=seed))
    return path


def cameras(seed: int, share: float = 0.4, most: float = 1.3) -> list[Banner]:
    """In so many of the blocks cameras, in most a few, in some hundreds; one maker per address, one or two ports."""
    dice = random.Random(seed)
    found = []
    for place in range(FRAME.size):
        if dice.random() >= share:
            continue
        block, country = FRAME.block(place), dice.choice(COUNTRIES)
        for offset in dice.sample(range(1 << 20), int(dice.lognormvariate(0.7, most)) + 1):
            address = block.network_address + offset
            found += _host(str(address), country, dice) if address.is_global else []
    return found


def _host(address: str, country: str | None, dice: random.Random) -> list[Banner]:
    same = {"ip_str": address, "ip": int(ipaddress.ip_address(address)), "location": {"country_code": country}}
    if dice.random() < 0.3:
        return [banner(product="Dahua", http=DAHUA, data="HTTP/1.1 200 OK\r\n\r\n", **same)]
    return [banner(port=port, **same) for port in ((80, 8000) if dice.random() < 0.4 else (80,))]


def block_of(found: Banner) -> Block:
    """The block that a banner lies in."""
    return Block((found["ip_str"], 32)).supernet(new_prefix=LENGTH)
