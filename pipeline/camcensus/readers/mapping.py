"""Load a mapping file, which says what the fields of another engine's export are (see the docs on mappings)."""

import difflib
import re
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from camcensus.core.errors import InputError, MappingError
from camcensus.core.text_files import parse_toml, read_text
from camcensus.readers.encodings import ENCODINGS
from camcensus.readers.targets import TARGETS

NEEDED = ("address", "port", "time")
_ZONE = re.compile(r"UTC|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]")


def _target(name: str) -> str:
    if name not in TARGETS:
        close = difflib.get_close_matches(name, TARGETS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(TARGETS)}"
        raise ValueError(f"no such target; {hint}")
    return name


def _only(is_allowed: Callable[[Any], Any], allowed: str) -> AfterValidator:
    """Return a validator whose message says what is allowed."""

    def validate(value: Any) -> Any:
        if not is_allowed(value):
            raise ValueError(allowed)
        return value

    return AfterValidator(validate)


_Target = Annotated[str, AfterValidator(_target)]
_Fields = Annotated[
    str | list[str],
    _only(
        lambda names: names and all(names),
        "the name of a field, or a list of names, of which the first that is filled counts",
    ),
]
_Zone = Annotated[str, _only(_ZONE.fullmatch, '"UTC", or an offset such as "+08:00"')]
_Delimiter = Annotated[
    str,
    _only(
        lambda text: len(text) == 1 and text.isascii() and text not in '"\r\n\0',
        "one ASCII character, such as ',' or ';' or a tab, and no quote",
    ),
]
_TimeFormat = Annotated[
    str,
    _only(
        lambda text: text in ("iso", "unix", "unix_ms") or "%" in text,
        '"iso", "unix" (seconds), "unix_ms", or a pattern of strptime such as "%d/%m/%Y %H:%M"',
    ),
]
_Encoding = Annotated[str, _only(lambda name: name in ENCODINGS, f"one of {', '.join(ENCODINGS)}")]
_Name = Annotated[str, Field(min_length=1)]
_Format = Annotated[
    str | list[str],
    _only(
        lambda found: found in ("csv", "jsonl") or (isinstance(found, list) and sorted(found) == ["csv", "jsonl"]),
        '"csv", "jsonl", or a list of both',
    ),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Time(_Strict):
    """The format of times, and the zone of times without one."""

    format: _TimeFormat = "iso"
    zone: _Zone = "UTC"

    @property
    def tzinfo(self) -> tzinfo | None:
        """The zone as a fixed offset."""
        return datetime.strptime(self.zone.replace("UTC", "Z"), "%z").tzinfo


class Favicon(_Strict):
    """The favicon's hash. Only Shodan's kind (mmh3 of the base64 text with line breaks) is evidence and read."""

    field: _Fields
    kind: Literal["shodan", "other"]


class Mapping(_Strict):
    """A mapping file. Paths separate keys with dots; a list on the way means each of its elements.

    `columns`: the fields, in order, of records that are lists, and of CSV files without a header.
    """

    engine: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}$")
    title: str = Field(min_length=1, max_length=60)
    format: _Format
    source: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    verified: bool
    note: str | None = None
    encoding: _Encoding = "utf-8"
    delimiter: _Delimiter = ","
    columns: list[_Name] = []
    within: list[_Name] = []
    each: _Name | None = None
    flat: bool = False
    time: Time = Time()
    favicon: Favicon | None = None
    fields: dict[_Target, _Fields]
    fixed: dict[_Target, str] = {}
    values: dict[_Target, dict[str, str]] = {}
    ignore: list[_Name] = []
    ignore_around: list[_Name] = []

    @property
    def formats(self) -> list[str]:
        """The formats of its files; the ending of a file's name decides between them."""
        return [self.format] if isinstance(self.format, str) else list(self.format)

    def sources(self, target: str) -> list[str]:
        """Return the fields that fill a target, in order; empty: none does."""
        favicon = self.favicon.field if self.favicon else []
        found = favicon if target == "favicon" else self.fields.get(target, [])
        return [found] if isinstance(found, str) else found

    @property
    def mapped(self) -> list[str]:
        """Every field that fills a target, and the favicon's hash of either kind."""
        return [name for target in (*self.fields, "favicon") for name in self.sources(target)]


def load_mapping(path: Path) -> Mapping:
    """Load the mapping in a file. Raises `MappingError` with one line for each fault."""
    try:
        return _checked(Mapping.model_validate(parse_toml(read_text(path), path)), path)
    except InputError as error:
        raise MappingError(path, [error.reason if path.exists() else "no such file"]) from None
    except ValidationError as error:
        raise MappingError(path, [_explain(fault) for fault in error.errors()]) from None


def _checked(mapping: Mapping, path: Path) -> Mapping:
    """Return the mapping if its parts are consistent."""
    fixed = set(mapping.fixed) - {"address"}
    sections = [name for name in ("fields", "fixed") if "favicon" in getattr(mapping, name)]
    problems = [
        *(f"fields.{n}: missing; name its field" for n in NEEDED if not mapping.sources(n) and n not in fixed),
        *(f"fixed.{n}: is in [fields] too; keep one" for n in mapping.fixed if n in mapping.fields),
        *(f"{name}.favicon: move it to a section [favicon], with its kind" for name in sections),
        *_unused_keys(mapping),
        *_hidden(mapping),
    ]
    if not mapping.verified and not mapping.note:
        problems.append("note: missing; say what was not verified with a real export")
    if problems:
        raise MappingError(path, problems)
    return mapping


def _unused_keys(mapping: Mapping) -> list[str]:
    """Return the faults of keys that the format does not use."""
    if "jsonl" not in mapping.formats:
        nested = [name for name in ("within", "each", "flat", "ignore_around") if getattr(mapping, name)]
        return [f"{name}: is for JSON lines, and this is CSV; remove it" for name in nested]
    problems = []
    if "delimiter" in mapping.model_fields_set and "csv" not in mapping.formats:
        problems.append("delimiter: is for CSV, and this is JSON lines; remove it")
    if mapping.each and not any(name.startswith(f"{mapping.each}.") for name in mapping.sources("port")):
        problems.append(f"each: no port comes from {mapping.each}; name it as {mapping.each}.…")
    if mapping.ignore_around and not mapping.within:
        problems.append("ignore_around: without within there is nothing around a record; use ignore")
    return problems


def _hidden(mapping: Mapping) -> list[str]:
    """Return the faults of fields that are both mapped and ignored, directly or with an object around them."""
    nested = "jsonl" in mapping.formats and not mapping.flat
    return [
        f"ignore: {ignored} hides {name}, which is mapped; remove one of them"
        for ignored in mapping.ignore
        for name in mapping.mapped
        if name == ignored or (nested and name.startswith(f"{ignored}."))
    ]


def _explain(fault: Any) -> str:
    """Return one line for a fault: key, value, what is allowed."""
    where = [str(part) for part in fault["loc"] if part not in ("[key]", "str", "list[str]")]
    key = ".".join(where) or "the file"
    if fault["type"] == "extra_forbidden":
        sections: dict[str, type[BaseModel]] = {"time": Time, "favicon": Favicon}
        known = list(sections.get(where[0], Mapping).model_fields)
        close = difflib.get_close_matches(where[-1], known, n=1)
        return f"{key}: unknown key; {f'did you mean {close[0]!r}?' if close else 'there are: ' + ', '.join(known)}"
    if fault["type"] == "missing":
        return f"{key}: missing; add it"
    allowed = str(fault.get("ctx", {}).get("error", "")) or str(fault["msg"])
    return f"{key}: {allowed}" if "[key]" in fault["loc"] else f"{key}: found {fault['input']!r}; allowed: {allowed}"
