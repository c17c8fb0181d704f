"""Search engines over the synthetic Internet: which services each finds, when, and at which address.

Two engines are not independent: part of the ease with which a site is found is common to both (a parameter).
"""

from dataclasses import dataclass

import numpy as np

from camcensus.validation.simulate.chance import Bits, Chance, Flags, Floats, Ints
from camcensus.validation.simulate.parameters import Parameters
from camcensus.validation.simulate.places import DAY, HOSTING, MOBILE, Places
from camcensus.validation.simulate.population import Devices, Sites
from camcensus.validation.simulate.services import Snapshot

ENGINES = ("first", "second")


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
