"""Read files of queries, one in each line: those that a snapshot's raw files were downloaded with."""

from pathlib import Path

from camcensus.core.errors import QueryError
from camcensus.core.query import parse

COMMENT = "#"
LISTED = 20
MOST_BYTES = 1 << 20


def read_queries(path: Path) -> tuple[tuple[str, ...], list[str]]:
    """Return the queries of a file, without blank lines and lines that begin with `#`, and a line for each fault."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return (), [f"larger than {MOST_BYTES:,} bytes; allowed: a text file with one query in each line"]
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        return (), ["no such file; the path starts from the study's folder"]
    except (OSError, UnicodeDecodeError) as error:
        return (), [f"cannot be read: {error}"]
    queries, faults = [], []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith(COMMENT):
            continue
        queries.append(text)
        try:
            parse(text)
        except QueryError as error:
            faults.append(f"line {number}: {text[:200]!r}: {error.reason}")
    if len(faults) > LISTED:
        faults = [*faults[:LISTED], f"and {len(faults) - LISTED} more lines"]
    return tuple(queries), faults if queries else ["contains no query; allowed: one query in each line"]
