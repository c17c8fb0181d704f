"""Decide what a banner is of, from all that matched in it.

Maker and product type each have a confidence: high for the maker's own protocol or two specific tokens from independent
places, medium for one specific token, low for a guess.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from camcensus.core.tables import COUNTED_TYPES, DECOY_GRADES
from camcensus.identify.entries import Maker

# Columns that repeat each other are one place; two tokens from one place are not independent.
PLACES = {
    "http_html": "page", "http_title": "page", "http_assets": "page",
    "product": "engine", "devicetype": "engine", "cpe": "engine",
    "cert_subject": "certificate", "cert_issuer": "certificate",
    "hikvision_device_model": "block", "hikvision_device_version": "block", "hikvision_web_version": "block",
    "dahua_serial_number": "block", "dahua_dvr_web_web_version": "block", "ip_camera_brand": "block",
    "ip_camera_model": "block", "ip_camera_software_version": "block", "upnp_manufacturer": "upnp",
    "upnp_model_name": "upnp", "upnp_model_number": "upnp", "ssdp_server": "upnp",
    "onvif_scopes": "onvif", "onvif_types": "onvif", "block_text": "block",
}  # fmt: skip
# At equal strength a type that is not counted wins, so that doubt lowers a count; then the more specific one.
_TYPE_ORDER = ("software", "other", "access_control", "intercom", "camera", "recorder", "encoder", "video")
# A word of a kind is evidence only next to a maker that is sure.
_STRENGTHS = {"word": 0, "weak": 1, "specific": 2, "protocol": 3}
_SURE = ("medium", "high")


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched, and what it captured. `word`: a word of surveillance; `unknown`: a model in no pattern."""

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
    word: str | None = None
    needs_maker: bool = False
    unknown: bool = False

    @property
    def is_word(self) -> bool:
        """Whether it is a word of a kind, from the general lists."""
        return self.rule.startswith("words.")

    @property
    def place(self) -> str:
        """The place of the evidence; hits in one place are not independent."""
        return PLACES.get(self.column, self.column)


class Hits(tuple[Hit, ...]):
    """Hits that are compared by being the same object, which is quicker than comparing what they hold."""

    __slots__ = ()
    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__


NO_HITS = Hits()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a banner is, and by which signatures. None: not known.

    `candidate`: the words of surveillance that a banner uses which is not identified.
    """

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
    candidate: str | None = None


def decide(
    hits: tuple[Hit, ...],
    about: Mapping[str, Maker],
    makers_of_brand: Mapping[str, str],
    origins: Mapping[str, frozenset[str]],
) -> Verdict:
    """Return the verdict over all hits of one banner.

    `origins`: the reported makers of each brand; a brand may also have a file as a maker.
    """
    maker, maker_confidence = _maker([h for h in hits if not h.needs_maker], origins)
    brand = _brand(hits) or _brand_of(maker, hits, origins)
    if brand in makers_of_brand and maker_confidence in (None, "low"):
        maker, maker_confidence = makers_of_brand[str(brand)], "medium"
    sure = about.get(maker or "") if maker_confidence in _SURE else None
    words = " ".join(sorted({h.word for h in hits if h.word})) or None
    hits = _weighed(hits, sure, about.get(brand or ""))
    kind, kind_confidence = _type(hits)
    named = _model([h for h in hits if h.model and h.manufacturer in (maker, brand)])
    counted = kind in COUNTED_TYPES and kind_confidence in _SURE
    unidentified = not counted and (kind is None or kind in COUNTED_TYPES)
    decoys = [h.decoy for h in hits if h.decoy]
    return Verdict(
        counted=counted,
        manufacturer=maker,
        manufacturer_confidence=maker_confidence,
        brand=brand,
        model=named.model if named else None,
        model_raw=_raw(named, hits),
        family=named.family if named else None,
        product_type=kind,
        type_confidence=kind_confidence,
        firmware=_longest(h.firmware for h in hits),
        signatures=tuple(sorted({h.rule for h in hits if h.rule})),
        decoy=max(decoys, key=DECOY_GRADES.index) if decoys else None,
        candidate=words if unidentified else None,
    )


def _weighed(hits: tuple[Hit, ...], maker: Maker | None, brand: Maker | None) -> tuple[Hit, ...]:
    """Return the hits that count as evidence once maker and brand are known, and what the maker's range adds."""
    if maker is None:
        return tuple(h for h in hits if not h.needs_maker and h.type_evidence != "word")
    sold = (maker,) if brand is None else (maker, brand)
    own = [h for h in hits if not h.needs_maker or h.manufacturer in {m.manufacturer for m in sold}]
    own = [replace(h, type_evidence="specific") if h.type_evidence == "word" else h for h in own]
    unknown = [h for h in own if h.unknown]
    own = [h for h in own if not h.unknown]
    if any(h.model and _shows_kind(replace(h, model=None)) for h in own):
        # A model says more than words: a video doorbell is a camera if its maker sells it as one.
        own = [h for h in own if not h.is_word]
    if unknown and not any(h.model for h in own):
        if all(any(_is_of_series(h.model_raw or "", m) for m in sold) for h in unknown):
            own.append(_video(maker, "series", unknown[0].column))
        else:
            # What shows only that it is a device of this maker does not show that it is a camera.
            own = [h for h in own if h.type != "video"]
        own.extend(unknown)
    elif not unknown and maker.range != "mixed" and _is_of_device(own) and not any(_shows_kind(h) for h in own):
        own.append(_video(maker, "range", ""))
    return tuple(own)


def _is_of_device(hits: list[Hit]) -> bool:
    """Return whether more than a title shows the maker: anybody may give a page a title such as `AXIS`."""
    return any(h.maker in ("specific", "protocol") and h.column != "http_title" for h in hits)


def _shows_kind(hit: Hit) -> bool:
    """Return whether a hit says what a device is: strongly, or that it is no camera."""
    return bool(hit.model) or (hit.type is not None and (hit.type_evidence != "weak" or hit.type not in COUNTED_TYPES))


def _is_of_series(model: str, maker: Maker) -> bool:
    return model.upper().startswith(tuple(prefix.upper() for prefix in maker.series))


def _video(maker: Maker, reason: str, column: str) -> Hit:
    return Hit(f"{maker.slug}.{reason}", column, maker.manufacturer, type="video", type_evidence="specific")


def _confidence(evidence: Iterable[tuple[str | None, str]]) -> str | None:
    """Return the confidence from (strength, place) of each hit."""
    found = {(strength, place) for strength, place in evidence if strength}
    if any(strength == "protocol" for strength, _ in found):
        return "high"
    places = {place for strength, place in found if strength == "specific"}
    return "high" if len(places) > 1 else "medium" if places else "low" if found else None


def _maker(hits: list[Hit], origins: Mapping[str, frozenset[str]]) -> tuple[str | None, str | None]:
    """Return the maker with the strongest evidence; None if two have equal evidence.

    A brand and the maker that makes its devices agree: then it is the maker.
    """
    confidence = {
        name: _confidence((h.maker, h.place) for h in hits if h.manufacturer == name)
        for name in sorted({h.manufacturer for h in hits if h.manufacturer and h.maker})
    }
    for level in ("high", "medium", "low"):
        equal = [name for name, found in confidence.items() if found == level]
        best = [name for name in equal if origins.get(name, frozenset()).isdisjoint(equal)]
        if equal:
            return (best[0], level) if len(best) == 1 else (None, None)
    return None, None


def _brand(hits: Iterable[Hit]) -> str | None:
    brands = {h.brand for h in hits if h.brand}
    return brands.pop() if len(brands) == 1 else None


def _brand_of(maker: str | None, hits: Iterable[Hit], origins: Mapping[str, frozenset[str]]) -> str | None:
    """Return the brand of a maker's device that has a file of its own as a maker."""
    named = {h.manufacturer for h in hits if h.manufacturer and h.maker not in (None, "weak")}
    brands = {name for name in named if maker in origins.get(name, frozenset())}
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


def _raw(named: Hit | None, hits: Iterable[Hit]) -> str | None:
    """Return the model as the device writes it: the longest text that begins with the published name."""
    raws = {h.model_raw for h in hits if h.model_raw}
    if named and named.model:
        raws = {raw for raw in raws if " ".join(raw.upper().split()).startswith(named.model)} or {named.model}
    return _longest(raws)


def _longest(values: Iterable[str | None]) -> str | None:
    """Return the longest text; among equals the first in order."""
    return max(sorted({v for v in values if v}), key=len, default=None)
