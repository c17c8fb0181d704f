"""A world: the population with its engines, and the part of it that is drawn at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any

import numpy as np

from camcensus.geolocate.database import open_locator
from camcensus.validation.simulate.chance import Chance, Ints
from camcensus.validation.simulate.engines import ENGINES, Engine, Sights
from camcensus.validation.simulate.parameters import Parameters, load_parameters
from camcensus.validation.simulate.places import Places
from camcensus.validation.simulate.population import Devices, Population, Sites
from camcensus.validation.simulate.products import Market, load_products
from camcensus.validation.simulate.queries import Asked, builtin_queries
from camcensus.validation.simulate.services import Now, now

FILES_A_SNAPSHOT = 16
LEAST_SITES, MOST_SITES = 4_000, 48_000


@dataclass(frozen=True)
class Plan:
    """What a world is made from. `devices`: about how many there are at the last snapshot."""

    devices: int = 100_000
    snapshots: int = 6
    seed: int = 20261101
    overrides: tuple[tuple[str, Any], ...] = ()


GROWING = (("growing.on", 1),)  # overrides of a world whose instrument grows


@dataclass(frozen=True)
class Block:
    """Some sites with all devices that ever stand there."""

    sites: Sites
    devices: Devices


@dataclass(frozen=True)
class World:
    """A world, ready to be drawn."""

    plan: Plan
    parameters: Parameters
    population: Population
    engines: Mapping[str, Engine]

    @property
    def chance(self) -> Chance:
        """Its draws."""
        return self.population.chance

    @property
    def places(self) -> Places:
        """Its geography."""
        return self.population.places

    @cached_property
    def years(self) -> list[int]:
        """Years of the snapshots, oldest first."""
        last = int(self.parameters.number("time.last"))
        return list(range(last - self.plan.snapshots + 1, last + 1))

    def date(self, year: int) -> date:
        """The last day of a snapshot's window."""
        return date(year, int(self.parameters.number("time.month")), int(self.parameters.number("time.day")))

    def end(self, year: int) -> int:
        """The last second of a snapshot's window."""
        return int(datetime.combine(self.date(year), time(23, 59, 59), UTC).timestamp())

    @cached_property
    def cuts(self) -> list[tuple[int, int]]:
        """First site and end of each file of a snapshot."""
        sites = self.population.sites
        each = min(max(-(-sites // FILES_A_SNAPSHOT), LEAST_SITES), MOST_SITES)
        return [(first, min(first + each, sites)) for first in range(0, sites, each)]

    def block(self, first: int, end: int) -> Block:
        """The sites of these numbers with their devices."""
        sites = self.population.some(first, end)
        return Block(sites, self.population.devices_of(sites))

    def now(self, block: Block, year: int) -> Now:
        """What can be reached there at a snapshot."""
        return now(self.population, block.sites, block.devices, year - self.years[-1])

    def sights(self, block: Block, here: Now, year: int, engine: str) -> Sights:
        """What an engine holds of it."""
        return self.engines[engine].sights(block.sites, block.devices, here, self.end(year))

    def asked(self, year: int) -> Asked:
        """The queries that are sent for a snapshot."""
        return builtin_queries(self.parameters.not_yet("queries", year))

    def firmware(self, devices: Devices, rows: Ints, year: int) -> Ints:
        """Which of its product's firmware each device has: one of the latest when it was installed, or a later one."""
        product, market = devices.product[rows], self.population.market
        released = market.firmware_released(devices.installed[rows], product)
        recent = np.minimum(released, int(self.parameters.number("firmware.recent")))
        first = released - recent + (self.chance.share("firmware", devices.number[rows]) * recent).astype(np.int64)
        updates = np.zeros(len(rows), np.int64)
        for earlier in range(self.years[0], year + 1):
            drawn = self.chance.share("update", devices.number[rows], earlier)
            updates += drawn < self.parameters.number("firmware.update")
        latest = market.firmware_released(np.full(len(rows), year), product) - 1
        found: Ints = np.minimum(first + updates, latest)
        return found


def make_world(plan: Plan, parameters: Parameters | None = None) -> World:
    """A world by its plan. Raises `KeyError` when the plan overrides a parameter that does not exist."""
    found = (parameters or load_parameters()).changed(dict(plan.overrides))
    chance = Chance(plan.seed)
    places = Places(found, chance, open_locator())
    market = Market(load_products(), found)
    population = Population(found, chance, places, market, plan.snapshots - 1, plan.devices)
    engines = {name: Engine(name, found, chance, places) for name in ENGINES}
    return World(plan, found, population, engines)
