"""Read the fields of fixed form: address, port, transport, time, numbers, fingerprint.

What is written in the usual way is read here; any other way makes the line unusual.
"""

import numpy as np
from numba import int64

from camcensus.ingest.fields import EARLIEST
from camcensus.ingest.kernels.compiling import kernel
from camcensus.ingest.kernels.layout import FIELD
from camcensus.ingest.kernels.memory import byte_at, word_at
from camcensus.ingest.kernels.scan import after_digits

# Numbers of a row, by column.
PORT, SEEN, STATUS, HASH, HTML_HASH, IS_UDP, IS_IPV6 = range(7)
NUMBERS = 7
# Texts of a row that are the span itself.
HOST, FINGERPRINT = range(2)
TEXTS = 2
_IP, _PORT, _TRANSPORT, _TIME = (FIELD[name] for name in ("ip_str", "port", "transport", "timestamp"))
_UNREAD = (FIELD["ip"], FIELD["ipv6"])  # where there is another address
_SHA = FIELD["ssl.cert.fingerprint.sha256"]
_INTEGERS = np.array([[STATUS, FIELD["http.status"]], [HASH, FIELD["hash"]], [HTML_HASH, FIELD["http.html_hash"]]])
_TCP, _UDP = (np.uint64(int.from_bytes(word, "little")) for word in (b'"tcp"', b'"udp"'))
_FIVE = np.uint64((1 << 40) - 1)
_MOST_DIGITS = 18
_DAYS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_BEFORE_1970 = 719_468  # days from 0000-03-01


@kernel
def integer(p, size):
    """Return the number of at most 18 digits at `p`, with or without a sign."""
    is_negative = byte_at(p) == 45
    found = int64(0)
    for n in range(is_negative, size):
        found = found * 10 + byte_at(p + n) - 48
    return -found if is_negative else found


@kernel
def is_integer(p, size):
    """Return whether a valid number is whole, written without point and exponent, and not a long one."""
    return size <= _MOST_DIGITS and after_digits(p + (byte_at(p) == 45)) == p + size


@kernel
def is_ipv4(p, end):
    """Return whether the text is an IPv4 address: four numbers of up to 255 without leading zeros."""
    for part in range(4):
        start = p
        while p < end and 48 <= byte_at(p) <= 57 and p - start < 4:
            p += 1
        size = p - start
        if size < 1 or size > 3 or integer(start, size) > 255 or (size > 1 and byte_at(start) == 48):
            return False
        if part < 3:
            if p >= end or byte_at(p) != 46:
                return False
            p += 1
    return p == end


@kernel
def is_ipv6_like(p, end):
    """Return whether the text is of hex digits, colons and points, with a colon."""
    has_colon = False
    for q in range(p, end):
        c = byte_at(q)
        has_colon |= c == 58
        if not (48 <= c <= 58 or 97 <= (c | 32) <= 102 or c == 46):
            return False
    return has_colon


@kernel
def digits(p, size):
    """Return the number of exactly `size` digits at `p`; a large negative one: they are not digits."""
    for n in range(size):
        if not 48 <= byte_at(p + n) <= 57:
            return int64(-1_000_000)
    return integer(p, size)


@kernel
def seconds(p, size):
    """Return a time such as 2026-11-30T00:00:00, with or without microseconds, in seconds since 1970; -1: none."""
    if size != 19 and not (size == 26 and byte_at(p + 19) == 46 and digits(p + 20, 6) >= 0):
        return int64(-1)
    if byte_at(p + 4) != 45 or byte_at(p + 7) != 45 or byte_at(p + 10) != 84:
        return int64(-1)
    if byte_at(p + 13) != 58 or byte_at(p + 16) != 58:
        return int64(-1)
    year, month, day = digits(p, 4), digits(p + 5, 2), digits(p + 8, 2)
    hour, minute, second = digits(p + 11, 2), digits(p + 14, 2), digits(p + 17, 2)
    if year < 1970 or not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1]:
        return int64(-1)
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if month == 2 and day == 29 and not is_leap:
        return int64(-1)
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 59):
        return int64(-1)
    if month <= 2:
        year, month = year - 1, month + 12
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 1 - _BEFORE_1970
    return ((days * 24 + hour) * 60 + minute) * 60 + second


@kernel
def is_fingerprint(p, size):
    """Return whether a string is of 64 hex digits in small letters."""
    if size != 66 or byte_at(p) != 34:
        return False
    for n in range(1, 65):
        c = byte_at(p + n)
        if not (48 <= c <= 57 or 97 <= c <= 102):
            return False
    return True


@kernel
def key_of(base, row, starts, sizes, latest, numbers, at, lengths):
    """Read what every banner needs. Return whether all of it is usual."""
    p, size = base + starts[row, _IP], int64(sizes[row, _IP])
    if size < 9 or byte_at(p) != 34:
        return False
    at[row, HOST], lengths[row, HOST] = p + 1, size - 2
    numbers[row, IS_IPV6] = 0
    if not is_ipv4(p + 1, p + size - 1):
        if not is_ipv6_like(p + 1, p + size - 1):
            return False
        numbers[row, IS_IPV6] = 1
    for field in _UNREAD:
        c = byte_at(base + starts[row, field]) if sizes[row, field] else 0
        if c == 123 or c == 91:
            return False
    p, size = base + starts[row, _PORT], int64(sizes[row, _PORT])
    if size == 0 or size > 5 or not is_integer(p, size):
        return False
    numbers[row, PORT] = integer(p, size)
    if not 1 <= numbers[row, PORT] <= 65535:
        return False
    numbers[row, IS_UDP] = 0
    if sizes[row, _TRANSPORT]:
        word = word_at(base + starts[row, _TRANSPORT]) & _FIVE
        if sizes[row, _TRANSPORT] != 5 or (word != _TCP and word != _UDP):
            return False
        numbers[row, IS_UDP] = word == _UDP
    p, size = base + starts[row, _TIME], int64(sizes[row, _TIME])
    if size < 21 or byte_at(p) != 34:
        return False
    numbers[row, SEEN] = seconds(p + 1, size - 2)
    return EARLIEST <= numbers[row, SEEN] <= latest


@kernel
def others_of(base, row, starts, sizes, numbers, has, at, lengths):
    """Read the hashes, the status and the fingerprint. Return whether each is missing or usual."""
    for n in range(len(_INTEGERS)):
        column, field = _INTEGERS[n]
        p, size = base + starts[row, field], int64(sizes[row, field])
        has[row, column] = size > 0
        if size:
            if not (byte_at(p) == 45 or 48 <= byte_at(p) <= 57) or not is_integer(p, size):
                return False
            numbers[row, column] = integer(p, size)
    p, size = base + starts[row, _SHA], int64(sizes[row, _SHA])
    lengths[row, FINGERPRINT] = -1
    if size:
        at[row, FINGERPRINT], lengths[row, FINGERPRINT] = p + 1, 64
    return size == 0 or is_fingerprint(p, size)


@kernel
def typed(base, latest, starts, sizes, is_usual, numbers, has, at, lengths):
    """Read the fields of fixed form of each usual row; a row where one is unusual is so too from then on."""
    for row in range(len(is_usual)):
        if is_usual[row]:
            is_usual[row] = key_of(base, row, starts, sizes, latest, numbers, at, lengths) and others_of(
                base, row, starts, sizes, numbers, has, at, lengths
            )
