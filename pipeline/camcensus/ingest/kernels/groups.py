"""Groups of fields, and what each distinct key of a group shows: the plain path decides it, once.

What a banner shows is what its groups show: each column is that of the first group that has one. A banner of one
group's fields alone goes through the plain path for it. `rows.py` sees to the one column for which this is not so
(`mac`).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from camcensus.ingest.answers import parted, put_answers, put_redirects
from camcensus.ingest.columns import EvidenceColumns
from camcensus.ingest.discovery import block_text
from camcensus.ingest.evidence import put_blocks, put_descriptions, put_parsed
from camcensus.ingest.kernels.answers import (
    ANSWER,
    BLOCK_HTML,
    BODY,
    HTML,
    LOCATION,
    MODULE,
    MOVED,
    MOVES,
    PAGE,
    PORT_21,
    REDIRECTS,
)
from camcensus.ingest.kernels.cells import Texts
from camcensus.ingest.kernels.intern import Interner
from camcensus.ingest.kernels.layout import CONTEXT, CONTEXTS, FIELD, FIELDS
from camcensus.ingest.macs import put_macs
from camcensus.ingest.observe import engine_fields
from camcensus.readers.banner import BLOCKS, DECODE, UNDECODED, Banner

Columns = dict[str, Any]
# Columns of other kinds than text, and what they are in Arrow.
NUMBERS = {"asn": pa.int64(), "is_synthetic": pa.bool_(), "is_assets_cut": pa.bool_()}
_SOURCES = {
    ANSWER: "data", MODULE: "_shodan.module", HTML: "html", BLOCK_HTML: "http.html", PORT_21: "port",
    REDIRECTS: "http.redirects", LOCATION: "http.location", MOVES: "http.redirects", MOVED: "http.location",
    BODY: "data", PAGE: "html",
}  # fmt: skip
# Of spans without quotes: what is before the text in a banner that has only it.
_DOCUMENTS = {PAGE: b'{"data":"HTTP/","html":"', BODY: rb'{"data":"HTTP/\n\n'}


_KEYS = [b'"%s":' % context.key.encode() for context in CONTEXTS]


class Group:
    """The keys of some columns of spans, and the columns of `observations` that each shows.

    `show` is the part of the plain path that reads them; `contexts` are objects whose presence alone counts.
    """

    def __init__(
        self, fields: Iterable[int | str], show: Callable[[Sequence[Banner]], Columns], contexts: Iterable[str] = ()
    ) -> None:
        columns = [FIELD[field] if isinstance(field, str) else field for field in fields]
        self.interner = Interner(columns, sum(1 << CONTEXT[name] for name in contexts))
        self._beginning = _DOCUMENTS.get(columns[0])
        read = [FIELDS[FIELD[_SOURCES[column]] if column in _SOURCES else column] for column in columns]
        self._members = [(field.context, b'"%s":' % field.key.encode()) for field in read]
        self._show = show
        self._clear()

    def make_room(self, rows: int, size: int) -> None:
        """Prepare for a batch of so many rows and bytes; all keys are forgotten if they and it have no room."""
        if self.interner.make_room(rows, size):
            self._clear()

    def _clear(self) -> None:
        self.texts: dict[str, Texts] = {}
        self.numbers: dict[str, tuple[Any, Any]] = {}
        self.is_unusual: Any = np.zeros(self.interner.capacity, bool)
        self._decided = 0

    def decide(self) -> None:
        """Decide what new keys show. A key for which the plain path would not decode the line is unusual."""
        first, self._decided = self._decided, self.interner.count
        if first == self._decided:
            return
        banners: list[Banner] = []
        numbers = []
        for number, (blocks, spans) in enumerate(self.interner.keys(first), first):
            try:
                banners.append(DECODE(self._document(blocks, spans)))
                numbers.append(number)
            except UNDECODED:
                self.is_unusual[number] = True
        for name, cells in self._show(banners).items():
            values = cells.to_pylist() if isinstance(cells, pa.Array) else cells
            shown = [(number, value) for number, value in zip(numbers, values, strict=True) if value is not None]
            if shown:
                self._keep(name, [number for number, _ in shown], [value for _, value in shown])

    def _keep(self, name: str, numbers: list[int], values: list[Any]) -> None:
        keys = self.interner.capacity
        if name in NUMBERS:
            found, has = self.numbers.setdefault(name, (np.zeros(keys, np.int64), np.zeros(keys, bool)))
            found[numbers], has[numbers] = values, True
        else:
            self.texts.setdefault(name, Texts(keys)).add(numbers, values)

    def _document(self, blocks: int, spans: list[bytes]) -> bytes:
        """Return the JSON of a banner of a key's fields alone."""
        if self._beginning:
            return self._beginning + spans[0] + b'"}'
        objects: dict[int, list[bytes]] = {0: []}
        for (context, key), span in zip(self._members, spans, strict=True):
            if span:
                objects.setdefault(context, []).append(key + span)
        for context in range(1, blocks.bit_length()):
            if blocks >> context & 1:
                objects.setdefault(context, [])
        while True:
            innermost = max(objects)  # a context has a higher number than the one it is in
            text = b"{" + b",".join(objects.pop(innermost)) + b"}"
            if not innermost:
                return text
            objects.setdefault(CONTEXTS[innermost].parent, []).append(_KEYS[innermost] + text)


def _engine(*names: str) -> Callable[[Sequence[Banner]], Columns]:
    return lambda banners: engine_fields(banners, names)


def _evidence(*puts: Callable[[EvidenceColumns, Sequence[Banner]], None]) -> Callable[[Sequence[Banner]], Columns]:
    def show(banners: Sequence[Banner]) -> Columns:
        columns = EvidenceColumns(len(banners))
        for put in puts:
            put(columns, banners)
        return columns.filled

    return show


def _both(one: Callable[[Sequence[Banner]], Columns], two: Callable[[Sequence[Banner]], Columns]) -> Any:
    return lambda banners: one(banners) | two(banners)


def _put_redirects(columns: EvidenceColumns, banners: Sequence[Banner]) -> None:
    for row, banner in enumerate(banners):
        if banner.http:
            put_redirects(columns, row, banner.http)


def _put_block_text(columns: EvidenceColumns, banners: Sequence[Banner]) -> None:
    for row, banner in enumerate(banners):
        columns.put("block_text", row, block_text(parted(str(banner.data))[1]))


def groups() -> dict[str, Group]:
    """Return the groups in the order in which a column is looked for in them."""
    blocks = [field.name for field in FIELDS if field.name.partition(".")[0] in BLOCKS]
    return {
        "engine": Group(
            ["_shodan.module", "product", "version", "devicetype", "cpe", "cpe23", "tags", "vulns", "_camcensus"],
            _both(_evidence(put_parsed), _engine("vulns", "firmware", "is_synthetic")),
        ),
        "network": Group(["asn", "org", "isp"], _engine("asn", "network")),
        "place": Group(
            ["location.country_code", "location.region_code", "location.city"],
            _engine("engine_country", "region", "city"),
        ),
        "mac": Group(["mac"], _evidence(put_parsed, put_macs)),
        "blocks": Group(blocks, _evidence(put_blocks, put_macs), BLOCKS),
        "certificate": Group(["ssl.cert.subject", "ssl.cert.issuer"], _evidence(put_parsed, put_macs)),
        "answer": Group(
            [
                ANSWER, MODULE, PORT_21, HTML, BLOCK_HTML, REDIRECTS, LOCATION, "http.server", "http.title", "title",
                "http.favicon.hash", "snmp.description",
            ],
            _evidence(put_parsed, put_answers, put_descriptions, put_macs), ["http"],
        ),
        "redirects": Group([MOVES, MOVED], _evidence(_put_redirects)),
        "body": Group([BODY], _evidence(_put_block_text)),
        "page": Group([PAGE], _evidence(put_answers, put_macs)),
    }  # fmt: skip
