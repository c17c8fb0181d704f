"""Find the fields of each line: where the JSON of each begins and how long it is.

The whole grammar of JSON is checked. A line is unusual if it is not one object of JSON, if a key that is read is in
it twice or has an escape, if a block is not an object, and if it has a surrogate, a byte beyond ASCII, a number of
more than 64 characters or more than 60 levels: then the plain path decides what it is.
"""

import numpy as np
from numba import int64, uint64

from camcensus.ingest.kernels.compiling import kernel
from camcensus.ingest.kernels.layout import CHILD, KEYS, NONE, SHIFT
from camcensus.ingest.kernels.memory import byte_at, first_of, stop_from, stops_at, word_at

DEEPEST = 60
_LONGEST_NUMBER = 64
_ARRAY, _OTHER = -2, -1  # contexts in which no key is read
_MULTIPLIER, _CONTEXT, _LENGTH, _FIRST, _LAST, _ACTION = KEYS
_OF_CONTEXT, _OF_LENGTH = np.uint64(0x2545F4914F6CDD1D), np.uint64(0x517CC1B727220A95)
_LOW = np.array([(1 << 8 * n) - 1 for n in range(8)] + [(1 << 64) - 1], np.uint64)
_ALL = np.uint64((1 << 64) - 1)
_NULL, _TRUE, _ALSE = (np.uint64(int.from_bytes(word, "little")) for word in (b"null", b"true", b"alse"))


@kernel
def after_blanks(p):
    """Return the first place from `p` that is no space, tab or carriage return."""
    c = byte_at(p)
    while c == 32 or c == 9 or c == 13:
        p += 1
        c = byte_at(p)
    return p


@kernel
def is_hex(c):
    """Return whether a byte is a hex digit."""
    return 48 <= c <= 57 or 97 <= (c | 32) <= 102


@kernel
def after_escape(p):
    """Return the place behind the escape at `p`; 0: it is none, or one of a surrogate."""
    c = byte_at(p + 1)
    if c == 110 or c == 34 or c == 114 or c == 47 or c == 92 or c == 116 or c == 98 or c == 102:
        return p + 2
    if c != 117:
        return 0
    for n in range(2, 6):
        if not is_hex(byte_at(p + n)):
            return 0
    is_surrogate = (byte_at(p + 2) | 32) == 100 and byte_at(p + 3) >= 56
    return 0 if is_surrogate else p + 6


@kernel
def after_string(p):
    """Return the place behind the string whose quote is at `p`; 0: it is none, or unusual.

    `marks` has the stops of the 64 bytes from `p` that are not passed yet.
    """
    p += 1
    marks = stops_at(p)
    while True:
        while marks == 0:
            p += 64
            marks = stops_at(p)
        stop = p + first_of(marks)
        if byte_at(stop) != 92:
            return stop + 1 if byte_at(stop) == 34 else 0
        end = after_escape(stop)
        if end == 0:
            return 0
        if end - p < 64:
            marks &= _ALL << uint64(end - p)
        else:
            p = end
            marks = stops_at(p)


@kernel
def after_digits(p):
    """Return the place behind the digits at `p`; 0: there is none."""
    start = p
    while 48 <= byte_at(p) <= 57:
        p += 1
    return p if p > start else 0


@kernel
def after_number(p):
    """Return the place behind the number at `p`; 0: it is none, or a long one."""
    start = p
    if byte_at(p) == 45:
        p += 1
    if byte_at(p) == 48:
        p += 1
    else:
        p = after_digits(p)
    if p and byte_at(p) == 46:
        p = after_digits(p + 1)
    if p and (byte_at(p) | 32) == 101:
        c = byte_at(p + 1)
        p = after_digits(p + 2 if c == 43 or c == 45 else p + 1)
    return p if p and p - start <= _LONGEST_NUMBER else 0


@kernel
def after_scalar(p):
    """Return the place behind the string, number or word at `p`; 0: there is none, or it is unusual."""
    c = byte_at(p)
    if c == 34:
        return after_string(p)
    if c == 45 or 48 <= c <= 57:
        return after_number(p)
    word = word_at(p) & _LOW[4]
    if word == _NULL or word == _TRUE:  # noqa: SIM109  # a tuple of words would be made at each
        return p + 4
    return p + 5 if c == 102 and word_at(p + 1) & _LOW[4] == _ALSE else 0


@kernel
def action_of(context, p, size):
    """Return what is done at a key of `size` bytes: a field, `CHILD` and a context, or `NONE`."""
    if context < 0 or size == 0 or size > 16:
        return NONE
    first = word_at(p) & _LOW[min(size, 8)]
    last = word_at(p + size - 8) if size > 8 else uint64(0)
    salted = (uint64(context) * _OF_CONTEXT + uint64(size) * _OF_LENGTH) ^ (first + last)
    slot = int64((salted * _MULTIPLIER) >> SHIFT)
    if _CONTEXT[slot] == context and _LENGTH[slot] == size and _FIRST[slot] == first and _LAST[slot] == last:
        return _ACTION[slot]
    return NONE


@kernel
def key_at(p, context, seen):
    """Return the place behind the key at `p` and its colon, and what is done at it; 0: unusual.

    `seen` has a bit for each field and each context of the line whose key came before.
    """
    q = stop_from(p + 1)
    if byte_at(p) != 34 or byte_at(q) != 34:
        return int64(0), int64(NONE)
    action = action_of(context, p + 1, q - p - 1)
    p = after_blanks(q + 1)
    if byte_at(p) != 58:
        return int64(0), int64(NONE)
    if action >= 0:
        word, bit = (1, action - CHILD) if action >= CHILD else (0, action)
        if seen[word] >> bit & 1:
            return int64(0), int64(NONE)
        seen[word] |= 1 << bit
    return after_blanks(p + 1), int64(action)


@kernel
def scan_line(p, end, base, starts, sizes, had, seen, levels):
    """Note the fields of the line from `p` to `end`. Return whether it is usual.

    `starts` (from `base`) and `sizes` are the line's; a size of 0 is a missing field, or null. `had[0]` has a bit for
    each context that is an object. `levels[d]` is the context of the object or array d levels deep. Between two turns
    of the loop, `p` is where a member or an element begins.
    """
    sizes[:] = 0
    seen[:] = 0
    had[0] = 0
    p = after_blanks(p)
    if byte_at(p) != 123:
        return False
    depth, context = 1, 0
    levels[1] = 0
    kept, kept_depth = NONE, 0  # the field that is an object or array which is still open
    p = after_blanks(p + 1)
    while True:
        action = int64(NONE)
        if context != _ARRAY:
            p, action = key_at(p, context, seen)
            if p == 0:
                return False
        c = byte_at(p)
        if c == 123 or c == 91:
            context = _ARRAY if c == 91 else _OTHER
            depth += 1
            if depth > DEEPEST:
                return False
            if action >= CHILD:
                if c == 91:
                    return False
                context = action - CHILD
                had[0] |= 1 << context
            elif action >= 0:
                kept, kept_depth = action, depth
                starts[action] = p - base
            levels[depth] = context
            p = after_blanks(p + 1)
            if byte_at(p) != c + 2:
                continue
        else:
            q = after_scalar(p)
            if q == 0 or (action >= CHILD and c != 110):
                return False
            if 0 <= action < CHILD and c != 110:
                starts[action] = p - base
                sizes[action] = q - p
            p = after_blanks(q)
        while byte_at(p) == 125 or byte_at(p) == 93:
            if (byte_at(p) == 93) != (context == _ARRAY):
                return False
            if kept >= 0 and depth == kept_depth:
                sizes[kept] = p + 1 - base - starts[kept]
                kept = NONE
            depth -= 1
            p = after_blanks(p + 1)
            if depth == 0:
                return p == end
            context = levels[depth]
        if byte_at(p) != 44:
            return False
        p = after_blanks(p + 1)


@kernel
def scan(base, first, ends, starts, sizes, had, is_usual, seen, levels):
    """Note the fields of lines, the first from `first`, each from behind the line feed that the line before ends at."""
    p = first
    for row in range(len(ends)):
        end = base + ends[row]
        is_usual[row] = scan_line(p, end, base, starts[row], sizes[row], had[row : row + 1], seen, levels)
        p = end + 1
