"""What a report is made from: the counts and manifest of each snapshot, and the cells of a headline."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from camcensus.core.config import Study
from camcensus.core.errors import TableError
from camcensus.core.manifest import Manifest
from camcensus.core.tables import COUNTS, UNITS

Scope = Literal["all", "study"]
WORLD = "world"

# Integers with nulls stay integers, and no text (Namibia's "NA" among it) is ever read as missing.
DTYPES = {
    pa.int64(): pd.Int64Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
    pa.string(): pd.StringDtype(),
}


@dataclass(frozen=True)
class Result:
    """One snapshot's outcome.

    `counts`, `networks`, `series`, `concentration`, `firmware`, `coverage`, `maker_kinds` and `reliance` conform to the
    tables of these names (None: not made); `memo` keeps what `publish` computed from them.
    """

    snapshot: str
    manifest: Manifest
    counts: pa.Table
    networks: pa.Table | None = None
    series: pa.Table | None = None
    concentration: pa.Table | None = None
    firmware: pa.Table | None = None
    coverage: pa.Table | None = None
    maker_kinds: pa.Table | None = None
    reliance: pa.Table | None = None
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)


def is_simulated(study: Study, results: Sequence[Result]) -> bool:
    """Return whether any of it is made-up data; then all that is drawn from it is marked."""
    in_counts = any(pc.any(r.counts["simulated"]).as_py() for r in results)
    return in_counts or study.simulated or any(r.manifest.simulated for r in results)


def headline_cells(result: Result, level: str, study: Study, scope: Scope = "all") -> pd.DataFrame:
    """Return the cells of one level at the headline values: IPv4, the study's confidence, certain decoys left out.

    One row for each cell, with the grouped columns and the units of `tables.UNITS` (hosts, devices, ... as Int64).
    A snapshot in which nothing was counted has a world row of zeros and no other rows. Raises `TableError` when the
    rows do not exist, hold no counted banners (a census has matches only), or name a cell twice.
    """
    found = variant(result, level, scope, min_confidence=study.min_confidence)
    # Where nothing was counted, a level has no rows.
    if found.empty and (level == WORLD or world_cell(result, study, scope)["n_banners"]):
        raise TableError(COUNTS.name, f"snapshot {result.snapshot} has no headline cells of {level}, scope {scope}")
    if found["n_hosts"].isna().any():
        text = "has matches of queries, not counted banners; a report needs a download"
        raise TableError(COUNTS.name, f"snapshot {result.snapshot} {text}")
    groups = [] if level == WORLD else level.split("+")
    if found.duplicated(groups).any() if groups else len(found) > 1:
        raise TableError(COUNTS.name, f"snapshot {result.snapshot} has a cell of {level}, scope {scope} twice")
    return found


def variant(
    result: Result, level: str, scope: Scope, *, min_confidence: str, ip_version: str = "4",
    decoys_left_out: str = "certain",
) -> pd.DataFrame:  # fmt: skip
    """Return the cells of one level at other values than the headline's; empty where they were not counted."""
    groups = [] if level == WORLD else level.split("+")
    columns = [*groups, *UNITS, "n_hosts_geo_min", "n_hosts_geo_max", "n_hosts_geo_asked"]
    asked = {"min_confidence": min_confidence, "ip_version": ip_version, "decoys_left_out": decoys_left_out}
    found: pd.DataFrame = cells_of(result, level, scope, asked).select(columns).to_pandas(types_mapper=DTYPES.get)
    return found.sort_values(groups, ignore_index=True) if groups else found


def cells_of(result: Result, level: str, scope: Scope, asked: dict[str, str]) -> pa.Table:
    """Return the rows of one level and scope with these values of `min_confidence`, `ip_version` and `decoys_left_out`.

    Cells in which nothing was counted, of countries that only the second location source names, are left out.
    """
    wanted = {"level": level, "scope": scope, "engine": result.manifest.engine, "basis": result.manifest.basis} | asked
    keep = reduce(pc.and_, [pc.equal(result.counts[name], value) for name, value in wanted.items()])
    if level != WORLD:
        keep = pc.and_(keep, pc.fill_null(pc.greater(result.counts["n_banners"], 0), True))
    return result.counts.filter(keep)


def world_cell(result: Result, study: Study, scope: Scope) -> dict[str, int | None]:
    """Return the world row at the headline values: unit to count."""
    row = headline_cells(result, WORLD, study, scope).iloc[0]
    return {str(name): None if pd.isna(value) else int(value) for name, value in row.items()}
