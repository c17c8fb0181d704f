"""What two engines' exports of a simulated world come to, without writing them: for intervals over many small worlds.

What the pipeline makes of a banner hangs on its look alone, so each look is identified once, by the pipeline's own
functions. A test holds this against the same world written, imported and counted.
"""

import json
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from camcensus.core.tables import COUNTED_TYPES, UNKNOWN
from camcensus.estimate.two_engines.lists import WINDOW_DAYS, Lists
from camcensus.geolocate.networks import network_kind
from camcensus.identify.matcher import Identifier, Verdict
from camcensus.ingest.evidence import evidence_of
from camcensus.readers.banner import Banner, soften
from camcensus.validation.simulate.chance import Ints
from camcensus.validation.simulate.engines import Sights
from camcensus.validation.simulate.looks import Seen, seen
from camcensus.validation.simulate.population import DECOYS
from camcensus.validation.simulate.services import Now
from camcensus.validation.simulate.texts import hosts, text_of
from camcensus.validation.simulate.world import Block, World

# What the second engine's layout has room for; the first engine's parsed blocks and guesses are left out.
LEFT_OUT = [DECOYS.index(kind) for kind in ("tagged", "fixed-page", "fixed-mac")]  # what one banner gives away
COMMON = frozenset({
    "module", "http_server", "http_title", "http_realm", "http_auth", "http_html", "rtsp_server", "rtsp_realm",
    "rtsp_auth", "ftp_banner", "telnet_banner", "cert_subject", "cert_issuer",
})  # fmt: skip


@dataclass
class Eyes:
    """The pipeline's identification, remembered by look."""

    identifier: Identifier
    known: dict[tuple[int, bool], Verdict] = field(default_factory=dict)

    def verdicts(self, found: Seen, common: bool) -> list[Verdict]:
        """What the pipeline makes of each look; `common`: by the evidence that both engines have."""
        verdicts = [Verdict()] * len(found.looks)
        for look, at in zip(*(each.tolist() for each in np.unique(found.look, return_index=True)), strict=True):
            verdicts[look] = self._verdict(found, at, common)
        return verdicts

    def _verdict(self, found: Seen, at: int, common: bool) -> Verdict:
        look = found.looks[int(found.look[at])]
        text = text_of(replace(look, layout="new", parsed=False, guessed=False) if common else look)
        if (id(text), common) not in self.known:
            said = json.loads("{" + text.fill(found.rows.take(np.array([at])))[0] + "}")
            evidence = evidence_of(soften({**said, "_shodan": {"module": text.answer.module}}, Banner))
            kept = {name: value for name, value in evidence.items() if not common or name in COMMON}
            self.known[id(text), common] = self.identifier.identify(kept)
        return self.known[id(text), common]


@dataclass(frozen=True)
class Small:
    """A small world at one snapshot, as both engines hold it."""

    world: World
    year: int
    eyes: Eyes

    @cached_property
    def block(self) -> Block:
        """All of it."""
        return self.world.block(0, self.world.population.sites)

    @cached_property
    def here(self) -> Now:
        """What can be reached."""
        return self.world.now(self.block, self.year)

    def lists(self) -> Lists:
        """Both engines' lists, as `comparable` would make them of their exports."""
        first, second = (self._list(engine) for engine in ("first", "second"))
        ports = set(first["port"]) & set(second["port"])
        end = self.world.end(self.year)
        one, two = (frame[frame["port"].isin(ports)] for frame in (first, second))
        return Lists(one, two, sorted(COMMON), len(ports), end - WINDOW_DAYS * 86_400 + 1, end)

    def population(self) -> pd.DataFrame:
        """Every host that can be reached at the end of the window and that the pipeline would count if it were seen by
        the evidence of both engines: `host` and its stratum, each once."""
        services = self.here.services
        sites, device = self.block.sites, services.device
        row = self.block.devices.site[device]
        end = np.full(len(row), float(self.world.end(self.year)))
        where = sites.where.take(row)
        epoch = self.world.places.epoch(sites.number[row], where, end)
        high, low = self.world.places.address(sites.number[row], where, epoch, sites.fleet[row])
        everything = Sights(np.arange(len(row)), end, high, low, np.zeros(len(row), bool))
        return self._frame(everything, "second", real=True).drop_duplicates("host")[["host", "country", "network_kind"]]

    def collected(self) -> pd.DataFrame:
        """Banners that the queries return from the first engine, as `sample.banners_of` gives them, with `camera`:
        whether the device is one."""
        sights = self.world.sights(self.block, self.here, self.year, "first")
        found = seen(self.world, self.block, self.here, sights, self.year)
        verdicts = self.eyes.verdicts(found, common=False)
        at = np.flatnonzero(found.returned)
        said = [verdicts[n] for n in found.look[at].tolist()]
        site = self.block.devices.site[found.device[at]]
        products = self.world.population.market.products
        real = np.array([p.type in COUNTED_TYPES for p in products])[found.product[at]]
        return pd.DataFrame({
            "host": [found.rows.host[n] for n in at.tolist()],
            "port": found.port[at],
            "is_counted": [v.counted for v in said],
            "manufacturer": [v.manufacturer for v in said],
            "type_confidence": [v.type_confidence for v in said],
            "product_type": [v.product_type for v in said],
            "country": np.array(self.world.places.codes)[self.block.sites.where.country[site]],
            "camera": real & (self.block.sites.decoy[site] < 0),
        })  # fmt: skip

    def _list(self, engine: str) -> pd.DataFrame:
        sights = self.world.sights(self.block, self.here, self.year, engine)
        inside = sights.seen > self.world.end(self.year) - WINDOW_DAYS * 86_400
        return self._frame(_take(sights, np.flatnonzero(inside)), engine)

    def _frame(self, sights: Sights, engine: str, real: bool = False) -> pd.DataFrame:
        found = seen(self.world, self.block, self.here, sights, self.year, engine)
        by_look = np.array([v.counted for v in self.eyes.verdicts(found, common=True)], bool)
        counted = found.returned & by_look[found.look]
        site = self.block.devices.site[found.device]
        where = self.block.sites.where
        asn = self.world.places.asn(where.network[site])
        decoy = self.block.sites.decoy[site]
        at = np.flatnonzero(counted & ~np.isin(decoy, np.arange(len(DECOYS)) if real else LEFT_OUT))
        frame = pd.DataFrame({"host": hosts(sights.high[at], sights.low[at]), "port": found.port[at]})
        kinds = [network_kind(int(n), None) or UNKNOWN for n in asn[at]]
        identity = pd.Series(found.rows.key[at].astype(str)).where(found.identifies[at])
        located = self.world.places.locator.countries(frame["host"].tolist())
        return frame.assign(
            seen_at=sights.seen[at], country=located, network_kind=kinds, identity=identity, engine=engine
        )  # fmt: skip


def _take(sights: Sights, at: Ints) -> Sights:
    return Sights(sights.service[at], sights.seen[at], sights.high[at], sights.low[at], sights.again[at])
