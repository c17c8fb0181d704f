"""What `camcensus estimate` and `camcensus audit` say."""

import json
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import store
from pipeline.errors import CamcensusError, InputError
from pipeline.estimate import audit
from pipeline.estimate.change import Change, sensitivity
from pipeline.estimate.engines import WHY_NOT_ONE, estimate, told
from pipeline.estimate.lists import Source, comparable
from pipeline.study import load_study
from pipeline.tables import COUNTS

WITHIN = "within what was collected; what the queries did not return is not in it"


def source(study: Path, snapshot: str) -> Source:
    """A snapshot of a study. Raises `CamcensusError` when there is none of that id."""
    loaded = load_study(study)
    if snapshot not in loaded.snapshot_ids():
        raise CamcensusError(f"{study}: has no snapshot {snapshot}; there are: {', '.join(loaded.snapshot_ids())}")
    return Source(loaded, snapshot)


def tell_engines(study: Path, snapshot: str, other: Path | None, other_snapshot: str, as_json: bool) -> str:
    """The two-engine estimate. Raises `CamcensusError` where there is only one engine."""
    if other is None:
        raise CamcensusError(WHY_NOT_ONE)
    lists = comparable(source(study, snapshot), source(other, other_snapshot))
    found = estimate(lists)
    if not as_json:
        return told(found, lists)
    sums = {
        name: asdict(each) if each else None
        for name, each in (("hosts", found.hosts), ("identities", found.identities))
    }
    strata = json.loads(found.strata.to_json(orient="records"))
    return json.dumps({**sums, "strata": strata, "evidence": lists.evidence}, sort_keys=True)


def tell_changes(study: Path, as_json: bool) -> str:
    """The change between neighbouring snapshots, in the world without the countries left out."""
    loaded = load_study(study)
    counts: dict[str, pd.DataFrame] = {}
    for name in loaded.snapshot_ids():
        if (path := loaded.data / name / "counts.parquet").exists():
            counts[name] = store.read_table(path, COUNTS).to_pandas()
    if len(counts) < 2:
        raise CamcensusError(f"{study}: a change takes two counted snapshots, there are {len(counts)}")
    found = {f"{a}-{b}": sensitivity(counts[a], counts[b]) for a, b in pairwise(counts)}
    if as_json:
        return json.dumps({years: asdict(each) for years, each in found.items()}, sort_keys=True)
    return "\n".join(_change_in_words(years, each) for years, each in found.items())


def _change_in_words(years: str, found: Change) -> str:
    return (
        f"{years}: {found.before:,} to {found.after:,} hosts, {found.change:+.1%} "
        f"({found.basis} {found.low:+.1%} to {found.high:+.1%}): {found.word}"
    )


def tell_sample(study: Path, snapshot: str, hosts: int, seed: int) -> str:
    """Draws the sample; where it lies and what to do."""
    where = source(study, snapshot)
    where.manifest  # noqa: B018  (says what to do when the snapshot is not counted)
    if (old := where.folder / "audit" / "labels.csv").exists():
        raise InputError(old, "is there already; labels may be in it, so move the folder away first")
    drawn, paths = audit.sample(where, hosts, seed)
    return (
        f"{len(drawn)} hosts of {drawn['stratum'].nunique()} strata, seed {seed}\n"
        + "\n".join(str(path) for path in paths)
        + f"\nFill in a copy of {paths[2].name} for each labeller, then: "
        f"camcensus audit score COPY... --study {study} --snapshot {snapshot}"
    )


def tell_score(study: Path, snapshot: str, labels: list[Path], seed: int, as_json: bool) -> str:
    """What the labels say."""
    if len(labels) > 2:
        raise CamcensusError("labels of one labeller or of two; agreement is of two")
    found = audit.score(source(study, snapshot), labels, seed)
    if as_json:
        tables = {name: json.loads(getattr(found, name).to_json(orient="records")) for name in ("strata", "makers")}
        return json.dumps({**_plain(found), **tables}, sort_keys=True)
    lines = [
        f"{found.labelled} hosts labelled, {found.cannot_tell} cannot be told; expert readings, not truth; {WITHIN}",
        f"precision: {_share(found.precision)}; recall: {_share(found.recall)}",
        f"cameras: {_number(found.cameras)} hosts, where {found.counted:,} were counted",
    ]
    if found.agreement:
        lines.append(f"two labellers agree on {found.agreement[0]:.0%} (kappa {found.agreement[1]:.2f})")
    for name in ("strata", "makers", "confused"):
        table = getattr(found, name)
        lines += [f"\n{name}:", table.round(3).to_string(index=name == "confused")] if len(table) else []
    return "\n".join(lines)


def _plain(found: audit.Score) -> dict[str, Any]:
    names = ("labelled", "cannot_tell", "agreement", "precision", "recall", "cameras", "counted")
    return {name: getattr(found, name) for name in names}


def _share(interval: tuple[float, float, float]) -> str:
    return f"{interval[0]:.1%} (95 %: {interval[1]:.1%} to {interval[2]:.1%})"


def _number(interval: tuple[float, float, float]) -> str:
    return f"{interval[0]:,.0f} (95 %: {interval[1]:,.0f} to {interval[2]:,.0f})"
