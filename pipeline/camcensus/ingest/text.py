"""Clean a banner's texts for tables: bounded, without control characters, each distinct value once.

A batch of banners repeats a few thousand texts, so results are cached. Most columns are filled only here and there.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

V = TypeVar("V")
# Limits of a cache, in values and in characters of all: a hostile file may have a new text in each banner.
CACHED = 8_192
CHARACTERS = 32 << 20
BEYOND = 64  # characters read beyond those that are kept, since a text may begin with spaces
# Longest evidence kept, in characters, so that no pattern can run long.
SHORT = 256
GREETING = 512
PAGE = 2048

# Characters of no width, which would hide a label from what looks for it.
INVISIBLE = re.compile("[\xad\u200b-\u200f\u2060-\u2064\ufeff]")
# Control characters and the marks that change the direction of text; all other scripts are kept.
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_ASCII_CONTROL = dict.fromkeys([*range(0x20), 0x7F], " ")
_STRINGS = frozenset({str, type(None)})


class Memo(dict[Any, V]):
    """A cached function of one value, called as `memo[value]`. Equal values must be the same (1 and True are not)."""

    def __init__(self, function: Callable[[Any], V]) -> None:
        super().__init__()
        self._function = function
        self._characters = 0

    def __missing__(self, value: Any) -> V:
        found = self._function(value)
        size = len(value) if isinstance(value, str) else 0
        if len(self) >= CACHED or self._characters + size > CHARACTERS:
            self.clear()
            self._characters = 0
        self._characters += size
        self[value] = found
        return found

    def of(self, value: Any) -> V:
        """Return the function of a value of any type; cached for strings."""
        return self[value] if isinstance(value, str) else self._function(value)

    def of_all(self, values: Sequence[Any]) -> list[V]:
        """Return the function of each value; cached where all are strings or None."""
        if _STRINGS.issuperset(map(type, values)):
            return list(map(self.__getitem__, values))
        return list(map(self._function, values))


def printable(text: str) -> str:
    """Replace each control character by a space, and drop characters of no width."""
    if text.isprintable():
        return text
    # The usual ones first, which is faster.
    text = text.replace("\n", " ").replace("\r", " ").replace("\t", " ")
    if text.isprintable():
        return text
    return text.translate(_ASCII_CONTROL) if text.isascii() else _CONTROL.sub(" ", INVISIBLE.sub("", text))


def text_of(value: Any) -> str | None:
    """Return a string or number as text without control characters; None for other values and empty text."""
    if isinstance(value, str):
        return printable(value).strip() or None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return str(value)


def cut(value: Any, longest: int) -> str | None:
    """Return `text_of` with at most `longest` characters; little more of a string is read."""
    text = text_of(value[: longest + BEYOND] if isinstance(value, str) else value)
    return text if text is None or len(text) <= longest else text[:longest].rstrip()


def joined(value: Iterable[Any] | str | None) -> str | None:
    """Join the strings of a list with a space."""
    if isinstance(value, str) or value is None:
        return value
    return " ".join(v for v in value if isinstance(v, str)) or None
