"""Banners as bytes and back, and made smaller on the way out: by `minify`, or to the `fields` asked for."""

import json
from collections.abc import Sequence
from typing import Any, NoReturn

import msgspec

# The documentation says only that minify shortens the larger fields; that it is these is assumed.
LARGE = ("http.html", "http.favicon.data", "ssl.chain", "ssl.dhparams", "screenshot.data", "opts")


def decode(row: bytes) -> Any:
    """What a row says; half a character (a lone surrogate), which the engine gives, is let by. Raises `ValueError`."""
    try:
        return msgspec.json.decode(row)
    except msgspec.DecodeError:
        return json.loads(row, parse_constant=_refuse)


def encode(value: Any) -> bytes:
    """A value as JSON."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def cut_down(row: bytes) -> bytes:
    """A banner without its large fields."""
    banner = decode(row)
    for path in LARGE:
        *way, last = path.split(".")
        place = banner
        for name in way:
            place = place.get(name) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place.pop(last, None)
    return encode(banner)


def only(row: bytes, fields: Sequence[str]) -> bytes:
    """A banner with the fields asked for alone; those below others keep their place (`http.title`)."""
    banner = decode(row)
    found: dict[str, Any] = {}
    for path in fields:
        _copy(banner, found, path.split("."))
    return encode(found)


def _copy(banner: Any, found: dict[str, Any], way: list[str]) -> None:
    if not isinstance(banner, dict) or way[0] not in banner:
        return
    if len(way) == 1:
        found[way[0]] = banner[way[0]]
    elif isinstance(banner[way[0]], dict):
        inner = found.setdefault(way[0], {})
        if isinstance(inner, dict):
            _copy(banner[way[0]], inner, way[1:])
