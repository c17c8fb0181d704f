"""Devices and open ports at a snapshot."""

from dataclasses import dataclass

import numpy as np

from camcensus.validation.simulate.chance import Flags, Ints
from camcensus.validation.simulate.population import CAMERA, DECOYS, Devices, Population, Sites

# The port of the n-th further device behind one address, by kind of service: the first one has the usual port.
FORWARDED = {"web": 8080, "https": 8443, "rtsp": 8553}
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
    products = population.market.products
    everything = sites.decoy[devices.site] == DECOYS.index("everything")
    several = np.bincount(devices.site, minlength=len(sites.number))[devices.site] > 1
    parts = []
    for service in range(max(len(p.services) for p in products)):
        has = np.array([len(p.services) > service for p in products])
        chance = np.array([p.services[service].chance if len(p.services) > service else 0.0 for p in products])
        chance *= population.parameters.number("sites.more_ports")
        drawn = population.chance.uniform("open", devices.number, service)
        # The first service is always open; a host that answers on everything has one port for each device.
        is_open = reachable & has[devices.product] & ((service == 0) | (drawn < chance[devices.product]))
        rows = np.flatnonzero(is_open & ~(everything & (service > 0)))
        parts.append(_ports(population, devices, rows, service, everything[rows], several[rows]))
    device, service_of, port = (np.concatenate([getattr(p, n) for p in parts]) for n in ("device", "service", "port"))
    order = np.argsort(device, kind="stable")
    return Services(device[order], service_of[order], port[order])


def _ports(
    population: Population, devices: Devices, rows: Ints, service: int, everything: Flags, several: Flags
) -> Services:  # fmt: skip
    """Return the port of one service of each of these devices."""
    port = np.zeros(len(rows), np.int64)
    product, slot = devices.product[rows], devices.slot[rows]
    choice = population.chance.uniform("port", devices.number[rows], service)
    for p in population.market.products:
        mine = np.flatnonzero(product == p.number)
        if not len(mine):
            continue
        offered = np.array(p.services[service].ports)
        usual = np.where(several[mine], offered[0], offered[(choice[mine] * len(offered)).astype(np.int64)])
        forwarded = FORWARDED.get(p.services[service].kind, int(offered[0])) + slot[mine]
        port[mine] = np.where(several[mine] & (slot[mine] > 0), forwarded, usual)
    port = np.where(everything, np.array(EVERYTHING)[slot % len(EVERYTHING)], port)
    return Services(rows, np.full(len(rows), service, np.int64), port)
