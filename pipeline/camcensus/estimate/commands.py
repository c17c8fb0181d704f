"""Output of `camcensus estimate` and `camcensus audit`."""

import json
from collections.abc import Hashable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from camcensus.core.config import load_study
from camcensus.core.errors import CamcensusError, InputError
from camcensus.estimate.audits.makers import CATALOGUE, COVERS, LABELS, NOT_COVERED, corrected_makers
from camcensus.estimate.audits.queries import query_recall
from camcensus.estimate.audits.sample import LEAST, sample
from camcensus.estimate.audits.score import read_labels, score
from camcensus.estimate.saved import CHANGES, FOLDER, MAKERS, RANKS, keep
from camcensus.estimate.source import Source, load_source
from camcensus.estimate.two_engines.estimate import ASSUMPTIONS, WHAT, WHY_NOT_ONE, describe, estimate
from camcensus.estimate.two_engines.lists import comparable
from camcensus.estimate.years import changes, ranks, years_of

SHOWN = 25  # countries in the terminal
WITHIN = "within what was collected, without what the queries did not return"


def engines_text(study: Path, snapshot: str, other: Path | None, other_snapshot: str, as_json: bool) -> str:
    """Estimate from two engines. Raises `CamcensusError` if there is only one."""
    if other is None:
        raise CamcensusError(WHY_NOT_ONE)
    first = load_source(study, snapshot)
    lists = comparable(first, load_source(other, other_snapshot))
    found = estimate(lists)
    keep(first.study, f"engines-{snapshot}.csv", found.strata, [snapshot])
    if not as_json:
        return describe(found, lists)
    sums = {name: asdict(e) if e else None for name, e in (("hosts", found.hosts), ("identities", found.identities))}
    about = {"what": WHAT, "assumptions": ASSUMPTIONS, "evidence": lists.evidence}
    return json.dumps({**sums, **about, "strata": _records(found.strata)}, sort_keys=True)


def changes_text(study: Path, labels: list[str], as_json: bool) -> str:
    """Keep changes and the newest ranks for the report; return the world's. `labels`: SNAPSHOT=FILE, of audits."""
    loaded = load_study(study)
    files = _by_snapshot(labels)
    years = years_of(loaded, files)
    if len(years) < 2:
        raise CamcensusError(f"{study}: a change needs two counted snapshots, found {len(years)}")
    found = changes(loaded, years)
    path = keep(loaded, CHANGES, found, [year.name for year in years], [p for paths in files.values() for p in paths])
    newest = years[-1]
    keep(loaded, RANKS, ranks(loaded, newest), [newest.name])
    if as_json:
        return _as_json(found)
    lines = [_change_line(row) for row in found[found["country"] == ""].to_dict("records")]
    for pair, each in found[found["country"] != ""].groupby(["before", "after"], sort=False):
        words = each["word"].value_counts()
        numbers = ", ".join(f"{words.get(word, 0)} {word}" for word in ("up", "down", "not distinguishable"))
        lines.append(f"{'-'.join(map(str, pair))}: of {len(each)} countries {numbers}")
    return "\n".join([*lines, str(path)])


def ranks_text(study: Path, snapshot: str, as_json: bool) -> str:
    """List countries by hosts, with the ranks that their ranges allow."""
    loaded = load_source(study, snapshot).study
    (year,) = (year for year in years_of(loaded) if year.name == snapshot)
    found = ranks(loaded, year)
    keep(loaded, RANKS, found, [snapshot])
    if as_json:
        return _as_json(found)
    shown = found.head(SHOWN).drop(columns="snapshot")
    more = f"\n{len(found) - SHOWN} more: {loaded.data / FOLDER / RANKS}" if len(found) > SHOWN else ""
    title = "ranks by sensitivity ranges (decoys, location sources), not by 95% intervals"
    return f"{title}\n{shown.to_string(index=False)}{more}"


def makers_text(blocks: Source, queried: Source, prefix_length: int, labels: list[Path], as_json: bool) -> str:
    """Correct makers' counts by their recall in complete address blocks; keep the table for the report."""
    labelled = read_labels(blocks, labels).hosts if labels else None
    found = corrected_makers(blocks, queried, prefix_length, labelled)
    keep(queried.study, MAKERS.format(queried.snapshot), found, [queried.snapshot], labels)
    covers = COVERS[LABELS if labels else CATALOGUE]
    if as_json:
        about = {"corrected": covers, "not_corrected": NOT_COVERED}
        return json.dumps({**about, "makers": _records(found)}, sort_keys=True)
    shown = found.drop(columns="basis").round(3).astype(object).where(found.notna(), "")
    return f"hosts of each maker, corrected for {covers}\n{NOT_COVERED}\n{shown.to_string(index=False)}"


def queries_text(blocks: Source, queried: Source, prefix_length: int, labels: list[Path], as_json: bool) -> str:
    """Measure what the queries return of the cameras in complete address blocks."""
    labelled = read_labels(blocks, labels).hosts if labels else None
    found = query_recall(blocks, queried, prefix_length, labelled)
    keep(blocks.study, f"queries-{blocks.snapshot}.csv", found.table, [blocks.snapshot], labels)
    if as_json:
        return _as_json(found.table)
    return (
        f"recall of the queries on {found.blocks} blocks /{found.prefix_length} that were downloaded whole: hosts that "
        "any query returned, of hosts with a camera there\n"
        "cameras are those of the catalogue, which does not know what it misses, or of labels; for all addresses only "
        f"if the blocks were drawn at random\n{found.table.round(3).to_string(index=False)}"
    )


def sample_text(study: Path, snapshot: str, hosts: int, seed: int, as_json: bool) -> str:
    """Draw the sample, and say where it is and what to do next."""
    source = load_source(study, snapshot)
    source.manifest  # noqa: B018  (says what to do if the snapshot is not counted)
    if (old := source.folder / "audit" / "labels.csv").exists():
        raise InputError(old, "exists already and may contain labels; move the folder away first")
    drawn, paths = sample(source, hosts, seed)
    n_strata = drawn["stratum"].nunique()
    if as_json:
        found = {"n_hosts": len(drawn), "n_strata": n_strata, "seed": seed, "files": [str(path) for path in paths]}
        return json.dumps(found, sort_keys=True)
    return (
        f"{len(drawn)} hosts of {n_strata} strata, at least {LEAST} of each that has as many, "
        f"seed {seed}\n"
        + "\n".join(str(path) for path in paths)
        + f"\nFill in a copy of {paths[2].name} for each labeller, then: "
        f"camcensus audit score COPY... --study {study} --snapshot {snapshot}"
    )


def score_text(study: Path, snapshot: str, labels: list[Path], seed: int, as_json: bool) -> str:
    """Score the snapshot by labels."""
    if len(labels) > 2:
        raise CamcensusError(f"got {len(labels)} files of labels; give those of one labeller or of two")
    source = load_source(study, snapshot)
    found = score(source, labels, seed)
    own = found.labels
    keep(source.study, f"audit-{snapshot}.csv", found.table(), [snapshot], labels)
    if as_json:
        numbers = {
            "labelled": len(own.hosts), "cannot_tell": own.cannot_tell, "unknown_hosts": own.unknown_hosts,
            "agreement": own.agreement, "counted": own.counted, **found.measures,
        }  # fmt: skip
        tables = {"strata": _records(found.strata), "makers": _records(found.makers)}
        return json.dumps({**numbers, **tables}, sort_keys=True)
    share, number = "{0:.1%} (95%: {1:.1%} to {2:.1%})", "{0:,.0f} (95%: {1:,.0f} to {2:,.0f})"
    lines = [
        f"{len(own.hosts)} hosts labelled, {own.cannot_tell} cannot be told; expert readings, not truth; {WITHIN}",
        f"precision: {share.format(*found.measures['precision'])}; recall: {share.format(*found.measures['recall'])}",
        f"cameras: {number.format(*found.measures['cameras'])} hosts; counted: {own.counted:,}",
    ]
    if own.unknown_hosts:
        lines.append(f"in no figure: {own.unknown_hosts:,} hosts of strata in which no host could be labelled")
    if own.agreement:
        lines.append(f"two labellers agree on {own.agreement[0]:.0%} (kappa {own.agreement[1]:.2f})")
    for name in ("strata", "makers", "confused"):
        table = getattr(found, name)
        lines += [f"\n{name}:", table.round(3).to_string(index=name == "confused")] if len(table) else []
    return "\n".join(lines)


def _by_snapshot(labels: list[str]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for text in labels:
        snapshot, equals, path = text.partition("=")
        if not (snapshot and equals and path):
            raise CamcensusError(f"--labels {text}: give the snapshot and its file, such as 2026=labels-ann.csv")
        found.setdefault(snapshot, []).append(Path(path))
    return found


def _records(table: pd.DataFrame) -> Any:
    return json.loads(table.to_json(orient="records"))


def _as_json(table: pd.DataFrame) -> str:
    return json.dumps(_records(table), sort_keys=True)


def _change_line(row: dict[Hashable, Any]) -> str:
    years = f"{row['before']}-{row['after']}"
    if row["word"] == "not comparable":
        return f"{years}: not comparable: {row['reason']}"
    basis = "corrected by audits, 95%:" if row["basis"] == "audit" else row["basis"]
    because = f", because {row['reason']}" if row["reason"] else ""
    return (
        f"{years}: {row['n_hosts_before']:,.0f} to {row['n_hosts_after']:,.0f} hosts counted, {row['change']:+.1%} "
        f"({basis} {row['low']:+.1%} to {row['high']:+.1%}): {row['word']}{because}"
    )
