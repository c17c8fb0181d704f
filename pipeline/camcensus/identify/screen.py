"""Match a text with all patterns of a column in one pass, in time linear in the text: RE2's sets."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Generic, Protocol, TypeVar

import re2

# The module that the library wraps: its match objects take ten times as long as the match.
from re2 import _re2

MEMORY = 256 << 20  # bytes that the automaton of a set may grow to; too few for its states would lose matches


class Rule(Protocol):
    """What a screen needs of a rule."""

    @property
    def matched(self) -> str:
        """The pattern that texts are matched with, in RE2's syntax."""


R = TypeVar("R", bound=Rule)


def options() -> re2.Options:
    """Return how patterns are read: case is ignored; classes of letters and digits are ASCII."""
    chosen = re2.Options()
    chosen.case_sensitive = False
    chosen.log_errors = False
    chosen.max_mem = MEMORY
    return chosen


class Groups:
    """The groups of a pattern."""

    def __init__(self, pattern: str) -> None:
        """Compile the pattern."""
        self._pattern = pattern
        self._compiled = _re2.RE2(pattern.encode(), options())

    def __reduce__(self) -> tuple[type["Groups"], tuple[str]]:
        """Leave out what is compiled: it cannot be pickled."""
        return Groups, (self._pattern,)

    def spans(self, text: bytes) -> list[tuple[int, int]]:
        """Return the spans of the leftmost match and of its groups, in bytes; (-1, -1): none."""
        found: list[tuple[int, int]] = self._compiled.Match(_re2.RE2.Anchor.UNANCHORED, text, 0, len(text))
        return found


class Screen(Generic[R]):
    """Rules, and which of them match a text."""

    def __init__(self, rules: Sequence[R]) -> None:
        """Keep the rules; the set is compiled at the first text."""
        self.rules = rules

    def __getstate__(self) -> dict[str, object]:
        """Leave out the set: it cannot be pickled, and each process compiles it in a moment."""
        return {"rules": self.rules}

    @cached_property
    def _match(self) -> Callable[[bytes], list[int]]:
        patterns = _re2.Set(_re2.RE2.Anchor.UNANCHORED, options())
        for rule in self.rules:
            patterns.Add(rule.matched.encode())
        patterns.Compile()
        match: Callable[[bytes], list[int]] = patterns.Match
        return match if self.rules else lambda _: []

    def numbers(self, texts: Iterable[bytes]) -> list[tuple[int, ...]]:
        """Return which rules' patterns match somewhere in each text, in order."""
        return [tuple(sorted(found)) if found else () for found in map(self._match, texts)]

    def matching(self, text: str) -> list[R]:
        """Return the rules whose patterns match somewhere in a text, in their order."""
        (numbers,) = self.numbers([text.encode()])
        return [self.rules[n] for n in numbers]
