"""The truth of a world, which the pipeline never reads: devices, and every banner that an engine holds."""

import numpy as np
import pyarrow as pa

from camcensus.core.tables import COUNTED_TYPES, Column, Table
from camcensus.geolocate.networks import KINDS
from camcensus.validation.simulate.banners import Banners
from camcensus.validation.simulate.chance import Flags, Floats, Ints
from camcensus.validation.simulate.engines import Observations
from camcensus.validation.simulate.places import country_codes
from camcensus.validation.simulate.population import DECOYS
from camcensus.validation.simulate.templates import hosts
from camcensus.validation.simulate.world import View

# What banners show.
EVIDENT = {
    "names": "the maker to an expert", "tells": "an expert that it is a surveillance device", "models": "the model",
    "identifies": "a serial number or MAC address",
}  # fmt: skip
TRUTH = Table(
    "truth",
    "a device that exists at a snapshot, reachable or not",
    (
        Column("snapshot", "string", "id of the snapshot", nullable=False),
        Column("device_id", "int64", "number of the device, the same in every snapshot", nullable=False),
        Column("host", "string", "its address at the end of the window", nullable=False),
        Column("country", "string", "where it is, ISO alpha-2", nullable=False),
        Column("manufacturer", "string", "who made it; null: unknown, or a decoy"),
        Column("brand", "string", "the name it is sold under"),
        Column("model", "string", "its model; null for a decoy and if the model changes no text"),
        Column("product_type", "string", "camera, recorder, encoder, intercom, access_control, software or other"),
        Column("uncatalogued", "string", "what the catalogue does not know: maker, model or answer; null: nothing"),
        Column("decoy", "string", "kind of decoy; null: none"),
        Column("reachable", "bool", "a port of it can be reached from the Internet", nullable=False),
        Column("seen", "bool", "the first engine holds a banner of it", nullable=False),
        Column("returned", "bool", "a query of the catalogue returns one of these", nullable=False),
        *(Column(name, "bool", f"a returned banner shows {what}", nullable=False) for name, what in EVIDENT.items()),
        Column("services", "int64", "its ports that can be reached", nullable=False),
        Column("network_kind", "string", "hosting, mobile or fixed", nullable=False),
        Column("seen_second", "bool", "the second engine holds a banner of it", nullable=False),
    ),
)

BANNERS = Table(
    "truth_banners",
    "a banner that the first engine holds, exported or not",
    (
        Column("snapshot", "string", "id of the snapshot", nullable=False),
        Column("file", "string", "name of the raw file; null: no query returned it"),
        Column("line", "int64", "line in the raw file, from 1; null: no query returned it"),
        Column("device_id", "int64", "the device that answered", nullable=False),
        Column("host", "string", "address", nullable=False),
        Column("port", "int64", "port", nullable=False),
        Column("country", "string", "where the device is, ISO alpha-2", nullable=False),
        Column("counted", "bool", "the device is a camera, recorder or encoder, not a decoy", nullable=False),
        Column("returned", "bool", "a query of the catalogue returns it", nullable=False),
        *(Column(name, "bool", f"it shows {what}", nullable=False) for name, what in EVIDENT.items()),
        Column("again", "bool", "a newer observation of the same banner exists", nullable=False),
    ),
)


def device_rows(banners: Banners, second: Observations) -> pa.Table:
    """Return a row of `truth` for each device that exists. `second`: the second engine's observations."""
    view, snapshot = banners.view, banners.view.snapshot
    devices, at = view.devices, np.flatnonzero(snapshot.exists)
    locations, site = view.sites.locations, devices.site[at]
    number = len(devices.number)

    def any_of(flags: Flags) -> pa.Array:
        return pa.array((np.bincount(banners.device[flags], minlength=number) > 0)[at])

    by_second = snapshot.services.device[second.service]
    open_ports = np.bincount(snapshot.services.device, minlength=number)[at]
    columns = {
        "snapshot": pa.repeat(str(view.year), len(at)),
        "device_id": pa.array(devices.number[at]),
        "host": pa.array(_hosts(view, at)),
        "country": _named(country_codes(), locations.country[site]),
        **_product_columns(view, at),
        "reachable": pa.array(open_ports > 0),
        "seen": any_of(np.ones(len(banners.device), bool)),
        "returned": any_of(banners.returned),
        **{name: any_of(banners.returned & getattr(banners, name)) for name in EVIDENT},
        "services": pa.array(open_ports.astype(np.int64)),
        "network_kind": _named(list(KINDS), locations.kind[site]),
        "seen_second": pa.array((np.bincount(by_second, minlength=number) > 0)[at]),
    }
    return pa.table([columns[name] for name in TRUTH.names], schema=TRUTH.schema)


def _product_columns(view: View, at: Ints) -> dict[str, pa.Array]:
    """Return what each device is; a decoy is nothing of what it claims."""
    products, devices = view.products, view.devices
    product = devices.product[at]
    decoy = view.sites.decoy[devices.site[at]]
    real = np.where(decoy < 0, product, -1)
    models = [products[p].models[m] for p, m in zip(product.tolist(), devices.model[at].tolist(), strict=True)]
    # Texts of the tail belong to any model.
    known = (decoy < 0) & np.array([p.pool != "tail" for p in products])[product]
    return {
        "manufacturer": _named([p.maker for p in products], real),
        "brand": _named([p.brand for p in products], real),
        "model": pa.array([m if k else None for m, k in zip(models, known.tolist(), strict=True)], pa.string()),
        "product_type": _named([p.type for p in products], real),
        "uncatalogued": _named([p.unknown for p in products], real),
        "decoy": _named(list(DECOYS), decoy),
    }


def banner_rows(banners: Banners, file: str, line: Ints) -> pa.Table:
    """Return a row of `truth_banners` for each banner that the engine holds. `line`: in the file; 0: not exported."""
    view, device = banners.view, banners.device
    site = view.devices.site[device]
    types = np.array([p.type in COUNTED_TYPES for p in view.products])
    columns = {
        "snapshot": pa.repeat(str(view.year), len(device)),
        "file": _named([file], np.where(line > 0, 0, -1)),
        "line": pa.array(line, mask=line < 1),
        "device_id": pa.array(view.devices.number[device]),
        "host": pa.array(banners.rows.host, pa.string()),
        "port": pa.array(banners.port),
        "country": _named(country_codes(), view.sites.locations.country[site]),
        "counted": pa.array(types[banners.product] & (view.sites.decoy[site] < 0)),
        "returned": pa.array(banners.returned),
        **{name: pa.array(getattr(banners, name)) for name in EVIDENT},
        "again": pa.array(banners.is_repeat),
    }
    return pa.table([columns[name] for name in BANNERS.names], schema=BANNERS.schema)


def _hosts(view: View, at: Ints) -> list[str]:
    """Return the address of each device at the end of the window."""
    sites, site, places = view.sites, view.devices.site[at], view.world.places
    locations = sites.locations.take(site)
    end: Floats = np.full(len(site), float(view.world.end(view.year)))
    epoch = places.epoch(sites.number[site], locations, end)
    return hosts(*places.address(sites.number[site], locations, epoch, sites.fleet[site]))


def _named(names: list[str] | list[str | None], index: Ints) -> pa.Array:
    """Return the name of each index; null for -1."""
    return pa.array(names, pa.string()).take(pa.array(index, mask=index < 0))
