"""Which words a text must hold for a pattern to match it at all: a cheap question asked before the pattern is run.

Sound for patterns with IGNORECASE and ASCII: lower-casing changes no run of ASCII letters but their case. What is not
understood about a pattern only makes the answer weaker, never wrong.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Generic, Protocol, TypeVar

import ahocorasick_rs

from camcensus.identify.re2_patterns import re2_pattern

LEAST = 2
# A word of so many letters is rare enough to be asked for alone.
ENOUGH = 4
# Words of so many letters tell enough to be looked for without anything else.
TELLING = 3
_TAG = re.compile(r"</?\w+[ >]?")
Words = tuple[str, ...]


class Rule(Protocol):
    """What a screen needs of a rule."""

    @property
    def words(self) -> tuple[Words, ...]:
        """Groups of words; every matching text holds one of each group. Empty: not known."""

    @property
    def regex(self) -> re.Pattern[str]:
        """The pattern itself."""


R = TypeVar("R", bound=Rule)


class Screen(Generic[R]):
    """Rules, and which of them a text could match at all."""

    def __init__(self, rules: Sequence[R]) -> None:
        """Sorts the rules by the words they need; all words are looked for at once, however many there are."""
        self._rules = rules
        self._always = [n for n, rule in enumerate(rules) if not rule.words]
        self._words = sorted({word for rule in rules for group in rule.words for word in group})
        numbers = {word: number for number, word in enumerate(self._words)}
        # By each word of a rule's first group: the rule, and what else it needs.
        self._needs: list[list[tuple[int, list[set[int]]]]] = [[] for _ in self._words]
        for rule_number, rule in enumerate(rules):
            for word in set(rule.words[0]) if rule.words else ():
                others = [{numbers[other] for other in group} for group in rule.words[1:]]
                self._needs[numbers[word]].append((rule_number, others))

    def __getstate__(self) -> dict[str, object]:
        """All but the automaton, which no other process can be sent and each makes in a moment."""
        return {name: value for name, value in vars(self).items() if name != "_automaton"}

    @cached_property
    def _automaton(self) -> ahocorasick_rs.BytesAhoCorasick:
        words = [word.encode() for word in self._words]
        return ahocorasick_rs.BytesAhoCorasick(words, implementation=ahocorasick_rs.Implementation.DFA)

    @cached_property
    def quick(self) -> str:
        """A pattern for RE2, case ignored, that finds something in every text that a rule could match. Over a column
        of long texts it is many times as quick as asking for candidates one by one."""
        sure = {word for rule in self._rules if _telling(rule.words) for word in rule.words[0]}
        other = {re2_pattern(rule.regex) for rule in self._rules if not _telling(rule.words)}
        return "|".join(sorted({re.escape(word) for word in sure} | other))

    def candidates(self, text: str) -> list[R]:
        """The rules that may match `text`, in their order."""
        # In bytes only ASCII letters have their case changed, which is how the patterns see it.
        hits = self._automaton.find_matches_as_indexes(text.encode("utf-8", "surrogatepass").lower(), overlapping=True)
        if not hits:
            return [self._rules[n] for n in self._always]
        held = {word for word, _, _ in hits}
        found = {n for word in held for n, others in self._needs[word] if not any(map(held.isdisjoint, others))}
        return [self._rules[n] for n in sorted(found.union(self._always))]


def _telling(groups: tuple[Words, ...]) -> bool:
    return bool(groups) and min(map(len, groups[0])) >= TELLING


def words_of(pattern: re.Pattern[str]) -> tuple[Words, ...]:
    """Groups of lower-case words; every matching text holds one word of each. The first group is what fewest texts
    hold, and where its words are short, all that is known follows. Empty when nothing is known."""
    known = _requirements(parser.parse(pattern.pattern, pattern.flags))
    known = [words for words in known if min(map(len, words)) >= LEAST]
    best = _best(known)
    if not best or min(map(_rare, best)) >= ENOUGH:
        return (best,) if best else ()
    return tuple(dict.fromkeys([best, *known]))


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
    return max(requirements, key=lambda words: (min(map(_rare, words)), -len(words)), default=())


def _rare(word: str) -> int:
    """How rare a word is; a tag that every page has is no word at all."""
    return 0 if _TAG.fullmatch(word) else len(word)
