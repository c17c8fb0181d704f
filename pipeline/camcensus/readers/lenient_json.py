"""Decode JSON as the engine writes it: with lone surrogates, NaN, very long numbers and raw control characters.

A strict decoder would lose a page of results, which cost a credit, to one of them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(strict=False)


def decode(body: bytes) -> Any:
    """Decode a response. Raises `ValueError` if it is not JSON, `RecursionError` if it is nested too deeply."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _DECODER.decode(body.decode("utf-8", "replace"))


def items(body: bytes, name: str | None) -> Iterator[bytes]:
    """Yield the items of a list, each as its bytes: the list `name` of an object, or (None) the list that it is.

    Raises `ValueError` or `RecursionError`.
    """
    text = body.decode("utf-8", "surrogateescape")
    at = _past(text, 0, "{") if name else 0
    while name:
        key, at = _DECODER.raw_decode(text, _skip(text, at))
        at = _past(text, at, ":")
        if key == name:
            break
        _, at = _DECODER.raw_decode(text, _skip(text, at))
        at = _past(text, at, ",")
    at = _skip(text, _past(text, at, "["))
    while text[at : at + 1] != "]":
        _, end = _DECODER.raw_decode(text, at)
        yield text[at:end].encode("utf-8", "surrogateescape")
        at = _skip(text, end)
        if text[at : at + 1] != "]":
            at = _skip(text, _past(text, at, ","))


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _past(text: str, at: int, mark: str) -> int:
    """Return the place after a mark."""
    at = _skip(text, at)
    if text[at : at + 1] != mark:
        raise ValueError(f"{mark!r} expected at character {at}")
    return at + 1
