"""The products of the synthetic Internet, and how likely each is at a place and time."""

import functools
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from camcensus.core.resources import bundled
from camcensus.validation.simulate.chance import Floats, Ints
from camcensus.validation.simulate.parameters import Parameters

FOLDER = "data/simulate"
FILES = ("products.toml", "tail.toml")
REGIONS = ("Africa", "Americas", "Antarctica", "Asia", "Europe", "Oceania")
YEARS_BACK = 8  # shares and models of devices older than this are taken as that old


@dataclass(frozen=True)
class Service:
    """A kind of port that a product answers on: which ports, and how likely it can be reached."""

    kind: str
    ports: tuple[int, ...]
    chance: float


@dataclass(frozen=True, eq=False)
class Product:
    """A product; data/simulate/products.toml says what each field means. `number` is its place in the list."""

    number: int
    group: str
    share: float
    trend: float
    models: tuple[str, ...]
    since: tuple[int, ...]
    firmware: tuple[str, ...]
    firmware_since: tuple[int, ...]
    services: tuple[Service, ...]
    maker: str | None = None
    brand: str | None = None
    type: str | None = None
    pool: str = "main"
    decoy: str | None = None
    names: frozenset[str] = frozenset()
    tells: frozenset[str] = frozenset()
    shared_certificate: bool = False
    pieces: dict[str, Any] = field(default_factory=dict)

    def piece(self, name: str) -> str:
        """A piece of what it says, empty where it says nothing."""
        return str(self.pieces.get(name, ""))


@functools.cache
def load_products() -> list[Product]:
    """Every product, in order. Shared: do not change it."""
    tables = [
        t for name in FILES for t in tomllib.loads((bundled(FOLDER) / name).read_text(encoding="utf-8"))["product"]
    ]
    return [_product(number, table) for number, table in enumerate(tables)]


def _product(number: int, table: dict[str, Any]) -> Product:
    models, firmware = _dated(table["models"]), _dated(table["firmware"])
    known = {
        "models", "class", "share", "trend", "firmware", "ports", "maker", "type", "pool", "decoy", "names", "tells",
        "cert",
    }  # fmt: skip
    return Product(
        number=number,
        group=table["class"],
        share=float(table["share"]),
        trend=float(table.get("trend", 0.0)),
        models=tuple(model for _, model in models),
        since=tuple(year for year, _ in models),
        firmware=tuple(text for _, text in firmware),
        firmware_since=tuple(year for year, _ in firmware),
        services=tuple(_service(text) for text in table["ports"]),
        maker=table.get("maker"),
        brand=table.get("brand", table.get("maker")),
        type=table.get("type"),
        pool=table.get("pool", "main"),
        decoy=table.get("decoy"),
        names=frozenset(table.get("names", ())),
        tells=frozenset(table.get("tells", ())),
        shared_certificate=table.get("cert") == "shared",
        pieces={key: value for key, value in table.items() if key not in known},
    )


def _dated(texts: list[str]) -> list[tuple[int, str]]:
    """Pairs of year and name, oldest first; `name@year` is sold from that year on, a plain name always was."""
    found = [re.fullmatch(r"(.*?)(?:@(\d{4}))?", text, re.DOTALL) for text in texts]
    return sorted(((int(m[2] or 0), m[1]) for m in found if m), key=lambda pair: pair[0])


def _service(text: str) -> Service:
    kind, ports, *chance = text.split()
    return Service(kind, tuple(int(p) for p in ports.split(",")), float(chance[0]) if chance else 1.0)


@dataclass(frozen=True)
class Market:
    """Which products devices are of: weights by class, region and year."""

    products: Sequence[Product]
    parameters: Parameters

    @cached_property
    def cameras(self) -> Floats:
        """Cumulative shares of products among new camera devices: region x years back x product."""
        pools = self.parameters.section("strings")
        rest = 1.0 - pools["unknown_makers"] - pools["long_tail"]
        pool = {"unknown": pools["unknown_makers"], "tail": pools["long_tail"], "main": rest}
        mine = [p if p.group == "camera" else None for p in self.products]
        found = np.zeros((len(REGIONS), YEARS_BACK + 1, len(self.products)))
        regions = self.parameters.section("regions")
        for r, region in enumerate(REGIONS):
            for back in range(YEARS_BACK + 1):
                weights = np.array([
                    p.share * np.exp(-p.trend * back) * regions.get(p.maker or "", {}).get(region, 1.0) if p else 0.0
                    for p in mine
                ])  # fmt: skip
                for name, share in pool.items():
                    inside = np.array([bool(p and p.pool == name) for p in mine])
                    found[r, back, inside] = share * weights[inside] / weights[inside].sum()
        return np.asarray(np.cumsum(found, axis=2) / found.sum(axis=2, keepdims=True), np.float64)

    @cached_property
    def free(self) -> Floats:
        """The same without the banned makers."""
        banned = set(self.parameters.values["bans.makers"])
        shares = np.diff(self.cameras, axis=2, prepend=0.0)
        shares[:, :, [p.maker in banned for p in self.products]] = 0.0
        return np.asarray(np.cumsum(shares, axis=2) / shares.sum(axis=2, keepdims=True), np.float64)

    def firmware_released(self, year: Ints, product: Ints) -> Ints:
        """How many firmware versions of each product there were in a year."""
        since = np.full((len(self.products), max(len(p.firmware) for p in self.products)), np.iinfo(np.int64).max)
        for p in self.products:
            since[p.number, : len(p.firmware)] = p.firmware_since
        found: Ints = (since[product] <= year[:, None]).sum(axis=1)
        return found

    def group(self, name: str) -> tuple[Ints, Floats]:
        """The products of a class, with their shares."""
        mine = [p for p in self.products if p.group == name]
        return np.array([p.number for p in mine], np.int64), np.array([p.share for p in mine])

    @cached_property
    def siblings(self) -> dict[int, Ints]:
        """For each camera product, the camera-type products of the same maker (or itself)."""
        found = {}
        for p in self.products:
            same = [q.number for q in self.products if q.group == "camera" and q.maker == p.maker and q.maker]
            cameras = [n for n in same if self.products[n].type == "camera"]
            found[p.number] = np.array(cameras or same or [p.number], np.int64)
        return found


def folder() -> Path:
    """Where the texts of the synthetic Internet lie."""
    return bundled(FOLDER)
