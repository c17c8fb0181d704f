"""Changes between neighbouring snapshots of a study, and ranks of countries as ranges."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from itertools import pairwise
from pathlib import Path

import pandas as pd

from camcensus.aggregate.stage import has_counts
from camcensus.core import parquet
from camcensus.core.comparability import OTHER_PORTS, breaks, scanned_other_ports
from camcensus.core.config import Study
from camcensus.core.errors import CamcensusError
from camcensus.core.manifest import Manifest, load_manifest
from camcensus.core.tables import COUNTS, UNKNOWN_COUNTRY
from camcensus.estimate.audits.score import read_labels, replicates
from camcensus.estimate.change import NO_WORD, Change, audited, correlation, rank_intervals, sensitivity, span
from camcensus.estimate.source import Source

SEED = 1
COLUMNS = [
    "before", "after", "country", "basis", "n_hosts_before", "n_hosts_after", "change", "low", "high", "word", "reason",
]  # fmt: skip


@dataclass(frozen=True)
class Year:
    """A counted snapshot: cells, manifest, the headline's confidence, and labelled hosts if it was audited."""

    name: str
    counts: pd.DataFrame
    manifest: Manifest
    confidence: str
    labelled: pd.DataFrame | None = None

    @property
    def countries(self) -> set[str]:
        """Return the countries with a headline."""
        wanted = {"level": "country", "scope": "all", "ip_version": "4", "min_confidence": self.confidence}
        cells = self.counts
        for name, value in (wanted | {"decoys_left_out": "certain"}).items():
            cells = cells[cells[name] == value]
        return set(cells[cells["n_hosts"] > 0]["country"]) - {UNKNOWN_COUNTRY}


def years_of(study: Study, labels: Mapping[str, Sequence[Path]] | None = None) -> list[Year]:
    """Return the counted snapshots, oldest first. Raises `CamcensusError` for `labels` of an uncounted one."""
    found = []
    for name in study.snapshot_ids():
        if has_counts(load_manifest(study.data / name)):  # a census has matches instead of hosts
            source = Source(study, name)
            labelled = read_labels(source, labels[name]).hosts if labels and name in labels else None
            cells = parquet.read_table(source.parts("counts")[0], COUNTS).to_pandas()
            cells = cells[cells["level"].isin(["world", "country"])]
            found.append(Year(name, cells, source.manifest, study.min_confidence, labelled))
    if missing := sorted(set(labels or {}) - {year.name for year in found}):
        raise CamcensusError(f"{study.path}: has no counted snapshot {missing[0]}, for which there are labels")
    return found


def changes(study: Study, years: Sequence[Year]) -> pd.DataFrame:
    """Return a row for the world (two if both snapshots were audited) and each country, for each two neighbours."""
    rows: list[dict[str, object]] = []
    for before, after in pairwise(years):
        named = {"before": before.name, "after": after.name, "reason": ""}
        if why := _not_comparable(before, after):
            rows.append({**named, "country": "", "basis": "", "word": "not comparable", "reason": why})
            continue
        if scanned_other_ports(before.manifest, after.manifest):
            named["reason"] = OTHER_PORTS
        shares = [latest_share(year.manifest) for year in (before, after)]
        window = shares[1] / shares[0] if shares[0] else 1.0
        if before.labelled is not None and after.labelled is not None:
            audits = (replicates(before.labelled, SEED), replicates(after.labelled, SEED + 1))
            counts = (span(before.counts, None, before.confidence), span(after.counts, None, after.confidence))
            both = audited(counts, audits, correlation(before.labelled, after.labelled), window)
            rows.append({**named, **_row(both), "country": ""})
        for country in (None, *sorted(before.countries & after.countries - set(study.countries_left_out))):
            found = sensitivity(before.counts, after.counts, country, window, study.min_confidence)
            rows.append({**named, **_row(found), "country": country or ""})
    table = pd.DataFrame(rows, columns=COLUMNS)
    # More ports find more hosts although nothing changed, so such a change has no word.
    return table.assign(word=table["word"].mask(table["reason"].eq(OTHER_PORTS), NO_WORD))


def latest_share(manifest: Manifest) -> float:
    """Return the share of hosts that were seen in the last 7 days of the window; 1 where it is not known."""
    ages = manifest.stages["dedupe"].ages if "dedupe" in manifest.stages else None
    return ages.hosts_last_7_days / max(sum(ages.hosts.values()), 1) if ages else 1.0


def _not_comparable(before: Year, after: Year) -> str:
    """Return why no change is given; empty if one is."""
    if reasons := breaks(before.manifest, after.manifest):
        return " and ".join(reasons)
    empty = [year.name for year in (before, after) if not span(year.counts, None, year.confidence).hosts]
    return f"nothing was counted in {empty[0]}" if empty else ""


def _row(found: Change) -> dict[str, object]:
    values = asdict(found)
    return {"n_hosts_before": values.pop("before"), "n_hosts_after": values.pop("after"), **values}


def ranks(study: Study, year: Year) -> pd.DataFrame:
    """Return a row per country without those left out, largest first: hosts, range, and the ranks that ranges allow."""
    spans = {c: span(year.counts, c, year.confidence) for c in sorted(year.countries - set(study.countries_left_out))}
    rows = [(year.name, country, *astuple(found)) for country, found in spans.items()]
    table = pd.DataFrame(rows, columns=["snapshot", "country", "n_hosts", "low", "high"])
    table = table.sort_values(["n_hosts", "country"], ascending=[False, True]).reset_index(drop=True)
    table["rank"] = table["n_hosts"].rank(method="min", ascending=False).astype(int)
    intervals = rank_intervals(table["low"].tolist(), table["high"].tolist())
    return table.assign(best=[best for best, _ in intervals], worst=[worst for _, worst in intervals])
