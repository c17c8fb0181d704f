"""Match the values of a banner's evidence with the catalogue: signatures, model patterns, names and words."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from camcensus.identify.catalogue import Catalogue
from camcensus.identify.entries import Model, Signature
from camcensus.identify.models import MODEL_COLUMNS, OWN_MODEL, published, written
from camcensus.identify.phrases import COLUMNS, Phrases
from camcensus.identify.screen import Screen
from camcensus.identify.verdict import PLACES, Hit, Verdict, decide

_ORGANISATION = "mac_organisation"


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
        by_column: dict[str, list[Signature]] = {c: [] for c in (*MODEL_COLUMNS, *COLUMNS, _ORGANISATION)}
        for signature in catalogue.signatures:
            by_column.setdefault(signature.column, []).append(signature)
        self.signatures = {column: Screen(rules) for column, rules in by_column.items()}
        self.models = Screen(catalogue.models)
        self.phrases = Phrases(catalogue.about, catalogue.words)
        self.about = {maker.manufacturer: maker for maker in catalogue.about}
        self.organisations = {name.lower(): maker for maker in catalogue.about for name in maker.organisations}
        self.origins = {brand.name: frozenset(brand.manufacturer) for brand in catalogue.brands}
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

    def match(self, column: str, text: str) -> Match:
        """Return the match of one value. Pure; the batch path calls it once for each distinct value."""
        if column not in self.signatures:
            return NOTHING
        hits: list[Hit] = []
        identity: tuple[str, str] | None = None
        parts = [text] if column in MODEL_COLUMNS else []
        for rule in self.signatures[column].matching(text):
            groups = rule.captures(text)
            if groups:
                identity = identity or _identity(rule.manufacturer, groups)
            hits.append(_signature_hit(rule, column, groups))
            if (captured := groups.get("model")) and column not in MODEL_COLUMNS:
                parts.append(captured)
        models = [_model_hit(rule, column, part) for part in parts for rule in self.models.matching(part)]
        if not models and (unknown := text.strip() if column in OWN_MODEL else _captured(hits)):
            hits.append(Hit("", column, model_raw=unknown, unknown=True))
        if column in COLUMNS:
            # The engine calls all devices of a maker cameras: a signature knows which products that means.
            is_known = column == "product" and any(hit.type_evidence in ("specific", "protocol") for hit in hits)
            hits.extend(hit for hit in self.phrases.hits(column, text) if not (is_known and hit.type))
        if column == _ORGANISATION and (maker := self.organisations.get(text.lower())):
            hits.append(Hit(f"{maker.slug}.organisation", column, maker.manufacturer, maker="specific"))
        hits.extend(models)
        return Match(tuple(dict.fromkeys(hits)), identity) if hits or identity else NOTHING

    def decide(self, hits: tuple[Hit, ...]) -> Verdict:
        """Return the verdict over all hits of one banner."""
        return decide(hits, self.about, self.makers_of_brand, self.origins)

    def identify(self, evidence: Mapping[str, str]) -> Verdict:
        """Return the verdict over the evidence of one banner (column to text)."""
        return self.decide(tuple(h for c in self.columns if c in evidence for h in self.match(c, evidence[c]).hits))


@lru_cache(maxsize=4)
def identifier_of(catalogue: Catalogue) -> Identifier:
    """Return the identifier of a catalogue; a process that asks again for the same object gets the same identifier."""
    return Identifier(catalogue)


def _captured(hits: list[Hit]) -> str | None:
    """Return the model that a signature of the maker's own protocol captured and no pattern knows."""
    return next((h.model_raw for h in hits if h.model_raw and not h.model and h.maker == "protocol"), None)


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


def _model_hit(rule: Model, column: str, text: str) -> Hit:
    # A model in the engine's guess of a product is a guess too.
    strength = "weak" if PLACES.get(column) == "engine" else "specific"
    start, end = rule.span(text)
    return Hit(
        rule=rule.id,
        column=column,
        manufacturer=rule.manufacturer,
        maker=strength if rule.alone else None,
        type=rule.type,
        type_evidence=strength if rule.type else None,
        model=published(text, start, end, rule.suffixes),
        model_raw=text.strip() if column in OWN_MODEL else written(text, start, end),
        family=rule.family,
        needs_maker=not rule.alone,
    )


def _identity(manufacturer: str | None, groups: Mapping[str, str | None]) -> tuple[str, str] | None:
    """Return the captured serial number (with its maker: two makers may use the same number) or MAC address."""
    if serial := (groups.get("serial") or "").strip().upper():
        return ("serial", f"{manufacturer or ''}:{serial}") if len(set(serial)) > 2 else None
    mac = "".join(c for c in (groups.get("mac") or "").upper() if c in "0123456789ABCDEF")
    return ("mac", mac) if len(mac) == 12 and len(set(mac)) > 2 else None
