"""Parameters of the synthetic Internet: data/simulate/parameters.toml, each value with its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camcensus.core.errors import InputError
from camcensus.core.resources import bundled
from camcensus.core.text_files import parse_toml, read_text

FILE = "data/simulate/parameters.toml"


@dataclass(frozen=True)
class Parameters:
    """Values by dotted name, such as `sites.lifetime`."""

    values: Mapping[str, Any]

    def number(self, name: str) -> float:
        """Return a number. Raises `KeyError` for an unknown name."""
        return float(self.values[name])

    def numbers(self, name: str) -> list[float]:
        """Return a list of numbers."""
        return [float(v) for v in self.values[name]]

    def section(self, name: str) -> dict[str, Any]:
        """Return the values of one table, by the last part of the name."""
        start = f"{name}."
        return {key[len(start) :]: value for key, value in self.values.items() if key.startswith(start)}

    def not_yet(self, what: str, year: int) -> tuple[Any, ...]:
        """Return the `queries` (ids) or `ports` that a growing instrument lacks in a year."""
        early = self.values["growing.on"] and year < self.values[f"growing.{what}_from"]
        return tuple(self.values[f"growing.{what}"]) if early else ()

    def changed(self, overrides: Mapping[str, Any]) -> "Parameters":
        """Return these parameters with other values. Raises `KeyError` for an unknown name."""
        if unknown := sorted(set(overrides) - set(self.values)):
            raise KeyError(f"no such parameter: {', '.join(unknown)}")
        return Parameters({**self.values, **overrides})


def load_parameters(path: Path | None = None) -> Parameters:
    """Read a file (default: the bundled one). Raises `InputError` for an entry that is not a value with a source."""
    path = path or bundled(FILE)
    found: dict[str, Any] = {}
    _collect(path, parse_toml(read_text(path), path), "", found)
    return Parameters(found)


def _collect(path: Path, table: Mapping[str, Any], name: str, found: dict[str, Any]) -> None:
    for key, entry in table.items():
        where = f"{name}.{key}" if name else key
        if not isinstance(entry, dict):
            raise InputError(path, f"{where}: must be a table with a value and its source")
        if "source" not in entry:
            _collect(path, entry, where, found)
        elif set(entry) != {"value", "source"} or not str(entry["source"]).strip():
            raise InputError(path, f"{where}: must have a value and its source, and nothing else")
        else:
            found[where] = entry["value"]
