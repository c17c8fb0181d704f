"""The fields of a banner that the pipeline reads, as Shodan's parameter `fields` names them, with dots.

Camera blocks are requested completely: their presence alone is evidence.
"""

from collections.abc import Iterator
from typing import get_args

import msgspec

from camcensus.ingest.evidence import BLOCKS
from camcensus.readers.banner import Banner

SYNTHETIC_MARKER = "_camcensus"  # in simulated banners; only the loopback engine knows it


def _names(kind: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        name = f"{prefix}{field.encode_name}"
        inner = [k for k in get_args(field.type) if isinstance(k, type) and issubclass(k, msgspec.Struct)]
        if inner and name not in BLOCKS:
            yield from _names(inner[0], f"{name}.")
        else:
            yield name


FIELDS = tuple(name for name in _names(Banner) if name != SYNTHETIC_MARKER)
