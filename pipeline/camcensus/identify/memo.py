"""Remember results in bounded memory."""

from typing import TypeVar

MOST = 1 << 14  # results that a memo keeps after a batch

K = TypeVar("K")
V = TypeVar("V")


class Memo(dict[K, V]):
    """Results by key. A full memo starts again: what is frequent comes back soon."""

    def roomy(self) -> "Memo[K, V]":
        """Return the memo with room for more results, as many as a batch has."""
        if len(self) >= MOST:
            self.clear()
        return self

    def keep(self, key: K, value: V) -> V:
        """Remember a result, and return it."""
        self.roomy()[key] = value
        return value
