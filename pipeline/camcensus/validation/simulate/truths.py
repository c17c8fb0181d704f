"""Rows of the truth for a block of sites at one snapshot."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from camcensus.core.tables import COUNTED_TYPES
from camcensus.geolocate.networks import KINDS
from camcensus.validation.simulate.chance import Floats, Ints
from camcensus.validation.simulate.engines import Sights
from camcensus.validation.simulate.looks import Flags, Seen
from camcensus.validation.simulate.population import DECOYS
from camcensus.validation.simulate.services import Now
from camcensus.validation.simulate.texts import hosts
from camcensus.validation.simulate.truth import BANNERS, TRUTH
from camcensus.validation.simulate.world import Block, World


@dataclass(frozen=True)
class Placed:
    """Where each sight stands in what the queries returned: file (None: nowhere) and line from 1."""

    file: list[str | None]
    line: Ints


def device_rows(world: World, block: Block, here: Now, found: Seen, second: Sights, year: int) -> pa.Table:
    """A row for each device that is there: `truth`."""
    devices, at = block.devices, np.flatnonzero(here.there)
    site = devices.site[at]
    number = len(devices.number)
    returned = found.returned

    def any_of(flags: Flags) -> pa.Array:
        return pa.array((np.bincount(found.device[flags], minlength=number) > 0)[at])

    by_second = here.services.device[second.service]
    open_ports = np.bincount(here.services.device, minlength=number)[at]
    columns = {
        "snapshot": pa.repeat(str(year), len(at)),
        "device_id": pa.array(devices.number[at]),
        "host": pa.array(_hosts(world, block, at, year)),
        "country": _named(world.places.codes, block.sites.where.country[site]),
        **_what(world, block, at),
        "reachable": pa.array(open_ports > 0),
        "seen": any_of(np.ones(len(found.device), bool)),
        "returned": any_of(returned),
        "names": any_of(returned & found.names),
        "tells": any_of(returned & found.tells),
        "models": any_of(returned & found.models),
        "identifies": any_of(returned & found.identifies),
        "services": pa.array(open_ports.astype(np.int64)),
        "network_kind": _named(list(KINDS), block.sites.where.kind[site]),
        "seen_second": pa.array((np.bincount(by_second, minlength=number) > 0)[at]),
    }
    return pa.table([columns[name] for name in TRUTH.names], schema=TRUTH.schema)


def _what(world: World, block: Block, at: Ints) -> dict[str, pa.Array]:
    """What each device is; a decoy is none of what it says."""
    products, devices = world.population.market.products, block.devices
    product = devices.product[at]
    decoy = block.sites.decoy[devices.site[at]]
    real = decoy < 0
    models = [products[p].models[m] for p, m in zip(product.tolist(), devices.model[at].tolist(), strict=True)]
    known = real & np.array([p.pool != "tail" for p in products])[product]  # the tail's strings are of any model
    return {
        "manufacturer": _named([p.maker for p in products], np.where(real, product, -1)),
        "brand": _named([p.brand for p in products], np.where(real, product, -1)),
        "model": pa.array([m if r else None for m, r in zip(models, known.tolist(), strict=True)], pa.string()),
        "product_type": _named([p.type for p in products], np.where(real, product, -1)),
        "decoy": _named(list(DECOYS), decoy),
    }


def banner_rows(world: World, block: Block, found: Seen, sights: Sights, placed: Placed, year: int) -> pa.Table:
    """A row for each banner that the engine holds: `truth_banners`."""
    device = found.device
    site = block.devices.site[device]
    types = np.array([p.type in COUNTED_TYPES for p in world.population.market.products])
    line = pa.array(placed.line, mask=placed.line < 1)
    columns = {
        "snapshot": pa.repeat(str(year), len(device)),
        "file": pa.array(placed.file, pa.string()),
        "line": line,
        "device_id": pa.array(block.devices.number[device]),
        "host": pa.array(found.rows.host, pa.string()),
        "port": pa.array(found.port),
        "country": _named(world.places.codes, block.sites.where.country[site]),
        "counted": pa.array(types[found.product] & (block.sites.decoy[site] < 0)),
        "returned": pa.array(found.returned),
        "names": pa.array(found.names),
        "tells": pa.array(found.tells),
        "models": pa.array(found.models),
        "identifies": pa.array(found.identifies),
        "again": pa.array(sights.again),
    }
    return pa.table([columns[name] for name in BANNERS.names], schema=BANNERS.schema)


def _hosts(world: World, block: Block, at: Ints, year: int) -> list[str]:
    """The address of each device at the end of the window."""
    sites, site = block.sites, block.devices.site[at]
    where = sites.where.take(site)
    end: Floats = np.full(len(site), float(world.end(year)))
    epoch = world.places.epoch(sites.number[site], where, end)
    high, low = world.places.address(sites.number[site], where, epoch, sites.fleet[site])
    return hosts(high, low)


def _named(names: list[str] | list[str | None], index: Ints) -> pa.Array:
    """The name of each index; null for -1."""
    return pa.array(names, pa.string()).take(pa.array(index, mask=index < 0))
