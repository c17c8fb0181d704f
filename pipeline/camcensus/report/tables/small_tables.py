"""The small tables of a report, made from manifests and study, for the page and for methodology.md."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from camcensus.core.comparability import EVIDENCE, OTHER_PORTS
from camcensus.core.config import Study
from camcensus.core.stage_record import Ages, StageRecord
from camcensus.estimate.audits.proportions import wilson
from camcensus.report import wording
from camcensus.report.context import ReportContext
from camcensus.report.formatting import MISSING, number, percent, share, shown, signed
from camcensus.report.inputs import WORLD, Result, Scope, headline_cells, variant, world_cell
from camcensus.report.tables import country_table, facts, geo_tables, reliance, sensitivity
from camcensus.report.tables.publish import published, ranked
from camcensus.report.tables.table_export import markdown_table
from camcensus.report.tables.trend import COMMON_SERIES, headline_count, missing_reason, series_count
from camcensus.report.timeline import SeriesPoint

UNITS = ("hosts", "devices", "banners")
# Label and scope; each changes one value of the headline.
SETTINGS: tuple[tuple[str, Scope, dict[str, str]], ...] = (
    ("Decoys: none left out", "study", {"decoys_left_out": "none"}),
    ("Decoys: certain ones left out", "study", {"decoys_left_out": "certain"}),
    ("Decoys: certain and likely ones left out", "study", {"decoys_left_out": "likely"}),
    ("Confidence: medium or high", "study", {"min_confidence": "medium"}),
    ("Confidence: high", "study", {"min_confidence": "high"}),
    ("Addresses: IPv4", "study", {"ip_version": "4"}),
    ("Addresses: IPv6", "study", {"ip_version": "6"}),
    ("Addresses: IPv4 and IPv6", "study", {"ip_version": "all"}),
    ("Countries: none left out", "all", {}),
)

# Columns of `estimate.audits.makers`: a share and a count, each with its interval.
RECALL = ("recall", "recall_low", "recall_high")
CORRECTED = ("n_hosts_corrected", "n_hosts_low", "n_hosts_high")


@dataclass(frozen=True)
class TextTable:
    """A table of text.

    `numbers`: the places of columns that hold numbers; `ours`: those of the rows that the report is about; `empty`: the
    text where there is no row; `is_long`: it scrolls in a box.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Container[int] = ()
    ours: Container[int] = ()
    empty: str = "Nothing is recorded."
    is_long: bool = False


def markdown(found: TextTable) -> str:
    """Return the table as Markdown, in which no text of a cell is mark-up."""
    return markdown_table(found.head, found.rows)


def one_instrument(context: ReportContext) -> TextTable | None:
    """Return headline and series over one instrument, of all makers and the study's first; None without a series."""
    study, unit, rows = context.study, context.unit, []
    if all(missing_reason(result, "queries") for result in context.results):
        return None
    for result in reversed(context.results):
        for maker in (None, study.vendors[0]):
            cells = [shown(headline_count(study, result, unit, maker, is_public=True))]
            for series in COMMON_SERIES:
                n = series_count(study, result, unit, maker, series)
                cells.append(MISSING if missing_reason(result, series) else shown(n))
            rows.append([result.snapshot, maker or "All makers", *cells])
    head = ["Snapshot", "Maker", "Headline", "Same queries", "… and ports"]
    return TextTable(f"{unit.capitalize()} over one instrument", head, rows, range(2, 5))


def changes(study: Study, before: Result | None, now: Result) -> TextTable | None:
    """Return the headline totals of both snapshots with their change and its range; None when none is given."""
    if before is None or facts.no_change(before, now):
        return None
    one, two = (world_cell(r, study, "study") for r in (before, now))
    rows = []
    for unit in UNITS:
        a, b = one[f"n_{unit}"], two[f"n_{unit}"]
        moved, span = facts.change(a, b), sensitivity.change_range(study, before, now, unit)
        ranged = f"{signed(span.low)} to {signed(span.high)}" if span else MISSING
        rows.append([unit, number(a), number(b), signed(moved.absolute), ranged, percent(moved.percent)])
    head = ["Unit", before.snapshot, now.snapshot, "Change", "With other settings", "Change, %"]
    return TextTable(f"Change since snapshot {before.snapshot}", head, rows, range(1, 6))


def instruments(results: Sequence[Result]) -> TextTable:
    """Return what each snapshot was made with, newest first."""
    head = ["Snapshot", "Window", "Engine", "Complete", "Query set", "Evidence", "Catalogue", "Rules", "Geolocation"]
    rows = []
    for found in (result.manifest for result in reversed(results)):
        used = found.instrument
        parts = ["not recorded"] * 5
        if used:
            parts = [used.query_set, f"v{used.evidence}", used.catalogue, used.rules, used.geo_db]
        if used and (remark := geo_tables.remark(found.geo)):
            parts[-1] = f"{used.geo_db} ({remark})"
        engine, complete = f"{wording.engine(found)}, {found.basis}", "yes" if found.complete else "no"
        rows.append([found.snapshot, wording.window(found.window), engine, complete, *parts])
    return TextTable("Instrument of each snapshot", head, rows)


def breaks(points: Sequence[SeriesPoint]) -> list[str]:
    """Return what changed from snapshot to snapshot, a sentence each, newest first."""
    found = []
    for before, now in reversed(list(pairwise(points))):
        notes = {
            f"the series is broken: {now.break_reason}": now.break_reason,
            "what was purged cannot be read again with today's evidence": EVIDENCE in now.changed,
            "a snapshot is missing between them, so no line is drawn": now.has_gap,
            "another edition of the country database, so lines of countries are dotted": now.has_other_geo,
            "the queries are not known, so they may not be the same": now.has_unknown_queries,
            f"{OTHER_PORTS}; the trend over one instrument uses the common ones": now.has_other_ports,
        }
        text = "; ".join(note for note, applies in notes.items() if applies)
        found.append(f"{before.snapshot} to {now.snapshot}: {text or 'the same instrument'}.")
    return found or ["There is only one snapshot, so there is nothing to compare it with."]


def dictionary(study: Study) -> TextTable:
    """Return what each column of the country table means."""
    rows = [[c.name, str(c.type), c.meaning] for c in country_table.schema(study).columns]
    return TextTable("Columns of country_table", ["Column", "Type", "Meaning"], rows)


def decisions(study: Study) -> TextTable:
    """Return the study's settings, from its file."""
    rules = ("same_banner", "identity", "same_host", "churn")
    rows = [
        ["Makers", ", ".join(study.vendors)],
        ["Countries left out", ", ".join(study.countries_left_out) or "none"],
        ["Unit of headlines", study.headline_unit],
        ["Window, days", str(study.window_days)],
        ["Minimum confidence", study.min_confidence],
        ["Minimum hosts of a maker to be shown", str(study.publication.min_hosts)],
        ["Active rules of dedupe", ", ".join(n.replace("_", "-") for n in rules if getattr(study.dedupe, n))],
        ["Made-up data", "yes" if study.simulated else "no"],
    ]
    return TextTable("Settings of the study", ["Key", "Value"], rows)


def flow(result: Result) -> TextTable:
    """Return each stage's rows in and out, and what was dropped by reason."""
    rows = []
    for found in facts.flows(result.manifest):
        dropped = "; ".join(f"{reason}: {n:,}" for reason, n in found.dropped) or "none"
        rows.append([found.stage, found.unit, f"{found.rows_in:,}", dropped, f"{found.rows_out:,}"])
    return TextTable("Flow of rows", ["Stage", "Unit", "In", "Dropped", "Out"], rows, (2, 4))


def last_seen(ages: Ages) -> TextTable:
    """Return hosts and banners by days since the engine last saw them."""
    rows = [[days, f"{ages.hosts.get(days, 0):,}", f"{ages.banners.get(days, 0):,}"] for days in wording.AGES]
    return TextTable("Last seen", ["Days", "Hosts", "Banners"], rows, (1, 2))


def merges(stage: StageRecord) -> TextTable:
    """Return what each rule of dedupe merged."""
    rows = [
        [rule, wording.MERGE_RULES.get(rule, ""), f"{merge.merged:,}" if merge.on else "off"]
        for rule, merge in stage.merges.items()
    ]
    return TextTable("Rules of dedupe", ["Rule", "Meaning", "Banners merged"], rows, (2,))


def decoys(stage: StageRecord) -> TextTable:
    """Return the hosts that each rule on decoys graded."""
    rows = []
    for rule in stage.decoy_rules:
        meaning = wording.DECOY_RULES.get(rule.rule, "") + (f" (from {rule.from_n:,})" if rule.from_n else "")
        meaning += f". Not evaluated: {rule.reason}" if rule.reason else ""
        rows.append([rule.rule, meaning, rule.grade, number(rule.hosts) if rule.evaluated else MISSING])
    return TextTable("Rules on decoys", ["Rule", "Meaning", "Grade alone", "Hosts"], rows, (3,))


def settings(study: Study, result: Result) -> TextTable:
    """Return the world's counts at the headline values, and with one choice made otherwise."""
    usual = {"decoys_left_out": "certain", "min_confidence": study.min_confidence, "ip_version": "4"}
    rows, ours = [], []
    for place, (label, scope, changed) in enumerate(SETTINGS):
        cells = variant(result, WORLD, scope, **usual | changed)
        if scope == "study" and usual | changed == usual:
            ours.append(place)
        counts = [cells[f"n_{unit}"].max() for unit in UNITS]  # of one row, or of none
        written = [MISSING if pd.isna(n) else number(int(n)) for n in counts]
        rows.append([f"{label} (headline)" if place in ours else label, *written])
    # A host has one country, so hosts whose country both sources agree on add up across countries.
    agreed = ranked(headline_cells(result, "country", study), study.countries_left_out)["n_hosts_geo_min"]
    hosts = MISSING if agreed.isna().any() else number(int(agreed.sum()))
    rows.append(["Location: both sources name the same country", hosts, MISSING, MISSING])
    return TextTable("Counts with other settings", ["Setting", "Hosts", "Devices", "Banners"], rows, range(1, 4), ours)


def audit(context: ReportContext) -> TextTable | None:
    """Return the audit of the newest snapshot; None where there is none."""
    scores, rows = context.audits.scores.get(context.now.snapshot), []
    if scores is None:
        return None
    named = {"precision": "Of counted hosts, cameras", "recall": "Of cameras, counted", "cameras": "Hosts with cameras"}
    for row in scores.to_dict("records"):
        write = number if row["what"] == "cameras" else share
        whose = "All makers" if pd.isna(row["manufacturer"]) else str(row["manufacturer"])
        numbers = [*(write(row[name]) for name in ("value", "low", "high")), number(row["labelled"])]
        rows.append([named.get(row["what"], row["what"]), whose, *numbers])
    head = ["What", "Maker", "Value", "95% low", "95% high", "Labelled"]
    return TextTable(f"Audit of {context.now.snapshot}", head, rows, range(2, 6), is_long=True)


def maker_kinds(context: ReportContext) -> TextTable | None:
    """Return, for published makers of which the range alone counts any host, how many these are, and how often not.

    None where there is no such maker.
    """
    found = context.now.maker_kinds
    rows = {str(row["manufacturer"]): row for row in found.to_pylist()} if found is not None else {}
    shown_makers = [name for name, _ in published(context.study, context.now).ordered("manufacturer", "n_hosts")]
    written = []
    for maker in shown_makers:
        row = rows.get(maker)
        if row is None or not row["n_hosts_by_range"]:
            continue
        others, known = row["n_hosts_other"], row["n_hosts_with_kind"]
        shares = [share(x) for x in (others / known, *wilson(others, known))] if known else [MISSING] * 3
        by_range = share(row["n_hosts_by_range"] / row["n_hosts"])
        written.append([maker, number(row["n_hosts"]), by_range, number(known), *shares])
    head = ["Maker", "Hosts", "By range alone", "Kind shown", "Other products", "95% low", "95% high"]
    return TextTable("Kind by the maker’s range", head, written, range(1, 7)) if written else None


def rests_on(context: ReportContext) -> TextTable | None:
    """Return what the headline's hosts rest on: fields of evidence, then signatures; None where nothing is known."""
    total = world_cell(context.now, context.study, "study")["n_hosts"] or 0
    rows = []
    for row in (*reliance.rests(context, "field"), *reliance.rests(context, "signature")):
        change = percent(100 * (row.n_hosts_without - total) / total) if total else MISSING
        numbers = [number(row.n_hosts_only), number(row.n_hosts_without), change]
        rows.append([row.kind.capitalize(), row.name, *numbers])
    head = ["Kind", "Name", "Hosts that only it counts", "Headline without it", "Change"]
    title = f"What the headline of {context.now.snapshot} rests on"
    return TextTable(title, head, rows, range(2, 5), is_long=True) if rows else None


def corrected_makers(context: ReportContext) -> TextTable | None:
    """Return published makers' hosts of the newest snapshot with those corrected by recall; None without an audit.

    A maker that was audited and not counted at all is shown too.
    """
    found, rows = context.audits.makers.get(context.now.snapshot), []
    if found is None:
        return None
    shown_makers = published(context.study, context.now).shown("manufacturer")
    for row in found.to_dict("records"):
        maker = str(row["manufacturer"])
        if maker not in shown_makers and (row["n_hosts"] or pd.isna(row["recall"])):
            continue
        recall = [MISSING if pd.isna(row[name]) else share(row[name]) for name in RECALL]
        ends = [MISSING if pd.isna(row[name]) else number(round(row[name])) for name in CORRECTED]
        why = "" if pd.isna(row["reason"]) else str(row["reason"])
        rows.append([maker, number(int(row["n_hosts"])), number(int(row["audited"])), *recall, *ends, why])
    head = ["Maker", "Hosts", "Audited", "Recall", "95% low", "95% high", "Corrected", "95% low", "95% high", ""]
    title = f"Makers of {context.now.snapshot}, corrected by recall"
    return TextTable(title, head, rows, range(1, 9), is_long=True)
