"""Read files of queries, one in each line: those that a snapshot's raw files were downloaded with."""

from pathlib import Path

from camcensus.core.errors import InputError, QueryError
from camcensus.core.query import parse
from camcensus.core.text_files import read_text

COMMENT = "#"
LISTED = 20
MOST_BYTES = 1 << 20


def read_queries(path: Path) -> tuple[tuple[str, ...], list[str]]:
    """Return the queries of a file, without blank lines and lines that begin with `#`, and a line for each fault."""
    try:
        lines = read_text(path, MOST_BYTES).split("\n")
    except InputError as error:
        return (), [error.reason if path.exists() else "no such file; the path starts from the study's folder"]
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
