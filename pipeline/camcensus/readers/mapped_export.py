"""Read exports of other engines by a mapping: CSV, or JSON lines."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from camcensus.core.errors import InputError
from camcensus.readers.banner import SYNTHETIC_MARKER, Banner, Rejected, untyped
from camcensus.readers.csv_rows import rows
from camcensus.readers.json_paths import bounded_name, path_of, tree_of, unknown_fields
from camcensus.readers.lines import Line
from camcensus.readers.mapping import NEEDED, Mapping
from camcensus.readers.record import Batch, Reader, Record, in_batches
from camcensus.readers.record_mapper import RecordMapper

Found = tuple[Line, Banner | Rejected | None]
# More names than this are counted as one: a hostile file may have a new name in each record.
MOST_NAMES = 500
MORE = "(more fields)"


class MappedFile(Reader):
    """One file of another engine. `unknown` counts the filled fields that the mapping neither maps nor ignores."""

    def __init__(self, path: Path, mapping: Mapping) -> None:
        super().__init__(path)
        self._mapping = mapping
        self._mapper = RecordMapper(mapping)

    def batches(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Batch]:
        """Return a record for each row, each line, or each of the answers in a line, in batches."""
        found = self._found(self.raw.lines(on_bytes))
        return in_batches(
            Record(number, line, self.path.name, banner) for number, (line, banner) in enumerate(found, 1)
        )

    def _found(self, lines: Iterator[Line]) -> Iterator[Found]:
        raise NotImplementedError

    def _count(self, names: Iterable[str]) -> None:
        # Sorted, so that the first names do not depend on the order of a set.
        for name in sorted(names):
            self.unknown[name if name in self.unknown or len(self.unknown) < MOST_NAMES else MORE] += 1


class MappedRows(MappedFile):
    """A CSV file: a record is a row."""

    def check_start(self) -> None:
        """Read the header. Raises `InputError` when it is not what the mapping expects."""
        next(self._found(self.raw.lines()), None)

    def _found(self, lines: Iterator[Line]) -> Iterator[Found]:
        found = rows(lines, self._mapping.delimiter)
        if (first := next(found, None)) is None:
            return
        header = _header(self.path, first[1], self._mapping)
        known = {*self._mapping.mapped, *self._mapping.ignore, SYNTHETIC_MARKER}
        unknown = [(place, bounded_name(name)) for place, name in enumerate(header) if name not in known]
        for line, cells in found:
            if isinstance(cells, Rejected):
                yield line, cells
            elif not cells:
                yield line, None
            elif len(cells) != len(header):
                yield line, Rejected("bad_row")
            else:
                self._count(name for place, name in unknown if cells[place])
                yield line, self._mapper.banner(dict(zip(header, cells, strict=True)))


class MappedLines(MappedFile):
    """A file of JSON lines: a record is an answer in a line; `within` and `each` of the mapping say where it is."""

    def __init__(self, path: Path, mapping: Mapping) -> None:
        super().__init__(path, mapping)
        self._within = [path_of(name, flat=False) for name in mapping.within]
        known = [path_of(name, mapping.flat) for name in (*mapping.mapped, *mapping.ignore)]
        self._known_inside = tree_of([*known, (SYNTHETIC_MARKER,)])
        self._known_outside = tree_of([*(path_of(name, flat=False) for name in mapping.ignore_around), *self._within])

    def _found(self, lines: Iterator[Line]) -> Iterator[Found]:
        for line in lines:
            if line.fault:
                yield line, Rejected(line.fault)
            elif not line.data.strip():
                yield line, None
            else:
                yield from self._answers(line)

    def _answers(self, line: Line) -> Iterator[Found]:
        try:
            decoded = _object(line.data)
        except Rejected as rejected:
            yield line, Rejected(rejected.reason)
            return
        is_wrapped, held = self._records(decoded)
        names = unknown_fields(decoded, self._known_outside) if is_wrapped else set()
        self._count(names.union(*(unknown_fields(r, self._known_inside) for r in held if isinstance(r, dict))))
        is_empty = True
        for record in held:
            for part, answer in self._parts(record):
                is_empty = False
                yield line if part is decoded else _part(line, part), self._mapper.banner(answer)
        if is_empty:
            yield line, Rejected("no_answer")

    def _records(self, decoded: dict[str, Any]) -> tuple[bool, list[Any]]:
        """Return whether the records of a line are wrapped, and the records."""
        for path in self._within:
            found: Any = decoded
            for key in path:
                found = found.get(key) if isinstance(found, dict) else None
            if isinstance(found, dict | list):
                return True, found if isinstance(found, list) else [found]
        return False, [decoded]

    def _parts(self, record: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Yield each answer in a record: its part of the line, and what the mapping is applied to."""
        each = self._mapping.each
        if not isinstance(record, dict):
            yield record, {}
        elif each is None:
            yield record, record
        else:
            inner = record.get(each)
            yield from ((part, {**record, each: part}) for part in (inner if isinstance(inner, list) else ()))


def _object(data: bytes) -> dict[str, Any]:
    """Decode the object in a line. Raises `Rejected` with the reason why there is none."""
    try:
        found = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return untyped(data)
    if not isinstance(found, dict):
        raise Rejected("not_object")
    return found


def _part(line: Line, part: Any) -> Line:
    """Encode one answer of a line, so that a line of many answers is not kept once for each."""
    try:
        data = msgspec.json.encode(part)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        data = json.dumps(part).encode()
    return Line(line.number, data, len(data))


def _header(path: Path, cells: list[str] | Rejected, mapping: Mapping) -> list[str]:
    """Return the names of the columns. Raises `InputError` that names the expected columns."""
    header = [cell.strip() for cell in cells] if isinstance(cells, list) else []
    needed = {name: mapping.sources(name) for name in NEEDED if mapping.sources(name)}
    missing = [f"{' or '.join(names)} ({target})" for target, names in needed.items() if not set(names) & set(header)]
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if not missing and not twice:
        return header
    found = ", ".join(header[:40]) or "nothing"
    wrong = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(twice)} twice"
    raise InputError(
        path,
        f"its header {wrong}; the mapping of {mapping.title} expects columns separated by {mapping.delimiter!r}, "
        f"among them {', '.join(' or '.join(names) for names in needed.values())}; found: {found[:1000]}",
    )
