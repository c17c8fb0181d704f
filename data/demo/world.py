"""The made-up world behind the demo: devices with an address of their own, which come, stay, move and go.

What they are and say stands in products.toml.
"""

import hashlib
import ipaddress
import random
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from camcensus.geolocate.database import open_locator

SIZES = {2024: 1680, 2025: 1800, 2026: 1900}  # devices and servers in each year
PERSONAL = "PERSONAL-MARKER"  # stands in every field that a person would fill in; ingest must drop it
HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=1>', '=HYPERLINK("x")')


@dataclass(frozen=True)
class Product:
    """A kind of device; products.toml says what each field means."""

    share: list[float]
    models: list[str]
    firmware: list[str]
    ports: list[str]
    maker: str | None = None
    kind: str | None = None
    server: str = ""
    title: str = ""
    realm: str = ""
    auth: str = "Basic"
    page: str = "login"
    rtsp: str = ""
    subject: str = ""
    issuer: str = ""
    block: str = ""
    engine: str = ""
    cpe: str = ""
    tags: str = ""
    favicon: int = 0
    identity: bool = False
    upnp: dict[str, str] = field(default_factory=dict)
    text: dict[str, str] = field(default_factory=dict)


with (Path(__file__).parent / "products.toml").open("rb") as _file:
    _TABLES = tomllib.load(_file)
COUNTRIES: dict[str, int] = {code: int(weight) for weight, codes in _TABLES["countries"].items() for code in codes}
PAGES: dict[str, str] = {n: Template(page).safe_substitute(_TABLES["parts"]) for n, page in _TABLES["pages"].items()}
BLOCKS: dict[str, dict[str, Any]] = _TABLES["blocks"]
PRODUCTS = [Product(**table) for table in _TABLES["product"]]


@dataclass(frozen=True)
class Device:
    """A device or server of the made-up world. `before`: the address it left within the snapshot."""

    product: Product
    country: str
    host: str
    ports: tuple[int, ...]
    model: str
    firmware: str
    number: int
    before: str | None = None

    @property
    def words(self) -> dict[str, str]:
        """What stands for the `$names` in the product's texts. 02:00:5E..: no maker's, since locally administered."""
        mac = f"02005E{self.number:06X}"
        return {
            "model": self.model, "fw": self.firmware, "bare": mac.lower(), "BARE": mac, "host": self.host,
            "mac": ":".join(mac[i : i + 2] for i in range(0, 12, 2)),
            "dashed": "-".join(mac[i : i + 2] for i in range(0, 12, 2)),
            "serial": f"{self.number % 9}SYN{self.number:04X}PAA{self.number:05d}",
            "token": hashlib.sha256(mac.encode()).hexdigest()[:32],
            "PERSONAL": PERSONAL,
        }  # fmt: skip

    def fill(self, value: Any) -> Any:
        """The value with its `$names` filled in, through lists and dicts."""
        if isinstance(value, str):
            return Template(value).safe_substitute(self.words)
        if isinstance(value, dict):
            return {self.fill(k): self.fill(v) for k, v in value.items()}
        return [self.fill(v) for v in value] if isinstance(value, list) else value


@dataclass
class Addresses:
    """Gives each device an address of its own in a wanted country."""

    chance: random.Random
    taken: set[str] = field(default_factory=set)
    spare: dict[str, list[str]] = field(default_factory=dict)
    blocks: dict[tuple[str, int], list[tuple[int, int]]] = field(default_factory=dict)

    def take(self, country: str) -> str:
        """IPv6 for three in a hundred, else the end of a /24 that may have been begun."""
        if country == "ZZ":
            return self._fresh(lambda: ipaddress.IPv4Address(f"192.168.{self.chance.randrange(256)}.0"))
        if self.chance.random() < 0.03 and self._blocks(country, 6):
            return self._fresh(lambda: ipaddress.IPv6Address(self._block(country, 6) << 64))
        begun = self.spare.setdefault(country, [])
        if begun and self.chance.random() < 0.2:
            return begun.pop()
        host = self._fresh(lambda: ipaddress.IPv4Address(self._block(country, 4) << 8))
        begun.append(host.rpartition(".")[0] + ".255")
        return host

    def _fresh(self, draw: Callable[[], ipaddress.IPv4Address | ipaddress.IPv6Address]) -> str:
        while (host := draw()).exploded in self.taken or not (host.is_global or host.exploded.startswith("192.168.")):
            pass
        self.taken.add(host.exploded)
        return str(host)

    def _block(self, country: str, version: int) -> int:
        first, end = self.chance.choice(self._blocks(country, version))
        return self.chance.randrange(first, end)

    def _blocks(self, country: str, version: int) -> list[tuple[int, int]]:
        """The country's ranges as half-open runs of /24 (IPv4) or of /64 under 2001::/16 (IPv6)."""
        if (country, version) not in self.blocks:
            ranges = open_locator().v4 if version == 4 else open_locator().v6
            shift = 8 if version == 4 else 64
            runs = []
            for at in np.flatnonzero(ranges.codes[:-1] == country).tolist():
                edges = ranges.starts[at : at + 2].tolist()
                first, end = (s if isinstance(s, int) else int.from_bytes(s[:16]) for s in edges)
                run = (-(-first >> shift), end >> shift)
                if run[0] < run[1] and (version == 4 or first >> 112 == 0x2001):
                    runs.append(run)
            self.blocks[country, version] = runs
        return self.blocks[country, version]


@dataclass
class World:
    """All devices, which come, stay, move and go."""

    chance: random.Random
    addresses: Addresses
    devices: list[Device] = field(default_factory=list)
    made: int = 0

    def live(self, year: int) -> None:
        """A year: one in five goes, one in four of the rest moves, some get other firmware, new ones come."""
        stayed = [d for d in self.devices if self.chance.random() < 0.8]
        self.devices = [self._aged(replace(d, before=None)) for d in stayed]
        while len(self.devices) < SIZES[year]:
            self._arrive(year)
        # Some take a new address within the snapshot; only an identity in the banners can show that.
        for n in self.chance.sample(range(len(self.devices)), 90):
            here = self.devices[n]
            if here.product.identity:
                self.devices[n] = replace(here, before=here.host, host=self.addresses.take(here.country))

    def _aged(self, device: Device) -> Device:
        if self.chance.random() < 0.25:
            device = replace(device, host=self.addresses.take(device.country))
        if self.chance.random() < 0.15:
            device = replace(device, firmware=self.chance.choice(device.product.firmware))
        return device

    def _arrive(self, year: int) -> None:
        country = self.chance.choices(list(COUNTRIES), list(COUNTRIES.values()))[0]
        host = self.addresses.take(country)
        first = self._device(year, country, host)
        self.devices.append(first)
        if first.product.maker and self.chance.random() < 0.03:  # a site with several devices behind one address
            for n in range(self.chance.randrange(1, 4)):
                self.devices.append(replace(self._device(year, country, host, camera=True), ports=(8001 + n,)))

    def _device(self, year: int, country: str, host: str, camera: bool = False) -> Device:
        some = [p for p in PRODUCTS if not camera or (p.maker and p.ports[0].startswith("80"))]
        later = (year - 2024) / 2
        product = self.chance.choices(some, [p.share[0] + (p.share[1] - p.share[0]) * later for p in some])[0]
        groups = [g for g in product.ports if not g.endswith("?") or self.chance.random() < 0.35]
        ports = [int(self.chance.choice(group.rstrip("?").split(","))) for group in groups]
        model = self.chance.choice(product.models)
        if product.maker and self.chance.random() < 0.006:
            model += " " + self.chance.choice(HOSTILE)
        self.made += 1
        firmware = self.chance.choice(product.firmware)
        return Device(product, country, host, tuple(dict.fromkeys(ports)), model, firmware, self.made)
