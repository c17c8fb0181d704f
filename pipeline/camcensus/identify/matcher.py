"""Identify maker, brand, model, product type, firmware, identity and decoy grade from a banner's evidence.

Maker and product type each have a confidence: high for the maker's own protocol or two specific tokens from independent
places, medium for one specific token, low for a guess.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from camcensus.core.tables import COUNTED_TYPES, DECOY_GRADES
from camcensus.identify.catalogue import Catalogue
from camcensus.identify.entries import Model, Signature
from camcensus.identify.prefilter import Screen

# Columns that repeat each other are one place; two tokens from one place are not independent.
_PLACES = {
    "http_html": "page", "http_title": "page", "http_assets": "page",
    "product": "engine", "devicetype": "engine", "cpe": "engine",
    "cert_subject": "certificate", "cert_issuer": "certificate",
    "hikvision_device_model": "block", "hikvision_device_version": "block", "hikvision_web_version": "block",
    "dahua_serial_number": "block", "dahua_dvr_web_web_version": "block", "ip_camera_brand": "block",
    "ip_camera_model": "block", "ip_camera_software_version": "block", "upnp_manufacturer": "upnp",
    "upnp_model_name": "upnp", "upnp_model_number": "upnp", "ssdp_server": "upnp",
    "onvif_scopes": "onvif", "onvif_types": "onvif", "block_text": "block",
}  # fmt: skip
_MODEL_COLUMNS = (
    "hikvision_device_model", "ip_camera_model", "upnp_model_name", "upnp_model_number", "http_title", "http_realm",
    "rtsp_realm", "ftp_banner", "telnet_banner", "snmp_description", "cert_subject", "product",
)  # fmt: skip
# At equal strength a type that is not counted wins, so that doubt lowers a count; then the more specific one.
_TYPE_ORDER = ("software", "other", "access_control", "intercom", "camera", "recorder", "encoder", "video")
_STRENGTHS = {"weak": 1, "specific": 2, "protocol": 3}


@dataclass(frozen=True, slots=True)
class Hit:
    """A signature or model pattern that matched, and what it captured."""

    rule: str
    column: str
    manufacturer: str | None = None
    maker: str | None = None
    type: str | None = None
    type_evidence: str | None = None
    brand: str | None = None
    model: str | None = None
    model_raw: str | None = None
    family: str | None = None
    firmware: str | None = None
    decoy: str | None = None
    needs_maker: bool = False

    @property
    def place(self) -> str:
        """The place of the evidence; hits in one place are not independent."""
        return _PLACES.get(self.column, self.column)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a banner is, and by which signatures. None: not known."""

    counted: bool = False
    manufacturer: str | None = None
    manufacturer_confidence: str | None = None
    brand: str | None = None
    model: str | None = None
    model_raw: str | None = None
    family: str | None = None
    product_type: str | None = None
    type_confidence: str | None = None
    firmware: str | None = None
    signatures: tuple[str, ...] = ()
    decoy: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """The hits of one value of one column, and its identity, if any, as (kind, value)."""

    hits: tuple[Hit, ...] = ()
    identity: tuple[str, str] | None = None


NOTHING = Match()


class Identifier:
    """A catalogue's rules by column, ready to match."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        by_column: dict[str, list[Signature]] = {column: [] for column in _MODEL_COLUMNS}
        for signature in catalogue.signatures:
            by_column.setdefault(signature.column, []).append(signature)
        self.signatures = {column: Screen(rules) for column, rules in by_column.items()}
        self.models = Screen(catalogue.models)
        self.makers_of_brand = {
            brand.name: brand.manufacturer[0]
            for brand in catalogue.brands
            # Without a period it is not known when it was true.
            if brand.confidence == "high" and brand.period and len(brand.manufacturer) == 1
        }

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that any rule reads."""
        return tuple(self.signatures)

    def quick(self, column: str) -> str | None:
        """Return a pattern for RE2, case ignored, that every matching value of the column matches; None: unknown."""
        return None if column in _MODEL_COLUMNS else self.signatures[column].quick

    def match(self, column: str, text: str) -> Match:
        """Return the match of one value. Pure; the batch path calls it once for each distinct value."""
        if column not in self.signatures:
            return NOTHING
        hits: list[Hit] = []
        identity: tuple[str, str] | None = None
        # Where a signature captures the model, the rest of the text is not searched for one.
        captured_models: list[str] = []
        for rule in self.signatures[column].candidates(text):
            found = rule.regex.search(text)
            if not found:
                continue
            groups = found.groupdict()
            identity = identity or _identity(rule.manufacturer, groups)
            hits.append(_signature_hit(rule, column, groups))
            captured_models.extend(filter(None, [groups.get("model")]))
        for part in captured_models or ([text] if column in _MODEL_COLUMNS else []):
            found_models = ((model, model.regex.search(part)) for model in self.models.candidates(part))
            hits.extend(_model_hit(model, column, found[0]) for model, found in found_models if found)
        return Match(tuple(dict.fromkeys(hits)), identity) if hits or identity else NOTHING

    def decide(self, hits: tuple[Hit, ...]) -> Verdict:
        """Return the verdict over all hits of one banner."""
        maker, maker_confidence = _maker([h for h in hits if not h.needs_maker])
        brand = _brand(hits)
        if brand is not None and brand in self.makers_of_brand and maker_confidence in (None, "low"):
            maker, maker_confidence = self.makers_of_brand[brand], "medium"
        sure = maker if maker_confidence in ("medium", "high") else None
        hits = tuple(h for h in hits if not h.needs_maker or h.manufacturer == sure)
        kind, kind_confidence = _type(hits)
        named = _model([h for h in hits if h.model and h.manufacturer == maker])
        decoys = [h.decoy for h in hits if h.decoy]
        return Verdict(
            counted=kind in COUNTED_TYPES and kind_confidence in ("medium", "high"),
            manufacturer=maker,
            manufacturer_confidence=maker_confidence,
            brand=brand,
            model=named.model if named else None,
            model_raw=(named.model_raw or named.model) if named else _longest(h.model_raw for h in hits),
            family=named.family if named else None,
            product_type=kind,
            type_confidence=kind_confidence,
            firmware=_longest(h.firmware for h in hits),
            signatures=tuple(sorted({h.rule for h in hits})),
            decoy=max(decoys, key=DECOY_GRADES.index) if decoys else None,
        )

    def identify(self, evidence: Mapping[str, str]) -> Verdict:
        """Return the verdict over the evidence of one banner (column to text)."""
        return self.decide(tuple(h for c in self.columns if c in evidence for h in self.match(c, evidence[c]).hits))


@lru_cache(maxsize=4)
def identifier_of(catalogue: Catalogue) -> Identifier:
    """Return the identifier of a catalogue; a process that asks again for the same object gets the same identifier."""
    return Identifier(catalogue)


def _signature_hit(rule: Signature, column: str, groups: Mapping[str, str | None]) -> Hit:
    return Hit(
        rule=rule.id,
        column=column,
        manufacturer=rule.manufacturer,
        maker=rule.maker,
        type=rule.type,
        type_evidence=rule.type_evidence if rule.type else None,
        brand=rule.brand or (groups.get("brand") or "").strip() or None,
        model=rule.model,
        model_raw=groups.get("model") or rule.model,
        firmware=groups.get("firmware"),
        decoy=rule.decoy,
    )


def _model_hit(rule: Model, column: str, raw: str) -> Hit:
    # A model in the engine's guess of a product is a guess too.
    strength = "weak" if _PLACES.get(column) == "engine" else "specific"
    return Hit(
        rule=rule.id,
        column=column,
        manufacturer=rule.manufacturer,
        maker=strength if rule.alone else None,
        type=rule.type,
        type_evidence=strength if rule.type else None,
        model=" ".join(raw.upper().split()),
        model_raw=raw,
        family=rule.family,
        needs_maker=not rule.alone,
    )


def _identity(manufacturer: str | None, groups: Mapping[str, str | None]) -> tuple[str, str] | None:
    """Return the captured serial number (with its maker: two makers may use the same number) or MAC address."""
    if serial := (groups.get("serial") or "").strip().upper():
        return ("serial", f"{manufacturer or ''}:{serial}") if len(set(serial)) > 2 else None
    mac = "".join(c for c in (groups.get("mac") or "").upper() if c in "0123456789ABCDEF")
    return ("mac", mac) if len(mac) == 12 and len(set(mac)) > 2 else None


def _confidence(evidence: Iterable[tuple[str | None, str]]) -> str | None:
    """Return the confidence from (strength, place) of each hit."""
    found = {(strength, place) for strength, place in evidence if strength}
    if any(strength == "protocol" for strength, _ in found):
        return "high"
    places = {place for strength, place in found if strength == "specific"}
    return "high" if len(places) > 1 else "medium" if places else "low" if found else None


def _maker(hits: list[Hit]) -> tuple[str | None, str | None]:
    """Return the maker with the strongest evidence; None if two have equal evidence."""
    confidence = {
        name: _confidence((h.maker, h.place) for h in hits if h.manufacturer == name)
        for name in sorted({h.manufacturer for h in hits if h.manufacturer and h.maker})
    }
    for level in ("high", "medium", "low"):
        best = [name for name, found in confidence.items() if found == level]
        if best:
            return (best[0], level) if len(best) == 1 else (None, None)
    return None, None


def _brand(hits: Iterable[Hit]) -> str | None:
    brands = {h.brand for h in hits if h.brand}
    return brands.pop() if len(brands) == 1 else None


def _type(hits: Iterable[Hit]) -> tuple[str | None, str | None]:
    """Return the product type with the strongest evidence, and its confidence."""
    typed = [h for h in hits if h.type]
    if not typed:
        return None, None
    best = max(_STRENGTHS[h.type_evidence or "weak"] for h in typed)
    strongest = {h.type for h in typed if _STRENGTHS[h.type_evidence or "weak"] == best}
    # A maker's own protocol that shows a video device does not outweigh a model that shows which.
    strongest |= {h.type for h in typed if h.type_evidence == "specific"} if best == _STRENGTHS["protocol"] else set()
    kind = next(name for name in _TYPE_ORDER if name in strongest)
    if len(strongest & {"camera", "recorder", "encoder"}) > 1 and kind in COUNTED_TYPES:
        kind = "video"
    supports = COUNTED_TYPES if kind == "video" else {kind, "video"} if kind in COUNTED_TYPES else {kind}
    return kind, _confidence((h.type_evidence, h.place) for h in typed if h.type in supports)


def _model(hits: list[Hit]) -> Hit | None:
    """Return the hit that names the model: the device's own before the engine's guess, then the longest."""
    return min(hits, key=lambda h: (h.place == "engine", -len(h.model or ""), h.model or "", h.rule), default=None)


def _longest(values: Iterable[str | None]) -> str | None:
    """Return the longest text; among equals the first in order."""
    return max(sorted({v for v in values if v}), key=len, default=None)
