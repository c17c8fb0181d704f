"""Count in how many rows the engine fills each field, so that new, missing and renamed fields show.

Fields that are read are counted in every row, by the statistics of the tables; others in a sample, the first rows of
each raw file. Names of fields can be data (some blocks have MAC addresses as keys), so only names that look like names,
and that many rows have, are recorded.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from camcensus.core.errors import IntegrityError
from camcensus.readers.record import Reader, records

SAMPLED = 500  # records of a raw file
FILES = 20  # raw files that are sampled
LEAST = 0.01  # of the records sampled
FEW = 5
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,40}")
# Blocks whose keys are data: addresses, host names, identifiers.
_KEYS_ARE_DATA = frozenset({"mac", "mdns", "dns", "vulns", "ssl", "netbios", "smb", "snmp"})
NEAR = 0.02  # shares of a missing and a new field that differ by less may be one renamed field


def count_filled(parts: Iterable[Path]) -> dict[str, int]:
    """Return the number of filled rows of each column over the parts of a table. Raises `IntegrityError`."""
    found: Counter[str] = Counter()
    for path in parts:
        try:
            with pq.ParquetFile(path) as file:
                _count(file, found)
        except (OSError, pa.ArrowException) as error:
            raise IntegrityError(path, f"is damaged: {error}; run again with --rehash") from None
    return dict(sorted(found.items()))


def _count(file: pq.ParquetFile, found: Counter[str]) -> None:
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        for n, name in enumerate(file.schema_arrow.names):
            found[name] += group.num_rows - group.column(n).statistics.null_count


def sample_fields(readers: Iterable[Reader]) -> tuple[int, dict[str, int]]:
    """Return the number of records sampled, and in how many each field is: `name`, and `block.name` one level down."""
    rows = 0
    found: Counter[str] = Counter()
    for reader in islice(readers, FILES):
        for record in islice(records(reader), SAMPLED):
            names = _names(record.line.data)
            rows += bool(names)
            found.update(names)
    least = max(FEW, LEAST * rows)
    return rows, {name: n for name, n in sorted(found.items()) if n >= least}


def _names(line: bytes) -> set[str]:
    """Return the fields of one record; none if it is no object."""
    try:
        value = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return set()
    if not isinstance(value, dict):
        return set()
    names = set()
    for name, held in value.items():
        if _NAME.fullmatch(name):
            names.add(name)
            names |= {f"{name}.{below}" for below in _below(name, held)}
    return names


def _below(name: str, held: Any) -> Iterable[str]:
    if not isinstance(held, dict) or name in _KEYS_ARE_DATA:
        return ()
    return (key for key in held if _NAME.fullmatch(key))


def lost_fields(
    before: Mapping[str, int], rows_before: int, now: Mapping[str, int], rows: int
) -> dict[str, tuple[float, float]]:
    """Return fields that a smaller share of rows fills: name to the share before and now (0 to 1), most lost first."""
    if not rows_before or not rows:
        return {}
    shares = {name: (n / rows_before, now.get(name, 0) / rows) for name, n in before.items()}
    fallen = {name: share for name, share in shares.items() if share[1] < share[0]}
    return dict(sorted(fallen.items(), key=lambda found: (found[1][1] - found[1][0], found[0])))


def describe_changes(before: Mapping[str, int], rows_before: int, now: Mapping[str, int], rows: int) -> list[str]:
    """Return a line for each field that is new, missing, or seems to be renamed."""
    if not rows_before or not rows:
        return []
    new = {name: n / rows for name, n in now.items() if name not in before}
    gone = {name: n / rows_before for name, n in before.items() if name not in now}
    lines = []
    for name, share in sorted(gone.items()):
        twin = next((n for n, s in sorted(new.items()) if abs(s - share) <= NEAR and _level(n) == _level(name)), None)
        if twin:
            lines.append(f"{name} ({100 * share:.0f}% of rows) seems to be renamed to {twin}")
            del new[twin]
        else:
            lines.append(f"{name} ({100 * share:.0f}% of rows) is missing")
    return lines + [f"{name} ({100 * share:.0f}% of rows) is new" for name, share in sorted(new.items())]


def _level(name: str) -> str:
    return name.rpartition(".")[0]
