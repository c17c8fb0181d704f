"""What is published of samples: estimates, each with its interval, and never the counts in the sampled blocks.

Small cells are hidden by the rules of all counts (`suppression`), by the counts in the sample: there are at least as
many in all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from camcensus.core.config import Study
from camcensus.core.manifest import Manifest
from camcensus.core.tables import ESTIMATES, Table
from camcensus.report.tables.publish import cell_of
from camcensus.report.tables.suppression import Cell, hidden_cells
from camcensus.report.tables.table_export import as_table

TOO_LITTLE = "too few in the sample to be shown"
# The counts in the sample, and what depends on them alone, are not published.
_INSIDE = ("n_matches", "in_sample", "blocks_with_matches", "blocks_counted")
PUBLIC = Table(
    "sample_estimates",
    "a figure estimated from a sample of blocks of addresses, or the reason why it was not",
    tuple(column for column in ESTIMATES.columns if column.name not in _INSIDE),
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Estimated:
    """A sample. `rows`: those of `tables.ESTIMATES` in their order, or what may be published of them."""

    snapshot: str
    manifest: Manifest
    rows: list[Row]


def published(study: Study, sample: Estimated) -> Estimated:
    """Return what of a sample may be published.

    That is: world and countries, makers outside the countries left out, and the hosts of makers in countries. Makers
    without an estimate are not named, except those of the study.
    """
    hosts = {_cell(row): row["in_sample"] for row in sample.rows if row["unit"] == "n_hosts" and _in_scope(row)}
    hidden = hidden_cells(hosts, study.countries_left_out, study.publication.min_hosts)
    shown = [row for row in sample.rows if _in_scope(row) or row["level"] == "world"]
    return replace(sample, rows=[own for row in shown if (own := _public(study, row, _cell(row) in hidden))])


def _in_scope(row: Row) -> bool:
    """Whether a row is of the one scope in which its level is published (the world in both)."""
    return bool(row["scope"] == ("all" if row["country"] else "study"))


def _public(study: Study, row: Row, hidden: bool) -> Row | None:
    """Return a row as it is published; None: it is not."""
    own = {name: row[name] for name in PUBLIC.names}
    if row["manufacturer"] is None:
        return own
    if row["country"] and row["unit"] != "n_hosts":
        return None
    if row["reason"] is None and not hidden:
        return own
    if row["country"] or row["manufacturer"] not in study.vendors:
        return None
    numbers = ("estimate", "low", "high", "share_ppm", "share_low_ppm", "share_high_ppm")
    return own | dict.fromkeys(numbers) | {"reason": TOO_LITTLE}


def _cell(row: Row) -> Cell:
    return cell_of(**{name: row[name] for name in ("country", "manufacturer") if row[name] is not None})


def table(samples: Sequence[Estimated]) -> pa.Table:
    """Return `PUBLIC` of samples of which only what may be published is left."""
    return as_table([row for sample in samples for row in sample.rows], PUBLIC)
