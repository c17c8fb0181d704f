"""What audits and changes between years add to the report, where they were made: intervals, and words for a change."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
import pyarrow.compute as pc

from camcensus.core.comparability import OTHER_PORTS, breaks, scanned_other_ports
from camcensus.estimate.change import NO_WORD, sensitivity
from camcensus.estimate.years import latest_share
from camcensus.report import formatting
from camcensus.report.inputs import Result

AUDIT = "audit"


@dataclass(frozen=True)
class Audits:
    """Tables from `camcensus audit` and `camcensus estimate`: `changes` (None: not made), others by snapshot.

    `makers`: counts corrected by recall, see `estimate.audits.makers`.
    """

    changes: pd.DataFrame | None = None
    scores: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    makers: Mapping[str, pd.DataFrame] = field(default_factory=dict)


NO_AUDITS = Audits()


def corrected(audits: Audits, snapshot: str) -> tuple[int, int, int] | None:
    """Return hosts with cameras as the audit corrects them, with the 95% interval; None where there is no audit."""
    scores = audits.scores.get(snapshot)
    if scores is None:
        return None
    rows = scores[(scores["what"] == "cameras") & scores["manufacturer"].isna()].to_dict("records")
    return (round(rows[0]["value"]), round(rows[0]["low"]), round(rows[0]["high"])) if len(rows) == 1 else None


def change_sentences(audits: Audits, before: Result, now: Result, confidence: str = "medium") -> str:
    """Return sentences on the change of all makers' hosts: by audits of both years, and by the ranges of the counts.

    confidence: the headline's.
    """
    sentences = []
    if audits.changes is not None:
        own = audits.changes
        own = own[(own["before"] == before.snapshot) & (own["after"] == now.snapshot) & own["country"].isna()]
        for row in own[own["basis"] == AUDIT].to_dict("records"):
            change, low, high = (formatting.percent(100 * row[name]) for name in ("change", "low", "high"))
            sentences.append(f"By audits of both: {change} (95% interval {low} to {high}), {row['word']}.")
    one, two = (_world(result, confidence) for result in (before, now))
    if len(one) and len(two) and not breaks(before.manifest, now.manifest):
        # How many more of the hosts were seen in the last 7 days.
        shares = [latest_share(result.manifest) for result in (before, now)]
        window = shares[1] / shares[0] if shares[0] else 1.0
        word = sensitivity(one, two, None, window, confidence).word
        if scanned_other_ports(before.manifest, now.manifest):
            sentences.append(f"We cannot tell this change from one of the instrument, since {OTHER_PORTS}.")
        elif word == NO_WORD:
            sentences.append("We cannot tell so small a change from differences in method.")
        else:
            sentences.append(f"The change is {word} whichever method is used in both years.")
    return " ".join(sentences)


def _world(result: Result, confidence: str) -> pd.DataFrame:
    """Return the world's cells, where the headline is among them and not nothing."""
    cells: pd.DataFrame = result.counts.filter(pc.equal(result.counts["level"], "world")).to_pandas()
    own = cells[(cells["scope"] == "study") & (cells["ip_version"] == "4") & (cells["min_confidence"] == confidence)]
    found: pd.DataFrame = own[(own["decoys_left_out"] == "certain") & (own["n_hosts"] > 0)]
    return cells if len(found) else found
