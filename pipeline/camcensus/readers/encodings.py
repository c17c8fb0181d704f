"""Turn a stream of bytes into UTF-8, from the encoding that a mapping names or a byte order mark shows.

A sequence that is not of the encoding becomes a byte that is not UTF-8 either, so only its own record is rejected.
"""

import codecs
from collections.abc import Callable, Iterable, Iterator

# Encodings that a mapping may name; gb18030 includes GBK and GB2312.
ENCODINGS = (
    "utf-8", "utf-16-le", "utf-16-be", "gb18030", "gbk", "big5", "shift_jis", "euc-jp", "euc-kr", "koi8-r",
    "iso-8859-1", "iso-8859-2", "iso-8859-5", "iso-8859-9", "iso-8859-15",
    "windows-1250", "windows-1251", "windows-1252", "windows-1254",
)  # fmt: skip
# The longest first: UTF-32's mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
)
_LONGEST_MARK = 4
_BAD = "camcensus.bad"
codecs.register_error(_BAD, lambda error: ("\udcff", getattr(error, "end", 0)))


def as_utf8(
    pieces: Iterable[bytes], named: str | None = None, on_found: Callable[[str], None] = lambda _: None
) -> Iterator[bytes]:
    """Yield the same text in UTF-8, without the byte order mark of another encoding.

    `named`: the encoding of text without a byte order mark; None: UTF-8. `on_found` gets the encoding that a byte order
    mark shows, unless it is UTF-8.
    """
    remaining = iter(pieces)
    start = b""
    for piece in remaining:
        start += piece
        if len(start) >= _LONGEST_MARK:
            break
    mark, encoding = next(((mark, found) for mark, found in _MARKS if start.startswith(mark)), (b"", named or "utf-8"))
    if encoding == "utf-8":
        yield start
        yield from remaining
        return
    if mark:
        on_found(encoding)
    decoder = codecs.getincrementaldecoder(encoding)(_BAD)
    yield _encoded(decoder.decode(start[len(mark) :]))
    for piece in remaining:
        yield _encoded(decoder.decode(piece))
    yield _encoded(decoder.decode(b"", True))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
