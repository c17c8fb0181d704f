"""The fields of a banner that the pipeline reads, as the engine's `fields` wants them, with dots inside.

The blocks of cameras are asked for whole: that one is there says as much as what is in it.
"""

from collections.abc import Iterator
from typing import get_args

import msgspec

from camcensus.ingest.evidence import BLOCKS
from camcensus.readers.banner import Banner

# What made-up banners carry; no engine but our own on this machine knows it.
SYNTHETIC_MARKER = "_camcensus"


def _leaves(kind: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        name = f"{prefix}{field.encode_name}"
        inner = [k for k in get_args(field.type) if isinstance(k, type) and issubclass(k, msgspec.Struct)]
        if inner and name not in BLOCKS:
            yield from _leaves(inner[0], f"{name}.")
        else:
            yield name


FIELDS = tuple(name for name in _leaves(Banner) if name != SYNTHETIC_MARKER)
