"""The small tables of a report, made from manifests and study, for the page and for methodology.md."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pandas as pd

from camcensus.core.comparability import OTHER_PORTS
from camcensus.core.config import Study
from camcensus.core.stage_record import StageRecord
from camcensus.report import formatting, wording
from camcensus.report.inputs import Result, world_cell
from camcensus.report.tables import country_table, facts, geo_tables, sensitivity
from camcensus.report.tables.audits import Audits
from camcensus.report.timeline import Step

AUDITED = {"precision": "Of counted hosts, cameras", "recall": "Of cameras, counted", "cameras": "Hosts with cameras"}


@dataclass(frozen=True)
class Head:
    """A column's name, and whether it holds numbers."""

    name: str
    number: bool = False


@dataclass(frozen=True)
class GridRow:
    """A row's cells; `own`: it is the one that the report is about."""

    cells: Sequence[str]
    own: bool = False


@dataclass(frozen=True)
class Grid:
    """A table of text. `empty`: what is said where there is no row; `tall`: it is long, and scrolls in a box."""

    title: str
    head: Sequence[Head]
    rows: Sequence[GridRow]
    empty: str = "Nothing is recorded."
    tall: bool = False


def grid(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> Grid:
    """A table; `numbers` are the places of columns that hold numbers."""
    heads = [Head(name, place in numbers) for place, name in enumerate(head)]
    return Grid(title, heads, [GridRow(row) for row in rows])


def markdown(found: Grid) -> str:
    """The table as Markdown, in which nothing of a cell is mark-up."""
    lines = [[head.name for head in found.head], ["---"] * len(found.head)]
    lines += [[formatting.plain(str(cell)) for cell in row.cells] for row in found.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def changes(study: Study, before: Result | None, now: Result) -> Grid | None:
    """The headline totals of both snapshots with their change and its range; None when none is given."""
    if before is None or facts.no_change(before, now):
        return None
    one, two = (world_cell(r, study, "study") for r in (before, now))
    rows = []
    for unit in ("hosts", "devices", "banners"):
        a, b = one[f"n_{unit}"], two[f"n_{unit}"]
        moved, span = facts.change(a, b), sensitivity.change_range(study, before, now, unit)
        ranged = f"{formatting.signed(span.low)} to {formatting.signed(span.high)}" if span else formatting.MISSING
        numbers = [
            formatting.number(a),
            formatting.number(b),
            formatting.signed(moved.absolute),
            ranged,
            formatting.percent(moved.percent),
        ]
        rows.append([unit, *numbers])
    head = ["Unit", before.snapshot, now.snapshot, "Change", "With other settings", "Change, %"]
    return grid(f"Change since snapshot {before.snapshot}", head, rows, range(1, 6))


def instruments(results: Sequence[Result]) -> Grid:
    """What each snapshot was made with, newest first."""
    head = ["Snapshot", "Window", "Engine", "Whole", "Query set", "Catalogue", "Rules", "Geolocation"]
    rows = []
    for result in reversed(results):
        found = result.manifest
        used = found.instrument
        parts = [used.query_set, used.catalogue, used.rules, used.geo_db] if used else ["not recorded"] * 4
        if used and (remark := geo_tables.remark(found.geo)):
            parts[3] = f"{used.geo_db} ({remark})"
        whole = "yes" if found.complete else "no"
        engine = f"{wording.engine(found)}, {found.basis}"
        rows.append([found.snapshot, wording.window(found.window), engine, whole, *parts])
    return grid("Instrument of each snapshot", head, rows)


def breaks(way: Sequence[Step]) -> list[str]:
    """What changed from snapshot to snapshot, a sentence each, newest first: the changelog of the series."""
    found = []
    for before, now in reversed(list(pairwise(way))):
        said = [f"the series is broken: {now.broken}"] if now.broken else []
        if now.gap:
            said.append("a snapshot is missing between them, so no line is drawn")
        if now.relocated:
            said.append("another edition of the country database, so lines of countries are dotted")
        if now.unsure:
            said.append("what was asked of the engine is not known, so nobody can say that it was the same")
        if now.ported:
            said.append(f"{OTHER_PORTS}, of which the trend over one instrument takes the common ones")
        text = "; ".join(said) or "the same instrument"
        found.append(f"{before.snapshot} to {now.snapshot}: {text}.")
    return found or ["There is one snapshot, so there is nothing to compare it with."]


def dictionary(study: Study) -> Grid:
    """What each column of the country table means."""
    table = country_table.schema(study)
    rows = [[c.name, str(c.type), c.meaning] for c in table.columns]
    return grid("Columns of country_table", ["Column", "Type", "Meaning"], rows)


def decisions(study: Study) -> Grid:
    """What the study decides, from its file."""
    p, d = study.publication, study.dedupe
    rules = [name.replace("_", "-") for name in ("same_banner", "identity", "same_host", "churn") if getattr(d, name)]
    rows = [
        ["Makers", ", ".join(study.vendors)],
        ["Countries left out", ", ".join(study.countries_left_out) or "none"],
        ["Unit of headlines", study.headline_unit],
        ["Window, days", str(study.window_days)],
        ["Least confidence", study.min_confidence],
        ["Least hosts of a maker to be shown", str(p.min_hosts)],
        ["Rules of dedupe that are on", ", ".join(rules)],
        ["Made-up data", "yes" if study.simulated else "no"],
    ]
    return grid("What the study decides", ["Key", "Value"], rows)


def flow(result: Result) -> Grid:
    """Each stage's rows in and out, and what was dropped by reason."""
    rows = []
    for found in facts.flows(result.manifest):
        dropped = "; ".join(f"{reason}: {n:,}" for reason, n in found.dropped) or "none"
        rows.append([found.stage, found.unit, f"{found.rows_in:,}", dropped, f"{found.rows_out:,}"])
    return grid("Flow of rows", ["Stage", "Unit", "In", "Dropped", "Out"], rows, (2, 4))


def process(study: Study, result: Result) -> list[tuple[str, str, Grid]]:
    """Title, words and table of each part of the process that was recorded."""
    found = []
    stage = result.manifest.stages.get("dedupe")
    if stage and stage.merges:
        said = "What each rule put together. Devices are what is left, so they are a low estimate."
        found.append(("From banners to devices", said + _identities(study, stage), _merges(stage)))
    if stage and stage.decoy_rules:
        found.append(("Decoys, by rule", "Hosts that each rule graded; a host takes its worst grade.", _decoys(stage)))
    if stage and stage.ages:
        ages = stage.ages
        why = "" if ages.churn_index is not None else f" No churn index: {ages.churn_reason}."
        said = (
            "Days between the last sight of a host and the end of the window; "
            f"{ages.hosts_last_7_days:,} hosts were seen in the last 7 days.{why}"
        )
        rows = [[days, f"{ages.hosts.get(days, 0):,}", f"{ages.banners.get(days, 0):,}"] for days in wording.AGES]
        found.append(("Last seen", said, grid("Last seen", ["Days", "Hosts", "Banners"], rows, (1, 2))))
    where = wording.outside(study.countries_left_out)
    said = f"All makers, {where}. One choice at a time is made otherwise than in the headline."
    return [*found, ("With other settings", said, settings(study, result))]


def _identities(study: Study, stage: StageRecord) -> str:
    """What the study's bounds on identities did: on more addresses than so many, they say nothing of one device."""
    told = stage.identities
    if not told:
        return ""
    serials = (
        f" Serial numbers and MAC addresses: {told['serials_used']:,} were used, {told['serials_refused']:,} were not, "
        f"being on more than {study.dedupe.max_identity_hosts:,} addresses."
    )
    if not study.dedupe.max_certificate_hosts:
        return f"{serials} Certificates were not used."
    return (
        f"{serials} Certificates: {told['certificates_used']:,} were used, {told['certificates_refused']:,} were not, "
        f"being on more than {study.dedupe.max_certificate_hosts:,} or with two serial numbers."
    )


def _merges(stage: StageRecord) -> Grid:
    rows = [
        [rule, wording.MERGE_RULES.get(rule, ""), f"{merge.merged:,}" if merge.on else "off"]
        for rule, merge in stage.merges.items()
    ]
    return grid("Rules of dedupe", ["Rule", "Says", "Banners merged"], rows, (2,))


def _decoys(stage: StageRecord) -> Grid:
    rows = []
    for rule in stage.decoy_rules:
        said = wording.DECOY_RULES.get(rule.rule, "") + (f" (from {rule.from_n:,})" if rule.from_n else "")
        said += f". Not evaluated: {rule.reason}" if rule.reason else ""
        rows.append(
            [rule.rule, said, rule.grade, formatting.number(rule.hosts) if rule.evaluated else formatting.MISSING]
        )
    return grid("Rules on decoys", ["Rule", "Says", "Grade alone", "Hosts"], rows, (3,))


def settings(study: Study, result: Result) -> Grid:
    """The world's counts with one choice made otherwise."""
    rows = []
    for s in facts.settings(study, result):
        label = f"{s.label} (headline)" if s.is_headline else s.label
        rows.append(GridRow([label, *map(formatting.number, (s.hosts, s.devices, s.banners))], s.is_headline))
    heads = [Head("Setting"), *(Head(name, True) for name in ("Hosts", "Devices", "Banners"))]
    return Grid("Counts with other settings", heads, rows)


def audit(held: Audits, result: Result) -> Grid | None:
    """The audit of a snapshot; None where there is none."""
    scores = held.scores.get(result.snapshot)
    if scores is None:
        return None
    rows = []
    for row in scores.to_dict("records"):
        ends = [row[name] for name in ("value", "low", "high")]
        numbers = [formatting.number(n) if row["what"] == "cameras" else formatting.share(n) for n in ends]
        whose = "All makers" if pd.isna(row["manufacturer"]) else str(row["manufacturer"])
        rows.append([AUDITED.get(row["what"], row["what"]), whose, *numbers, formatting.number(row["labelled"])])
    head = ["What", "Maker", "Value", "95 % low", "95 % high", "Labelled"]
    return replace(grid(f"Audit of {result.snapshot}", head, rows, range(2, 6)), tall=True)
