"""Products of the synthetic Internet, and how likely each is at a place and time."""

import functools
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from typing import Any

import numpy as np

from camcensus.core.resources import bundled
from camcensus.validation.simulate.chance import Floats, Ints
from camcensus.validation.simulate.parameters import Parameters

FOLDER = "data/simulate"
FILES = ("products.toml", "tail.toml", "uncatalogued.toml")
UNKNOWN = ("maker", "model", "answer")  # what the catalogue does not know of a product
REGIONS = ("Africa", "Americas", "Antarctica", "Asia", "Europe", "Oceania")
# The port of the n-th further device behind one address, by kind of service: the first one has the usual port.
FORWARDED = {"web": 8080, "https": 8443, "rtsp": 8553}
YEARS_BACK = 8  # older devices have the shares and models of this age
_PARSED = {
    "models", "class", "share", "trend", "firmware", "ports", "maker", "type", "pool", "decoy", "names", "tells",
    "cert", "cards", "unknown", "like",
}  # fmt: skip


@dataclass(frozen=True)
class Service:
    """A kind of port that a product answers on: the ports, and the chance that it can be reached."""

    kind: str
    ports: tuple[int, ...]
    chance: float


@dataclass(frozen=True, eq=False)
class Product:
    """A product; data/simulate/products.toml explains each field. `number` is its place in the list.

    `cards`: prefixes of its MAC addresses, as numbers. `unknown`: what the catalogue does not know of it (`UNKNOWN`).
    """

    number: int
    group: str
    share: float
    trend: float
    models: tuple[str, ...]
    models_since: tuple[int, ...]
    firmware: tuple[str, ...]
    firmware_since: tuple[int, ...]
    services: tuple[Service, ...]
    maker: str | None = None
    brand: str | None = None
    type: str | None = None
    pool: str = "main"
    decoy: str | None = None
    unknown: str | None = None
    names: frozenset[str] = frozenset()
    tells: frozenset[str] = frozenset()
    shared_certificate: bool = False
    cards: tuple[int, ...] = ()
    pieces: dict[str, Any] = field(default_factory=dict)

    def piece(self, name: str) -> str:
        """Return a piece of its text, empty if it has none."""
        return str(self.pieces.get(name, ""))


@functools.cache
def load_products() -> list[Product]:
    """Return every product, in order. Shared: do not change it."""
    texts = ((bundled(FOLDER) / name).read_text(encoding="utf-8") for name in FILES)
    tables = [table for text in texts for table in tomllib.loads(text)["product"]]
    return [_product(number, _with_base(table, tables)) for number, table in enumerate(tables)]


def _with_base(table: dict[str, Any], tables: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a product's table on top of the first one of the maker and type that it is `like`."""
    if "like" not in table:
        return table
    return {**next(base for base in tables if [base.get("maker"), base.get("type")] == table["like"]), **table}


def _product(number: int, table: dict[str, Any]) -> Product:
    models, firmware = _dated(table["models"]), _dated(table["firmware"])
    return Product(
        number=number,
        group=table["class"],
        share=float(table["share"]),
        trend=float(table.get("trend", 0.0)),
        models=tuple(model for _, model in models),
        models_since=tuple(year for year, _ in models),
        firmware=tuple(text for _, text in firmware),
        firmware_since=tuple(year for year, _ in firmware),
        services=tuple(_service(text) for text in table["ports"]),
        maker=table.get("maker"),
        brand=table.get("brand", table.get("maker")),
        type=table.get("type"),
        pool="uncatalogued" if "unknown" in table else table.get("pool", "main"),
        decoy=table.get("decoy"),
        unknown=table.get("unknown"),
        names=frozenset(table.get("names", ())),
        tells=frozenset(table.get("tells", ())),
        shared_certificate=table.get("cert") == "shared",
        cards=tuple(int(prefix, 16) for prefix in table.get("cards", ())),
        pieces={key: value for key, value in table.items() if key not in _PARSED},
    )


def _dated(texts: list[str]) -> list[tuple[int, str]]:
    """Return pairs of year and name, oldest first: `name@year` exists from that year on, a plain name always did."""
    found = [re.fullmatch(r"(.*?)(?:@(\d{4}))?", text, re.DOTALL) for text in texts]
    return sorted(((int(m[2] or 0), m[1]) for m in found if m), key=lambda pair: pair[0])


def _service(text: str) -> Service:
    kind, ports, *chance = text.split()
    return Service(kind, tuple(int(p) for p in ports.split(",")), float(chance[0]) if chance else 1.0)


@dataclass(frozen=True)
class ServiceTable:
    """Services of products: product x service. `ports` has the offered ones on a third axis, 0 behind the last."""

    ports: Ints
    offered: Ints
    chance: Floats
    forwarded: Ints


@dataclass(frozen=True)
class Market:
    """Weights of products by class, region and year."""

    products: list[Product]
    parameters: Parameters

    @cached_property
    def services(self) -> ServiceTable:
        """Return the services of all products."""
        most = max(len(p.services) for p in self.products)
        ports = np.zeros((len(self.products), most, max(len(s.ports) for p in self.products for s in p.services)), int)
        chance, forwarded = np.zeros(ports.shape[:2]), np.zeros(ports.shape[:2], int)
        for p in self.products:
            for n, service in enumerate(p.services):
                ports[p.number, n, : len(service.ports)] = service.ports
                chance[p.number, n] = service.chance
                forwarded[p.number, n] = FORWARDED.get(service.kind, service.ports[0])
        return ServiceTable(ports, (ports > 0).sum(axis=2), chance, forwarded)

    @cached_property
    def cameras(self) -> Floats:
        """Return cumulative shares of products among new camera devices: region x years back x product."""
        mine = [p if p.group == "camera" else None for p in self.products]
        found = np.zeros((len(REGIONS), YEARS_BACK + 1, len(self.products)))
        regions = self.parameters.section("regions")
        for r, region in enumerate(REGIONS):
            for back in range(YEARS_BACK + 1):
                weights = np.array([
                    p.share * np.exp(-p.trend * back) * regions.get(p.maker or "", {}).get(region, 1.0) if p else 0.0
                    for p in mine
                ])  # fmt: skip
                for name, share in self._pools.items():
                    inside = np.array([bool(p and p.pool == name) for p in mine])
                    found[r, back, inside] = share * weights[inside] / weights[inside].sum()
        return np.asarray(np.cumsum(found, axis=2) / found.sum(axis=2, keepdims=True), np.float64)

    @cached_property
    def shares(self) -> Floats:
        """Return the share of each product among new camera devices of the last year, whatever the region."""
        found = np.array([p.share if p.group == "camera" else 0.0 for p in self.products])
        for name, share in self._pools.items():
            inside = np.array([p.group == "camera" and p.pool == name for p in self.products])
            found[inside] *= share / found[inside].sum()
        return found

    @cached_property
    def _pools(self) -> dict[str, float]:
        """Return the share of each pool of products among camera devices."""
        strings = self.parameters.section("strings")
        few = {"uncatalogued": strings["uncatalogued"], "tail": strings["long_tail"]}
        return {**few, "main": 1.0 - sum(few.values())}

    @cached_property
    def without_banned(self) -> Floats:
        """Return `cameras` without the banned makers."""
        banned = set(self.parameters.values["bans.makers"])
        shares = np.diff(self.cameras, axis=2, prepend=0.0)
        shares[:, :, [p.maker in banned for p in self.products]] = 0.0
        return np.asarray(np.cumsum(shares, axis=2) / shares.sum(axis=2, keepdims=True), np.float64)

    def models_known(self, year: Ints, product: Ints) -> Ints:
        """Return how many models of each product were sold by a year."""
        return np.asarray((self._models_since[product] <= year[:, None]).sum(axis=1), np.int64)

    def firmware_known(self, year: Ints, product: Ints) -> Ints:
        """Return how many firmware versions of each product were released by a year."""
        return np.asarray((self._firmware_since[product] <= year[:, None]).sum(axis=1), np.int64)

    def group(self, name: str) -> tuple[Ints, Floats]:
        """Return the products of a class, with their shares."""
        mine = [p for p in self.products if p.group == name]
        return np.array([p.number for p in mine], np.int64), np.array([p.share for p in mine])

    @cached_property
    def siblings(self) -> list[list[int]]:
        """Return for each product the camera-type products of the same maker, as well known as it, or itself."""
        found = []
        for p in self.products:
            same = [
                q for q in self.products if q.group == "camera" and q.maker and (q.maker, q.pool) == (p.maker, p.pool)
            ]
            cameras = [q for q in same if q.type == "camera"]
            found.append([q.number for q in cameras or same or [p]])
        return found

    @cached_property
    def _models_since(self) -> Ints:
        return padded([p.models_since for p in self.products], np.iinfo(np.int64).max)

    @cached_property
    def _firmware_since(self) -> Ints:
        return padded([p.firmware_since for p in self.products], np.iinfo(np.int64).max)


def padded(rows: Sequence[Sequence[int]], rest: int = 0) -> Ints:
    """Return rows of unequal length as a table; `rest` fills the shorter ones."""
    return np.array(list(zip_longest(*rows, fillvalue=rest)), np.int64).T
