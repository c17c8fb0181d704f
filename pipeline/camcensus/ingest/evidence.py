"""Extract evidence from banners, a column at a time: the bounded texts that signatures match.

`PARSED` and the blocks are what the engine parsed; `answers.py` reads the answer itself. All functions are pure.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import pyarrow as pa

from camcensus.ingest.answers import put_answers
from camcensus.ingest.columns import EvidenceColumns
from camcensus.ingest.macs import put_macs
from camcensus.ingest.text import joined, text_of
from camcensus.readers.banner import BLOCKS, Banner

_NAME_PARTS = ("CN", "OU", "O", "L", "ST", "C")
_BLOCKS = attrgetter(*BLOCKS)


def _mac(banner: Banner) -> str | None:
    found = banner.mac
    return found if isinstance(found, str) else min(found) if found else None


def _name_in_certificate(who: str) -> Callable[[Banner], str | None]:
    """Return a function that writes a distinguished name of a banner's certificate as `CN=a,O=b`."""

    def name(banner: Banner) -> str | None:
        if not banner.ssl or not banner.ssl.cert:
            return None
        parts = getattr(banner.ssl.cert, who) or {}
        return ",".join(f"{key}={text}" for key in _NAME_PARTS if (text := text_of(parts.get(key)))) or None

    return name


# Columns of evidence and the field of a banner that each is.
PARSED: dict[str, Callable[[Banner], Any]] = {
    "module": lambda banner: banner.shodan and banner.shodan.module,
    "product": attrgetter("product"),
    "devicetype": attrgetter("devicetype"),
    "cpe": lambda banner: joined(banner.cpe23) or joined(banner.cpe),
    "tags": lambda banner: joined(banner.tags),
    "mac": _mac,
    "cert_subject": _name_in_certificate("subject"),
    "cert_issuer": _name_in_certificate("issuer"),
}


def evidence_of(banner: Banner) -> dict[str, str]:
    """Return one banner's evidence: column of `tables.EVIDENCE` to text, without absent ones."""
    columns = evidence_columns([banner])
    found = {name: cells[0].as_py() if isinstance(cells, pa.Array) else cells[0] for name, cells in columns.items()}
    return {name: text for name, text in found.items() if isinstance(text, str)}


def evidence_columns(banners: Sequence[Banner]) -> dict[str, Any]:
    """Return the columns of `tables.EVIDENCE`, with a text or None for each banner; empty columns may be absent."""
    columns = EvidenceColumns(len(banners))
    for put in (put_parsed, put_blocks, put_answers, put_descriptions, put_macs):
        put(columns, banners)
    return columns.filled


def put_parsed(columns: EvidenceColumns, banners: Sequence[Banner]) -> None:
    """Fill the columns that are fields of banners."""
    for name, field in PARSED.items():
        columns.fill(name, list(map(field, banners)))


def put_blocks(columns: EvidenceColumns, banners: Sequence[Banner]) -> None:
    """Put the camera blocks that the engine parsed."""
    for row, blocks in enumerate(map(_BLOCKS, banners)):
        if any(blocks):
            _put_blocks(columns, row, blocks)


def put_descriptions(columns: EvidenceColumns, banners: Sequence[Banner]) -> None:
    """Put the descriptions of SNMP that the engine parsed."""
    for row, banner in enumerate(banners):
        if banner.snmp:
            columns.put("snmp_description", row, banner.snmp.description)


def _put_blocks(columns: EvidenceColumns, row: int, blocks: Sequence[Any]) -> None:
    """Put the names of the camera blocks that the engine parsed, and their technical fields."""
    found = {name: block for name, block in zip(BLOCKS, blocks, strict=True) if block}
    columns.put("block", row, " ".join(found))
    for name, block in found.items():
        for field in block.__struct_fields__:
            columns.put(f"{name}_{field}", row, getattr(block, field))
