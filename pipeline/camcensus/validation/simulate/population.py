"""Sites of the synthetic Internet, which come and go over the years, and the devices at each.

A site is an Internet connection with cameras, with something that looks like one, or with a decoy. What it is, and for
how long, depends on its number alone.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from camcensus.validation.simulate.chance import Bits, Chance, Flags, Floats, Ints
from camcensus.validation.simulate.parameters import Parameters
from camcensus.validation.simulate.places import Locations, Places, space
from camcensus.validation.simulate.products import YEARS_BACK, Market, padded

GROUPS = ("camera", "other", "decoy")
CAMERA, OTHER, DECOY = range(3)
DECOYS = (
    "tagged", "fixed-page", "fixed-mac", "fixed-build", "fixed-udn", "fake-rtsp", "everything", "many-makers", "fleet",
    "cloned", "quiet",
)  # fmt: skip
VARIANTS = ("plain", "hidden", "retitled", "reskinned")
SLOTS = 64  # device numbers of a site
MAKERS = 4  # devices of a decoy that poses as several makers


@dataclass(frozen=True)
class Sites:
    """Sites by column. `born` and `gone` in years, 0 is the last snapshot; `decoy`: index of DECOYS, -1: none.

    Sites with the same `fleet` share a /24 (-1: none); sites with the same `clone` share their serial numbers (others
    have their own number there).
    """

    number: Ints
    group: Ints
    born: Floats
    gone: Floats
    decoy: Ints
    fleet: Ints
    clone: Ints
    carrier: Floats
    locations: Locations


@dataclass(frozen=True)
class Devices:
    """Devices by column.

    `site`: row of the site; `slot`: number within the site; `key`: source of serial number and MAC address.
    """

    site: Ints
    slot: Ints
    number: Ints
    installed: Ints
    product: Ints
    model: Ints
    variant: Ints
    key: Bits
    gone: Floats
    hidden: Flags


@dataclass(frozen=True)
class Population:
    """All sites of a world. `years`: from the first snapshot to the last; `devices`: about how many at the last."""

    parameters: Parameters
    chance: Chance
    places: Places
    market: Market
    years: int
    devices: int

    @cached_property
    def n_sites(self) -> int:
        """Return how many sites ever exist, for about the wanted number of devices at the last snapshot."""
        chances = np.array(self.parameters.numbers("sites.devices"))
        cameras = float((chances * np.arange(1, len(chances) + 1)).sum() / chances.sum())
        lasting = self._group_shares / np.array([self._ever(g) for g in self._group_growth])
        alone = 1.0 - self.parameters.number("decoys.everything")
        decoys = alone + (1.0 - alone) * self.parameters.number("decoys.services")
        each = float((lasting * np.array([cameras, 1.0, decoys])).sum() / self._group_shares.sum())
        return max(1, round(self.devices / each))

    @cached_property
    def _group_growth(self) -> Floats:
        mean = float(np.average(self.places.growth, weights=self.places.weights))
        value = self.parameters.number
        return np.array([mean, value("sites.other_growth"), value("sites.decoy_growth")])

    @cached_property
    def _group_shares(self) -> Floats:
        """Shares of groups among all sites that ever exist."""
        last = np.array([self.parameters.number(f"sites.{group}") for group in GROUPS])
        return np.asarray(last * np.array([self._ever(g) for g in self._group_growth]), np.float64)

    def _ever(self, growth: float) -> float:
        """Sites that ever exist, per site at the last snapshot."""
        life = self.parameters.number("sites.lifetime")
        arrivals = max(0.0, 1.0 / life + growth)
        born = arrivals * (np.expm1(growth * self.years) / growth if growth else self.years)
        return float((1.0 + born) / np.exp(growth * self.years))

    def sites(self, first: int, end: int) -> Sites:
        """Return the sites of these numbers."""
        draw, value = self.chance, self.parameters.number
        site = np.arange(first, end, dtype=np.int64)
        group = draw.choice("group", self._group_shares, site)
        country = self._countries(site, group)
        growth = np.where(group == CAMERA, self.places.growth[country], self._group_growth[group])
        born, gone = self._life(site, growth)
        kinds = draw.choice("decoy", np.array([value(f"decoys.{kind}") for kind in DECOYS]), site)
        decoy = np.where(group == DECOY, kinds, -1)
        expected = self.n_sites * self._group_shares[DECOY] / self._group_shares.sum()
        fleets = max(1, round(expected * value("decoys.fleet") / value("decoys.fleet_size")))
        clones = max(1, round(expected * value("decoys.cloned") / value("decoys.clones")))
        fleet = np.where(decoy == DECOYS.index("fleet"), draw.integers("fleet", fleets, site), -1)
        clone = np.where(decoy == DECOYS.index("cloned"), -1 - draw.integers("clone", clones, site), site)
        # All of a fleet are in one network of one country.
        home = np.where(fleet >= 0, draw.choice("fleet country", self.places.weights, fleet), country)
        locations = self.places.locate(np.where(fleet >= 0, -1 - fleet, site), home, group == DECOY)
        return Sites(site, group, born, gone, decoy, fleet, clone, draw.uniform("carrier", site), locations)

    def _countries(self, site: Ints, group: Ints) -> Ints:
        """Cameras by the countries' weights, so that these apply at the last snapshot; decoys by address space."""
        ever = np.array([self._ever(g) for g in self.places.growth])
        cameras = self.chance.choice("country", self.places.weights * ever, site)
        blocks = np.where(self.places.weights > 0, space(4).total, 0).astype(np.float64)
        return np.where(group == DECOY, self.chance.choice("country of decoy", blocks, site), cameras)

    def _life(self, site: Ints, growth: Floats) -> tuple[Floats, Floats]:
        """When each comes and goes. The first snapshot has as many as grow into the last one's number."""
        draw, life, years = self.chance, self.parameters.number("sites.lifetime"), float(self.years)
        slope = np.where(np.abs(growth) < 1e-9, 1e-9, growth)
        arrivals = np.maximum(0.0, 1.0 / life + slope) * np.expm1(slope * years) / slope
        early = draw.uniform("early", site) * (1.0 + arrivals) < 1.0
        later = np.log1p(draw.uniform("born", site) * np.expm1(slope * years)) / slope - years
        age = -life * np.log1p(-draw.uniform("age", site))
        left = -life * np.log1p(-draw.uniform("left", site))
        born = np.where(early, -years - age, later)
        return born, np.where(early, -years, born) + left

    def devices_of(self, sites: Sites) -> Devices:
        """Return all devices that ever exist at these sites."""
        row, slot = self._slots(sites)
        number = sites.number[row] * SLOTS + slot
        back = np.clip(-np.floor(sites.born[row]), 0, YEARS_BACK).astype(np.int64)
        product = self._products(sites, row, slot, number, back)
        draw, strings = self.chance, self.parameters.section("strings")
        chances = np.array([0.0, strings["hidden"], strings["retitled"], strings["reskinned"]])
        chances[0] = 1.0 - chances.sum()
        is_camera = sites.group[row] == CAMERA
        variant = np.where(is_camera, draw.choice("variant", chances, number), 0)
        hidden = is_camera & (draw.uniform("hidden", number) < self.parameters.number("sites.hidden"))
        clone = sites.clone[row]
        key = draw.bits("key", np.where(clone < 0, clone, number))
        installed = self._last - back
        model = draw.integers("model", np.maximum(self.market.models_known(installed, product), 1), number)
        gone = self._gone(sites, row, number, product)
        return Devices(row, slot, number, installed, product, model, variant, key, gone, hidden)

    def _slots(self, sites: Sites) -> tuple[Ints, Ints]:
        """Return the row of its site and the number within it, for each device."""
        chances = np.array(self.parameters.numbers("sites.devices"))
        count = np.where(sites.group == CAMERA, 1 + self.chance.choice("devices", chances, sites.number), 1)
        count = np.where(sites.decoy == DECOYS.index("many-makers"), MAKERS, count)
        services = int(self.parameters.number("decoys.services"))
        count = np.where(sites.decoy == DECOYS.index("everything"), services, count)
        row = np.repeat(np.arange(len(count)), count)
        return row, np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)

    def _products(self, sites: Sites, row: Ints, slot: Ints, number: Ints, back: Ints) -> Ints:
        country, group, decoy = sites.locations.country[row], sites.group[row], sites.decoy[row]
        product = self._cameras(number, country, sites.born[row], back)
        several = np.bincount(row, minlength=len(sites.number))[row] > 1
        product = np.where((group == CAMERA) & several, self._together(sites, row, slot, product), product)
        others, shares = self.market.group("other")
        anything = others[self.chance.choice("other", shares, number)]
        mixed = (decoy == DECOYS.index("everything")) & (self.chance.uniform("mixed", number) < 0.5)
        product = np.where((group == OTHER) | mixed, anything, product)
        for kind, at in self._decoy_products.items():
            product = np.where(decoy == DECOYS.index(kind), at, product)
        return product

    def _cameras(self, number: Ints, country: Ints, born: Floats, back: Ints) -> Ints:
        """Return a camera product for each device by its country and year; none of a banned maker after the ban."""
        region, drawn = self.places.region[country], self.chance.uniform("product", number)
        found = np.empty(len(number), np.int64)
        banned = born + self._last >= self.places.banned_from[country]
        cell = (region * (YEARS_BACK + 1) + back) * 2 + banned
        for each in np.unique(cell).tolist():
            table = self.market.without_banned if each % 2 else self.market.cameras
            edges = table[each // 2 // (YEARS_BACK + 1), each // 2 % (YEARS_BACK + 1)]
            mine = cell == each
            found[mine] = np.minimum(np.searchsorted(edges, drawn[mine], side="right"), len(edges) - 1)
        return found

    def _together(self, sites: Sites, row: Ints, slot: Ints, product: Ints) -> Ints:
        """Products of a site with several devices: perhaps a recorder first, mostly of one maker."""
        draw, value, site = self.chance, self.parameters.number, sites.number[row]
        recorders = np.array([p.type == "recorder" and p.pool != "tail" for p in self.market.products])
        first = (slot == 0) & (draw.uniform("recorder", site) < value("sites.recorder_first"))
        product = np.where(first, draw.choice("which recorder", self.market.shares * recorders, site), product)
        leader = product[np.flatnonzero(slot == 0)[row]]
        same = (slot > 0) & (draw.uniform("same maker", site, slot) < value("sites.one_maker"))
        sizes = np.array([len(each) for each in self.market.siblings])
        sibling = padded(self.market.siblings)[leader, draw.integers("sibling", sizes[leader], site, slot)]
        return np.where(same, sibling, product)

    def _gone(self, sites: Sites, row: Ints, number: Ints, product: Ints) -> Floats:
        """When each device goes; sooner where it is banned."""
        banned = np.array([p.maker in set(self.parameters.values["bans.makers"]) for p in self.market.products])[
            product
        ]
        wait = -np.log1p(-self.chance.uniform("banned", number)) / self.parameters.number("bans.hazard")
        start = np.maximum(self.places.banned_from[sites.locations.country[row]] - self._last, sites.born[row])
        return np.where(banned, np.minimum(sites.gone[row], start + wait), sites.gone[row])

    @cached_property
    def _decoy_products(self) -> dict[str, int]:
        """The product of each kind of decoy that has one; the others pose as any camera."""
        found = {p.decoy: p.number for p in self.market.products if p.decoy}
        makers = {p.maker: p.number for p in reversed(self.market.products) if p.group == "camera" and p.maker}
        return {kind: found[kind] for kind in DECOYS if kind in found} | {
            "fleet": makers["Hikvision"], "cloned": makers["Dahua"],
        }  # fmt: skip

    @cached_property
    def _last(self) -> int:
        return int(self.parameters.number("time.last"))
