"""Banners made smaller on the way out: by `minify`, or to the `fields` asked for."""

from collections.abc import Sequence
from typing import Any

import msgspec

# The documentation says only that minify shortens the larger fields; that it is these is assumed.
LARGE = ("http.html", "http.favicon.data", "ssl.chain", "ssl.dhparams", "screenshot.data", "opts")


def cut_down(row: bytes) -> bytes:
    """A banner without its large fields."""
    banner = msgspec.json.decode(row)
    for path in LARGE:
        *way, last = path.split(".")
        place = banner
        for name in way:
            place = place.get(name) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place.pop(last, None)
    return msgspec.json.encode(banner)


def only(row: bytes, fields: Sequence[str]) -> bytes:
    """A banner with the fields asked for alone; those below others keep their place (`http.title`)."""
    banner = msgspec.json.decode(row)
    found: dict[str, Any] = {}
    for path in fields:
        _copy(banner, found, path.split("."))
    return msgspec.json.encode(found)


def _copy(banner: Any, found: dict[str, Any], way: list[str]) -> None:
    if not isinstance(banner, dict) or way[0] not in banner:
        return
    if len(way) == 1:
        found[way[0]] = banner[way[0]]
    elif isinstance(banner[way[0]], dict):
        inner = found.setdefault(way[0], {})
        if isinstance(inner, dict):
            _copy(banner[way[0]], inner, way[1:])
