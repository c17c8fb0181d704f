"""Turn the lines of a batch into rows of `observations`: usual ones in kernels, all others by the plain path."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa

from camcensus.core.tables import OBSERVATIONS
from camcensus.ingest.fields import LATEST, address_of
from camcensus.ingest.kernels import typed
from camcensus.ingest.kernels.answers import COLUMNS, cut_answers
from camcensus.ingest.kernels.cells import pick, text_array
from camcensus.ingest.kernels.groups import NUMBERS, Group, groups
from camcensus.ingest.kernels.layout import CONTEXT
from camcensus.ingest.kernels.scan import DEEPEST, scan
from camcensus.readers.banner import Banner, Rejected
from camcensus.readers.lines import PADDING, Line, Lines
from camcensus.readers.record import Batch

AT_ONCE = 512  # rows that a kernel takes before the next does, so that their lines are still in the processor's cache
_SCHEMA = OBSERVATIONS.schema
_TRANSPORTS = pa.array(["tcp", "udp"])
_UPNP = CONTEXT["upnp"]
_INTEGERS = {
    "port": typed.PORT, "seen_at": typed.SEEN, "http_status": typed.STATUS, "banner_hash": typed.HASH,
    "html_hash": typed.HTML_HASH,
}  # fmt: skip
# Groups whose texts may show a MAC address; the address of the block `mac` comes before these.
_WITH_MACS = ("blocks", "certificate", "answer", "page")
_OF_MAC = ("mac", "mac_organisation")


def accept(batch: Batch, latest: int) -> tuple[pa.RecordBatch, Any, Any]:
    """Return the rows of the usual lines, their places, and the places of all others, which the plain path reads."""
    found = _Rows(batch, latest)
    return found.rows(), np.flatnonzero(found.is_usual), np.flatnonzero(~found.is_usual)


def compile_all() -> None:
    """Call each kernel once."""
    line = b'{"ip_str":"192.0.2.1","port":80,"timestamp":"2026-11-30T00:00:00","data":"HTTP/1.1 200 OK","product":"x"}'
    accept(Batch([1], [line], [""]), LATEST)


class _Rows:
    """The lines of a batch as rows. `is_usual` says which are read here; it only ever loses rows."""

    def __init__(self, batch: Batch, latest: int) -> None:
        self._text, ends = _text_of(batch.lines)
        n = len(ends)
        self._batch = batch
        self._base = np.frombuffer(self._text, np.uint8).ctypes.data
        self._ends = np.array(ends, np.int64)
        self._starts, self._sizes = np.empty((AT_ONCE, COLUMNS), np.int64), np.empty((AT_ONCE, COLUMNS), np.int64)
        self._had, self.is_usual = np.zeros(n, np.int64), np.zeros(n, bool)
        self._integers, self._has = np.zeros((n, typed.NUMBERS), np.int64), np.zeros((n, typed.NUMBERS), bool)
        self._at, self._lengths = np.zeros((n, typed.TEXTS), np.int64), np.full((n, typed.TEXTS), -1, np.int64)
        self._held: list[bytes] = []
        self._cut = np.empty(len(self._text) + 16 * n, np.uint8)
        self._groups = all_groups()
        self._numbers = {name: np.full(n, -1, np.int64) for name in self._groups}
        for group in self._groups.values():
            group.make_room(n, len(self._text))
        for first in range(0, n, AT_ONCE):
            self._read(slice(first, first + AT_ONCE), latest)
        for name, group in self._groups.items():
            group.decide()
            numbers = self._numbers[name]
            self.is_usual &= (numbers < 0) | ~group.is_unusual[numbers]
        self._read_ipv6()
        self._find_macs()

    def _read(self, rows: slice, latest: int) -> None:
        """Read some rows, from their lines to the numbers of their keys."""
        had, is_usual = self._had[rows], self.is_usual[rows]
        starts, sizes = self._starts[: len(had)], self._sizes[: len(had)]
        first = int(self._ends[rows.start - 1]) + 1 if rows.start else 0
        seen, levels = np.zeros(2, np.int64), np.zeros(DEEPEST + 2, np.int64)
        scan(self._base, self._base + first, self._ends[rows], starts, sizes, had, is_usual, seen, levels)
        typed.typed(
            self._base, latest, starts, sizes, is_usual, self._integers[rows], self._has[rows], self._at[rows],
            self._lengths[rows],
        )  # fmt: skip
        cut_answers(self._base, starts, sizes, had, is_usual, self._cut.ctypes.data + first + 16 * rows.start)
        for name, group in self._groups.items():
            self._numbers[name][rows] = group.interner.numbers(self._base, starts, sizes, had, is_usual)

    def _read_ipv6(self) -> None:
        """Read addresses that may be of IPv6."""
        for row in np.flatnonzero(self.is_usual & (self._integers[:, typed.IS_IPV6] == 1)).tolist():
            start = int(self._at[row, typed.HOST]) - self._base
            text = self._text[start : start + int(self._lengths[row, typed.HOST])].decode()
            try:
                host, version = address_of(Banner(ip_str=text))
            except Rejected:
                self.is_usual[row] = False
                continue
            self._held.append(host.encode())
            self._integers[row, typed.IS_IPV6] = version == 6
            self._at[row, typed.HOST] = np.frombuffer(self._held[-1], np.uint8).ctypes.data
            self._lengths[row, typed.HOST] = len(host)

    def _find_macs(self) -> None:
        """See to it that at most one group shows the MAC address of a row, and is the one that the plain path takes.

        What a group shows of an address is what the texts that are its own show. A row where the texts of several show
        one, or may hide one, is unusual.
        """
        self._has_mac = self._shows("mac", "mac")
        shown = {name: self._shows(name, "mac") & ~self._has_mac for name in _WITH_MACS}
        is_unsure = sum(found.astype(np.int64) for found in shown.values()) > 1
        is_unsure |= (shown["answer"] | shown["page"]) & (self._had >> _UPNP & 1 == 1)
        is_unsure |= shown["page"] & self._shows("answer", "http_title")
        self.is_usual &= ~is_unsure

    def _shows(self, name: str, column: str) -> Any:
        """Return which rows have a text of a column by a group."""
        numbers, texts = self._numbers[name], self._groups[name].texts.get(column)
        return np.zeros(len(numbers), bool) if texts is None else (numbers >= 0) & (texts.lengths[numbers] >= 0)

    def rows(self) -> pa.RecordBatch:
        """Return the usual rows."""
        rows = np.flatnonzero(self.is_usual)
        return pa.RecordBatch.from_arrays([self._column(field, rows) for field in _SCHEMA], schema=_SCHEMA)

    def _column(self, field: pa.Field, rows: Any) -> pa.Array:
        if field.name in _INTEGERS:
            number = _INTEGERS[field.name]
            missing = ~self._has[rows, number] if field.nullable else None
            return pa.array(self._integers[rows, number], mask=missing)
        if field.name in NUMBERS:
            return self._number(field, rows)
        if field.name in _TYPED:
            number = _TYPED[field.name]
            at, sizes = (np.ascontiguousarray(of[:, number]) for of in (self._at, self._lengths))
            return text_array(at, sizes, rows)
        if field.name in _OTHERS:
            return _OTHERS[field.name](self, rows)
        return self._texts(field.name, rows)

    def _texts(self, name: str, rows: Any) -> pa.Array:
        """Return a column of texts: of each row that of the first group which has one."""
        at, sizes = np.zeros(len(self.is_usual), np.int64), np.full(len(self.is_usual), -1, np.int64)
        for group_name, group in self._groups.items():
            if name in group.texts:
                numbers = self._numbers[group_name]
                if name in _OF_MAC and group_name != "mac":
                    numbers = np.where(self._has_mac, -1, numbers)
                pick(numbers, group.texts[name].places, group.texts[name].lengths, at, sizes)
        return text_array(at, sizes, rows)

    def _number(self, field: pa.Field, rows: Any) -> pa.Array:
        """Return a column of numbers or flags: of each row that of the first group which has one."""
        found, has = np.zeros(len(rows), np.int64), np.zeros(len(rows), bool)
        for name, group in self._groups.items():
            if field.name in group.numbers:
                numbers, (values, are_there) = self._numbers[name][rows], group.numbers[field.name]
                is_new = ~has & (numbers >= 0) & are_there[numbers]
                found[is_new], has[is_new] = values[numbers[is_new]], True
        kind = found.astype(bool) if pa.types.is_boolean(field.type) else found
        return pa.array(kind, mask=~has if field.nullable else None)

    def file(self, rows: Any) -> pa.Array:
        """Return the name of each row's file."""
        return pa.array([self._batch.files[row] for row in rows.tolist()], pa.string())

    def line(self, rows: Any) -> pa.Array:
        """Return each row's number in its file."""
        return pa.array([self._batch.numbers[row] for row in rows.tolist()], pa.int64())

    def ip_version(self, rows: Any) -> pa.Array:
        """Return each row's version of IP."""
        return pa.array(4 + 2 * self._integers[rows, typed.IS_IPV6])

    def transport(self, rows: Any) -> pa.Array:
        """Return each row's transport."""
        return _TRANSPORTS.take(pa.array(self._integers[rows, typed.IS_UDP]))


_TYPED = {"host": typed.HOST, "cert_sha256": typed.FINGERPRINT}
_OTHERS: dict[str, Callable[[_Rows, Any], pa.Array]] = {
    "file": _Rows.file, "line": _Rows.line, "ip_version": _Rows.ip_version, "transport": _Rows.transport,
}  # fmt: skip


def _text_of(lines: Sequence[Line | bytes]) -> tuple[bytes, Sequence[int]]:
    """Return a text with all lines, and where each ends; a line of which only a part is there is empty."""
    if isinstance(lines, Lines):
        return lines.data, lines.ends
    parts = [line if isinstance(line, bytes) else b"" if line.fault else line.data for line in lines]
    return b"\n".join([*parts, PADDING]), [end - 1 for end in accumulate(len(part) + 1 for part in parts)]


@cache
def all_groups() -> dict[str, Group]:
    """Return the groups of this process, which remember keys from batch to batch."""
    return groups()
