"""Match the values of a banner's evidence with the catalogue: signatures, model patterns, names and words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from typing import NamedTuple

from camcensus.identify.catalogue import Catalogue
from camcensus.identify.entries import Maker, Model, Signature
from camcensus.identify.memo import Memo
from camcensus.identify.models import MODEL_COLUMNS, OWN_MODEL, published, written
from camcensus.identify.phrases import COLUMNS, Phrases
from camcensus.identify.screen import Screen
from camcensus.identify.verdict import NO_HITS, PLACES, Hit, Hits, Verdict, decide

_ORGANISATION = "mac_organisation"
_LONG = 256  # characters; of longer texts, a memo keeps digests


@dataclass(frozen=True, slots=True)
class Match:
    """The hits of one value of one column, and its identity, if any, as (kind, value)."""

    hits: Hits = NO_HITS
    identity: tuple[str, str] | None = None


NOTHING = Match()
_Groups = tuple[str | None, str | None, str | None]  # brand, model, firmware


class _Evidence(NamedTuple):
    """What decides the hits of a value.

    `numbers`: of the signatures that match; `shown`: what each captured; `models`: number of the pattern, name, text;
    `unknown`: a model in no pattern; `maker`: of the registry of MAC addresses.
    """

    column: str
    numbers: tuple[int, ...]
    shown: tuple[_Groups, ...]
    models: tuple[tuple[int, str, str], ...]
    unknown: str | None
    words: Hits
    maker: Maker | None


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
        self._matches: dict[str, Memo[str | bytes, Match]] = {column: Memo() for column in self.signatures}
        self._hits: Memo[_Evidence, Hits] = Memo()
        self._verdicts: Memo[tuple[Hits, ...], Verdict] = Memo()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that any rule reads."""
        return tuple(self.signatures)

    def match(self, column: str, text: str) -> Match:
        """Return the match of one value; frequent values are matched once."""
        if (known := self._matches.get(column)) is None:
            return NOTHING
        key = text if len(text) <= _LONG else blake2b(text.encode(), digest_size=16).digest()
        found = known.get(key)
        return known.keep(key, self._match(column, text)) if found is None else found

    def _match(self, column: str, text: str) -> Match:
        data = text.encode()
        screen = self.signatures[column]
        numbers = screen.numbers(data)
        captured = [screen.rules[n].captures(data) for n in numbers]
        identity = None
        for number, groups in zip(numbers, captured, strict=True):
            if groups and (identity := _identity(screen.rules[number].manufacturer, groups)):
                break
        named = [text] if column in MODEL_COLUMNS else [c for groups in captured if (c := groups.get("model"))]
        models = tuple(chain.from_iterable(self._models_in(part, column) for part in named))
        unknown = text.strip() if column in OWN_MODEL and not models else None
        words = self.phrases.hits(column, text) if column in COLUMNS else NO_HITS
        maker = self.organisations.get(text.lower()) if column == _ORGANISATION else None
        if not (numbers or models or unknown or words or maker):
            return NOTHING
        shown = tuple((g.get("brand"), g.get("model"), g.get("firmware")) for g in captured)
        evidence = _Evidence(column, numbers, shown, models, unknown, words, maker)
        hits = self._hits.get(evidence)
        return Match(self._hits.keep(evidence, self._hits_of(evidence)) if hits is None else hits, identity)

    def _models_in(self, text: str, column: str) -> Iterator[tuple[int, str, str]]:
        """Yield which model patterns match, the model's published name, and the model as the text writes it."""
        for number in self.models.numbers(text.encode()):
            rule = self.models.rules[number]
            start, end = rule.span(text)
            raw = text.strip() if column in OWN_MODEL else written(text, start, end)
            yield number, published(text, start, end, rule.suffixes), raw

    def _hits_of(self, evidence: _Evidence) -> Hits:
        column, numbers, shown, models, unknown, words, maker = evidence
        rules = self.signatures[column].rules
        hits = [_signature_hit(rules[n], column, groups) for n, groups in zip(numbers, shown, strict=True)]
        if not models and (unknown := unknown or _captured(hits)):
            hits.append(Hit("", column, model_raw=unknown, unknown=True))
        # The engine calls all devices of a maker cameras: a signature knows which products that means.
        is_known = column == "product" and any(hit.type_evidence in ("specific", "protocol") for hit in hits)
        hits.extend(hit for hit in words if not (is_known and hit.type))
        if maker:
            hits.append(Hit(f"{maker.slug}.organisation", column, maker.manufacturer, maker="specific"))
        hits.extend(_model_hit(self.models.rules[number], column, *names) for number, *names in models)
        return Hits(dict.fromkeys(hits))

    def decide(self, hits: tuple[Hit, ...]) -> Verdict:
        """Return the verdict over all hits of one banner."""
        return decide(hits, self.about, self.makers_of_brand, self.origins)

    def verdict(self, case: tuple[Hits, ...]) -> Verdict:
        """Return the verdict over the hits of each value of one banner; frequent combinations are decided once."""
        found = self._verdicts.get(case)
        return self._verdicts.keep(case, self.decide(tuple(chain(*case)))) if found is None else found

    def identify(self, evidence: Mapping[str, str]) -> Verdict:
        """Return the verdict over the evidence of one banner (column to text)."""
        return self.verdict(tuple(self.match(c, evidence[c]).hits for c in self.columns if c in evidence))


@lru_cache(maxsize=4)
def identifier_of(catalogue: Catalogue) -> Identifier:
    """Return the identifier of a catalogue; a process that asks again for the same object gets the same identifier."""
    return Identifier(catalogue)


def _captured(hits: list[Hit]) -> str | None:
    """Return the model that a signature of the maker's own protocol captured and no pattern knows."""
    return next((h.model_raw for h in hits if h.model_raw and not h.model and h.maker == "protocol"), None)


def _signature_hit(rule: Signature, column: str, groups: _Groups) -> Hit:
    brand, model, firmware = groups
    return Hit(
        rule=rule.id,
        column=column,
        manufacturer=rule.manufacturer,
        maker=rule.maker,
        type=rule.type,
        type_evidence=rule.type_evidence if rule.type else None,
        brand=rule.brand or (brand or "").strip() or None,
        model=rule.model,
        model_raw=model or rule.model,
        firmware=firmware,
        decoy=rule.decoy,
    )


def _model_hit(rule: Model, column: str, model: str, raw: str) -> Hit:
    # A model in the engine's guess of a product is a guess too.
    strength = "weak" if PLACES.get(column) == "engine" else "specific"
    return Hit(
        rule=rule.id,
        column=column,
        manufacturer=rule.manufacturer,
        maker=strength if rule.alone else None,
        type=rule.type,
        type_evidence=strength if rule.type else None,
        model=model,
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
