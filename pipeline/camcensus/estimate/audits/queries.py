"""Recall of the search queries: what they return of the cameras in address blocks that were downloaded without them.

What no query returns is in no collection made by queries, so nothing else shows how much that is. The recall is that
of the blocks; it applies to all addresses only if the blocks were drawn at random. The catalogue decides whether a host
is a camera, and does not know what it misses; or labels of a sample of the blocks' hosts decide.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from camcensus.core.errors import CamcensusError
from camcensus.core.tables import UNKNOWN
from camcensus.estimate.area_sampling.ratio import Vector, ratio, resample
from camcensus.estimate.audits.proportions import bootstrap
from camcensus.estimate.audits.sample import banners_of, hosts_of
from camcensus.estimate.audits.score import strata_of
from camcensus.estimate.source import Source
from camcensus.geolocate.ranges import key_v4

ALL = ""
FEWEST = 10  # hosts of a maker, for a row of its own
MOST_DAYS = 7  # between the ends of the two windows
SEED = 1
DAY = 86_400
COLUMNS = ["manufacturer", "hosts", "found", "recall", "low", "high", "basis"]


@dataclass(frozen=True)
class Recall:
    """What queries return of the blocks' hosts, as a table (see `saved`); the row without a maker is of all."""

    blocks: int
    prefix_length: int
    table: pd.DataFrame


def query_recall(
    blocks: Source, queried: Source, prefix_length: int = 16, labelled: pd.DataFrame | None = None
) -> Recall:  # fmt: skip
    """Measure the recall, within complete `blocks`, of the queries that made the snapshot `queried`; IPv4 only.

    `labelled`: labelled hosts of the blocks (`Labels.hosts`). Raises `CamcensusError` if the snapshots cannot be
    compared, or the blocks were downloaded with camera queries too.
    """
    check_comparable(blocks, queried)
    hosts, returned = hosts_of(banners_of(blocks)), set(banners_of(queried)["host"])
    hosts = hosts[~hosts["host"].str.contains(":", regex=False)]
    hosts = hosts.assign(
        found=hosts["host"].isin(returned), block=key_v4(hosts["host"].tolist()) >> (32 - prefix_length)
    )
    if hosts["found"].all():
        raise CamcensusError(
            f"{blocks.folder}: contains only hosts that the queries of {queried.folder} returned, so these blocks were "
            "downloaded with camera queries and do not show the recall of the queries"
        )
    counted = hosts[hosts["counted"]]
    rows = [_row(ALL, counted, prefix_length)]
    makers = [(str(maker), each) for maker, each in counted.groupby("manufacturer", sort=True) if len(each) >= FEWEST]
    rows += [_row(maker, each, prefix_length) for maker, each in makers if maker != UNKNOWN]
    if labelled is not None:
        rows.insert(0, _labelled_row(labelled.assign(found=labelled["host"].isin(returned))))
    return Recall(hosts["block"].nunique(), prefix_length, pd.DataFrame(rows, columns=COLUMNS))


def _row(maker: str, rows: pd.DataFrame, prefix_length: int) -> dict[str, object]:
    """Return the share found; the interval resamples whole blocks, since hosts of a block are alike."""
    sums = rows.groupby("block")["found"].agg(["size", "sum"])
    row = {"manufacturer": maker, "hosts": len(rows), "found": int(rows["found"].sum()), "basis": "catalogue"}
    if len(sums) < 2:
        return {**row, "recall": rows["found"].mean(), "low": 0.0, "high": 1.0}
    at = np.arange(len(sums))
    vectors = [Vector(at, sums["sum"].to_numpy(np.int64)), Vector(at, sums["size"].to_numpy(np.int64))]
    drawn = resample(vectors, len(sums), len(sums), 1 << prefix_length, SEED)
    share = ratio(vectors[0], vectors[1], 1, (drawn.sums[0], drawn.sums[1]), drawn.added)
    low, high = share.interval()
    return {**row, "recall": share.point, "low": low, "high": min(high, 1.0)}


def _labelled_row(labelled: pd.DataFrame) -> dict[str, object]:
    recall, low, high = bootstrap(strata_of(labelled, "found"), SEED).interval("recall")
    found = labelled[labelled["answer"]]["found"]
    return dict(zip(COLUMNS, (ALL, len(found), int(found.sum()), recall, low, high, "labels"), strict=True))


def check_comparable(blocks: Source, queried: Source) -> None:
    """Raise `CamcensusError` if blocks and queries are not of one engine and week."""
    one, two = blocks.manifest, queried.manifest
    if one.engine != two.engine:
        raise CamcensusError(f"{blocks.folder} is of {one.engine} and {queried.folder} of {two.engine}; use one engine")
    ends = [m.window.end for m in (one, two) if m.window and m.window.end]
    if len(ends) == 2 and abs(ends[0] - ends[1]) > MOST_DAYS * DAY:
        raise CamcensusError(f"the two snapshots end more than {MOST_DAYS} days apart; hosts have moved in between")
