"""Recall of the search queries themselves: what they return of cameras in blocks of addresses that were downloaded
whole, without camera queries (`net:`).

What no query returns is in no collection that queries made, so nothing else tells how much that is. Without such blocks
there is no such figure, and none is claimed. It holds for the blocks: for all addresses only if they were drawn at
random. Whether a host is a camera is what the catalogue says, which does not know what it does not know; or what a
labeller said of a sample of the blocks' hosts.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from camcensus.core.errors import CamcensusError
from camcensus.core.tables import UNKNOWN
from camcensus.estimate.area_sampling.ratio import Vector, ratio, resample
from camcensus.estimate.audit_sample import banners_of, frame_of
from camcensus.estimate.proportions import Stratum, bootstrap
from camcensus.estimate.two_lists import MOST_DAYS, Source

ALL = ""
FEWEST = 10  # hosts of a maker, for a row of its own
SEED = 1
DAY = 86_400
COLUMNS = ["manufacturer", "hosts", "found", "recall", "low", "high", "basis"]


@dataclass(frozen=True)
class Queries:
    """What queries return of the blocks' hosts. `table`: see `kept`; the row without a maker is of all."""

    blocks: int
    prefix_length: int
    table: pd.DataFrame


def queries(
    blocks: Source, asked: Source, prefix_length: int = 16, told: pd.DataFrame | None = None
) -> Queries:  # fmt: skip
    """Recall within whole `blocks` of the queries that made the snapshot `asked`, by maker.

    `told`: hosts of the blocks that were labelled (`audit.Labels.told`). IPv4 alone. Raises `CamcensusError` where the
    snapshots cannot be held against each other, or the blocks were downloaded with camera queries too.
    """
    _same_time(blocks, asked)
    here, there = frame_of(banners_of(blocks)).hosts, set(banners_of(asked)["host"])
    here = here[~here["host"].str.contains(":", regex=False)]
    here = here.assign(found=here["host"].isin(there), block=[_block(h, prefix_length) for h in here["host"]])
    if here["found"].all():
        raise CamcensusError(
            f"{blocks.folder}: holds nothing that the queries of {asked.folder} did not return; so these are no blocks "
            "that were downloaded without camera queries, and recall of the queries cannot be told from them"
        )
    counted = here[here["counted"]]
    rows = [_row(ALL, counted, prefix_length)]
    makers = [(str(maker), each) for maker, each in counted.groupby("manufacturer", sort=True) if len(each) >= FEWEST]
    rows += [_row(maker, each, prefix_length) for maker, each in makers if maker != UNKNOWN]
    if told is not None:
        rows.insert(0, _labelled(told, there))
    return Queries(here["block"].nunique(), prefix_length, pd.DataFrame(rows, columns=COLUMNS))


def _row(maker: str, rows: pd.DataFrame, prefix_length: int) -> dict[str, object]:
    """The share found, with an interval from resampling whole blocks: what lies in one is alike."""
    sums = rows.groupby("block")["found"].agg(["size", "sum"])
    hosts, found = int(sums["size"].sum()), int(sums["sum"].sum())
    row = {"manufacturer": maker, "hosts": hosts, "found": found, "basis": "catalogue"}
    if len(sums) < 2:
        return {**row, "recall": found / hosts if hosts else np.nan, "low": 0.0, "high": 1.0}
    at = np.arange(len(sums))
    vectors = [Vector(at, sums["sum"].to_numpy(np.int64)), Vector(at, sums["size"].to_numpy(np.int64))]
    drawn = resample(vectors, len(sums), len(sums), 1 << prefix_length, SEED)
    share = ratio(vectors[0], vectors[1], 1, (drawn.sums[0], drawn.sums[1]), drawn.added)
    low, high = share.interval()
    return {**row, "recall": share.point, "low": low, "high": min(high, 1.0)}


def _labelled(told: pd.DataFrame, there: set[str]) -> dict[str, object]:
    """Of what labellers called a camera: by stratum, as in an audit."""
    told = told.assign(found=told["host"].isin(there))
    strata = [
        Stratum(int(each["stratum_size"].iloc[0]), each["found"].to_numpy(bool), each["answer"].to_numpy(bool))
        for _, each in told.groupby("stratum", sort=True)
    ]
    recall, low, high = bootstrap(strata, SEED).interval("recall")
    cameras = told[told["answer"]]
    return {
        "manufacturer": ALL, "hosts": len(cameras), "found": int(cameras["found"].sum()), "recall": recall, "low": low,
        "high": high, "basis": "labels",
    }  # fmt: skip


def _same_time(blocks: Source, asked: Source) -> None:
    one, two = blocks.manifest, asked.manifest
    if one.engine != two.engine:
        raise CamcensusError(f"{blocks.folder} is of {one.engine} and {asked.folder} of {two.engine}; take one engine")
    ends = [m.window.end for m in (one, two) if m.window and m.window.end]
    if len(ends) == 2 and abs(ends[0] - ends[1]) > MOST_DAYS * DAY:
        raise CamcensusError(f"the two snapshots end more than {MOST_DAYS} days apart; hosts have moved in between")


def _block(host: str, prefix_length: int) -> int:
    a, b, c, d = (int(part) for part in host.split("."))
    return (a << 24 | b << 16 | c << 8 | d) >> (32 - prefix_length)
