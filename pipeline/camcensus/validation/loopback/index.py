"""Index of the loopback Shodan: banners as bytes in the order of results, and columns that answer queries quickly.

A term of a query becomes a mask over the rows and is cached; a query combines the masks of its terms. Short fields are
stored as codes, so a term is evaluated once per distinct value. Long ones (`data`, page, certificate) are searched in
the rows, and only rows that contain the words are decoded.
"""

import ipaddress
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from camcensus.core.errors import InputError
from camcensus.core.query import FIELDS, Query, Term, Value, Values, read
from camcensus.readers.lines import RawFile
from camcensus.validation.loopback.replies import decode, encode

Banner = Mapping[str, Any]
Place = tuple[str, str, str]  # address, port, transport
Mask = npt.NDArray[np.bool_]
# Not stored as codes, since hardly two banners have the same value.
LONG = frozenset({"data", "http.html", "ssl"})
# Cached masks; a mask has one byte per row.
KEPT = 512


@dataclass
class Column:
    """A field of every row as a code: `distinct[codes[row]]` are the row's values."""

    distinct: list[Values]
    codes: npt.NDArray[np.int32]


class Index:
    """Banners in the order of results: newest first, then by address and port.

    Takes banners, or files of them, whose lines are kept byte for byte. As in the engine, an address, port and
    transport has one banner, the newest. `left_out`: lines without a banner, address or port. Raises `InputError` for
    an unreadable file.
    """

    def __init__(self, banners: Iterable[Banner] | Iterable[Path]) -> None:
        found: dict[Place, tuple[str, bytes, list[int]]] = {}  # time, row and the code of each column
        distinct: dict[str, dict[Values, int]] = {name: {} for name in FIELDS if name not in LONG}
        self.left_out = 0
        for banner, row in _rows(banners):
            if banner is None or (place := _place(banner)) is None:
                self.left_out += 1
                continue
            time = str(banner.get("timestamp") or "")
            if place not in found or time > found[place][0]:
                codes = [known.setdefault(read(name, banner), len(known)) for name, known in distinct.items()]
                found[place] = time, row, codes
        ordered = sorted(sorted(found.items()), key=lambda item: item[1][0], reverse=True)
        self.rows: list[bytes] = [row for _, (_, row, _) in ordered]
        self.months: list[str] = [time[:7] for _, (time, _, _) in ordered]
        self.places: list[Place] = [place for place, _ in ordered]
        codes_of = np.array([codes for _, (_, _, codes) in ordered], np.int32).reshape(len(ordered), len(distinct))
        self.columns = {name: Column(list(known), codes_of[:, n]) for n, (name, known) in enumerate(distinct.items())}
        self._ipv4 = np.array([_ipv4(host) for host, *_ in self.places], np.int64)
        self._masks: dict[Term, Mask] = {}
        self._lock = threading.Lock()

    def mask(self, query: Query) -> Mask:
        """Return which rows the query returns."""
        found = np.ones(len(self.rows), np.bool_)
        for term in query.terms:
            mask = self._mask_of(term)
            found &= ~mask if term.negated else mask
        return found

    def facet(self, name: str, mask: Mask) -> list[tuple[Value, int]]:
        """Return each value of a field among the rows in the mask and its number of rows, most frequent first."""
        column = self.columns[name]
        counts = np.bincount(column.codes[mask], minlength=len(column.distinct))
        found: Counter[Value] = Counter()
        for code in np.flatnonzero(counts):
            for value in dict.fromkeys(column.distinct[code]):
                found[value] += int(counts[code])
        return sorted(found.items(), key=lambda item: (-item[1], str(item[0])))

    def banners(self, rows: Iterable[int]) -> list[dict[str, Any]]:
        """Return the banners of some rows."""
        return [decode(self.rows[row]) for row in rows]

    def _mask_of(self, term: Term) -> Mask:
        """Return the rows that match one of the term's alternatives, ignoring its minus."""
        plain = Term(term.name, term.values)
        with self._lock:
            found = self._masks.get(plain)
            if found is None:
                found = self._evaluate(plain)
                if len(self._masks) >= KEPT:
                    self._masks.clear()
                self._masks[plain] = found
        return found

    def _evaluate(self, term: Term) -> Mask:
        if term.name in LONG:
            return self._search(term)
        if FIELDS[term.name].kind == "net" and all(version == 4 for version, _, _ in term.ranges):
            found = np.zeros(len(self.rows), np.bool_)
            for _, first, last in term.ranges:
                found |= (self._ipv4 >= first) & (self._ipv4 <= last)
            return found
        column = self.columns[term.name]
        fits = np.array([term.accepts(values) for values in column.distinct], np.bool_)
        return fits[column.codes] if len(fits) else np.zeros(len(self.rows), np.bool_)

    def _search(self, term: Term) -> Mask:
        """Rows whose long text matches. An ASCII word appears in a row's JSON unescaped."""
        sought = [[word.encode() for word in phrase if word.isascii()] for phrase in term.phrases]
        found = np.zeros(len(self.rows), np.bool_)
        for number, row in enumerate(self.rows):
            lowered = row.lower()
            if any(all(word in lowered for word in wanted) for wanted in sought):
                found[number] = term.accepts(read(term.name, decode(row)))
        return found


def _rows(banners: Iterable[Banner] | Iterable[Path]) -> Iterable[tuple[Banner | None, bytes]]:
    """Banners as bytes; of files each line with its banner, or None. Raises `InputError`."""
    for item in banners:
        if not isinstance(item, Path):
            yield item, encode(item)
            continue
        file = RawFile(item)
        for line in file.lines():
            if line.data.strip():
                yield (None if line.too_long or line.cut_short else _banner(line.data)), line.data
        if file.damage:
            raise InputError(item, file.damage)


def _banner(data: bytes) -> Banner | None:
    try:
        found = decode(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _place(banner: Banner) -> Place | None:
    address, port = banner.get("ip_str") or banner.get("ipv6"), banner.get("port")
    if not isinstance(address, str) or not isinstance(port, int):
        return None
    return address, str(port), str(banner.get("transport") or "tcp")


def _ipv4(host: str) -> int:
    try:
        return int(ipaddress.IPv4Address(host))
    except ValueError:
        return -1
