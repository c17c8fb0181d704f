"""Text of a banner as tables hold it: bounded, without control characters, and cleaned once for each distinct value.

A batch of banners says the same few thousand things again and again, so whatever is done to a text is remembered.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

V = TypeVar("V")
# What is remembered at most, in values and in characters of one: a hostile file says something new in each banner.
REMEMBERED = 8_192
LONGEST_REMEMBERED = 4_096
# So much more of a text than is kept is looked at, since it may begin with spaces.
BEYOND = 64

# Control characters and the marks that turn the direction of text; other scripts stay as they are.
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# Those of them that are not ASCII, as Arrow's patterns (RE2) write them.
CONTROL_BEYOND_ASCII = (
    r"[\x{80}-\x{9f}\x{61c}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{feff}\x{fff9}-\x{fffb}"
    r"\x{e0000}-\x{e007f}]"
)
_ASCII_CONTROL = dict.fromkeys([*range(0x20), 0x7F], " ")
_STRINGS = frozenset({str, type(None)})


class Memo(dict[Any, V]):
    """A function of one hashable value that remembers, for values that are equal only where they are the same (1 and
    True are not). Call it as `memo[value]`."""

    def __init__(self, function: Callable[[Any], V]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, value: Any) -> V:
        found = self._function(value)
        if not isinstance(value, str) or len(value) <= LONGEST_REMEMBERED:
            if len(self) >= REMEMBERED:
                self.clear()
            self[value] = found
        return found

    def of_texts(self, values: Sequence[Any]) -> list[V]:
        """The function of each value, remembered where all are strings or nothing."""
        if _STRINGS.issuperset(map(type, values)):
            return list(map(self.__getitem__, values))
        return list(map(self._function, values))


def printable(text: str) -> str:
    """The text with a space for each control character."""
    if text.isprintable():
        return text
    if text.isascii():
        return text.translate(_ASCII_CONTROL)
    # The usual ones first, which is quicker than the pattern.
    text = text.replace("\n", " ").replace("\r", " ").replace("\t", " ")
    return text if text.isprintable() else _CONTROL.sub(" ", text)


def text_of(value: Any) -> str | None:
    """A scalar as text without control characters; None for what is not a scalar, for booleans and for nothing."""
    if isinstance(value, str):
        return printable(value).strip() or None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return str(value)


def cut(value: Any, longest: int) -> str | None:
    """`text_of` with at most `longest` characters; only a little more of a string than that is looked at."""
    text = text_of(value[: longest + BEYOND] if isinstance(value, str) else value)
    return text if text is None or len(text) <= longest else text[:longest].rstrip()


def cutter(longest: int) -> Memo[str | None]:
    """`cut` to a length, remembered."""
    return Memo(lambda value: cut(value, longest))


def joined(value: Iterable[Any] | str | None) -> str | None:
    """A list of strings, joined with a space; what is no string is left out."""
    if isinstance(value, str) or value is None:
        return value
    return " ".join(v for v in value if isinstance(v, str)) or None
