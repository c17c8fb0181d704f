"""Remember results in bounded memory."""

from typing import TypeVar

MOST = 1 << 14  # results that a memo keeps

K = TypeVar("K")
V = TypeVar("V")


class Memo(dict[K, V]):
    """Results by key. A full memo starts again: what is frequent comes back soon."""

    def keep(self, key: K, value: V) -> V:
        """Remember a result, and return it."""
        if len(self) >= MOST:
            self.clear()
        self[key] = value
        return value
