"""Files of queries: what a snapshot's raw files were downloaded with, one query a line."""

from pathlib import Path

from camcensus.core.errors import QueryError
from camcensus.core.query import parse

COMMENT = "#"
LISTED = 20
MOST_BYTES = 1 << 20


def read_queries(path: Path) -> tuple[tuple[str, ...], list[str]]:
    """The queries of a file in its order, and a line for each fault (then the queries are not to be used).

    Blank lines, and those that begin with `#`, are left out; spaces around a query are no part of it.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            return (), [f"larger than {MOST_BYTES:,} bytes; allowed: a text file with one query a line"]
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        return (), ["no such file; the path starts from the study's folder"]
    except (OSError, UnicodeDecodeError) as error:
        return (), [f"cannot be read: {error}"]
    written = {number: line.strip() for number, line in enumerate(lines, 1)}
    queries = {number: text for number, text in written.items() if text and not text.startswith(COMMENT)}
    faults = [f"line {number}: {why}" for number, text in queries.items() if (why := _fault(text))]
    if len(faults) > LISTED:
        faults = [*faults[:LISTED], f"and {len(faults) - LISTED} more lines"]
    return tuple(queries.values()), faults if queries else ["holds no query; allowed: one query a line"]


def _fault(text: str) -> str:
    try:
        parse(text)
    except QueryError as error:
        return f"{text[:200]!r}: {error.reason}"
    return ""
