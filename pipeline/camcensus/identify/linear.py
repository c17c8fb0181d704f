"""Refuse patterns that may backtrack without a useful bound: catalogues are shared, and strangers write the texts.

Two things make a pattern slow: a repeat whose rounds can divide one text in several ways (`(a+)+`: exponential), and
repeats in a row that can share one text out between them (`.*a.*b`: a power of the length). The first is refused; of
the second, the steps in the worst case are bounded.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise, takewhile
from re import _compiler as compiler  # type: ignore[attr-defined]  # typeshed does not know the module
from re import _constants as codes  # type: ignore[attr-defined]  # typeshed does not know the module
from re import _parser as parser  # type: ignore[attr-defined]  # typeshed does not know the module
from typing import Any, NamedTuple

LONGEST = 4096  # characters of the longest text that patterns are matched with
MOST_STEPS = 1_000_000_000  # of one character each, for one text: some seconds
_SYMBOLS = "".join(map(chr, range(128))) + "\u4e2d"  # one symbol for all that is not ASCII
_ANYTHING = (1 << len(_SYMBOLS)) - 1
_REPEATS = frozenset({codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT})
_ONE_CHARACTER = frozenset({codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY})
_NO_CHARACTER = frozenset({codes.AT, codes.ASSERT, codes.ASSERT_NOT})
_VARIABLE = re.compile(r"[*+}]|(?<!\()\?")
_ROUNDS = re.compile(r"\)[*+{]")
Items = Sequence[tuple[Any, Any]]


class _Shape(NamedTuple):
    """What a part of a pattern matches; characters are bits.

    `loose`: characters of parts of several lengths. `is_clear`: no text can be read in two ways.
    """

    first: int = 0
    last: int = 0
    every: int = 0
    loose: int = 0
    width: int = 0
    is_empty: bool = True
    is_clear: bool = True


def why_slow(pattern: re.Pattern[str]) -> str | None:
    """Return why some text makes the pattern backtrack too much; None: no text does."""
    if len(_VARIABLE.findall(pattern.pattern)) < 2 and not _ROUNDS.search(pattern.pattern):
        return None  # most patterns; and parsing takes time
    items = list(parser.parse(pattern.pattern, pattern.flags))
    for _, _, body in _repeats(items):
        if not _is_divided_once(body):
            return (
                "a repeat whose rounds can divide one text in several ways; let each round begin or end with a "
                r"character that is nowhere else in it, as in (?:-\w+)*"
            )
    starts = 1 if items[0] in ((codes.AT, codes.AT_BEGINNING), (codes.AT, codes.AT_BEGINNING_STRING)) else LONGEST
    steps, _ = _walk(items, starts, None)
    if steps <= MOST_STEPS:
        return None
    return (
        f"up to {steps:.0e} steps in a text of {LONGEST:,} characters (at most {MOST_STEPS:.0e}); "
        "bound its repeats, as in .{0,40}, or begin it with ^"
    )


def _repeats(items: Items) -> Iterable[tuple[int, int, Items]]:
    """Yield the repeats of more than one round whose rounds are not one character, at any depth."""
    for code, value in items:
        if code in _REPEATS and value[1] > 1 and not (len(value[2]) == 1 and value[2][0][0] in _ONE_CHARACTER):
            yield value
        for part in _parts(code, value):
            yield from _repeats(part)


def _parts(code: Any, value: Any) -> list[Items]:
    """Return the sequences within an item."""
    if code is codes.BRANCH:
        return list(value[1])
    if code is codes.SUBPATTERN:
        return [value[3]]
    if code in _REPEATS:
        return [value[2]]
    return [value] if code is codes.ATOMIC_GROUP else [value[1]] if code in (codes.ASSERT, codes.ASSERT_NOT) else []


def _is_divided_once(items: Items) -> bool:
    """Return whether no text can be divided into such rounds in two ways.

    A part of one length with characters of its own marks where each round begins or ends. Where no part has several
    lengths, the first characters of the alternatives are enough.
    """
    whole, flat = _shape(items), _flat(items)
    if not whole.is_clear or whole.is_empty:
        return False
    marks = ((_shape(flat[:1]), _shape(flat[1:])), (_shape(flat[-1:]), _shape(flat[:-1])))
    return not whole.loose or any(not (m.loose or m.is_empty or m.every & others.every) for m, others in marks)


def _flat(items: Items) -> Items:
    """Return items with those of groups in place of the groups."""
    return [i for item in items for i in (_flat(item[1][3]) if item[0] is codes.SUBPATTERN else [item])]


def _shape(items: Items) -> _Shape:
    """Return the shape of items in a row."""
    whole = _Shape()
    for code, value in items:
        part = _shape_of(code, value)
        whole = _Shape(
            first=whole.first | (part.first if whole.is_empty else 0),
            last=part.last | (whole.last if part.is_empty else 0),
            every=whole.every | part.every,
            loose=whole.loose | part.loose,
            width=whole.width + part.width,
            is_empty=whole.is_empty and part.is_empty,
            is_clear=whole.is_clear and part.is_clear and not whole.loose & part.loose & part.first,
        )
    return whole


def _shape_of(code: Any, value: Any) -> _Shape:
    if code in _NO_CHARACTER:  # an assertion may fail after any character
        return _Shape() if code is codes.AT else _Shape(first=_ANYTHING)
    if code in _ONE_CHARACTER:
        found = _characters(code, tuple(value) if isinstance(value, list) else value)
        return _Shape(found, found, found, width=1, is_empty=False)
    parts = [_shape(part) for part in _parts(code, value)]
    if not parts:  # a back reference, or what a later version of Python adds
        return _Shape(_ANYTHING, _ANYTHING, _ANYTHING, _ANYTHING)
    if code in _REPEATS:
        (part,), (least, most, _) = parts, value
        loose = part.every if least != most else part.loose
        return _Shape(
            part.first, part.last, part.every, loose, part.width * int(least), part.is_empty or not least, part.is_clear
        )
    return _Shape(
        _union(p.first for p in parts),
        _union(p.last for p in parts),
        _union(p.every for p in parts),
        _union(p.loose for p in parts),
        min(p.width for p in parts),
        any(p.is_empty for p in parts),
        all(p.is_clear for p in parts) and (code is not codes.BRANCH or _are_apart(value[1])),
    )


def _are_apart(branches: Sequence[Items]) -> bool:
    """Return whether a text begins at most one alternative: by its first character, or as words that begin no other."""
    shapes = [_shape(branch) for branch in branches]
    firsts = [shape.first for shape in shapes]
    if any(shape.is_empty for shape in shapes):
        return False
    if sum(firsts) == _union(firsts):
        return True
    words = sorted([n for code, n in branch if code is codes.LITERAL] for branch in branches)
    are_words = sorted(map(len, words)) == sorted(map(len, branches))
    return are_words and not any(longer[: len(word)] == word for word, longer in pairwise(words))


def _walk(items: Items, ways: int, after: int | None) -> tuple[int, int]:
    """Return the steps through items that are begun in so many ways, and in how many ways they end.

    `after`: the first characters of what follows; None: the pattern ends here. A repeat that is divided once ends in as
    many ways as it has lengths if what follows could begin within it; else in one.
    """
    steps = 0
    for n, (code, value) in enumerate(items):
        if after is None and _may_be_left_out(items[n:]):
            return steps + LONGEST, 1  # tried once: all before it has matched
        if code in _ONE_CHARACTER:
            if code is codes.LITERAL and (n == 0 or items[n - 1][0] is not codes.LITERAL):
                run = [v for _, v in takewhile(lambda item: item[0] is codes.LITERAL, items[n:])]
                ways = max(1, ways // _period(run))
            steps += ways
            continue
        follows = _first(items[n + 1 :], after or 0)
        is_last = after is None and _may_be_left_out(items[n + 1 :])
        inside = [_walk(part, 1, None if is_last else follows) for part in _parts(code, value)]
        rounds, ends = 1, max([out for _, out in inside], default=1)
        if code in _REPEATS:
            part, (least, most, _) = _shape(value[2]), value
            rounds = max(1, min(int(most), LONGEST // max(1, part.width)))
            is_shared = follows & (part.every if most > 1 else part.first) and code is not codes.POSSESSIVE_REPEAT
            ends = min(LONGEST, (rounds - int(least) + 1) * ends) if is_shared else 1
        elif code is codes.BRANCH and not _are_apart(value[1]):
            ends = sum(out for _, out in inside)
        elif code in _NO_CHARACTER or code is codes.ATOMIC_GROUP:
            ends = 1
        each = max(1, sum(count for count, _ in inside))
        steps += ways * (min(LONGEST, rounds * each) if code in _REPEATS else each)
        ways *= ends
    return steps, ways


def _may_be_left_out(items: Items) -> bool:
    return all(code in _REPEATS and value[0] == 0 for code, value in items)


def _first(items: Items, after: int) -> int:
    """Return the characters that may come next, `after` what follows the items."""
    found = 0
    for code, value in items:
        part = _shape_of(code, value)
        found |= part.first
        if not part.is_empty:
            return found
    return found | after


def _period(run: Sequence[int]) -> int:
    """Return after how many characters a run of literals can begin again within itself."""
    return next(shift for shift in range(1, len(run) + 1) if run[shift:] == run[: len(run) - shift])


@lru_cache(maxsize=4096)
def _characters(code: Any, value: Any) -> int:
    """Return the symbols that an item of one character matches, in the catalogue's mode."""
    item = parser.SubPattern(parser.State(), [(code, list(value) if isinstance(value, tuple) else value)])
    found = compiler.compile(item, re.IGNORECASE | re.ASCII).finditer(_SYMBOLS)
    named = [n for _, v in value for n in (v if isinstance(v, tuple) else (v,))] if code is codes.IN else [value]
    is_foreign = any(isinstance(n, int) and n > 127 for n in named)
    return _union([1 << match.start() for match in found]) | int(is_foreign) << 128


def _union(sets: Iterable[int]) -> int:
    found = 0
    for one in sets:
        found |= one
    return found
