"""Where the fields of a banner are, by the structs of `readers/banner.py`: what `scan.py` looks for.

A context is an object whose fields are read (the banner is number 0), a field a value in one. The keys of all contexts
are in one perfect hash table, so that each key of a line costs one look.
"""

from typing import NamedTuple

import msgspec
import numpy as np

from camcensus.readers.banner import Banner, fields_of

CHILD = 1000  # added to the number of a context, where a key opens one
NONE = -1
_SLOTS = 10  # bits
_LONGEST = 16
_MASK = (1 << 64) - 1


class Field(NamedTuple):
    """A value that is read: its name with dots, its key, and the context it is in."""

    name: str
    key: str
    context: int


class Context(NamedTuple):
    """An object that is read: its name with dots, its key, and the context it is in."""

    name: str
    key: str
    parent: int


FIELDS: list[Field] = []
CONTEXTS: list[Context] = [Context("", "", NONE)]


def _walk(kind: type[msgspec.Struct], number: int) -> None:
    prefix = f"{CONTEXTS[number].name}." if number else ""
    for _, key, _, inner in fields_of(kind):
        if inner is None:
            FIELDS.append(Field(prefix + key, key, number))
        else:
            CONTEXTS.append(Context(prefix + key, key, number))
            _walk(inner, len(CONTEXTS) - 1)


_walk(Banner, 0)
FIELD = {field.name: number for number, field in enumerate(FIELDS)}
CONTEXT = {context.name: number for number, context in enumerate(CONTEXTS)}
if len(FIELDS) + len(CONTEXTS) > 126 or max(len(FIELDS), len(CONTEXTS)) > 62:
    raise AssertionError("marks of fields and of contexts are bits of two words")


def words_of(key: str) -> tuple[int, int]:
    """Return the first eight bytes of a key, and the last eight of a longer one."""
    text = key.encode()
    if len(text) > _LONGEST:
        raise AssertionError(f"{key} is longer than the two words that are compared")
    return int.from_bytes(text[:8], "little"), int.from_bytes(text[-8:], "little") if len(text) > 8 else 0


class Keys(NamedTuple):
    """The table of keys: for each slot the context, length and words of its key, and what to do at it."""

    multiplier: np.uint64
    context: np.ndarray
    length: np.ndarray
    first: np.ndarray
    last: np.ndarray
    action: np.ndarray


def _keys() -> Keys:
    found = [(f.context, f.key, number) for number, f in enumerate(FIELDS)]
    found += [(c.parent, c.key, CHILD + number) for number, c in enumerate(CONTEXTS) if number]
    salted = [(salt(context, len(key)) ^ (sum(words_of(key)) & _MASK)) & _MASK for context, key, _ in found]
    multiplier = 0x9E3779B97F4A7C15
    while len({(one * multiplier & _MASK) >> (64 - _SLOTS) for one in salted}) < len(found):
        multiplier = (multiplier * 6364136223846793005 + 1442695040888963407) & _MASK | 1
    numbers, words = np.full((3, 1 << _SLOTS), NONE, np.int64), np.zeros((2, 1 << _SLOTS), np.uint64)
    keys = Keys(np.uint64(multiplier), numbers[0], numbers[1], words[0], words[1], numbers[2])
    for one, (context, key, action) in zip(salted, found, strict=True):
        slot = (one * multiplier & _MASK) >> (64 - _SLOTS)
        keys.context[slot], keys.length[slot], keys.action[slot] = context, len(key), action
        keys.first[slot], keys.last[slot] = words_of(key)
    return keys


def salt(context: int, length: int) -> int:
    """Return what distinguishes equal keys of several contexts."""
    return (context * 0x2545F4914F6CDD1D + length * 0x517CC1B727220A95) & _MASK


KEYS = _keys()
SHIFT = np.uint64(64 - _SLOTS)
