"""Coverage: what all banners in the window turned out to be, those included that no signature identifies."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from camcensus.core import parquet
from camcensus.core.errors import ReconciliationError
from camcensus.core.manifest import Manifest
from camcensus.core.stage_record import Flow
from camcensus.core.tables import COVERAGE, OUTCOMES
from camcensus.engines.engine import Sql

SCOPES = ("all", "study")
LEVELS = ("world", "country", "port", "country+port")


def cover(db: Sql, manifest: Manifest, folder: Path) -> Flow:
    """Write `coverage.parquet` from the view `identified`; return the flow from all answers in the window to its cells.

    Raises `ReconciliationError` unless each answer is in a cell or left out for a reason.
    """
    window = manifest.window
    start, end = (window.start or 0, window.end or -1) if window else (0, -1)
    db.rows("counted_window", pa.table({"window_start": [start], "window_end": [end]}))
    db.rows("outcomes", outcomes())
    table = db.query("coverage")
    (found,) = db.query("coverage_flow").to_pylist()
    banners = _banners(table)
    if len(set(banners.values())) > 1:
        raise ReconciliationError(f"{manifest.snapshot}: coverage: levels have different banners: {banners}")
    dropped = {
        "another answer of the same banner": found["n_more_answers"],
        "IPv6 (counted apart)": found["n_ipv6"],
        "on a certain decoy": found["n_decoys"],
        "country left out": found["n_left_out"],
    }
    flow = Flow(
        unit="answers in the window",
        rows_in=found["n_answers"],
        rows_out=banners["world"],
        dropped={reason: n for reason, n in dropped.items() if n},
    ).check("coverage")
    parquet.write_table(folder / f"{COVERAGE.name}.parquet", table, COVERAGE, {"snapshot": manifest.snapshot})
    return flow


def outcomes() -> pa.Table:
    """Return the outcomes in each scope, with the rank that the query gives them."""
    ranks = {outcome: rank for rank, outcome in enumerate(OUTCOMES, 1)}
    return pa.Table.from_pylist(
        [
            {"scope": scope, "outcome_rank": rank, "outcome": outcome}
            for scope in SCOPES
            for outcome, rank in ranks.items()
        ]
    )


def _banners(coverage: pa.Table) -> dict[str, int]:
    """Return the banners of each level, without the countries left out."""
    sums = coverage.filter(pc.field("scope") == "study").group_by("level").aggregate([("n_banners", "sum")])
    found = {row["level"]: row["n_banners_sum"] for row in sums.to_pylist()}
    return {level: found.get(level, 0) for level in LEVELS}


def compare(manifest: Manifest, min_confidence: str, headline: Mapping[str, int], folder: Path) -> None:
    """Raise `ReconciliationError` unless what is counted in `coverage.parquet` is the headline.

    With high confidence alone these differ: the headline asks for it of a device, and coverage of a banner.
    """
    if min_confidence != "medium":
        return
    counted = world_of(parquet.read_table(folder / f"{COVERAGE.name}.parquet", COVERAGE), "study")[OUTCOMES[0]]
    if any(counted[unit] != headline[unit] for unit in ("n_banners", "n_hosts")):
        raise ReconciliationError(
            f"{manifest.snapshot}: coverage: {counted['n_hosts']} hosts and {counted['n_banners']} banners counted; "
            f"the headline has {headline['n_hosts']} and {headline['n_banners']}"
        )


def world_of(coverage: pa.Table, scope: str) -> dict[str, dict[str, int]]:
    """Return banners and hosts in the world by outcome, from `tables.COVERAGE`."""
    world = coverage.filter((pc.field("scope") == scope) & (pc.field("level") == "world"))
    return {row["outcome"]: {unit: row[unit] for unit in ("n_banners", "n_hosts")} for row in world.to_pylist()}
