"""What was accepted of raw files, in words: for the ingest stage and `camcensus identify`."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from camcensus.core.stage_record import Flow
from camcensus.core.tables import EVIDENCE
from camcensus.readers.mapping import Mapping as MappingFile

LISTED = 20  # unknown fields that a warning names
LEAST_TELLING = 0.01  # share of banners with evidence: with less, a count of cameras says nothing
# Evidence that shows no camera without other evidence. The kind of network, module and port are no more than that.
_SAYS_NOTHING = frozenset({"module", "tags", "http_auth", "rtsp_auth"})
TELLING = tuple(column.name for column in EVIDENCE if column.name not in _SAYS_NOTHING)
# Targets of a mapping that fill such columns, the most telling first.
_TARGETS = ("data", "html", "title", "server", "www_authenticate", "product", "cert_subject", "cert_subject_cn")


def summary(flow: Flow) -> str:
    """Return where all records of the flow of ingest went."""
    parts = [f"{flow.rows_in:,} {flow.unit}", f"{flow.rows_out:,} banners accepted"]
    parts += [f"{flow.quarantined:,} in quarantine"] if flow.quarantined else []
    parts += [f"{flow.blank:,} blank"] if flow.blank else []
    return ", ".join(parts)


def unknown_fields(found: Mapping[str, int]) -> str:
    """Return the fields that a mapping neither maps nor ignores, by the number of records; empty: there is none."""
    often = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    names = ", ".join(f"{name} ({n:,} {'row' if n == 1 else 'rows'})" for name, n in often[:LISTED])
    more = f" and {len(often) - LISTED:,} more" if len(often) > LISTED else ""
    return f"unexpected fields: {names}{more}" if names else ""


def count_telling(rows: pa.RecordBatch) -> int:
    """Return how many rows of `observations` have evidence by which a signature can find a camera."""
    filled = [column for name in TELLING if (column := rows.column(name)).null_count < rows.num_rows]
    if any(not column.null_count for column in filled):
        return int(rows.num_rows)
    has_any = pa.repeat(pa.scalar(False), rows.num_rows)
    for column in filled:
        has_any = pc.or_(has_any, column.is_valid())
    return int(pc.sum(has_any).as_py() or 0)


def shows_no_camera(n_telling: int, rows: int, mapping: MappingFile | None) -> str:
    """Return why banners cannot show a camera, and which fields to export; empty: they can.

    `n_telling` of `rows` banners have evidence. `mapping`: the one that they were read with; None: they are Shodan's.
    """
    if not rows or n_telling >= LEAST_TELLING * rows:
        return ""
    names = [name for target in _TARGETS for name in mapping.sources(target)] if mapping else ["data", "http", "ssl"]
    fields = f"export these fields too: {', '.join(dict.fromkeys(names))}" if names else "map such fields"
    return (
        f"{n_telling:,} of {rows:,} banners have a text or hash that can show a camera; addresses and ports alone "
        f"cannot, so there is no count, which is not a count of 0; {fields}"
    )
