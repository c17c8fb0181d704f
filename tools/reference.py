"""The reference pages that are written from the code: tables, units, study and catalogue keys, command line, API."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import typer.main
from pydantic import BaseModel
from typer.cli import get_docs_for_click

import camcensus
from camcensus.cli.app import app
from camcensus.core.config import Study
from camcensus.core.resources import bundled
from camcensus.core.tables import BY_NAME, COUNTS, GROUPS, UNITS
from camcensus.core.units import adds_up
from camcensus.identify.entries import Brand, Model, Query, Signature

# The API page lists these first, then all other names, then the errors.
ORDER = ("open_study", "OpenStudy", "Rows", "Frame", "total", "columns")
ERRORS = [name for name in dir(camcensus) if name.endswith("Error")]


def pages() -> dict[str, str]:
    """Return the Markdown of each page by its name."""
    return {"tables": tables(), "study": study(), "catalogue": catalogue(), "cli": cli(), "api": api()}


def tables() -> str:
    """Return the page of all tables with their columns, and of the units."""
    lines = [
        "# Tables and units",
        "",
        "Written from `pipeline/camcensus/core/tables.py`. Times are seconds since 1970-01-01 UTC.",
        "",
    ]
    lines += ["## Units", "", *_table(("unit", "is", "adds up across"), _units())]
    for table in BY_NAME.values():
        rows = [(f"`{c.name}`", str(c.type), "yes" if c.nullable else "no", c.meaning) for c in table.columns]
        lines += ["", f"## {table.name}", "", f"One row: {table.row}.", ""]
        lines += _table(("column", "type", "may be null", "meaning"), rows)
    return "\n".join([*lines, ""])


def _units() -> Iterator[tuple[str, ...]]:
    meanings = {column.name: column.meaning for column in COUNTS.columns}
    for unit in UNITS:
        across = [group.replace("_", " ") for group in GROUPS if adds_up(unit, group)]
        yield f"`{unit}`", meanings[unit], ", ".join(across) or "nothing"


def study() -> str:
    """Return the page of a study's keys, with the commented template."""
    schema = Study.model_json_schema()
    lines = [
        "# The study",
        "",
        "Written from the model in `pipeline/camcensus/core/config.py`; an unknown key is an error.",
        "",
    ]
    lines += _keys({k: v for k, v in schema["properties"].items() if k != "path"}, schema)
    for name, found in schema["$defs"].items():
        lines += ["", f"## {name}", "", _prose(found.get("description", "")), "", *_keys(found["properties"], schema)]
    template = bundled("studies/template.toml").read_text(encoding="utf-8")
    return "\n".join([*lines, "", "## The template", "", "```toml", template.rstrip(), "```", ""])


def catalogue() -> str:
    """Return the page of the keys of catalogue entries."""
    lines = ["# The catalogue's keys", "", "Written from the models in `pipeline/camcensus/identify/catalogue.py`.", ""]
    models: tuple[type[BaseModel], ...] = (Query, Signature, Model, Brand)
    for model in models:
        schema = model.model_json_schema()
        lines += [f"## {model.__name__}", "", _prose(schema.get("description", "")), ""]
        lines += [*_keys(schema["properties"], schema, set(schema.get("required", ()))), ""]
    return "\n".join(lines)


def _keys(properties: dict[str, Any], schema: dict[str, Any], required: set[str] | None = None) -> list[str]:
    needed = set(schema.get("required", ())) if required is None else required
    rows = [
        (f"`{name}`", _kind(found, schema), _needed(found) if name in needed or "$ref" in found else _default(found))
        for name, found in properties.items()
    ]
    return _table(("key", "value", "default"), rows)


def _needed(found: dict[str, Any]) -> str:
    return "its own" if "$ref" in found else "required"


def _kind(found: dict[str, Any], schema: dict[str, Any]) -> str:
    """Describe the values that a key accepts."""
    if "$ref" in found:
        name = found["$ref"].rpartition("/")[2]
        return f"section [{name}](#{name.lower()})"
    if "enum" in found:
        return "one of " + ", ".join(f"`{value}`" for value in found["enum"])
    if "anyOf" in found:
        return " or ".join(_kind(one, schema) for one in found["anyOf"] if one.get("type") != "null")
    kind = str(found.get("type", "text"))
    if kind == "array":
        return f"list of {_kind(found.get('items', {}), schema)}"
    if kind == "object":
        return f"table of {_kind(found.get('additionalProperties', {}), schema)}"
    names = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    ends = {"minimum": "at least", "exclusiveMinimum": "over", "maximum": "at most"}
    bounds = [f"{word} {found[key]:,}" for key, word in ends.items() if key in found]
    words = "date" if found.get("format") == "date" else names.get(kind, kind)
    return ", ".join([words, *bounds])


def _default(found: dict[str, Any]) -> str:
    value = found.get("default")
    return "none" if value is None else f"`{json.dumps(value)}`"


def cli() -> str:
    """Return the page of every command with its options and example, from the command's own help."""
    command = typer.main.get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="camcensus")
    return _with_full_summaries(html.unescape(text).replace("# `camcensus`", "# The command line", 1))


def _with_full_summaries(text: str) -> str:
    """Replace the summaries that typer shortens in its lists of commands, and link each command."""
    summaries = {name: " ".join(summary.split()) for name, summary in _COMMAND.findall(text)}
    lines, group = [], ""
    for line in text.splitlines():
        if head := re.match(r"#+ `camcensus (?P<name>[^`]+)`", line):
            group = f"{head['name']} "
        listed = re.match(r"\* `(?P<name>[a-z]+)`: ", line)
        if listed and (name := group + listed["name"]) in summaries:
            lines.append(f"* [`{listed['name']}`](#camcensus-{name.replace(' ', '-')}): {summaries[name]}")
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


_COMMAND = re.compile(r"^#+ `camcensus ([^`]+)`\n\n(.+?)\n\n", re.MULTILINE | re.DOTALL)


def api() -> str:
    """Return the page of the Python API, which Sphinx fills from its docstrings."""
    lines = [
        "# The Python API",
        "",
        "```{eval-rst}",
        ".. automodule:: camcensus.api",
        "",
        ".. py:currentmodule:: camcensus",
        "",
    ]
    rest = [name for name in dir(camcensus) if name not in (*ORDER, *ERRORS)]
    for name in (*ORDER, *rest, *ERRORS):
        found = getattr(camcensus, name)
        if isinstance(found, type):
            lines += [f".. autoclass:: camcensus.api.{name}", "   :members:", ""]
        elif callable(found):
            lines += [f".. autofunction:: camcensus.api.{name}", ""]
        else:
            lines += [f".. automodule:: {found.__name__}", "   :members:", ""]
    return "\n".join([*lines, "```", ""])


def _prose(text: str) -> str:
    return " ".join(text.split())


def _table(head: tuple[str, ...], rows: Any) -> list[str]:
    table = [head, ("---",) * len(head), *rows]
    return ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in table]
