"""One request after the other, where one that the engine does not answer must not cost the others."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from camcensus.core.errors import BadQueryError, UnavailableError

GIVE_UP = 3  # failures one after the other
T = TypeVar("T")


def in_turn(items: Iterable[T], ask: Callable[[T], None], failed: list[str]) -> None:
    """Asks for each item. What the engine will not answer is added to `failed`, in words. Raises whatever stands in
    the way of all items alike (key, plan, credits), and the error of the last of `GIVE_UP` failures in a row."""
    in_a_row = 0
    for item in items:
        try:
            ask(item)
            in_a_row = 0
        except (BadQueryError, UnavailableError) as error:
            failed.append(str(error))
            in_a_row += 1
            if in_a_row >= GIVE_UP:
                raise
