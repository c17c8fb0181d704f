"""Countries, networks and addresses of sites, and how addresses change.

The bundled country database places a site's address in its country, except for the share that the parameters misplace.
An address is drawn for each epoch: the time for which the network leaves it unchanged.
"""

import functools
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from camcensus.core.countries import load_countries
from camcensus.geolocate.database import open_locator
from camcensus.geolocate.networks import KINDS, load_networks
from camcensus.geolocate.ranges import Ranges
from camcensus.validation.simulate.chance import Bits, Chance, Flags, Floats, Ints
from camcensus.validation.simulate.parameters import Parameters
from camcensus.validation.simulate.products import REGIONS

NETWORKS = 12  # networks of a country, the n-th with a share of 1/n
HOSTING, MOBILE, FIXED = (KINDS.index(kind) for kind in ("hosting", "mobile", "fixed"))
FIRST_PRIVATE_ASN = 4_200_000_000
DAY = 86_400


@dataclass(frozen=True)
class Space:
    """The /24s (IPv4) or /64s (IPv6) of each country in order, as runs of neighbours."""

    starts: Bits
    edges: Ints
    offset: Ints
    total: Ints

    def block(self, country: Ints, place: Ints) -> Bits:
        """Return the place-th /24 or /64 of the country."""
        at = self.offset[country] + place
        run = np.searchsorted(self.edges, at, side="right") - 1
        return self.starts[run] + (at - self.edges[run]).astype(np.uint64)


@functools.cache
def country_codes() -> list[str]:
    """Return the countries that have any IPv4 space, in order. Shared: do not change it."""
    return [code for code in np.unique(open_locator().v4.codes).tolist() if code in load_countries()]


@functools.cache
def space(version: int) -> Space:
    """Return all complete blocks of an IP version that the country database places in these countries."""
    ranges = open_locator().v4 if version == 4 else open_locator().v6
    first, end = _complete(ranges, version)
    index = {code: n for n, code in enumerate(country_codes())}
    owner = np.array([index.get(code, -1) for code in ranges.codes[:-1].tolist()], np.int64)
    # Of IPv6, only what is in use today: 2000::/3 in its first eighth.
    usable = (owner >= 0) & (end > first) & ((version == 4) | ((first >> np.uint64(60)) == 2))
    order = np.argsort(owner[usable], kind="stable")
    starts, sizes = first[usable][order], np.minimum(end - first, np.uint64(1 << 40))[usable][order].astype(np.int64)
    total = np.bincount(owner[usable][order], weights=sizes.astype(np.float64), minlength=len(index)).astype(np.int64)
    return Space(starts, np.concatenate([[0], np.cumsum(sizes)]), np.cumsum(total) - total, total)


def _complete(ranges: Ranges, version: int) -> tuple[Bits, Bits]:
    """Return the first complete block of each range, and the end of the last one."""
    if version == 4:
        starts = ranges.starts.astype(np.uint64)
        return (starts[:-1] + np.uint64(255)) >> np.uint64(8), starts[1:] >> np.uint64(8)
    octets = ranges.starts.view(np.uint8).reshape(len(ranges.starts), -1)[:, :16]  # without the guard byte
    high, low = np.ascontiguousarray(octets).view(">u8").astype(np.uint64).T
    return high[:-1] + (low[:-1] > 0), high[1:]


@dataclass(frozen=True)
class Locations:
    """Locations of sites by column. `located`: the country in which the database places the address."""

    country: Ints
    located: Ints
    network: Ints
    kind: Ints
    period: Floats
    ipv6: Flags

    def take(self, rows: Ints) -> "Locations":
        """Return the locations of these sites."""
        return Locations(*(getattr(self, each.name)[rows] for each in fields(self)))


@dataclass(frozen=True)
class Places:
    """The geography of a world."""

    parameters: Parameters
    chance: Chance

    @cached_property
    def weights(self) -> Floats:
        """Return the relative number of camera hosts of each country."""
        given = self.parameters.section("countries")
        table = load_countries()
        sizes = np.array([float(table[c].population or 0) * float(table[c].ipv4_located or 0) for c in country_codes()])
        rest = np.array([c not in given for c in country_codes()]) * sizes ** self.parameters.number("rest.power")
        share = self.parameters.number("rest.share")
        rest *= sum(given.values()) * share / (1.0 - share) / rest.sum()
        found = np.array([float(given.get(c, 0.0)) for c in country_codes()]) + rest
        return np.where(space(4).total >= NETWORKS * 4, found, 0.0)

    @cached_property
    def growth(self) -> Floats:
        """Return the yearly growth of each country's sites."""
        given = self.parameters.section("growth")
        return np.array([float(given.get(c, given["rest"])) for c in country_codes()])

    @cached_property
    def region(self) -> Ints:
        """Return the region of each country, as an index of `products.REGIONS`."""
        return np.array([REGIONS.index(load_countries()[c].region) for c in country_codes()], np.int64)

    @cached_property
    def banned_from(self) -> Floats:
        """Return the year of each country's ban; infinite if it has none."""
        given = self.parameters.section("bans")
        return np.array([float(given.get(c, np.inf)) for c in country_codes()])

    @cached_property
    def misplaced(self) -> Floats:
        """Return kind of network x country: share of sites that the database places in another country."""
        spread = self.parameters.number("addresses.misplaced_spread")
        factor = np.exp(spread * self.chance.normal("misplaced", np.arange(len(country_codes()))))
        rates = [self.parameters.number(f"addresses.misplaced_{kind}") for kind in KINDS]
        return np.asarray(np.minimum(np.outer(rates, factor), 0.5), np.float64)

    def locate(self, site: Ints, country: Ints, is_decoy: Flags) -> Locations:
        """Return the locations of sites."""
        draw, value = self.chance, self.parameters.number
        mixes = np.array([value(f"networks.{kind}") for kind in KINDS])
        hosting = draw.uniform("decoy network", site) < value("networks.decoys_hosting")
        kind = np.where(is_decoy & hosting, HOSTING, draw.choice("kind", mixes, site))
        wrong = draw.uniform("misplaced site", site) < self.misplaced[kind, country]
        elsewhere = draw.choice("misplaced to", np.sqrt(self.weights), site)
        network = draw.choice("network", 1.0 / np.arange(1, NETWORKS + 1), site)
        # The networks of a kind are its own: the third fixed network of a country is not its third mobile one.
        network = (country * len(KINDS) + kind) * NETWORKS + network
        daily = (kind == FIXED) & (draw.uniform("daily", network) < value("addresses.daily"))
        spread = value("addresses.rare_spread") * draw.normal("period", site)
        rare = value("addresses.rare_days") * np.exp(spread)
        ipv6 = (draw.uniform("ipv6", site) < value("sites.ipv6")) & (space(6).total[country] > 0) & ~is_decoy
        located, period = np.where(wrong, elsewhere, country), np.where(daily, 1.0, rare)
        return Locations(country, located, network, kind, period, ipv6)

    def epoch(self, site: Ints, at: Locations, second: Floats) -> Ints:
        """Return the number of the address that a site has at a time (seconds since 1970)."""
        phase = self.chance.uniform("epoch", site) * at.period
        return np.floor((second / DAY + phase) / at.period).astype(np.int64)

    def address(self, site: Ints, at: Locations, epoch: Ints, fleet: Ints) -> tuple[Bits, Bits]:
        """Return high and low half of each site's address in an epoch; the high half of an IPv4 address is 0.

        `fleet`: sites with the same number share a /24; -1: none.
        """
        draw = self.chance
        key = np.where(fleet >= 0, fleet, site)
        share = np.where(fleet >= 0, 0, 1)
        run = int(self.parameters.number("addresses.run"))
        total = space(4).total[at.located]
        # A network has its own part of the country's space; another prefix is another run in it.
        leave = self.parameters.number("addresses.leave_prefix")
        stay = np.floor(epoch * leave + draw.uniform("stay", key)).astype(np.int64)
        part = total * (at.network % NETWORKS) // NETWORKS
        runs = np.maximum(total // NETWORKS // run, 1)
        first = part + draw.integers("run", runs, key, at.network, stay * share) * run
        inside = draw.integers("block", run, key, at.network, epoch * share)
        block = space(4).block(at.located, np.minimum(first + inside, total - 1))
        host = block * np.uint64(256) + np.uint64(1) + draw.bits("octet", site, epoch) % np.uint64(254)
        if not at.ipv6.any():
            return np.zeros_like(host), host
        place = draw.integers("run 6", np.maximum(space(6).total[at.country], 1), site)
        high = space(6).block(at.country, place)
        return np.where(at.ipv6, high, 0), np.where(at.ipv6, draw.bits("interface", site, epoch), host)

    @cached_property
    def asns(self) -> Ints:
        """Return the number of each network.

        It is real if the pipeline's table should know it and has one of its country and kind, otherwise private.
        """
        network = np.arange(len(country_codes()) * len(KINDS) * NETWORKS)
        found = FIRST_PRIVATE_ASN + network
        known = self.chance.uniform("known network", network) < self.parameters.number("networks.known")
        owned = self.parameters.section("networks.numbers")
        for at in np.flatnonzero(known).tolist():
            country, kind = divmod(at // NETWORKS, len(KINDS))
            numbers = [*owned.get(country_codes()[country], ()), *owned["everywhere"]]
            real = [n for n in numbers if load_networks()[n] == KINDS[kind]]
            if real:
                found[at] = real[int(self.chance.integers(f"asn {KINDS[kind]}", len(real), at)[0])]
        return found
