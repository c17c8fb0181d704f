"""What was accepted of raw files, in words: for the ingest stage and `camcensus identify`."""

from collections.abc import Mapping

from camcensus.core.stage_record import Flow
from camcensus.readers.advice import way_out
from camcensus.readers.mapping import Mapping as MappingFile

LISTED = 20  # unknown fields that a warning names
LEAST_TELLING = 0.01  # share of banners with evidence: with less, a count of cameras says nothing
# Targets of a mapping that fill such columns, the most telling first.
_TARGETS = ("data", "html", "title", "server", "www_authenticate", "product", "cert_subject", "cert_subject_cn")


def summary(flow: Flow, rejected: str = "in quarantine") -> str:
    """Return where all records of the flow of ingest went. `rejected`: what is said of rejected ones."""
    unit = flow.unit.removesuffix("s") if flow.rows_in == 1 else flow.unit
    parts = [f"{flow.rows_in:,} {unit}", f"{flow.rows_out:,} {'banner' if flow.rows_out == 1 else 'banners'} accepted"]
    parts += [f"{flow.quarantined:,} {rejected}"] if flow.quarantined else []
    parts += [f"{flow.blank:,} blank"] if flow.blank else []
    return ", ".join(parts)


def unknown_fields(found: Mapping[str, int]) -> str:
    """Return the fields that a mapping neither maps nor ignores, by the number of records; empty: there is none."""
    often = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    names = ", ".join(f"{name} ({n:,} {'row' if n == 1 else 'rows'})" for name, n in often[:LISTED])
    more = f" and {len(often) - LISTED:,} more" if len(often) > LISTED else ""
    return f"unexpected fields: {names}{more}" if names else ""


def why_nothing(flow: Flow, reasons: Mapping[str, int], mapping: MappingFile | None) -> str:
    """Return why none of the records is a banner: the commonest of the `reasons` (codes), and the way out."""
    if not reasons:
        return "it is empty"
    from camcensus.ingest.records import REASONS  # noqa: PLC0415  which loads all of ingest

    reason, n = max(reasons.items(), key=lambda one: (one[1], one[0]))
    why = f"none of its {flow.rows_in:,} {flow.unit} is a banner; the commonest reason ({n:,} of them)"
    return f"{why}: {REASONS[reason]}; {way_out(reason, mapping)}"


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
