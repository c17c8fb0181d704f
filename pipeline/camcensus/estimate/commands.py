"""What `camcensus estimate` and `camcensus audit` say."""

import json
from collections.abc import Hashable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from camcensus.core.config import load_study
from camcensus.core.errors import CamcensusError, InputError
from camcensus.estimate import audit
from camcensus.estimate.audit_sample import LEAST
from camcensus.estimate.recall import queries
from camcensus.estimate.saved import CHANGES, FOLDER, RANKS, keep
from camcensus.estimate.two_engines import ASSUMPTIONS, WHAT, WHY_NOT_ONE, estimate, told
from camcensus.estimate.two_lists import Source, comparable
from camcensus.estimate.years import changes, ranks, years_of

SHOWN = 25  # countries in the terminal
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
    first = source(study, snapshot)
    lists = comparable(first, source(other, other_snapshot))
    found = estimate(lists)
    keep(first.study, f"engines-{snapshot}.csv", found.strata, [snapshot])
    if not as_json:
        return told(found, lists)
    sums = {
        name: asdict(each) if each else None
        for name, each in (("hosts", found.hosts), ("identities", found.identities))
    }
    strata = json.loads(found.strata.to_json(orient="records"))
    about = {"what": WHAT, "assumptions": ASSUMPTIONS, "evidence": lists.evidence}
    return json.dumps({**sums, **about, "strata": strata}, sort_keys=True)


def tell_changes(study: Path, labels: list[str], as_json: bool) -> str:
    """The changes between neighbouring snapshots and the newest one's ranks, which are kept for the report; in words
    the world's. `labels`: SNAPSHOT=FILE, of audits."""
    loaded = load_study(study)
    years = years_of(loaded, _by_snapshot(labels))
    if len(years) < 2:
        raise CamcensusError(f"{study}: a change takes two counted snapshots, there are {len(years)}")
    found = changes(loaded, years)
    files = [path for paths in _by_snapshot(labels).values() for path in paths]
    path = keep(loaded, CHANGES, found, [year.name for year in years], files)
    newest = years[-1]
    keep(loaded, RANKS, ranks(loaded, newest), [newest.name])
    if as_json:
        return _rows(found)
    world = found[found["country"] == ""]
    lines = [_change_in_words(row) for row in world.to_dict("records")]
    for years_, each in found[found["country"] != ""].groupby(["before", "after"], sort=False):
        words = each["word"].value_counts()
        told = ", ".join(f"{words.get(word, 0)} {word}" for word in ("up", "down", "not distinguishable"))
        lines.append(f"{'-'.join(str(year) for year in years_)}: of {len(each)} countries {told}")
    return "\n".join([*lines, str(path)])


def tell_ranks(study: Path, snapshot: str, as_json: bool) -> str:
    """Countries by hosts, with the ranks that their ranges allow."""
    loaded = load_study(study)
    source(study, snapshot)
    (year,) = (year for year in years_of(loaded) if year.name == snapshot)
    found = ranks(loaded, year)
    keep(loaded, RANKS, found, [snapshot])
    if as_json:
        return _rows(found)
    shown = found.head(SHOWN).drop(columns="snapshot")
    more = f"\n{len(found) - SHOWN} more: {loaded.data / FOLDER / RANKS}" if len(found) > SHOWN else ""
    said = "ranks by sensitivity ranges (decoys, location sources), which are no 95 % intervals"
    return f"{said}\n{shown.to_string(index=False)}{more}"


def tell_queries(
    study: Path, snapshot: str, asked: Path, asked_snapshot: str, prefix_length: int, labels: list[Path], as_json: bool
) -> str:  # fmt: skip
    """What the queries return of cameras in whole blocks of addresses."""
    blocks = source(study, snapshot)
    told = audit.told_of(blocks, labels).told if labels else None
    found = queries(blocks, source(asked, asked_snapshot), prefix_length, told)
    keep(blocks.study, f"queries-{snapshot}.csv", found.table, [snapshot], labels)
    if as_json:
        return _rows(found.table)
    return (
        f"recall of the queries on {found.blocks} blocks /{found.prefix_length} that were downloaded whole: hosts that "
        "any query returned, of hosts with a camera there\n"
        "by the catalogue, which does not know what it does not know; by labels where there are any; for all addresses "
        f"only if the blocks were drawn at random\n{found.table.round(3).to_string(index=False)}"
    )


def _by_snapshot(labels: list[str]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for text in labels:
        snapshot, equals, path = text.partition("=")
        if not (snapshot and equals and path):
            raise CamcensusError(f"--labels {text}: say the snapshot and its file, such as 2026=labels-ann.csv")
        found.setdefault(snapshot, []).append(Path(path))
    return found


def _rows(table: pd.DataFrame) -> str:
    return json.dumps(json.loads(table.to_json(orient="records")), sort_keys=True)


def _change_in_words(row: dict[Hashable, Any]) -> str:
    years = f"{row['before']}-{row['after']}"
    if row["word"] == "not comparable":
        return f"{years}: not comparable: {row['reason']}"
    said = "corrected by audits, 95 %:" if row["basis"] == "audit" else row["basis"]
    because = f", since {row['reason']}" if row["reason"] else ""
    return (
        f"{years}: {row['n_hosts_before']:,.0f} to {row['n_hosts_after']:,.0f} hosts counted, {row['change']:+.1%} "
        f"({said} {row['low']:+.1%} to {row['high']:+.1%}): {row['word']}{because}"
    )


def tell_sample(study: Path, snapshot: str, hosts: int, seed: int) -> str:
    """Draws the sample; where it lies and what to do."""
    where = source(study, snapshot)
    where.manifest  # noqa: B018  (says what to do when the snapshot is not counted)
    if (old := where.folder / "audit" / "labels.csv").exists():
        raise InputError(old, "is there already; labels may be in it, so move the folder away first")
    drawn, paths = audit.sample(where, hosts, seed)
    return (
        f"{len(drawn)} hosts of {drawn['stratum'].nunique()} strata, at least {LEAST} of each that has as many, "
        f"seed {seed}\n"
        + "\n".join(str(path) for path in paths)
        + f"\nFill in a copy of {paths[2].name} for each labeller, then: "
        f"camcensus audit score COPY... --study {study} --snapshot {snapshot}"
    )


def tell_score(study: Path, snapshot: str, labels: list[Path], seed: int, as_json: bool) -> str:
    """What the labels say."""
    if len(labels) > 2:
        raise CamcensusError("labels of one labeller or of two; agreement is of two")
    where = source(study, snapshot)
    found = audit.score(where, labels, seed)
    keep(where.study, f"audit-{snapshot}.csv", audit.as_table(found), [snapshot], labels)
    if as_json:
        tables = {name: json.loads(getattr(found, name).to_json(orient="records")) for name in ("strata", "makers")}
        return json.dumps({**_plain(found), **tables}, sort_keys=True)
    lines = [
        f"{found.labelled} hosts labelled, {found.cannot_tell} cannot be told; expert readings, not truth; {WITHIN}",
        f"precision: {_share(found.precision)}; recall: {_share(found.recall)}",
        f"cameras: {_number(found.cameras)} hosts, where {found.counted:,} were counted",
    ]
    if found.untold:
        lines.append(f"in no figure: {found.untold:,} hosts of strata in which nobody could tell of any")
    if found.agreement:
        lines.append(f"two labellers agree on {found.agreement[0]:.0%} (kappa {found.agreement[1]:.2f})")
    for name in ("strata", "makers", "confused"):
        table = getattr(found, name)
        lines += [f"\n{name}:", table.round(3).to_string(index=name == "confused")] if len(table) else []
    return "\n".join(lines)


def _plain(found: audit.Score) -> dict[str, Any]:
    names = ("labelled", "cannot_tell", "untold", "agreement", "precision", "recall", "cameras", "counted")
    return {name: getattr(found, name) for name in names}


def _share(interval: tuple[float, float, float]) -> str:
    return f"{interval[0]:.1%} (95 %: {interval[1]:.1%} to {interval[2]:.1%})"


def _number(interval: tuple[float, float, float]) -> str:
    return f"{interval[0]:,.0f} (95 %: {interval[1]:,.0f} to {interval[2]:,.0f})"
