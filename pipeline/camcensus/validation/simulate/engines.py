"""Open ports at a snapshot, and search engines: which ports each finds, when, and at which address.

Two engines are not independent: part of the ease with which a site is found is common to both (a parameter).
"""

from dataclasses import dataclass

import numpy as np

from camcensus.validation.simulate.chance import Bits, Chance, Flags, Floats, Ints
from camcensus.validation.simulate.parameters import Parameters
from camcensus.validation.simulate.places import DAY, HOSTING, MOBILE, Places
from camcensus.validation.simulate.population import CAMERA, DECOYS, Devices, Population, Sites

ENGINES = ("first", "second")
# The ports of a decoy that answers on everything.
EVERYTHING = (
    80, 81, 82, 83, 88, 8000, 8001, 8002, 8080, 8081, 8082, 8083, 8088, 8888, 9000, 1024, 5000, 8009, 8010, 8020, 8030,
    8085, 8086, 8090, 8091, 8099, 8181, 8200, 8800, 9080,
)  # fmt: skip


@dataclass(frozen=True)
class Services:
    """Open ports by column. `device`: row of the device; `service`: index into its product's services."""

    device: Ints
    service: Ints
    port: Ints


@dataclass(frozen=True)
class Snapshot:
    """Some sites at one snapshot: which devices exist and can be reached, and their open ports.

    `year` is 0 for the last snapshot, -1 for the one before.
    """

    year: int
    exists: Flags
    services: Services


def snapshot_of(population: Population, sites: Sites, devices: Devices, year: int) -> Snapshot:
    """Return a snapshot. Cameras may be hidden or behind carrier-grade NAT; decoys and other devices are not."""
    exists = (sites.born[devices.site] <= year) & (devices.gone > year)
    value = population.parameters.number
    carrier = value("sites.carrier_nat") + value("sites.carrier_nat_growth") * year
    behind = (sites.carrier < carrier) & (sites.group == CAMERA) & ~sites.locations.ipv6
    reachable = exists & ~devices.hidden & ~behind[devices.site]
    return Snapshot(year, exists, _open_ports(population, sites, devices, reachable))


def _open_ports(population: Population, sites: Sites, devices: Devices, reachable: Flags) -> Services:
    table, draw = population.market.services, population.chance
    device, service = np.nonzero(reachable[:, None] & (table.ports[devices.product, :, 0] > 0))
    everything = (sites.decoy == DECOYS.index("everything"))[devices.site]
    chance = table.chance[devices.product[device], service] * population.parameters.number("sites.more_ports")
    # The first service is always open; a host that answers on everything has one port for each device.
    more = ~everything[device] & (draw.uniform("open", devices.number[device], service) < chance)
    is_open = (service == 0) | more
    device, service = device[is_open], service[is_open]
    product, slot, several = devices.product[device], devices.slot[device], np.bincount(devices.site) > 1
    offered = (draw.uniform("port", devices.number[device], service) * table.offered[product, service]).astype(np.int64)
    behind_one = several[devices.site[device]]
    port = table.ports[product, service, np.where(behind_one, 0, offered)]
    port = np.where(behind_one & (slot > 0), table.forwarded[product, service] + slot, port)
    port = np.where(everything[device], np.array(EVERYTHING)[slot % len(EVERYTHING)], port)
    return Services(device, service, port)


@dataclass(frozen=True)
class Observations:
    """An engine's observations by column: row of the service, time (seconds since 1970), address.

    `high` is 0 for IPv4; `is_repeat`: a newer observation of the same banner exists.
    """

    service: Ints
    seen_at: Floats
    high: Bits
    low: Bits
    is_repeat: Flags


@dataclass(frozen=True)
class Engine:
    """One search engine."""

    name: str
    parameters: Parameters
    chance: Chance
    places: Places

    def number(self, key: str) -> float:
        """Return a parameter of this engine."""
        return self.parameters.number(f"engine.{self.name}.{key}")

    def ports(self, year: int) -> list[int]:
        """Return the ports that the engine crawls in a year."""
        ports: list[int] = self.parameters.values[f"engine.{self.name}.ports"]
        later = self.parameters.not_yet("ports", year) if self.name == ENGINES[0] else ()
        return [port for port in ports if port not in later]

    def finds(self, sites: Sites, devices: Devices, snapshot: Snapshot) -> Flags:
        """Return which services the engine can find."""
        services = snapshot.services
        row = devices.site[services.device]
        site, kind = sites.number[row], sites.locations.kind[row]
        crawled = np.isin(services.port, self.ports(int(self.parameters.number("time.last")) + snapshot.year))
        base = np.where(crawled, self.number("base"), self.number("base") * self.number("other_ports"))
        logit = np.log(base / (1.0 - base))
        logit += np.where(kind == MOBILE, self.number("mobile"), np.where(kind == HOSTING, self.number("hosting"), 0.0))
        country = self.chance.normal(f"{self.name} country", sites.locations.country[row])
        dependence = self.parameters.number("engine.dependence")
        common = np.sqrt(dependence) * self.chance.normal("ease", site)
        own = np.sqrt(1.0 - dependence) * self.chance.normal(f"{self.name} ease", site)
        logit += self.number("country_spread") * country + self.number("spread") * (common + own)
        number = devices.number[services.device]
        drawn = self.chance.uniform(f"{self.name} finds", number, services.service, snapshot.year)
        return drawn < 1.0 / (1.0 + np.exp(-logit))

    def observations(self, sites: Sites, devices: Devices, snapshot: Snapshot, end: int) -> Observations:
        """Return what the engine holds at `end`: the latest answer of each address and port, and a few older ones.

        A site that changed its address between two visits is held at both.
        """
        found = np.flatnonzero(self.finds(sites, devices, snapshot))
        service, device = snapshot.services.service[found], snapshot.services.device[found]
        number, row = devices.number[device], devices.site[device]
        site, locations = sites.number[row], sites.locations.take(row)
        revisit, keeps = self.number("revisit_days"), self.number("keeps_days")
        phase = self.chance.uniform(f"{self.name} visit", number, service, snapshot.year)
        parts: list[tuple[Ints, Floats, Ints, Flags]] = []
        newer = np.full(len(found), np.iinfo(np.int64).min)
        for visit in range(int(np.ceil(keeps / revisit)) + 1):
            age = (phase + visit) * revisit
            ids = number, service, snapshot.year * 100 + visit
            answers = (age < keeps) & (self.chance.uniform(f"{self.name} answers", *ids) < self.number("up"))
            seen_at = end - age * DAY
            epoch = self.places.epoch(site, locations, seen_at)
            same = epoch == newer
            repeat = same & (self.chance.uniform(f"{self.name} again", *ids) < self.number("again"))
            at = np.flatnonzero(answers & (~same | repeat))
            parts.append((found[at], seen_at[at], epoch[at], repeat[at]))
            newer = np.where(answers, epoch, newer)
        rows, times, epochs, repeats = (np.concatenate([p[n] for p in parts]) for n in range(4))
        order = np.lexsort((-times, rows))
        rows, times, epochs, repeats = rows[order], times[order], epochs[order], repeats[order]
        row = devices.site[snapshot.services.device[rows]]
        high, low = self.places.address(sites.number[row], sites.locations.take(row), epochs, sites.fleet[row])
        return Observations(rows, times, high, low, repeats)
