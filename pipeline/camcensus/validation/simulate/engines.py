"""Search engines over the synthetic Internet: which services each finds, when, and at which address.

Two engines are not independent: how easily a site is found has a part that both share, whose weight is a parameter.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from camcensus.validation.simulate.chance import Bits, Chance, Floats, Ints
from camcensus.validation.simulate.parameters import Parameters
from camcensus.validation.simulate.places import DAY, HOSTING, MOBILE, Places
from camcensus.validation.simulate.population import Devices, Sites
from camcensus.validation.simulate.services import Now

ENGINES = ("first", "second")


@dataclass(frozen=True)
class Sights:
    """What an engine holds, by column: row of the service, when (seconds since 1970, with a fraction), at which address
    (`high` 0: IPv4), and whether it is an older sight of a banner that is also there newer."""

    service: Ints
    seen: Floats
    high: Bits
    low: Bits
    again: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Engine:
    """One search engine."""

    name: str
    parameters: Parameters
    chance: Chance
    places: Places

    def number(self, key: str) -> float:
        """A parameter of this engine."""
        return self.parameters.number(f"engine.{self.name}.{key}")

    def ports(self, year: int) -> list[int]:
        """The ports that the engine looks at as a matter of course at the snapshot of a year."""
        ports: list[int] = self.parameters.values[f"engine.{self.name}.ports"]
        later = self.parameters.not_yet("ports", year) if self.name == ENGINES[0] else ()
        return [port for port in ports if port not in later]

    def found(self, sites: Sites, devices: Devices, here: Now) -> npt.NDArray[np.bool_]:
        """Which services the engine can find at this snapshot."""
        services = here.services
        row = devices.site[services.device]
        site, kind = sites.number[row], sites.where.kind[row]
        crawled = np.isin(services.port, self.ports(int(self.parameters.number("time.last")) + here.year))
        base = np.where(crawled, self.number("base"), self.number("base") * self.number("other_ports"))
        logit = np.log(base / (1.0 - base))
        logit += np.where(kind == MOBILE, self.number("mobile"), np.where(kind == HOSTING, self.number("hosting"), 0.0))
        country = self.chance.normal(f"{self.name} country", sites.where.country[row])
        dependence = self.parameters.number("engine.dependence")
        shared = np.sqrt(dependence) * self.chance.normal("ease", site)
        own = np.sqrt(1.0 - dependence) * self.chance.normal(f"{self.name} ease", site)
        logit += self.number("country_spread") * country + self.number("spread") * (shared + own)
        number = devices.number[services.device]
        drawn = self.chance.share(f"{self.name} finds", number, services.service, here.year)
        return drawn < 1.0 / (1.0 + np.exp(-logit))

    def sights(self, sites: Sites, devices: Devices, here: Now, end: int) -> Sights:
        """What the engine holds at `end`: of each address and port the latest answer, and few older ones.

        A site that changed its address between two visits is held at both.
        """
        found = np.flatnonzero(self.found(sites, devices, here))
        service, device = here.services.service[found], here.services.device[found]
        number, row = devices.number[device], devices.site[device]
        revisit, keeps = self.number("revisit_days"), self.number("keeps_days")
        phase = self.chance.share(f"{self.name} visit", number, service, here.year)
        parts: list[tuple[Ints, Floats, Ints, npt.NDArray[np.bool_]]] = []
        newer = np.full(len(found), np.iinfo(np.int64).min)
        for visit in range(int(np.ceil(keeps / revisit)) + 1):
            age = (phase + visit) * revisit
            drawn = self.chance.share(f"{self.name} answers", number, service, here.year * 100 + visit)
            answers = (age < keeps) & (drawn < self.number("up"))
            seen = end - age * DAY
            epoch = self.places.epoch(sites.number[row], sites.where.take(row), seen)
            same = epoch == newer
            repeated = self.chance.share(f"{self.name} again", number, service, here.year * 100 + visit)
            again = same & (repeated < self.number("again"))
            kept = answers & (~same | again)
            at = np.flatnonzero(kept)
            parts.append((found[at], seen[at], epoch[at], again[at]))
            newer = np.where(answers, epoch, newer)
        return self._located(sites, devices, here, parts)

    def _located(
        self, sites: Sites, devices: Devices, here: Now, parts: list[tuple[Ints, Floats, Ints, npt.NDArray[np.bool_]]]
    ) -> Sights:  # fmt: skip
        service, seen, epoch, again = (np.concatenate([p[n] for p in parts]) for n in range(4))
        order = np.lexsort((-seen, service))
        service, seen, epoch, again = service[order], seen[order], epoch[order], again[order]
        row = devices.site[here.services.device[service]]
        high, low = self.places.address(sites.number[row], sites.where.take(row), epoch, sites.fleet[row])
        return Sights(service, seen, high, low, again)
