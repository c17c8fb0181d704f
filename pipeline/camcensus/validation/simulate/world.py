"""A world: the population with its engines, and the part of it that is drawn at a time."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any

import numpy as np

from camcensus.core.query import Fields, Query, parse
from camcensus.core.resources import bundled
from camcensus.identify.catalogue import load_catalogue
from camcensus.validation.simulate.answers import Answer
from camcensus.validation.simulate.chance import Chance, Ints
from camcensus.validation.simulate.engines import ENGINES, Engine, Observations, Snapshot, snapshot_of
from camcensus.validation.simulate.parameters import Parameters, load_parameters
from camcensus.validation.simulate.places import Places
from camcensus.validation.simulate.population import Devices, Population, Sites
from camcensus.validation.simulate.products import Market, Product, load_products

FILES_PER_SNAPSHOT = 16
LEAST_SITES, MOST_SITES = 4_000, 24_000


@dataclass(frozen=True)
class Plan:
    """The size and seed of a world. `devices`: about how many exist at the last snapshot."""

    devices: int = 100_000
    snapshots: int = 6
    seed: int = 20261101
    overrides: tuple[tuple[str, Any], ...] = ()


GROWING = (("growing.on", 1),)  # overrides of a world whose instrument grows


@dataclass
class QuerySet:
    """Queries as they are sent (`texts`), with a cache of the answers that they return."""

    texts: tuple[str, ...]
    _known: dict[tuple[int, int], bool] = field(default_factory=dict)

    def returns(self, answer: Answer, port: int) -> bool:
        """Return whether any query returns an answer on this port. The answer must stay alive, as cached ones do."""
        without_port, with_port = self._queries
        return self._any(without_port, answer, -1) or (bool(with_port) and self._any(with_port, answer, port))

    def _any(self, queries: list[Query], answer: Answer, port: int) -> bool:
        if (key := (id(answer), port)) not in self._known:
            fields = Fields({**answer.sample, "port": port, "_shodan": {"module": answer.module}})
            self._known[key] = any(query.returns(fields) for query in queries)
        return self._known[key]

    @cached_property
    def _queries(self) -> tuple[list[Query], list[Query]]:
        """Queries without and with a `port:` filter; the answer to the first is the same on every port."""
        queries = [parse(text) for text in self.texts]
        return [q for q in queries if "port" not in q.filters], [q for q in queries if "port" in q.filters]


@functools.cache
def _catalogue() -> dict[str, str]:
    return {query.id: query.text for query in load_catalogue(bundled("queries")).written}


@functools.cache
def _queries_without(ids: tuple[str, ...]) -> QuerySet:
    if unknown := set(ids) - set(_catalogue()):
        raise KeyError(f"no such query: {', '.join(sorted(unknown))}")
    return QuerySet(tuple(text for name, text in _catalogue().items() if name not in ids))


@dataclass(frozen=True)
class World:
    """A world, from which sites are drawn."""

    plan: Plan
    parameters: Parameters
    chance: Chance
    places: Places
    population: Population
    engines: Mapping[str, Engine]

    @cached_property
    def years(self) -> list[int]:
        """Return the years of the snapshots, oldest first."""
        last = int(self.parameters.number("time.last"))
        return list(range(last - self.plan.snapshots + 1, last + 1))

    def date(self, year: int) -> date:
        """Return the last day of a snapshot's window."""
        return date(year, int(self.parameters.number("time.month")), int(self.parameters.number("time.day")))

    def end(self, year: int) -> int:
        """Return the last second of a snapshot's window."""
        return int(datetime.combine(self.date(year), time(23, 59, 59), UTC).timestamp())

    @cached_property
    def cuts(self) -> list[tuple[int, int]]:
        """Return first site and end of each file of a snapshot."""
        sites = self.population.n_sites
        each = min(max(-(-sites // FILES_PER_SNAPSHOT), LEAST_SITES), MOST_SITES)
        return [(first, min(first + each, sites)) for first in range(0, sites, each)]

    def queries(self, year: int) -> QuerySet:
        """Return the queries that are sent for a snapshot."""
        return _queries_without(self.parameters.not_yet("queries", year))

    def view(self, year: int, first: int = 0, end: int | None = None) -> "View":
        """Return the sites of these numbers (default: all) at a snapshot."""
        sites = self.population.sites(first, self.population.n_sites if end is None else end)
        return View(self, year, sites, self.population.devices_of(sites))


@dataclass(frozen=True)
class View:
    """Some sites at one snapshot, with all devices that ever exist there."""

    world: World
    year: int
    sites: Sites
    devices: Devices

    @property
    def products(self) -> list[Product]:
        """Return all products of the world."""
        return self.world.population.market.products

    @cached_property
    def snapshot(self) -> Snapshot:
        """Return what exists and can be reached."""
        return snapshot_of(self.world.population, self.sites, self.devices, self.year - self.world.years[-1])

    def observations(self, engine: str = "first") -> Observations:
        """Return what an engine holds of it."""
        end = self.world.end(self.year)
        return self.world.engines[engine].observations(self.sites, self.devices, self.snapshot, end)

    def firmware(self, rows: Ints) -> Ints:
        """Return the firmware of each device: one of the latest when it was installed, or a later one."""
        number, product = self.devices.number[rows], self.devices.product[rows]
        chance, value, market = self.world.chance, self.world.parameters.number, self.world.population.market
        released = market.firmware_known(self.devices.installed[rows], product)
        recent = np.minimum(released, int(value("firmware.recent")))
        first = released - recent + (chance.uniform("firmware", number) * recent).astype(np.int64)
        updates = np.zeros(len(rows), np.int64)
        for year in range(self.world.years[0], self.year + 1):
            updates += chance.uniform("update", number, year) < value("firmware.update")
        latest = market.firmware_known(np.full(len(rows), self.year), product) - 1
        found: Ints = np.minimum(first + updates, latest)
        return found


def make_world(plan: Plan, parameters: Parameters | None = None) -> World:
    """Make a world. Raises `KeyError` if the plan overrides an unknown parameter."""
    found = (parameters or load_parameters()).changed(dict(plan.overrides))
    chance = Chance(plan.seed)
    places = Places(found, chance)
    population = Population(found, chance, places, Market(load_products(), found), plan.snapshots - 1, plan.devices)
    engines = {name: Engine(name, found, chance, places) for name in ENGINES}
    return World(plan, found, chance, places, population, engines)
