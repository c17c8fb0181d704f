"""Which words a text must hold for a pattern to match it at all: a cheap question asked before the pattern is run.

Sound for patterns with IGNORECASE and ASCII: lower-casing changes no run of ASCII letters but their case. What is not
understood about a pattern only makes the answer weaker, never wrong.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Generic, Protocol, TypeVar

LEAST = 2
Words = tuple[str, ...]


class Rule(Protocol):
    """What a screen needs of a rule."""

    @property
    def words(self) -> Words:
        """Words one of which every matching text holds; empty: not known."""


R = TypeVar("R", bound=Rule)


class Screen(Generic[R]):
    """Rules, and which of them a text could match at all."""

    def __init__(self, rules: Sequence[R]) -> None:
        """Sorts the rules by the words they need; each word is looked for once, however many rules need it."""
        self._rules = rules
        self._always = [n for n, rule in enumerate(rules) if not rule.words]
        needs: dict[str, list[int]] = {}
        for number, rule in enumerate(rules):
            for word in rule.words:
                needs.setdefault(word, []).append(number)
        self._needs = list(needs.items())

    def candidates(self, text: str) -> list[R]:
        """The rules that may match `text`, in their order."""
        lowered = text.lower()
        found = [numbers for word, numbers in self._needs if word in lowered]
        if not found:
            return [self._rules[n] for n in self._always]
        return [self._rules[n] for n in sorted({*self._always, *chain.from_iterable(found)})]


def words_of(pattern: re.Pattern[str]) -> Words:
    """Lower-case words one of which every matching text holds; empty when no such words are known."""
    best = _best(_requirements(parser.parse(pattern.pattern, pattern.flags)))
    return best if best and min(map(len, best)) >= LEAST else ()


def _requirements(sequence: Iterable[tuple[Any, Any]]) -> list[Words]:
    """All that a sequence of parsed items requires; each entry is words of which one must be there."""
    found: list[Words] = []
    run = ""
    for code, value in sequence:
        if code is codes.LITERAL and value < 128:
            run += chr(value).lower()
            continue
        if run:
            found.append((run,))
            run = ""
        if code is codes.SUBPATTERN:
            found.extend(_requirements(value[3]))
        elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT) and value[0] > 0:
            found.extend(_requirements(value[2]))
        elif code is codes.ATOMIC_GROUP:
            found.extend(_requirements(value))
        elif code is codes.BRANCH:
            branches = [_best(_requirements(branch)) for branch in value[1]]
            if all(branches):
                found.append(tuple(word for branch in branches for word in branch))
    return [*found, (run,)] if run else found


def _best(requirements: list[Words]) -> Words:
    """The requirement that fewest texts meet: its shortest word is longest, then it has fewest words."""
    return max(requirements, key=lambda words: (min(map(len, words)), -len(words)), default=())
