"""Find the phrases of complete words that every text of a pattern contains, as a search engine can look for them.

An engine of words finds `App-webs` in a text, but no part of a word. So what a pattern leaves open splits it, and a
word that touches an open part is dropped. Alternatives of a pattern are alternatives of phrases.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MOST = 32  # alternatives of one pattern
START = "\x01"  # where the text begins
EDGE = "\x02"  # where a word ends or begins for certain
OPEN = "\x03"  # what may be a part of the word that it touches
GAP = "\x04"  # any text, separators too
_MARKS = {
    codes.AT_BEGINNING: START, codes.AT_BEGINNING_STRING: START,
    codes.AT_END: EDGE, codes.AT_END_STRING: EDGE, codes.AT_BOUNDARY: EDGE,
}  # fmt: skip
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
_SPACE = " "
_WORD = re.compile(r"[^\W_]")
Alternative = tuple[str, ...]


class TooManyError(Exception):
    """A pattern has more alternatives than are worth a query."""


@lru_cache(maxsize=1 << 12)
def alternatives(pattern: str, is_strict: bool = False) -> tuple[Alternative, ...]:
    """Return alternatives; every text that matches contains all phrases of one of them. Empty: unknown.

    A phrase that begins where the text begins starts with `START`. Where a pattern ends, or leaves any text open, words
    are taken to end, as they do on devices, unless `is_strict`.
    """
    try:
        texts = _expand(parser.parse(pattern, re.IGNORECASE | re.ASCII))
    except TooManyError:
        return ()
    ends = OPEN if is_strict else EDGE
    texts = [text.replace(GAP, ends if is_strict else f"{EDGE}{OPEN}{EDGE}") for text in texts]
    found = [_pieces(f"{'' if text.startswith(START) else ends}{text}{ends}") for text in texts]
    return tuple(dict.fromkeys(found)) if all(found) else ()


def _pieces(text: str) -> Alternative:
    """Split a text at its open parts, without words that touch one."""
    whole = re.sub(rf"(?<={OPEN})[^\W_]+|[^\W_]+(?={OPEN})", "", text)
    pieces: list[str] = []
    for number, piece in enumerate(whole.split(OPEN)):
        start = START if number == 0 and piece.startswith(START) else ""
        inner = " ".join(piece.replace(START, "").replace(EDGE, "").split())
        if _WORD.search(inner):
            pieces.append(start + inner)
    return tuple(dict.fromkeys(pieces))


def _expand(items: Iterable[tuple[Any, Any]]) -> list[str]:
    """Return the texts of a sequence, with marks for what is open."""
    texts = [""]
    for item in items:
        own = _of(item)
        texts = [text + more for text in texts for more in own]
        if len(texts) > MOST:
            raise TooManyError
    return list(dict.fromkeys(texts))


def _of(item: tuple[Any, Any]) -> list[str]:
    code, value = item
    return _READERS[code](value) if code in _READERS else [OPEN]


def _of_set(members: list[tuple[Any, Any]]) -> list[str]:
    """Return each member of a small set; a set of separators is one."""
    if all(_is_separator(member) for member in members):
        return [_SPACE]
    literals = {chr(value).lower() for code, value in members if code is codes.LITERAL}
    if all(code is codes.LITERAL for code, _ in members) and len(literals) <= 4:
        return sorted({_SPACE if not _WORD.match(letter) else letter for letter in literals})
    if members[0][0] is codes.NEGATE:
        return [_SPACE if _has_letters_and_digits(members[1:]) else GAP]
    return [OPEN]


def _is_separator(member: tuple[Any, Any]) -> bool:
    code, value = member
    if code is codes.LITERAL:
        return not _WORD.match(chr(value))
    return code is codes.CATEGORY and value in (codes.CATEGORY_SPACE, codes.CATEGORY_NOT_WORD)


def _of_repeat(least: int, most: Any, items: Any) -> list[str]:
    own = _expand(items)
    if own == [_SPACE]:
        # Separators at most: they part words, or nothing does.
        return [_SPACE] if least else ["", _SPACE]
    if (least, most) == (0, 1):
        return ["", *own]
    if least == most and least * len(own) <= 2:
        return [text * least for text in own]
    if own == [GAP]:
        return [GAP]
    return [own[0] + OPEN] if least and len(own) == 1 and not {OPEN, GAP}.intersection(own[0]) else [OPEN]


def _forbids_words(items: Iterable[tuple[Any, Any]]) -> bool:
    """Return whether a look-ahead forbids any letter or digit, so that a word ends there."""
    listed = list(items)
    return len(listed) == 1 and listed[0][0] is codes.IN and _has_letters_and_digits(listed[0][1])


def _has_letters_and_digits(members: Sequence[tuple[Any, Any]]) -> bool:
    if any(code is codes.CATEGORY and value is codes.CATEGORY_WORD for code, value in members):
        return True
    starts = [chr(value[0]) for code, value in members if code is codes.RANGE]
    return any(map(str.isalpha, starts)) and any(map(str.isdigit, starts))


_READERS: dict[Any, Callable[[Any], list[str]]] = {
    codes.ANY: lambda _: [GAP],
    codes.NOT_LITERAL: lambda _: [GAP],
    codes.LITERAL: lambda value: [chr(value)],
    codes.AT: lambda value: [_MARKS.get(value, "")],
    codes.SUBPATTERN: lambda value: _expand(value[3]),
    codes.ATOMIC_GROUP: _expand,
    codes.BRANCH: lambda value: [text for branch in value[1] for text in _expand(branch)],
    codes.IN: _of_set,
    codes.ASSERT: lambda _: [""],
    codes.ASSERT_NOT: lambda value: [EDGE if _forbids_words(value[1]) else ""],
    **{repeat: lambda value: _of_repeat(*value) for repeat in _REPEATS},
}
