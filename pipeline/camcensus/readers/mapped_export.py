"""Read exports of other engines by a mapping: CSV, or JSON lines."""

import json
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path as FilePath
from typing import Any

import msgspec

from camcensus.core.errors import InputError
from camcensus.readers.banner import SYNTHETIC_MARKER, Banner, Rejected, untyped_value
from camcensus.readers.csv_rows import rows
from camcensus.readers.documents import start_of, values
from camcensus.readers.json_paths import Path, bounded_name, path_of, tree_of, unknown_fields
from camcensus.readers.lines import Line, RawFile
from camcensus.readers.mapping import NEEDED, Mapping
from camcensus.readers.record import Batch, Reader, Record, in_batches
from camcensus.readers.record_mapper import RecordMapper

Found = tuple[Line, Banner | Rejected | None]
# More names than this are counted as one: a hostile file may have a new name in each record.
MOST_NAMES = 500
MORE = "(more fields)"


class MappedFile(Reader):
    """One file of another engine. `unknown` counts the filled fields that the mapping neither maps nor ignores."""

    is_csv = False

    def __init__(self, path: FilePath, mapping: Mapping) -> None:
        super().__init__(path, mapping.encoding)
        self._mapping = mapping
        self._mapper = RecordMapper(mapping, self.is_csv)

    def batches(self, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[Batch]:
        """Return a record for each row, each line, or each of the answers in a line or value, in batches."""
        found = self._found(self._lines(on_bytes))
        return in_batches(
            Record(number, line, self.path.name, banner) for number, (line, banner) in enumerate(found, 1)
        )

    def _lines(self, on_bytes: Callable[[int], None]) -> Iterator[Line]:
        return self.raw.lines(on_bytes)

    @abstractmethod
    def _found(self, lines: Iterator[Line]) -> Iterator[Found]:
        """Yield each record with its line, or why it is rejected."""

    def _count(self, names: Iterable[str]) -> None:
        # Sorted, so that the first names do not depend on the order of a set.
        for name in sorted(names):
            self.unknown[name if name in self.unknown or len(self.unknown) < MOST_NAMES else MORE] += 1


class MappedRows(MappedFile):
    """A CSV file: a record is a row."""

    is_csv = True

    def check_start(self) -> None:
        """Read the header. Raises `InputError` when it is not what the mapping expects."""
        next(self._found(self.raw.lines()), None)

    def _found(self, lines: Iterator[Line]) -> Iterator[Found]:
        found = rows(lines, self._mapping.delimiter)
        if (first := next(found, None)) is None:
            return
        if isinstance(first[1], list) and _is_record(first[1], self._mapping):
            header, found = self._mapping.columns, chain([first], found)
        else:
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
    """A file of JSON: a record is an answer in a line or value; `within` and `each` of the mapping say where it is."""

    def __init__(self, path: FilePath, mapping: Mapping) -> None:
        super().__init__(path, mapping)
        self._within = [path_of(name, flat=False) for name in mapping.within]
        known = [path_of(name, mapping.flat) for name in (*mapping.mapped, *mapping.ignore)]
        self._known_inside = tree_of([*known, (SYNTHETIC_MARKER,)])
        self._known_outside = tree_of([*(path_of(name, flat=False) for name in mapping.ignore_around), *self._within])

    def _lines(self, on_bytes: Callable[[int], None]) -> Iterator[Line]:
        has_lines = start_of(RawFile(self.path, self._mapping.encoding)).has_lines
        return self.raw.lines(on_bytes) if has_lines else values(self.raw, on_bytes)

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
            decoded = _decoded(line.data)
        except Rejected as rejected:
            yield line, Rejected(rejected.reason)
            return
        if isinstance(decoded, dict):
            yield from self._answers_of(line, decoded, decoded)
        elif not decoded:
            yield line, None
        else:
            yield from chain.from_iterable(self._answers_of(line, decoded, element) for element in decoded)

    def _answers_of(self, line: Line, decoded: Any, value: Any) -> Iterator[Found]:
        """Yield the answers in a value: all that was `decoded` in a line, or an element of it."""
        if not isinstance(value, dict | list):
            yield _part(line, value), Rejected("not_object")
            return
        is_wrapped, held = self._records(value)
        names = unknown_fields(value, self._known_outside) if is_wrapped and isinstance(value, dict) else set()
        self._count(names.union(*(unknown_fields(r, self._known_inside) for r in held if isinstance(r, dict))))
        is_empty = True
        for record in held:
            for part, answer in self._parts(record):
                is_empty = False
                if isinstance(part, list):
                    yield _part(line, part), Rejected("bad_row" if self._columns_of(value) else "no_columns")
                else:
                    yield line if part is decoded else _part(line, part), self._mapper.banner(answer)
        if is_empty:
            yield line if value is decoded else _part(line, value), Rejected("no_answer")

    def _records(self, value: Any) -> tuple[bool, list[Any]]:
        """Return whether the records of a value are wrapped, and the records; lists become objects."""
        columns = self._columns_of(value)
        for path in self._within:
            if (found := _records_at(value, path)) is not None:
                return True, [_named(record, columns) for record in found]
        return False, [_named(value, columns)]

    def _columns_of(self, value: Any) -> list[Any]:
        """Return the names of the fields of records that are lists: those in a reply, or else the mapping's."""
        names = value.get("fields") if isinstance(value, dict) else None
        if isinstance(names, str):
            names = [name.strip() for name in names.split(",")]
        return names if isinstance(names, list) and names else self._mapping.columns

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


def _decoded(data: bytes) -> dict[str, Any] | list[Any]:
    """Decode the object or list in a line. Raises `Rejected` with the reason why there is none."""
    try:
        found = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        found = untyped_value(data)
    if not isinstance(found, dict | list):
        raise Rejected("not_object")
    return found


def _records_at(value: Any, path: Path) -> list[Any] | None:
    """Return the records at a path, through lists on the way; None if it does not lead to an object or list."""
    if not path:
        return value if isinstance(value, list) else [value] if isinstance(value, dict) else None
    if isinstance(value, list):
        found = [records for item in value if (records := _records_at(item, path)) is not None]
        return list(chain.from_iterable(found)) if found else None
    return _records_at(value.get(path[0]), path[1:]) if isinstance(value, dict) else None


def _named(record: Any, columns: list[Any]) -> Any:
    """Return a record that is a list as an object, if it has as many values as there are columns."""
    if isinstance(record, list) and len(record) == len(columns):
        return dict(zip(map(str, columns), record, strict=True))
    return record


def _part(line: Line, part: Any) -> Line:
    """Encode one answer of a line, so that a line of many answers is not kept once for each."""
    try:
        data = msgspec.json.encode(part)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        data = json.dumps(part).encode()
    return Line(line.number, data, len(data))


def _is_record(cells: list[str], mapping: Mapping) -> bool:
    """Return whether the first row is a record, of a file without a header whose columns the mapping names."""
    names = {name for target in NEEDED for name in mapping.sources(target)}
    return len(cells) == len(mapping.columns) > 0 and not names & {cell.strip() for cell in cells}


def _header(path: FilePath, cells: list[str] | Rejected, mapping: Mapping) -> list[str]:
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
