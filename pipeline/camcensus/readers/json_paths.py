"""Finding one's way in decoded JSON: values at a path, and the fields that no path leads to.

A path is the keys on the way. Where a list stands on the way, it stands for each of its elements; lists in lists are
not followed, so that no nesting, however deep, is.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

Path = tuple[str, ...]
# As many values as are taken where all count, and as much of a field's name as is told.
MANY = 32
LONGEST = 128
REST = "*"


def path_of(name: str, flat: bool) -> Path:
    """The path that a name in a mapping means: its dots lead inwards, unless keys themselves have dots (`flat`)."""
    return (name,) if flat else tuple(name.split("."))


def values_at(found: Any, path: Path) -> Iterator[Any]:
    """Every scalar at the path, in order; nothing for null, empty text and what is no scalar."""
    for item in found if isinstance(found, list) else (found,):
        if path:
            if isinstance(item, dict):
                yield from values_at(item.get(path[0]), path[1:])
        elif isinstance(item, str | int | float) and item != "":
            yield item


def first_at(found: Any, paths: Iterable[Path]) -> Any:
    """The first scalar at the first path that leads to one; None if none does."""
    for path in paths:
        for value in values_at(found, path):
            return value
    return None


def all_at(found: Any, paths: Iterable[Path]) -> list[Any]:
    """The scalars at all of the paths, at most `MANY`."""
    return list(islice((value for path in paths for value in values_at(found, path)), MANY))


def put(into: dict[str, Any], path: Path, value: Any) -> None:
    """Puts a value where a path leads, making the objects on the way."""
    for key in path[:-1]:
        into = into.setdefault(key, {})
    into[path[-1]] = value


class KnownFields:
    """The fields that somebody asked for: those that paths lead to, with all that is in them. A path that ends in `*`
    leads to whatever else is in an object."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._tree: dict[str, Any] = {}
        # Shortest first: what is known as a whole is not known again in parts.
        for path in sorted(paths, key=len):
            inside: dict[str, Any] | None = self._tree
            for key in path[:-1]:
                inside = inside.setdefault(key, {}) if inside is not None else None
            if inside is not None:
                inside.setdefault(path[-1], None)

    def unknown_fields(self, found: Mapping[str, Any]) -> set[str]:
        """Names of fields that hold something and that nobody asked for: of each the outermost, dots between keys."""
        names: set[str] = set()
        _add_unknown(found, self._tree, "", names)
        return names


def _add_unknown(found: Any, tree: dict[str, Any], before: str, names: set[str]) -> None:
    for item in found if isinstance(found, list) else (found,):
        if isinstance(item, dict):
            for key, value in item.items():
                if value in (None, "", [], {}):
                    continue
                if key not in tree and REST not in tree:
                    names.add(bounded_name(before + key))
                elif tree.get(key) is not None:
                    _add_unknown(value, tree[key], f"{before}{key}.", names)
        elif item is not None and item != "" and before:
            # Where an object was promised there is something else.
            names.add(bounded_name(before[:-1]))


def bounded_name(name: str) -> str:
    """A field's name as it is told: bounded, and free of what no file can hold."""
    return name[:LONGEST].encode("utf-8", "replace").decode()
