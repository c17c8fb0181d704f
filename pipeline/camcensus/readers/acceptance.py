"""Check before an import that a file's first records are banners of its source, and say what it is if they are not."""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from camcensus.core.errors import InputError
from camcensus.readers.advice import way_out
from camcensus.readers.banner import Banner
from camcensus.readers.documents import HEAD, decoded, start_of, values
from camcensus.readers.engine_signs import kind_of, names_in, sign_of
from camcensus.readers.lines import CSV_ENDINGS, RawFile, without_marks
from camcensus.readers.record import Record, records
from camcensus.readers.registry import OWN, Source

TRIED = 200  # records
_WHY = {
    "no_address": "it has no address",
    "bad_port": "it has no port",
    "no_timestamp": "it has no time",
    "bad_encoding": "it is not UTF-8",
    "no_answer": "it holds no answer of a port",
    "no_columns": "it is a list, and nothing says which fields are in it",
    "not_json": "it is not JSON",
    "not_object": "it is not an object of JSON",
    "bad_row": "it has a quote in the wrong place, or not as many cells as the header",
}


def require_accepted(source: Source, path: Path) -> None:
    """Raise `InputError` when none of a file's first records (64 KiB, at least one) is a banner of the source.

    A file without records is accepted: it is an export of a query that found nothing.
    """
    try:
        source.check(path)
    except InputError as error:
        hint = _hint(source, path) if path.name.lower().endswith(CSV_ENDINGS) else ""
        raise InputError(path, error.reason + hint) from None
    reader = source.reader(path)
    reasons = _reasons(records(reader))
    if reasons is None or not (reasons or reader.damage):
        return
    if hint := _hint(source, path):
        raise InputError(path, f"is not of {source.name}{hint}")
    if not reasons:
        raise InputError(path, f"cannot be read: {reader.damage}")
    reason = reasons.most_common(1)[0][0]
    raise InputError(
        path,
        f"none of its first {reasons.total():,} records is a banner; the commonest reason: {_WHY.get(reason, reason)}; "
        f"{way_out(reason, source.mapping)}",
    )


def _hint(source: Source, path: Path) -> str:
    """Return what a file seems to be instead of one of the source; empty if that is not known."""
    sign = sign_of(_names(path))
    if sign and sign.source != source.name and not source.name.endswith(OWN):
        by = f"; give --source {sign.source}" if sign.source else ", for which you need a mapping of your own"
        return f": it looks like an export of {sign.title}{by}"
    kind = None if sign else kind_of(_beginning(path))
    return f": it is {kind}" if kind else ""


def _names(path: Path) -> Iterable[str]:
    """Return the names of fields in the first value of a file, or in its header."""
    if path.name.lower().endswith(CSV_ENDINGS):
        header = without_marks(_beginning(path).split(b"\n")[0]).decode("utf-8", "replace")
        return {name.strip(' "\r') for name in re.split("[,;\t]", header)}
    start = start_of(RawFile(path))
    if start.first is None and not start.has_lines:
        line = next(values(RawFile(path)), None)
        return names_in(decoded(line.data)) if line and not line.fault else ()
    return names_in(start.first)


def _beginning(path: Path) -> bytes:
    """Return the first bytes of a file, decompressed if its name says that it is compressed."""
    return next(iter(RawFile(path).chunks()), b"") or _bytes(path)


def _reasons(found: Iterable[Record]) -> Counter[str] | None:
    """Return why the first records are rejected, by reason; None if one is a banner."""
    reasons: Counter[str] = Counter()
    size = 0
    for record in islice(found, TRIED):
        if record.found is None:
            continue
        reason = _lacking(record.found) if isinstance(record.found, Banner) else record.found.reason
        if reason is None:
            return None
        reasons[reason] += 1
        size += record.line.length
        if size > HEAD:
            break
    return reasons


def _lacking(banner: Banner) -> str | None:
    """Return what every banner needs and this one lacks."""
    if not (banner.ip_str or banner.ipv6 or isinstance(banner.ip, int)):
        return "no_address"
    if banner.port is None:
        return "bad_port"
    return None if banner.timestamp else "no_timestamp"


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)
