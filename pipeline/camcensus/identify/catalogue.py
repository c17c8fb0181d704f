"""Load the catalogue: makers, search queries, signatures, model patterns and brands from `queries/*.toml`, validated.

One file for each maker; files whose name starts with "_" name no maker. The examples in a file are its tests:
`faults_of` tries every pattern on them.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from camcensus.core.errors import CatalogueError, InputError
from camcensus.core.text_files import parse_toml, read_text
from camcensus.identify.catalogue_files import checksum_of
from camcensus.identify.entries import Brand, CatalogueFile, Maker, Model, Query, Signature, WordList
from camcensus.identify.feeding import Feeding, feeding
from camcensus.identify.made_queries import slug_of
from camcensus.identify.models import MODEL_COLUMNS

_NOT_MEANING = {
    "examples", "counterexamples", "note", "source", "licence", "catches", "also", "relation", "period", "unfed",
}  # fmt: skip

# What names or types a device by what is known of its maker: `<maker>.name` and so on.
GENERAL_RULES = ("name", "organisation", "range", "series")


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All entries, in a fixed order.

    `version` and `query_set` are hashes of what the entries mean: comments, notes, examples and sources do not change
    them. `written`: the queries in the files.
    """

    about: tuple[Maker, ...]
    written: tuple[Query, ...]
    signatures: tuple[Signature, ...]
    models: tuple[Model, ...]
    brands: tuple[Brand, ...]
    words: tuple[WordList, ...] = ()

    @cached_property
    def makers(self) -> tuple[str, ...]:
        """The names of the makers, sorted."""
        return tuple(maker.manufacturer for maker in self.about)

    @cached_property
    def queries(self) -> tuple[Query, ...]:
        """The queries in the files, and those that are made from signatures, names and words."""
        return (*self.written, *self.feeding.made)

    @cached_property
    def feeding(self) -> Feeding:
        """The queries that are made, and the signatures that no query feeds."""
        return feeding(self.written, self.signatures, self.models, self.about, self.words)

    def maker_of(self, query: str) -> str | None:
        """Return the maker of a query by its id; a made one may be of another version of the catalogue."""
        found = self._query_makers.get(query)
        return self._slugs.get(slug_of(query)) if found is None else found

    @cached_property
    def _query_makers(self) -> dict[str, str | None]:
        return {query.id: query.manufacturer for query in self.written}

    @cached_property
    def _slugs(self) -> dict[str, str]:
        return {maker.slug: maker.manufacturer for maker in self.about}

    @cached_property
    def owners(self) -> dict[str, str | None]:
        """The maker that each rule is of, the general rules of its name and range included; None: of no maker."""
        owners: dict[str, str | None] = {words.id: None for words in self.words}
        owners |= {model.id: model.manufacturer for model in self.models}
        owners |= {signature.id: signature.file_maker for signature in self.signatures}
        return owners | {f"{maker.slug}.{rule}": maker.manufacturer for maker in self.about for rule in GENERAL_RULES}

    def owner_of_field(self, column: str) -> str | None:
        """Return the maker whose devices alone have a column of evidence, such as those of a block of its own."""
        return next((maker.manufacturer for maker in self.about if column.startswith(f"{maker.slug}_")), None)

    @cached_property
    def version(self) -> str:
        """Version of all but the queries: 12 hex digits."""
        return _digest([*self.about, *self.signatures, *self.models, *self.brands, *self.words])

    @cached_property
    def query_set(self) -> str:
        """Version of the search queries: 12 hex digits."""
        return _digest(self.queries)


def meaning(entry: BaseModel) -> str:
    """Return what an entry matches and states, as JSON, without what only explains it."""
    return json.dumps(entry.model_dump(mode="json", exclude=_NOT_MEANING, exclude_defaults=True), sort_keys=True)


def _digest(entries: Sequence[BaseModel]) -> str:
    return hashlib.sha256("\n".join(map(meaning, entries)).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class _Files:
    """The files in a folder, equal to the same files in another."""

    checksum: str
    folder: Path = field(compare=False)


def load_catalogue(folder: Path) -> Catalogue:
    """Load the catalogue in a folder of TOML files; the same files are parsed once in a process, wherever they are.

    Raises `CatalogueError` with file, line, id and reason of each fault.
    """
    return _load(_Files(checksum_of(folder), folder))


@lru_cache(maxsize=8)
def _load(given: _Files) -> Catalogue:
    folder = given.folder
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise CatalogueError(folder, ["contains no TOML file; name a folder such as queries/"])
    problems: list[str] = []
    files: list[CatalogueFile] = []
    texts: dict[str, str] = {}
    for path in paths:
        try:
            texts[path.name] = text = read_text(path)
            files.append(_named(CatalogueFile.model_validate(parse_toml(text, path)), path, text))
        except InputError as error:
            problems.append(f"{path.name}: {error.reason}")
        except ValidationError as error:
            problems.extend(_explain(path, text, fault) for fault in error.errors())
        except ValueError as error:
            problems.append(f"{path.name}:{error}")
    catalogue = Catalogue(
        about=tuple(sorted(map(_about, (f for f in files if f.manufacturer)), key=lambda maker: maker.manufacturer)),
        written=tuple(q for f in files for q in f.query),
        signatures=tuple(s for f in files for s in f.signature),
        models=tuple(m for f in files for m in f.model),
        brands=tuple(b for f in files for b in f.brand),
        words=tuple(w for f in files for w in f.words),
    )
    problems.extend(_repeated(catalogue, texts))
    if problems:
        raise CatalogueError(folder, problems)
    return catalogue


def faults_of(catalogue: Catalogue) -> list[str]:
    """Return the faults of all rules by their own examples."""
    faults = [fault for rule in (*catalogue.signatures, *catalogue.models) for fault in rule.faults()]
    return faults + _models_that_no_pattern_takes(catalogue)


def _models_that_no_pattern_takes(catalogue: Catalogue) -> list[str]:
    """Return the signatures that name a model which no pattern of their maker takes: it is never published."""
    rules: dict[str, list[Model]] = {}
    for model in catalogue.models:
        rules.setdefault(model.manufacturer or "", []).append(model)
    faults = []
    for signature in catalogue.signatures:
        if signature.file_maker is None:
            continue
        named = {signature.model: signature.model} if signature.model else {}
        for example in filter(signature.regex.search, signature.examples):
            if name := signature.captures(example.encode()).get("model"):
                named.setdefault(name, example if signature.column in MODEL_COLUMNS else name)
        faults += [
            f"{signature.id}: no [[model]] of {signature.file_maker} takes the model {name!r} that it names"
            for name, text in named.items()
            if not any(rule.regex.search(text) for rule in rules.get(signature.file_maker, []))
        ]
    return faults


def _about(file: CatalogueFile) -> Maker:
    return Maker(
        manufacturer=file.manufacturer or "",
        names=tuple(file.names),
        organisations=tuple(file.organisations),
        range=file.range,
        series=tuple(file.series),
        suffixes=tuple(file.suffixes),
    )


def _named(file: CatalogueFile, path: Path, text: str) -> CatalogueFile:
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
        "model": [m.model_copy(update={**maker, "suffixes": tuple(file.suffixes)}) for m in file.model],
        "query": [q.model_copy(update=maker) for q in file.query],
    }
    return file.model_copy(update=entries)


def _repeated(catalogue: Catalogue, texts: Mapping[str, str]) -> list[str]:
    ids = Counter(
        entry.id for entry in (*catalogue.written, *catalogue.signatures, *catalogue.models, *catalogue.words)
    )
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
