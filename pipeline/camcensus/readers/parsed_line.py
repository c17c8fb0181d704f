"""What stands in a line of JSON: a banner, why there is none, or nothing."""

from collections.abc import Sequence

from camcensus.readers.banner import DECODE, UNDECODED, Banner, Rejected, decode
from camcensus.readers.lines import Line, whole

Found = Banner | Rejected | None


def parse_line(line: Line) -> Found:
    """The banner in a line, why there is none, or None for a blank line."""
    if reason := why_incomplete(line):
        return Rejected(reason)
    if not line.data.strip():
        return None
    try:
        return decode(line.data)
    except Rejected as rejected:
        return rejected.alone()


def parse_lines(lines: Sequence[Line | bytes]) -> list[Found]:
    """The same for many lines; bytes are a line that is held whole, and not the first of its file."""
    found: list[Found] = []
    for line in lines:
        try:
            found.append(parse_line(line) if isinstance(line, Line) else DECODE(line))
        except UNDECODED:
            found.append(parse_line(whole(0, line)))  # type: ignore[arg-type]  # only bytes were decoded
    return found


def why_incomplete(line: Line) -> str | None:
    """Why a line is not there whole; None when it is."""
    if line.too_long:
        return "too_long"
    return "cut_short" if line.cut_short else None
