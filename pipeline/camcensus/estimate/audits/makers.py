"""Makers' counts corrected by their recall, within blocks of addresses that were downloaded whole.

Counts favour makers with many queries and signatures. In whole blocks each host of a maker is either counted as that
maker's in the collection that queries made, or missed. Labels of an audit of the blocks say whose the hosts are;
without labels the catalogue does, and what its signatures miss is not corrected. The recall is that of the blocks; it
applies to all addresses only if these were drawn at random.
"""

import numpy as np
import pandas as pd

from camcensus.core import parquet
from camcensus.core.tables import COUNTS, UNKNOWN
from camcensus.estimate.audits.proportions import wilson
from camcensus.estimate.audits.queries import check_comparable
from camcensus.estimate.audits.sample import banners_of, hosts_of
from camcensus.estimate.source import Source
from camcensus.geolocate.ranges import key_v4

FEWEST = 30  # audited hosts of a maker, for a corrected count
LABELS, CATALOGUE = "labels", "catalogue"
COLUMNS = [
    "manufacturer", "n_hosts", "audited", "found", "recall", "recall_low", "recall_high", "n_hosts_corrected",
    "n_hosts_low", "n_hosts_high", "basis", "reason",
]  # fmt: skip
COVERS = {
    LABELS: "hosts that no query returned, and hosts that no signature gave their maker",
    CATALOGUE: "hosts that no query returned; not what the catalogue does not know, which only labels show",
}
NOT_COVERED = (
    "not corrected: hosts that are counted as a maker's and are not; other addresses than the blocks, unless these "
    "were drawn at random. The intervals are of the recall (Wilson, 95%) and treat the hosts of one block as alike"
)


def corrected_makers(
    blocks: Source, queried: Source, prefix_length: int = 16, labelled: pd.DataFrame | None = None
) -> pd.DataFrame:  # fmt: skip
    """Return a row of `COLUMNS` for each maker that was counted in `queried` or audited in the complete `blocks`.

    `labelled`: labelled hosts of the blocks (`Labels.hosts`). IPv4 only. Raises `CamcensusError` as `query_recall` does
    if the snapshots cannot be compared.
    """
    check_comparable(blocks, queried)
    if labelled is None:
        there = hosts_of(banners_of(blocks))
        audited = there[there["counted"]][["host", "manufacturer"]].assign(weight=1.0)
    else:
        named = labelled[labelled["answer"] & labelled["maker"].ne("") & labelled["host"].notna()]
        audited = pd.DataFrame({
            "host": named["host"], "manufacturer": named["maker"], "weight": 1.0 / named["chance"]
        })  # fmt: skip
    audited = audited[~audited["host"].str.contains(":", regex=False)]
    counted = hosts_of(banners_of(queried)).query("counted").set_index("host")["manufacturer"]
    audited = audited.assign(
        found=audited["host"].map(counted) == audited["manufacturer"],
        block=key_v4(audited["host"].tolist()) >> (32 - prefix_length),
    )
    return corrected(audited, _counts(queried), CATALOGUE if labelled is None else LABELS)


def corrected(audited: pd.DataFrame, counts: pd.Series, basis: str) -> pd.DataFrame:
    """Return the rows of `corrected_makers`.

    `audited`: hosts with `manufacturer`, `weight` (hosts that each is drawn for), `block`, and whether it is `found` as
    its maker's. `counts`: hosts in the headline by maker.
    """
    groups = {str(maker): each for maker, each in audited.groupby("manufacturer", sort=True)}
    names = sorted({*groups, *map(str, counts.index)} - {UNKNOWN})
    rows = [_row(name, int(counts.get(name, 0)), groups.get(name, audited.iloc[:0])) for name in names]
    table = pd.DataFrame([{**row, "basis": basis} for row in rows], columns=COLUMNS)
    return table.sort_values(["n_hosts", "manufacturer"], ascending=[False, True], ignore_index=True)


def _row(maker: str, n_hosts: int, audited: pd.DataFrame) -> dict[str, object]:
    n_found = int(audited["found"].sum())
    row = {"manufacturer": maker, "n_hosts": n_hosts, "audited": len(audited), "found": n_found, "reason": ""}
    if len(audited) < FEWEST:
        return {**row, "reason": f"audited hosts: {len(audited)}, fewer than {FEWEST}"}
    if audited["block"].nunique() < 2:
        return {**row, "reason": "all audited hosts are in one block"}
    share = float(np.average(audited["found"], weights=audited["weight"]))
    tries = _effective(audited, share)
    low, high = wilson(share * tries, tries)
    row |= {"recall": share, "recall_low": low, "recall_high": high}
    if not n_found:
        return {**row, "reason": "none of the audited hosts is counted"}
    ends = {"n_hosts_corrected": n_hosts / share, "n_hosts_low": n_hosts / high, "n_hosts_high": n_hosts / low}
    return {**row, **{name: round(value) for name, value in ends.items()}}


def _effective(audited: pd.DataFrame, share: float) -> float:
    """Return how many independent hosts of equal weight would show the share as precisely.

    Weights cost precision (Kish), and so do hosts of one block that are alike (variance of the ratio over blocks).
    """
    weight = audited["weight"].to_numpy(float)
    by_weight = float(weight.sum() ** 2 / (weight**2).sum())
    rest = pd.Series(weight * (audited["found"].to_numpy(float) - share)).groupby(audited["block"].to_numpy()).sum()
    variance = len(rest) / (len(rest) - 1) * float((rest**2).sum()) / float(weight.sum()) ** 2
    return min(by_weight, share * (1.0 - share) / variance) if variance > 0 else by_weight


def _counts(source: Source) -> pd.Series:
    """Return the headline's hosts by maker, without the countries that the study leaves out."""
    cells = parquet.read_table(source.parts("counts")[0], COUNTS).to_pandas()
    wanted = {
        "level": "manufacturer", "scope": "study", "ip_version": "4", "min_confidence": source.study.min_confidence,
        "decoys_left_out": "certain",
    }  # fmt: skip
    for name, value in wanted.items():
        cells = cells[cells[name] == value]
    found: pd.Series = cells.set_index("manufacturer")["n_hosts"]
    return found
