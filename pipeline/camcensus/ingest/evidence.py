"""Extract evidence from banners, a column at a time: the bounded texts that signatures match.

This module reads what the engine parsed, `protocols.py` the answer itself. All functions are pure.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import pyarrow as pa

from camcensus.ingest.protocols import Answers, add_answers
from camcensus.ingest.text import GREETING, SHORT, TextColumns, cut, cutter, joined, text_of
from camcensus.readers.banner import BLOCKS, Banner

_NAME_PARTS = ("CN", "OU", "O", "L", "ST", "C")
_short = cutter(SHORT)
_Cells = Sequence[Any]


def evidence_of(banner: Banner) -> dict[str, str]:
    """Return one banner's evidence: column of `tables.EVIDENCE` to text, without absent ones."""
    columns = evidence_columns([banner])
    found = {name: cells[0].as_py() if isinstance(cells, pa.Array) else cells[0] for name, cells in columns.items()}
    return {name: text for name, text in found.items() if text is not None}


def evidence_columns(banners: Sequence[Banner]) -> dict[str, list[str | None] | pa.Array]:
    """Return the columns of `tables.EVIDENCE`, with a text or None for each banner; empty columns may be absent."""
    columns = TextColumns(len(banners))
    if not banners:
        return {}
    probes, product, devicetype, cpe23, cpe, tags, macs, ssl, *answer = zip(*map(_FIELDS, banners), strict=True)
    modules = _short.of_texts([probe.module if probe else None for probe in probes])
    columns.filled["module"] = modules
    columns.filled["product"] = _short.of_texts(product)
    columns.filled["devicetype"] = _short.of_texts(devicetype)
    for row, (newer, older) in enumerate(zip(cpe23, cpe, strict=True)):
        if newer or older:
            columns.put("cpe", row, cut(joined(newer) or joined(older), GREETING))
    _lists(columns, tags, macs)
    for name in BLOCKS:
        _block(columns, name, [getattr(banner, name) for banner in banners])
    _certificates(columns, ssl)
    add_answers(columns, Answers(modules, *answer))
    return columns.filled | columns.ready


_FIELDS = attrgetter(
    "shodan", "product", "devicetype", "cpe23", "cpe", "tags", "mac", "ssl", "data", "http", "port", "title", "html"
)


def _lists(columns: TextColumns, tags: _Cells, macs: _Cells) -> None:
    for row, found in enumerate(tags):
        if found:
            columns.put("tags", row, cut(joined(found), SHORT))
    for row, found in enumerate(macs):
        if found:
            columns.put("mac", row, cut(found if isinstance(found, str) else min(found), SHORT))


def _block(columns: TextColumns, name: str, blocks: list[Any]) -> None:
    """Put the name of a camera block that the engine parsed, and its technical fields."""
    for row, block in enumerate(blocks):
        if block is None:
            continue
        before = columns.column("block")[row]
        columns.put("block", row, f"{before} {name}" if before else name)
        for field in block.__struct_fields__:
            columns.put(f"{name}_{field}", row, cut(getattr(block, field), SHORT))


def _certificates(columns: TextColumns, ssl: _Cells) -> None:
    for row, found in enumerate(ssl):
        if found and found.cert:
            columns.put("cert_subject", row, cut(_distinguished_name(found.cert.subject), GREETING))
            columns.put("cert_issuer", row, cut(_distinguished_name(found.cert.issuer), GREETING))


def _distinguished_name(parts: dict[str, Any] | None) -> str | None:
    if not parts:
        return None
    return ",".join(f"{key}={text}" for key in _NAME_PARTS if (text := text_of(parts.get(key))))
