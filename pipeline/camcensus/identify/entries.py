"""What a file of the catalogue holds: queries, signatures, model patterns, brands, words, and facts of the maker."""

import re
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

import re2
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from camcensus.core.tables import EVIDENCE
from camcensus.identify.models import open_part
from camcensus.identify.screen import Groups, options

Strength = Literal["protocol", "specific", "weak"]
ProductType = Literal["camera", "recorder", "encoder", "video", "intercom", "access_control", "software", "other"]
Range = Literal["only", "mostly", "mixed"]
GROUPS = frozenset({"model", "firmware", "serial", "mac", "brand"})
_COLUMNS = {column.name for column in EVIDENCE}


def _field(name: str) -> str:
    if name.replace(".", "_") not in _COLUMNS:
        raise ValueError(f"no such field; fields are the evidence columns of tables.py, such as http.server: {name}")
    return name


def _pattern(text: str) -> str:
    try:
        compiled = re2.compile(text, options())
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
        raise ValueError(
            f"the pattern is not in RE2's syntax: {reason}. It has no look-arounds and no back references, so that no "
            "text can make it slow"
        ) from None
    if unknown := set(compiled.groupindex) - GROUPS:
        raise ValueError(f"unknown group {', '.join(sorted(unknown))}; allowed: {', '.join(sorted(GROUPS))}")
    if compiled.search(""):
        raise ValueError("the pattern matches the empty text, so it matches everything")
    return text


def _identifier(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{2,95}", text):
        raise ValueError("an id is lower case letters, digits, '.', '_' and '-'")
    return text


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Entry(_Strict):
    id: Annotated[str, AfterValidator(_identifier)]


class Query(_Entry):
    """A search query: what it is expected to catch, and what it also catches.

    `made`: from signatures, names or words (`feeding.py`), and in no file.
    """

    text: str = Field(min_length=1)
    since: date
    catches: str
    also: str
    trends: bool
    manufacturer: str | None = None
    made: bool = False


class _Rule(_Entry):
    pattern: Annotated[str, AfterValidator(_pattern)]
    type: ProductType | None = None
    source: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    examples: list[str] = Field(min_length=1)
    counterexamples: list[str] = []
    note: str | None = None

    @property
    def matched(self) -> str:
        """The pattern that texts are matched with."""
        return self.pattern

    @cached_property
    def regex(self) -> "re2._Regexp":
        """The compiled pattern: case is ignored, and classes of letters and digits are ASCII."""
        return re2.compile(self.matched, options())

    @cached_property
    def _finder(self) -> Groups:
        return Groups(self.matched)

    @cached_property
    def _groups(self) -> tuple[tuple[str, int], ...]:
        return tuple(self.regex.groupindex.items())

    @property
    def has_groups(self) -> bool:
        """Whether the pattern captures anything."""
        return bool(self._groups)

    def captures(self, text: bytes) -> dict[str, str | None]:
        """Return what the groups of the pattern captured in a text that it matches."""
        if not self._groups:
            return {}
        spans = self._finder.spans(text)
        return {name: _cut(text, *spans[number]) for name, number in self._groups}

    def faults(self) -> list[str]:
        """Return the examples that the rule misses and the counterexamples that it matches."""
        missed = [f"{self.id}: does not match its example {e!r}" for e in self.examples if not self.regex.search(e)]
        caught = [f"{self.id}: matches its counterexample {e!r}" for e in self.counterexamples if self.regex.search(e)]
        return missed + caught


def _cut(text: bytes, start: int, end: int) -> str | None:
    return None if start < 0 else text[start:end].decode()


class Signature(_Rule):
    """A pattern for one evidence field, what a match shows, and how strongly.

    `unfed`: why no search query can return what it matches.
    """

    field: Annotated[str, AfterValidator(_field)]
    maker: Strength | None = None
    type_evidence: Strength = "specific"
    brand: str | None = None
    model: str | None = None
    decoy: Literal["possible", "likely", "certain"] | None = None
    unfed: str | None = None
    file_maker: str | None = None

    @property
    def manufacturer(self) -> str | None:
        """The maker that a match shows, if it shows one."""
        return self.file_maker if self.maker else None

    @property
    def column(self) -> str:
        """The column of `observations` that the pattern is matched with."""
        return self.field.replace(".", "_")


def _closed(text: str) -> str:
    if reason := open_part(text):
        raise ValueError(f"what a device's owner writes could be published: {reason}")
    return text


class Model(_Rule):
    """A model pattern; the complete match is the model, or its group `model`.

    It matches only what no letter, digit, dot or, in front, hyphen touches. `alone`: it shows the maker without other
    evidence. `family`: the maker's name for the series.
    """

    pattern: Annotated[str, AfterValidator(_pattern), AfterValidator(_closed)]
    family: str | None = None
    alone: bool
    manufacturer: str | None = None
    suffixes: tuple[str, ...] = ()

    @property
    def matched(self) -> str:
        """The pattern between the bounds of a model."""
        model = self.pattern if "(?P<model>" in self.pattern else f"(?P<model>{self.pattern})"
        return rf"(?:^|[^A-Z0-9.-])(?:{model})(?:[^A-Z0-9.]|$)"

    @cached_property
    def _group(self) -> int:
        return int(self.regex.groupindex["model"])

    def span(self, text: str) -> tuple[int, int]:
        """Return where the model begins and ends in a text that the pattern matches."""
        data = text.encode()
        start, end = self._finder.spans(data)[self._group]
        return (start, end) if text.isascii() else (len(data[:start].decode()), len(data[:end].decode()))


class Brand(_Strict):
    """A name that devices are sold under, and their reported makers."""

    name: str
    manufacturer: list[str]
    relation: str
    period: str
    source: str
    confidence: Literal["high", "medium", "low"]


class WordList(_Entry):
    """Words of one meaning in one language.

    `type`: what a device is that uses them (`other`: no camera). Without a type they only fill a device's own phrases.
    `alone`: they name the kind of a device without its maker.
    """

    language: str
    type: ProductType | None = None
    alone: bool = False
    words: list[str] = Field(min_length=1)


class Maker(_Strict):
    """What is known of a maker as a whole.

    `names`: as its devices write them. `organisations`: as the registry of MAC addresses has them. `range`: which share
    of its exposed products are surveillance devices. `series`: how their models begin. `suffixes`: what may follow a
    model in its published name.
    """

    manufacturer: str
    names: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    range: Range = "mixed"
    series: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()

    @cached_property
    def slug(self) -> str:
        """The maker's name in an id."""
        return re.sub("[^a-z0-9]+", "-", self.manufacturer.lower()).strip("-")


class CatalogueFile(_Strict):
    """One file, as it is written."""

    manufacturer: str | None = None
    country: str | None = None
    names: list[str] = []
    organisations: list[str] = []
    range: Range = "mixed"
    range_source: str | None = None
    series: list[str] = []
    suffixes: list[str] = []
    query: list[Query] = []
    signature: list[Signature] = []
    model: list[Model] = []
    brand: list[Brand] = []
    words: list[WordList] = []
