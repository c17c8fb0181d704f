"""Small simulated worlds counted in memory, without files, for intervals over many worlds.

What the pipeline makes of a banner depends on its template, and on the model where it shows one. So each pair of these
is identified once, by the pipeline's own functions. A test compares this with the same world written, imported and
counted.
"""

import json
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from camcensus.core.tables import COUNTED_TYPES, UNKNOWN
from camcensus.estimate.two_engines.lists import WINDOW_DAYS, Lists
from camcensus.geolocate.database import open_locator
from camcensus.geolocate.networks import network_kind
from camcensus.identify.matcher import Identifier
from camcensus.identify.verdict import Verdict
from camcensus.ingest.evidence import evidence_of
from camcensus.readers.banner import Banner, soften
from camcensus.validation.simulate.banners import Banners, banners_of
from camcensus.validation.simulate.engines import Observations
from camcensus.validation.simulate.places import country_codes
from camcensus.validation.simulate.population import DECOYS
from camcensus.validation.simulate.templates import fill, template_of
from camcensus.validation.simulate.world import View

LEFT_OUT = [DECOYS.index(kind) for kind in ("tagged", "fixed-page", "fixed-mac")]  # visible in a single banner
# What the second engine's layout has room for: not the first engine's parsed blocks and guesses.
COMMON = frozenset({
    "module", "http_server", "http_title", "http_realm", "http_auth", "http_html", "http_assets", "http_location",
    "rtsp_server", "rtsp_realm", "rtsp_auth", "ftp_banner", "telnet_banner", "snmp_description", "sip_user_agent",
    "ssdp_server", "onvif_types", "onvif_scopes", "dhip_reply", "upnp_manufacturer", "upnp_model_name",
    "upnp_model_number", "upnp_serial_number", "upnp_udn", "mac", "mac_organisation", "cert_subject", "cert_issuer",
})  # fmt: skip


@dataclass
class CachedIdentifier:
    """The pipeline's identification, cached by template and model."""

    identifier: Identifier
    known: dict[tuple[int, str, bool], Verdict] = field(default_factory=dict)

    def verdicts(self, banners: Banners, common: bool) -> list[Verdict]:
        """Return the verdict of each banner; `common`: by the evidence that both engines have."""
        models, model = np.unique(banners.rows.model.astype(str), return_inverse=True)
        shown = np.array(["model" in template.names for template in banners.templates], bool)[banners.template]
        pairs = banners.template * (len(models) + 1) + np.where(shown, model + 1, 0)
        _, rows, which = np.unique(pairs, return_index=True, return_inverse=True)
        found = [self._verdict(banners, row, common) for row in rows.tolist()]
        return [found[n] for n in which.tolist()]

    def _verdict(self, banners: Banners, row: int, common: bool) -> Verdict:
        template = banners.templates[int(banners.template[row])]
        if common:
            template = template_of(replace(template.spec, layout="new", is_parsed=False, is_guessed=False))
        model = str(banners.rows.model[row]) if "model" in template.names else ""
        if (key := (id(template), model, common)) not in self.known:
            (text,) = fill([template], np.array([0]), banners.rows.take(np.array([row])))
            banner = json.loads(f"{{{text}}}")
            evidence = evidence_of(soften({**banner, "_shodan": {"module": template.answer.module}}, Banner))
            kept = {name: value for name, value in evidence.items() if not common or name in COMMON}
            self.known[key] = self.identifier.identify(kept)
        return self.known[key]


@dataclass(frozen=True)
class SmallWorld:
    """A world at one snapshot, as both engines hold it."""

    view: View
    identifier: CachedIdentifier

    def lists(self) -> Lists:
        """Return both engines' lists, as `comparable` would make them from their exports."""
        first, second = (self._list(engine) for engine in ("first", "second"))
        ports = set(first["port"]) & set(second["port"])
        end = self.view.world.end(self.view.year)
        one, two = (frame[frame["port"].isin(ports)] for frame in (first, second))
        return Lists(one, two, sorted(COMMON), len(ports), end - WINDOW_DAYS * 86_400 + 1, end)

    def population(self) -> pd.DataFrame:
        """Return every host that is reachable at the end of the window and that the pipeline would count: its stratum.

        Counted is what the evidence of both engines shows. Columns: `host`, `country`, `network_kind`.
        """
        view, services = self.view, self.view.snapshot.services
        row = view.devices.site[services.device]
        number, locations, places = view.sites.number[row], view.sites.locations.take(row), view.world.places
        end = np.full(len(row), float(view.world.end(view.year)))
        high, low = places.address(number, locations, places.epoch(number, locations, end), view.sites.fleet[row])
        everything = Observations(np.arange(len(row)), end, high, low, np.zeros(len(row), bool))
        frame = self._frame(everything, "second", with_decoys=False)
        return frame.drop_duplicates("host")[["host", "country", "network_kind"]]

    def collected(self) -> pd.DataFrame:
        """Return banners that the queries return from the first engine, as `sample.banners_of` does, with `camera`."""
        view = self.view
        banners = banners_of(view, view.observations())
        some = banners.take(np.flatnonzero(banners.returned))
        found = self.identifier.verdicts(some, common=False)
        site = view.devices.site[some.device]
        is_camera = np.array([p.type in COUNTED_TYPES for p in view.products])[some.product]
        return pd.DataFrame({
            "host": some.rows.host,
            "port": some.port,
            "is_counted": [v.counted for v in found],
            "manufacturer": [v.manufacturer for v in found],
            "type_confidence": [v.type_confidence for v in found],
            "product_type": [v.product_type for v in found],
            "country": np.array(country_codes())[view.sites.locations.country[site]],
            "camera": is_camera & (view.sites.decoy[site] < 0),
        })  # fmt: skip

    def held(self) -> pd.DataFrame:
        """Return the devices of which the first engine holds a banner: whether any is counted, or a candidate.

        Columns: `device_id`, `is_counted`, `is_candidate`, whatever the queries return.
        """
        banners = banners_of(self.view, self.view.observations())
        found = self.identifier.verdicts(banners, common=False)
        rows = pd.DataFrame({
            "device_id": self.view.devices.number[banners.device],
            "is_counted": [v.counted for v in found],
            "is_candidate": [v.candidate is not None for v in found],
        })  # fmt: skip
        return rows.groupby("device_id", as_index=False).any()

    def _list(self, engine: str) -> pd.DataFrame:
        observations = self.view.observations(engine)
        inside = observations.seen_at > self.view.world.end(self.view.year) - WINDOW_DAYS * 86_400
        return self._frame(Observations(*(column[inside] for column in vars(observations).values())), engine)

    def _frame(self, observations: Observations, engine: str, with_decoys: bool = True) -> pd.DataFrame:
        view = self.view
        banners = banners_of(view, observations, engine)
        counted = np.array([v.counted for v in self.identifier.verdicts(banners, common=True)], bool)
        decoy = view.sites.decoy[view.devices.site[banners.device]]
        left_out = np.isin(decoy, LEFT_OUT if with_decoys else np.arange(len(DECOYS)))
        some = banners.take(np.flatnonzero(banners.returned & counted & ~left_out))
        numbers = view.world.places.asns[view.sites.locations.network[view.devices.site[some.device]]].tolist()
        return pd.DataFrame({
            "host": some.rows.host, "port": some.port, "seen_at": some.rows.seen_at,
            "country": open_locator().countries(some.rows.host.tolist()),
            "network_kind": [network_kind(n, None) or UNKNOWN for n in numbers],
            "identity": pd.Series(some.rows.key.astype(str)).where(some.identifies), "engine": engine,
        })  # fmt: skip
