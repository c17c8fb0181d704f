"""Coverage: what all banners in the window turned out to be, those included that no signature identifies."""

from pathlib import Path

import pyarrow as pa

from camcensus.aggregate.headline import headline_of
from camcensus.core import parquet
from camcensus.core.errors import ReconciliationError
from camcensus.core.manifest import Manifest
from camcensus.core.stage_record import Flow
from camcensus.core.tables import COUNTS, COVERAGE, OUTCOMES
from camcensus.engines.engine import Sql

SCOPES = ("all", "study")


def cover(db: Sql, manifest: Manifest, min_confidence: str, folder: Path) -> Flow:
    """Write `coverage.parquet` from the view `identified`; return the flow from all answers in the window to its cells.

    Raises `ReconciliationError` unless each answer is in a cell or left out for a reason, and what is counted is the
    headline of `counts.parquet`.
    """
    window = manifest.window
    start, end = (window.start or 0, window.end or -1) if window else (0, -1)
    db.rows("counted_window", pa.table({"window_start": [start], "window_end": [end]}))
    db.rows("outcomes", outcomes())
    table = db.query("coverage")
    (found,) = db.query("coverage_flow").to_pylist()
    banners = {level: _banners(table, level) for level in ("world", "country", "port", "country+port")}
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
    _compare(table, manifest, min_confidence, folder)
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


def _banners(table: pa.Table, level: str) -> int:
    """Return the banners of one level, without the countries left out."""
    rows = table.select(["scope", "level", "n_banners"]).to_pylist()
    return sum(row["n_banners"] for row in rows if (row["scope"], row["level"]) == ("study", level))


def _compare(table: pa.Table, manifest: Manifest, min_confidence: str, folder: Path) -> None:
    """Compare what is counted with the headline.

    With high confidence alone these differ: the headline asks for it of a device, and coverage of a banner.
    """
    if min_confidence != "medium":
        return
    world = headline_of(parquet.read_table(folder / "counts.parquet", COUNTS), min_confidence)[None]
    counted = world_of(table, "study")[OUTCOMES[0]]
    if any(counted[unit] != world[unit] for unit in ("n_banners", "n_hosts")):
        raise ReconciliationError(
            f"{manifest.snapshot}: coverage: {counted['n_hosts']} hosts and {counted['n_banners']} banners counted; "
            f"the headline has {world['n_hosts']} and {world['n_banners']}"
        )


def world_of(coverage: pa.Table, scope: str) -> dict[str, dict[str, int]]:
    """Return banners and hosts in the world by outcome, from `tables.COVERAGE`."""
    rows = [row for row in coverage.to_pylist() if (row["scope"], row["level"]) == (scope, "world")]
    return {row["outcome"]: {unit: row[unit] for unit in ("n_banners", "n_hosts")} for row in rows}
