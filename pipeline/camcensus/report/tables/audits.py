"""What audits and changes between years say, as far as somebody made them: intervals, and a word for a change."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
import pyarrow.compute as pc

from camcensus.core.comparability import OTHER_PORTS, breaks, scanned_other_ports
from camcensus.estimate.change import NO_WORD, sensitivity
from camcensus.report import formatting
from camcensus.report.inputs import Result

AUDIT = "audit"
SAID = (
    "Hosts drawn at random and labelled by hand: readings of experts, not truth, and within what was collected; what "
    "the queries did not return is not in it."
)


@dataclass(frozen=True)
class Audits:
    """Tables that `camcensus audit` and `camcensus estimate` left (`estimate.kept` has their columns): `changes` (None:
    nobody asked), `scores` by snapshot."""

    changes: pd.DataFrame | None = None
    scores: Mapping[str, pd.DataFrame] = field(default_factory=dict)


NO_AUDITS = Audits()


def corrected(audits: Audits, snapshot: str) -> tuple[int, int, int] | None:
    """Hosts with cameras as the audit corrects them, with the 95 % interval; None where there is no audit."""
    scores = audits.scores.get(snapshot)
    if scores is None:
        return None
    rows = scores[(scores["what"] == "cameras") & scores["manufacturer"].isna()]
    if len(rows) != 1:
        return None
    row = rows.iloc[0]
    return round(row["value"]), round(row["low"]), round(row["high"])


def change_said(audits: Audits, before: Result, now: Result, confidence: str = "medium") -> str:
    """A sentence on the change of all makers' hosts: by audits of both years with the 95 % interval, and by the ranges
    of what was counted (`confidence`: the headline's), which may be too near to tell them apart."""
    said = []
    if audits.changes is not None:
        own = audits.changes
        own = own[(own["before"] == before.snapshot) & (own["after"] == now.snapshot) & own["country"].isna()]
        for row in own[own["basis"] == AUDIT].to_dict("records"):
            ends = f"95 % interval {formatting.percent(100 * row['low'])} to {formatting.percent(100 * row['high'])}"
            said.append(f"By audits of both: {formatting.percent(100 * row['change'])} ({ends}), {row['word']}.")
    one, two = (_world(result, confidence) for result in (before, now))
    if all(len(cells) for cells in (one, two)) and not breaks(before.manifest, now.manifest):
        word: str = sensitivity(one, two, None, _window(before, now), confidence).word
        if scanned_other_ports(before.manifest, now.manifest):
            word = f"{NO_WORD}, since {OTHER_PORTS}"
        said.append(f"By both years’ ranges over decoys, location source and window: {word}.")
    return " ".join(said)


def _world(result: Result, confidence: str) -> pd.DataFrame:
    """The world's cells, where the headline is among them and not nothing."""
    cells: pd.DataFrame = result.counts.filter(pc.equal(result.counts["level"], "world")).to_pandas()
    own = cells[(cells["scope"] == "study") & (cells["ip_version"] == "4") & (cells["min_confidence"] == confidence)]
    found: pd.DataFrame = own[(own["decoys_left_out"] == "certain") & (own["n_hosts"] > 0)]
    return cells if len(found) else found


def _window(before: Result, now: Result) -> float:
    """The ratio of the shares of hosts that were seen in the last 7 days."""
    one, two = (_latest_share(result) for result in (before, now))
    return two / one if one else 1.0


def _latest_share(result: Result) -> float:
    stage = result.manifest.stages.get("dedupe")
    ages = stage.ages if stage else None
    return ages.hosts_last_7_days / max(sum(ages.hosts.values()), 1) if ages else 1.0
