"""Cut each answer down to what is read of it, so that answers that show the same have the same key.

Of an answer that begins as HTTP or RTSP, the lines of a few headers are read, and a page. They are copied as they are
in JSON; a challenge without what follows its realm, which is new in each answer. Of all other answers, and of those
about which anything is unusual, the key is the whole answer with all that decides how it is read.
"""

import numpy as np
from numba import int64, uint64

from camcensus.ingest.answers import FAR
from camcensus.ingest.kernels.compiling import kernel
from camcensus.ingest.kernels.layout import CONTEXT, FIELD, FIELDS
from camcensus.ingest.kernels.memory import byte_at, copy, find, put, word_at

# Columns of spans behind those of the fields: parts of the key of an answer; its body and page without quotes.
# Redirects, in which there are tokens, are read apart from a cut answer (`MOVES`, `MOVED`); so is a block's text.
ANSWER, PORT_21, MODULE, HTML, BLOCK_HTML, REDIRECTS, LOCATION, MOVES, MOVED, BODY, PAGE, COLUMNS = range(
    len(FIELDS), len(FIELDS) + 12
)
_DATA, _PORT, _MODULE = FIELD["data"], FIELD["port"], FIELD["_shodan.module"]
_HTML, _BLOCK_HTML = FIELD["html"], FIELD["http.html"]
_REDIRECTS, _LOCATION_FIELD = FIELD["http.redirects"], FIELD["http.location"]
_HTTP = CONTEXT["http"]
_LONGEST_REALM = 512


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text[:8].ljust(8, b"\0"), "little"))


_LOW5, _LOW6 = np.uint64((1 << 40) - 1), np.uint64((1 << 48) - 1)
_SMALL = np.uint64(0x2020202020202020)
_HTTP_START, _RTSP_START = _word(b"HTTP/"), _word(b"RTSP/")
_SERVER, _CHALLENGE, _ENTICATE, _LOCATION, _REALM = map(
    _word, (b"server", b"www-auth", b"enticate", b"location", b"realm")
)
_21 = np.uint64(int.from_bytes(b"21", "little"))
DROPPED, KEPT, CUT, UNUSUAL = range(4)


@kernel
def kind_of(p, end):
    """Return what becomes of a line of a head: only one that may be a header that is read is kept.

    Lines of a UPnP announcement are unusual.
    """
    if end - p < 4:
        return DROPPED
    first = word_at(p) | _SMALL
    if first & _LOW6 == _SERVER or first == _LOCATION:
        return KEPT
    if first == _CHALLENGE and word_at(p + 8) | _SMALL == _ENTICATE:
        return CUT
    c, d, e = byte_at(p) | 32, byte_at(p + 1) | 32, byte_at(p + 2)
    if (c == 115 or c == 110) and d == 116 and (e == 58 or e == 32 or e == 92):
        return UNUSUAL
    return UNUSUAL if c == 117 and d == 115 and (e | 32) == 110 else DROPPED


@kernel
def end_of_realm(p, end):
    """Return the place behind the first realm in quotes of a challenge that begins with a scheme and a space, or `end`.

    What follows it changes neither the scheme (it ends at the first space) nor the realm: an earlier match of its
    pattern would end at its quote.
    """
    p = find(p, end, 58) + 1
    while p < end and (byte_at(p) == 32 or (byte_at(p) == 92 and byte_at(p + 1) == 116)):
        p += 1 if byte_at(p) == 32 else 2
    start = find(p, end, 32)
    equals = find(start, end, 61)
    while equals < end:
        if equals - start > 5 and (word_at(equals - 5) | _SMALL) & _LOW5 == _REALM:
            if byte_at(equals + 1) != 92 or byte_at(equals + 2) != 34:
                return end
            q = find(equals + 3, end, 92)
            while q < end and byte_at(q + 1) != 34:
                q = find(q + 2, end, 92)
            return q + 2 if q < end and q - equals < _LONGEST_REALM else end
        equals = find(equals + 1, end, 61)
    return end


@kernel
def keep_line(p, end, out):
    """Copy what is kept of the line from `p` to `end`. Return where the copies end; 0: the line is unusual."""
    kind = kind_of(p, end)
    if kind == DROPPED:
        return out
    if kind == UNUSUAL:
        return 0
    if kind == CUT:
        end = end_of_realm(p, end)
    put(out, 92)
    put(out + 1, 110)
    copy(out + 2, p, end - p)
    return out + 2 + end - p


@kernel
def after_empty_line(p, end):
    """Return where the body begins if the line at `p` is the empty one behind a head, as for `parted`; else 0."""
    left = end - p
    if left >= 2 and byte_at(p) == 92 and byte_at(p + 1) == 110:
        # Of two line feeds before \r\n, the second is the one that the empty line follows.
        is_second = left >= 6 and word_at(p + 2) & np.uint64(0xFFFFFFFF) == np.uint64(0x6E5C725C)
        return p + 6 if is_second else p + 2
    is_return = left >= 4 and word_at(p) & np.uint64(0xFFFFFFFF) == np.uint64(0x6E5C725C)
    return p + 4 if is_return else 0


@kernel
def cut_head(p, end, is_all_head, out):
    """Copy the lines that are read of the answer from `p` to `end` (JSON without quotes).

    Return where the copies end, 0 if anything is unusual, and where the body begins. Each turn of the loop is at an
    escape; `line` is where its line begins and `stop` where the line ends for its value, 0: not yet.
    """
    start = line = p
    stop = int64(0)
    while True:
        q = find(p, end, 92)
        if q - start > FAR:
            return int64(0), end
        escape = byte_at(q + 1) if q < end else 110
        if escape != 110:
            if escape == 117:
                if byte_at(q + 2) == 48 and byte_at(q + 3) == 48:  # it may be a line feed
                    return int64(0), end
                p = q + 6
            else:
                if escape == 114 and stop == 0:
                    stop = q
                p = q + 2
            continue
        out = keep_line(line, stop or q, out)
        if out == 0 or q >= end:
            return int64(out), end
        line = p = q + 2
        stop = int64(0)
        if not is_all_head:
            body = after_empty_line(line, end)
            if body:
                return int64(out), int64(body)


@kernel
def is_text(base, row, column, starts, sizes):
    """Return whether a field is a string that is not empty."""
    return sizes[row, column] > 2 and byte_at(base + starts[row, column]) == 34


@kernel
def is_other(base, row, column, starts, sizes):
    """Return whether a field is there and is no string."""
    return sizes[row, column] > 0 and byte_at(base + starts[row, column]) != 34


@kernel
def take(row, to, source, starts, sizes):
    """Make the span of a field that of another column."""
    starts[row, to], sizes[row, to] = starts[row, source], sizes[row, source]


@kernel
def take_whole(base, row, starts, sizes):
    """Make the key the whole answer, with all that decides how it is read."""
    take(row, ANSWER, _DATA, starts, sizes)
    take(row, MODULE, _MODULE, starts, sizes)
    take(row, HTML, _HTML, starts, sizes)
    take(row, BLOCK_HTML, _BLOCK_HTML, starts, sizes)
    take(row, REDIRECTS, _REDIRECTS, starts, sizes)
    take(row, LOCATION, _LOCATION_FIELD, starts, sizes)
    if sizes[row, _PORT] == 2 and word_at(base + starts[row, _PORT]) & uint64(0xFFFF) == _21:
        take(row, PORT_21, _PORT, starts, sizes)


@kernel
def note_page(base, row, starts, sizes, body, end):
    """Note the page of a web answer: that of its block, that of the banner, or the body."""
    starts[row, PAGE], sizes[row, PAGE] = body - base, end - body
    if is_text(base, row, _HTML, starts, sizes):
        starts[row, PAGE], sizes[row, PAGE] = starts[row, _HTML] + 1, sizes[row, _HTML] - 2
    if is_text(base, row, _BLOCK_HTML, starts, sizes):
        starts[row, PAGE], sizes[row, PAGE] = starts[row, _BLOCK_HTML] + 1, sizes[row, _BLOCK_HTML] - 2


@kernel
def take_cut(base, row, starts, sizes, had, out):
    """Make the key what is read of the head, and note the page. Return where the copies end; 0: it is unusual."""
    p = base + starts[row, _DATA]
    if not is_text(base, row, _DATA, starts, sizes):
        return int64(0)
    is_rtsp = word_at(p + 1) & _LOW5 == _RTSP_START
    if sizes[row, _DATA] < 7 or not (is_rtsp or word_at(p + 1) & _LOW5 == _HTTP_START):
        return int64(0)
    if is_other(base, row, _HTML, starts, sizes) or is_other(base, row, _BLOCK_HTML, starts, sizes):
        return int64(0)
    end = p + sizes[row, _DATA] - 1
    copy(out, p, 6)
    last, body = cut_head(p + 1, end, is_rtsp, out + 6)
    if last == 0:
        return int64(0)
    put(last, 34)
    take(row, MOVED, _LOCATION_FIELD, starts, sizes)
    if sizes[row, _REDIRECTS] != 2:  # an empty list
        take(row, MOVES, _REDIRECTS, starts, sizes)
    c = byte_at(body) if body < end else 60
    if c == 92 or c == 32 or 97 <= (c | 32) <= 122:
        starts[row, BODY], sizes[row, BODY] = body - base, end - body
    starts[row, ANSWER], sizes[row, ANSWER] = out - base, last + 1 - out
    note_page(base, row, starts, sizes, body, end)
    if is_rtsp and not had[row] >> _HTTP & 1:
        sizes[row, PAGE] = 0
    return last + 1


@kernel
def cut_answers(base, starts, sizes, had, is_usual, out):
    """Give each usual row the key of its answer. `out` has room for all answers; what is copied is there."""
    for row in range(len(is_usual)):
        if is_usual[row]:
            sizes[row, ANSWER:] = 0
            end = take_cut(base, row, starts, sizes, had, out)
            if end:
                out = end
            else:
                sizes[row, ANSWER:] = 0
                take_whole(base, row, starts, sizes)
