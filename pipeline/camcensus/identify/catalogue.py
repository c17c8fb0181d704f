"""Load the catalogue: makers, search queries, signatures, model patterns and brands from `queries/*.toml`, validated.

One file for each maker; files whose name starts with "_" name no maker. The examples in a file are its tests:
`faults_of` tries every pattern on them.
"""

import hashlib
import json
import re
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from camcensus.core.errors import CatalogueError, InputError
from camcensus.core.tables import EVIDENCE
from camcensus.core.text_files import parse_toml, read_bytes, read_text
from camcensus.identify.prefilter import Words, words_of

Strength = Literal["protocol", "specific", "weak"]
ProductType = Literal["camera", "recorder", "encoder", "video", "intercom", "access_control", "software", "other"]
Range = Literal["only", "mostly", "mixed"]
FLAGS = re.IGNORECASE | re.ASCII
GROUPS = frozenset({"model", "firmware", "serial", "mac", "brand"})
_NOT_MEANING = {"examples", "counterexamples", "note", "source", "licence", "catches", "also", "relation", "period"}
_COLUMNS = {column.name for column in EVIDENCE}


def _field(name: str) -> str:
    if name.replace(".", "_") not in _COLUMNS:
        raise ValueError(f"no such field; fields are the evidence columns of tables.py, such as http.server: {name}")
    return name


def _pattern(text: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # patterns that later versions of Python may read differently
            compiled = re.compile(text, FLAGS)
    except (re.error, FutureWarning) as error:
        raise ValueError(f"the pattern does not compile: {error}") from None
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
    """A search query: what it is expected to catch, and what it also catches."""

    text: str = Field(min_length=1)
    since: date
    catches: str
    also: str
    trends: bool
    manufacturer: str | None = None


class _Rule(_Entry):
    pattern: Annotated[str, AfterValidator(_pattern)]
    type: ProductType | None = None
    source: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    examples: list[str] = Field(min_length=1)
    counterexamples: list[str] = []
    note: str | None = None

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The compiled pattern: case is ignored, and classes of letters and digits are ASCII."""
        return re.compile(self.pattern, FLAGS)

    @cached_property
    def words(self) -> tuple[Words, ...]:
        """Groups of lower-case words; every matching text contains one of each group. Empty: not known."""
        return words_of(self.regex)

    def faults(self) -> list[str]:
        """Return the examples that the rule misses and the counterexamples that it matches."""
        missed = [f"{self.id}: does not match its example {e!r}" for e in self.examples if not self.regex.search(e)]
        caught = [f"{self.id}: matches its counterexample {e!r}" for e in self.counterexamples if self.regex.search(e)]
        return missed + caught


class Signature(_Rule):
    """A pattern for one evidence field, what a match shows, and how strongly."""

    field: Annotated[str, AfterValidator(_field)]
    maker: Strength | None = None
    type_evidence: Strength = "specific"
    brand: str | None = None
    model: str | None = None
    decoy: Literal["possible", "likely", "certain"] | None = None
    file_maker: str | None = None

    @property
    def manufacturer(self) -> str | None:
        """The maker that a match shows, if it shows one."""
        return self.file_maker if self.maker else None

    @property
    def column(self) -> str:
        """The column of `observations` that the pattern is matched with."""
        return self.field.replace(".", "_")


class Model(_Rule):
    """A model pattern; the complete match is the model.

    `alone`: it shows the maker without other evidence. `family`: the maker's name for the series.
    """

    family: str | None = None
    alone: bool
    manufacturer: str | None = None


class Brand(_Strict):
    """A name that devices are sold under, and their reported makers."""

    name: str
    manufacturer: list[str]
    relation: str
    period: str
    source: str
    confidence: Literal["high", "medium", "low"]


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


class _File(_Strict):
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


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All entries, in a fixed order.

    `version` and `query_set` are hashes of what the entries mean: comments, notes, examples and sources do not change
    them.
    """

    makers: tuple[str, ...]
    queries: tuple[Query, ...]
    signatures: tuple[Signature, ...]
    models: tuple[Model, ...]
    brands: tuple[Brand, ...]

    @cached_property
    def version(self) -> str:
        """Version of the signatures, model patterns and brands: 12 hex digits."""
        return _digest([*self.signatures, *self.models, *self.brands])

    @cached_property
    def query_set(self) -> str:
        """Version of the search queries: 12 hex digits."""
        return _digest(self.queries)


def meaning(entry: BaseModel) -> str:
    """Return what an entry matches and states, as JSON, without what only explains it."""
    return json.dumps(entry.model_dump(mode="json", exclude=_NOT_MEANING, exclude_defaults=True), sort_keys=True)


def _digest(entries: Sequence[BaseModel]) -> str:
    return hashlib.sha256("\n".join(map(meaning, entries)).encode()).hexdigest()[:12]


def checksum_of(folder: Path) -> str:
    """Return a checksum over the files of a catalogue, comments and examples included."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.toml")):
        digest.update(path.name.encode() + b"\0" + read_bytes(path) + b"\0")
    return digest.hexdigest()


def load_catalogue(folder: Path) -> Catalogue:
    """Load the catalogue in a folder of TOML files; unchanged files are parsed once in a process.

    Raises `CatalogueError` with file, line, id and reason of each fault.
    """
    return _load(folder, checksum_of(folder))


@lru_cache(maxsize=8)
def _load(folder: Path, _checksum: str) -> Catalogue:
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise CatalogueError(folder, ["contains no TOML file; name a folder such as queries/"])
    problems: list[str] = []
    files: list[_File] = []
    texts: dict[str, str] = {}
    for path in paths:
        try:
            texts[path.name] = text = read_text(path)
            files.append(_named(_File.model_validate(parse_toml(text, path)), path, text))
        except InputError as error:
            problems.append(f"{path.name}: {error.reason}")
        except ValidationError as error:
            problems.extend(_explain(path, text, fault) for fault in error.errors())
        except ValueError as error:
            problems.append(f"{path.name}:{error}")
    catalogue = Catalogue(
        makers=tuple(sorted(f.manufacturer for f in files if f.manufacturer)),
        queries=tuple(q for f in files for q in f.query),
        signatures=tuple(s for f in files for s in f.signature),
        models=tuple(m for f in files for m in f.model),
        brands=tuple(b for f in files for b in f.brand),
    )
    problems.extend(_repeated(catalogue, texts))
    if problems:
        raise CatalogueError(folder, problems)
    return catalogue


def faults_of(catalogue: Catalogue) -> list[str]:
    """Return the faults of all rules by their own examples."""
    return [fault for rule in (*catalogue.signatures, *catalogue.models) for fault in rule.faults()]


def _named(file: _File, path: Path, text: str) -> _File:
    """Put the file's maker on its entries."""
    if path.name.startswith("_") or path.name == "brands.toml":
        if file.manufacturer:
            raise ValueError("1: manufacturer: names a maker, which a general file may not")
        named = [s.id for s in file.signature if s.maker or s.file_maker]
        named += [m.id for m in file.model if m.manufacturer] + [q.id for q in file.query if q.manufacturer]
        if named:
            raise ValueError(f"{_lines_of(named[0], text)[0]}: {named[0]}: names a maker, which a general file may not")
        return file
    if not file.manufacturer:
        raise ValueError("1: manufacturer: missing; add the maker's name at the top")
    maker = {"manufacturer": file.manufacturer}
    entries = {
        "signature": [s.model_copy(update={"file_maker": file.manufacturer}) for s in file.signature],
        "model": [m.model_copy(update=maker) for m in file.model],
        "query": [q.model_copy(update=maker) for q in file.query],
    }
    return file.model_copy(update=entries)


def _repeated(catalogue: Catalogue, texts: Mapping[str, str]) -> list[str]:
    ids = Counter(entry.id for entry in (*catalogue.queries, *catalogue.signatures, *catalogue.models))
    problems: list[str] = []
    for name in sorted(name for name, n in ids.items() if n > 1):
        first, *again = [f"{file}:{line}" for file, text in texts.items() for line in _lines_of(name, text)]
        problems.extend(f"{place}: {name}: the id is used twice; first in {first}" for place in again)
    return problems


def _lines_of(name: str, text: str) -> list[int]:
    """Return the line numbers of an entry's id."""
    wanted = re.compile(rf"""id\s*=\s*["']{re.escape(name)}["']""")
    return [n for n, line in enumerate(text.splitlines(), 1) if wanted.match(line)]


def _explain(path: Path, text: str, fault: Any) -> str:
    """Return file, line, id and reason of a fault; the line is that of the table's head, as TOML gives no positions."""
    table, index, *key = (*fault["loc"], 0)[:-1] if len(fault["loc"]) > 1 else (*fault["loc"], None)
    heads = [n for n, line in enumerate(text.splitlines(), 1) if line.strip() == f"[[{table}]]"]
    line = heads[index] if isinstance(index, int) and index < len(heads) else 1
    body = "\n".join(text.splitlines()[line:]).split("\n[[", 1)[0]
    entry = re.search(r'^id\s*=\s*"([^"]*)"', body, re.MULTILINE)
    name = f" {entry[1]}:" if entry and line > 1 else ""
    where = ".".join(str(k) for k in key) or str(table)
    return f"{path.name}:{line}:{name} {where}: {fault['msg'].removeprefix('Value error, ')}"
