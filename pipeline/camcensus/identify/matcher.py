"""Match the values of a banner's evidence with the catalogue: signatures, model patterns, names and words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import chain

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
_Numbers = tuple[int, ...]  # of rules that match
_Groups = tuple[str | None, str | None, str | None]  # brand, model, firmware


# What decides the hits of a value: the numbers of the signatures that match, what these captured, models (number of the
# pattern, name, text), a model in no pattern, names and words, and the maker in the registry of MAC addresses.
_Evidence = tuple[
    _Numbers,
    tuple[tuple[int, _Groups], ...],
    tuple[tuple[int, str, str], ...],
    str | None,
    Hits,
    Maker | None,
]


class _Column:
    """The signatures of a column, what else its values are read for, and what is known of them."""

    def __init__(self, name: str, rules: list[Signature]) -> None:
        self.name = name
        self.screen = Screen(rules)
        self.has_models, self.is_model, self.has_words = name in MODEL_COLUMNS, name in OWN_MODEL, name in COLUMNS
        self.is_whole = self.is_model or name == _ORGANISATION  # whose values say something without any pattern
        self.capturing = frozenset(n for n, rule in enumerate(rules) if rule.has_groups)
        self.matches: Memo[str | bytes, Match] = Memo()
        self.found: Memo[_Evidence, Match] = Memo()


class Identifier:
    """A catalogue's rules by column, ready to match."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        by_column: dict[str, list[Signature]] = {c: [] for c in (*MODEL_COLUMNS, *COLUMNS, _ORGANISATION)}
        for signature in catalogue.signatures:
            by_column.setdefault(signature.column, []).append(signature)
        self._columns = {name: _Column(name, rules) for name, rules in by_column.items()}
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
        self._verdicts: Memo[tuple[Hits, ...], Verdict] = Memo()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that any rule reads."""
        return tuple(self._columns)

    def match(self, column: str, text: str) -> Match:
        """Return the match of one value."""
        return self.matches(column, [text])[0] if column in self._columns else NOTHING

    def matches(self, name: str, texts: list[str]) -> list[Match]:
        """Return the match of each value of a column; frequent values are matched once."""
        column = self._columns[name]
        known = column.matches.roomy()
        keys = {text: text if len(text) <= _LONG else _digest(text) for text in texts}
        new = [text for text, key in keys.items() if key not in known]
        known.update(zip(map(keys.__getitem__, new), self._match_new(column, new), strict=True))
        return [known[key] for key in map(keys.__getitem__, texts)]

    def _match_new(self, column: _Column, texts: list[str]) -> Iterator[Match]:
        data = [text.encode() for text in texts]
        numbers = column.screen.numbers(data)
        models = self.models.numbers(data) if column.has_models else [()] * len(texts)
        words = self.phrases.hits(column.name, texts) if column.has_words else [NO_HITS] * len(texts)
        for text, own, n, m, w in zip(texts, data, numbers, models, words, strict=True):
            if m or column.is_whole or not column.capturing.isdisjoint(n):
                yield self._match(column, text, own, n, m, w)
            else:
                yield self._found(column, (n, (), (), None, w, None)) if n or w else NOTHING

    def _match(
        self, column: _Column, text: str, data: bytes, numbers: _Numbers, models: _Numbers, words: Hits
    ) -> Match:
        captured = [] if column.capturing.isdisjoint(numbers) else _captured(column, numbers, data)
        named = tuple(self._named(column, number, text) for number in models)
        if captured and not column.has_models:
            parts = [part for _, groups in captured if (part := groups.get("model"))]
            found = zip(parts, self.models.numbers(map(str.encode, parts)), strict=True)
            named = tuple(self._named(column, number, part) for part, numbers_ in found for number in numbers_)
        unknown = text.strip() if column.is_model and not named else None
        maker = self.organisations.get(text.lower()) if column.name == _ORGANISATION else None
        shown = tuple((n, (g.get("brand"), g.get("model"), g.get("firmware"))) for n, g in captured) if captured else ()
        match = self._found(column, (numbers, shown, named, unknown, words, maker))
        identity = _identity_in(column, captured) if captured else None
        return Match(match.hits, identity) if identity else match

    def _found(self, column: _Column, evidence: _Evidence) -> Match:
        if (match := column.found.get(evidence)) is None:
            hits = self._hits_of(column, evidence)
            match = column.found.keep(evidence, Match(hits) if hits else NOTHING)
        return match

    def _named(self, column: _Column, number: int, text: str) -> tuple[int, str, str]:
        """Return a model pattern that matches, the model's published name, and the model as the text writes it."""
        rule = self.models.rules[number]
        start, end = rule.span(text)
        raw = text.strip() if column.is_model else written(text, start, end)
        return number, published(text, start, end, rule.suffixes), raw

    def _hits_of(self, column: _Column, evidence: _Evidence) -> Hits:
        numbers, shown, models, unknown, words, maker = evidence
        groups, name = dict(shown), column.name
        hits = [_signature_hit(column.screen.rules[n], name, groups.get(n, (None, None, None))) for n in numbers]
        if not models and (unknown := unknown or _unknown_model(hits)):
            hits.append(Hit("", name, model_raw=unknown, unknown=True))
        # The engine calls all devices of a maker cameras: a signature knows which products that means.
        is_known = name == "product" and any(hit.type_evidence in ("specific", "protocol") for hit in hits)
        hits.extend(hit for hit in words if not (is_known and hit.type))
        if maker:
            hits.append(Hit(f"{maker.slug}.organisation", name, maker.manufacturer, maker="specific"))
        hits.extend(_model_hit(self.models.rules[number], name, *names) for number, *names in models)
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


_Captured = list[tuple[int, dict[str, str | None]]]


def _captured(column: _Column, numbers: _Numbers, data: bytes) -> _Captured:
    """Return what the groups of signatures captured."""
    return [(n, column.screen.rules[n].captures(data)) for n in numbers if n in column.capturing]


def _identity_in(column: _Column, captured: _Captured) -> tuple[str, str] | None:
    found = (_identity(column.screen.rules[n].manufacturer, groups) for n, groups in captured)
    return next((identity for identity in found if identity), None)


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


def _unknown_model(hits: list[Hit]) -> str | None:
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
