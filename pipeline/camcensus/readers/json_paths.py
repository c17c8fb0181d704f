"""Find values at a path in decoded JSON, and the fields that no path leads to.

A path is a tuple of keys. A list on the way means each of its elements; lists in lists are not followed, so that deep
nesting costs nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

Path = tuple[str, ...]
MANY = 32  # values taken where all count
LONGEST = 128  # characters of a field's name that are reported
REST = "*"


def path_of(name: str, flat: bool) -> Path:
    """Return the path that a name in a mapping means: dots separate keys, unless keys contain dots (`flat`)."""
    return (name,) if flat else tuple(name.split("."))


def values_at(found: Any, path: Path) -> Iterator[Any]:
    """Yield every scalar at the path, in order, except null and empty text."""
    for item in found if isinstance(found, list) else (found,):
        if path:
            if isinstance(item, dict):
                yield from values_at(item.get(path[0]), path[1:])
        elif isinstance(item, str | int | float) and item != "":
            yield item


def first_at(found: Any, paths: Iterable[Path]) -> Any:
    """Return the first scalar at the first path that leads to one; None if none does."""
    return next((value for path in paths for value in values_at(found, path)), None)


def all_at(found: Any, paths: Iterable[Path]) -> list[Any]:
    """Return the scalars at all of the paths, at most `MANY`."""
    return list(islice((value for path in paths for value in values_at(found, path)), MANY))


def put(into: dict[str, Any], path: Path, value: Any) -> None:
    """Put a value at a path, creating the objects on the way."""
    for key in path[:-1]:
        into = into.setdefault(key, {})
    into[path[-1]] = value


def tree_of(paths: Iterable[Path]) -> dict[str, Any]:
    """Return paths as a tree of keys, for `unknown_fields`. A path that ends in `*` includes all of an object."""
    tree: dict[str, Any] = {}
    # Shortest first: the parts of a known object are known.
    for path in sorted(paths, key=len):
        inside: dict[str, Any] | None = tree
        for key in path[:-1]:
            inside = inside.setdefault(key, {}) if inside is not None else None
        if inside is not None:
            inside.setdefault(path[-1], None)
    return tree


def unknown_fields(found: Mapping[str, Any], known: dict[str, Any]) -> set[str]:
    """Return the filled fields that are not in a tree of known ones: the outermost of each, with dots between keys."""
    names: set[str] = set()
    _add_unknown(found, known, "", names)
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
            # There is a scalar where the paths expect an object.
            names.add(bounded_name(before[:-1]))


def bounded_name(name: str) -> str:
    """Return a field's name for reports: bounded, and without lone surrogates."""
    return name[:LONGEST].encode("utf-8", "replace").decode()
