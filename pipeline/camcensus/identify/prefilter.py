"""Find the rules that a text can match at all, by the words that it must contain, before any pattern is run.

Sound for patterns with IGNORECASE and ASCII: lower-casing changes nothing in a run of ASCII letters but their case. A
part of a pattern that is not understood makes the answer weaker, never wrong.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Generic, Protocol, TypeVar

import ahocorasick_rs

SHORTEST = 2  # letters of a word that is looked for
RARE = 4  # letters from which a word is rare enough to be looked for alone
SELECTIVE = 3  # letters from which a word finds few enough texts in a column
COUNTED = 8  # a gap of at most so many characters is counted in RE2's pattern; a longer one may have any length
_TAG = re.compile(r"</?\w+[ >]?")
_NO_WIDTH = frozenset({codes.AT, codes.ASSERT, codes.ASSERT_NOT})
Words = tuple[str, ...]


class Rule(Protocol):
    """What a screen needs of a rule."""

    @property
    def words(self) -> tuple[Words, ...]:
        """Groups of words; every matching text contains one of each group. Empty: not known."""

    @property
    def regex(self) -> re.Pattern[str]:
        """The pattern."""


R = TypeVar("R", bound=Rule)


class Screen(Generic[R]):
    """Rules, and which of them a text could match."""

    def __init__(self, rules: Sequence[R]) -> None:
        """Sort the rules by the words they need; all words are looked for in one pass."""
        self._rules = rules
        self._always = [n for n, rule in enumerate(rules) if not rule.words]
        self._words = sorted({word for rule in rules for group in rule.words for word in group})
        numbers = {word: number for number, word in enumerate(self._words)}
        # For each word of a rule's first group: the rule, and the other groups it needs.
        self._needs: list[list[tuple[int, list[set[int]]]]] = [[] for _ in self._words]
        for rule_number, rule in enumerate(rules):
            for word in set(rule.words[0]) if rule.words else ():
                others = [{numbers[other] for other in group} for group in rule.words[1:]]
                self._needs[numbers[word]].append((rule_number, others))

    def __getstate__(self) -> dict[str, object]:
        """Leave out the automaton: it cannot be pickled, and each process builds it in a moment."""
        return {name: value for name, value in vars(self).items() if name != "_automaton"}

    @cached_property
    def _automaton(self) -> ahocorasick_rs.BytesAhoCorasick:
        words = [word.encode() for word in self._words]
        return ahocorasick_rs.BytesAhoCorasick(words, implementation=ahocorasick_rs.Implementation.DFA)

    @cached_property
    def quick(self) -> str:
        """A pattern for RE2, case ignored, that matches every text that a rule could match.

        On a column of long texts it is many times as fast as `candidates` of each text.
        """
        words = {word for rule in self._rules if _is_selective(rule.words) for word in rule.words[0]}
        patterns = {re2_pattern(rule.regex) for rule in self._rules if not _is_selective(rule.words)}
        return "|".join(sorted({re.escape(word) for word in words} | patterns))

    def candidates(self, text: str) -> list[R]:
        """Return the rules that may match `text`, in their order."""
        # In bytes only ASCII letters change their case, as in the patterns.
        hits = self._automaton.find_matches_as_indexes(text.encode("utf-8", "surrogatepass").lower(), overlapping=True)
        if not hits:
            return [self._rules[n] for n in self._always]
        words = {word for word, _, _ in hits}
        found = {n for word in words for n, others in self._needs[word] if not any(map(words.isdisjoint, others))}
        return [self._rules[n] for n in sorted(found.union(self._always))]


def _is_selective(groups: tuple[Words, ...]) -> bool:
    return bool(groups) and min(map(len, groups[0])) >= SELECTIVE


def words_of(pattern: re.Pattern[str]) -> tuple[Words, ...]:
    """Return groups of lower-case words; every matching text contains one word of each. Empty: nothing is known.

    The first group is the rarest; where its words are short, all other known groups follow.
    """
    known = _requirements(parser.parse(pattern.pattern, pattern.flags))
    known = [words for words in known if min(map(len, words)) >= SHORTEST]
    rarest = _rarest(known)
    if not rarest or min(map(_rarity, rarest)) >= RARE:
        return (rarest,) if rarest else ()
    return tuple(dict.fromkeys([rarest, *known]))


def _requirements(sequence: Iterable[tuple[Any, Any]]) -> list[Words]:
    """Return what a sequence of parsed items requires; each entry is words of which a text must contain one."""
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
            branches = [_rarest(_requirements(branch)) for branch in value[1]]
            if all(branches):
                found.append(tuple(word for branch in branches for word in branch))
    return [*found, (run,)] if run else found


def _rarest(requirements: list[Words]) -> Words:
    """Return the requirement that fewest texts meet: its shortest word is longest, then it has fewest words."""
    return max(requirements, key=lambda words: (min(map(_rarity, words)), -len(words)), default=())


def _rarity(word: str) -> int:
    """Return how rare a word is; HTML tags are on every page."""
    return 0 if _TAG.fullmatch(word) else len(word)


def re2_pattern(pattern: re.Pattern[str]) -> str:
    """Return a pattern for RE2, to be used with case ignored, that matches every text that `pattern` matches.

    RE2 is faster, but has neither assertions nor back references; only letters are kept, and the gaps between them.
    """
    return "(?s:" + _re2_sequence(parser.parse(pattern.pattern, pattern.flags)) + ")"


def _re2_sequence(parsed: Any) -> str:
    return "".join(_re2_item(parsed.state, item) for item in parsed)


def _re2_item(state: Any, item: tuple[Any, Any]) -> str:
    code, value = item
    if code is codes.LITERAL:
        return re.escape(chr(value))
    if code is codes.SUBPATTERN:
        return _re2_sequence(value[3])
    if code is codes.BRANCH:
        return "(?:" + "|".join(map(_re2_sequence, value[1])) + ")"
    if code in _NO_WIDTH:
        return ""
    least, most = map(int, parser.SubPattern(state, [item]).getwidth())
    return f".{{{least},{most}}}" if most <= COUNTED else ".*"
