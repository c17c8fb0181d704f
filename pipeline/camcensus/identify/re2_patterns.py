"""A Python pattern as one for RE2, which is quicker, but looks neither ahead nor behind nor back.

It matches at least in every text in which the Python pattern does. Only letters are kept, and how far apart they stand.
"""

import re
from collections.abc import Iterable
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

# A gap of at most so many characters is counted; a longer one may be of any length.
COUNTED = 8
_NO_WIDTH = frozenset({codes.AT, codes.ASSERT, codes.ASSERT_NOT})


def re2_pattern(pattern: re.Pattern[str]) -> str:
    """The pattern for RE2; case is to be ignored."""
    return "(?s:" + _sequence(parser.parse(pattern.pattern, pattern.flags)) + ")"


def _sequence(parsed: Any) -> str:
    return "".join(_item(parsed.state, item) for item in parsed)


def _item(state: Any, item: tuple[Any, Any]) -> str:
    code, value = item
    if code is codes.LITERAL:
        return re.escape(chr(value))
    if code is codes.SUBPATTERN:
        return _sequence(value[3])
    if code is codes.BRANCH:
        return "(?:" + "|".join(map(_sequence, value[1])) + ")"
    return "" if code in _NO_WIDTH else _gap(*_width(state, [item]))


def _width(state: Any, items: Iterable[tuple[Any, Any]]) -> tuple[int, int]:
    least, most = parser.SubPattern(state, list(items)).getwidth()
    return int(least), int(most)


def _gap(least: int, most: int) -> str:
    return f".{{{least},{most}}}" if most <= COUNTED else ".*"
