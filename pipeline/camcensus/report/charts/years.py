"""Charts over the snapshots: trends, makers' shares, decoys, networks, firmware, last seen, churn."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from camcensus.aggregate.details import AGES, UNDATED
from camcensus.core.comparability import CHANGED, NOT_OF_TOTALS
from camcensus.core.tables import UNKNOWN, Column
from camcensus.report import wording
from camcensus.report.charts import style
from camcensus.report.charts.bars import Bar, Bars, Part
from camcensus.report.charts.chart import (
    SNAPSHOT,
    Chart,
    Titles,
    chart_table,
    frame,
    number,
    over_snapshots,
    stacked_chart,
)
from camcensus.report.charts.lines import MOST, Line, Lines
from camcensus.report.context import ReportContext
from camcensus.report.inputs import Result, is_simulated, world_cell
from camcensus.report.tables import sensitivity
from camcensus.report.tables.audits import corrected
from camcensus.report.tables.publish import published
from camcensus.report.tables.trend import (
    COMMON_SERIES,
    headline_count,
    missing_reason,
    series_count,
    series_rows,
    trend,
)
from camcensus.report.timeline import SeriesPoint, line_note

ALL = "All makers"
CORRECTED = "By audit, 95%"
OTHERS = "All others"
TOP_SHARES = 5
HEADLINE = "Headline"
SERIES_NAMES = {"queries": "Same queries", "ports": "… and ports"}
NETWORK_KINDS = (
    ("fixed", "Fixed lines", style.PARTS[1], ""),
    ("mobile", "Mobile", style.PARTS[3], ""),
    ("hosting", "Hosting", style.PARTS[4], ""),
    (UNKNOWN, "Kind not known", style.GREY, "///"),
)
LARGEST = (  # ranks of networks: the first of each group ends the group before
    (1, "The largest"), (10, "2nd to 10th"), (100, "11th to 100th"), (1000, "101st to 1,000th"), (None, "All others"),
)  # fmt: skip
ALL_OF_IT = "everything"
HALVES = ("half-1", "half-2")
CONTROLS = ("port-80", "port-443", "port-554", "nginx", "openssh")
BASE = 100


def charts_of(context: ReportContext) -> list[Chart]:
    """Return those that there are data for."""
    results = context.results
    wanted = {
        trend_chart: True,
        instrument: has_series(context),
        controls: any(control_counts(r) for r in results),
        maker_shares: True,
        decoys: True,
        networks: any(r.networks is not None for r in results),
        last_seen: True,
        concentration: any(r.concentration is not None for r in results),
        firmware: any(sum(ages.get(age, 0) for age in AGES) for ages in map(_firmware_ages, results)),
        churn: any(_churn(r) is not None for r in results),
    }
    return [draw(context) for draw, has_data in wanted.items() if has_data]


def trend_chart(context: ReportContext) -> Chart:
    """Draw the total, the headline's maker and the largest others, snapshot by snapshot."""
    unit, points = context.unit, context.points
    lines = _trend_lines(context)
    titles = Titles("trend", f"{unit.capitalize()} by snapshot: all makers, and single ones", f"{_where(context)}.")
    columns = (
        SNAPSHOT,
        Column("maker", pa.string(), "maker; all makers: the headline total", False),
        Column(f"n_{unit}", pa.int64(), f"{unit}, at the headline values; null: under the study's minimum"),
        Column("low", pa.int64(), "low end of the sensitivity range (by audit: of the 95% interval); null: none"),
        Column("high", pa.int64(), "high end of the same; null: none"),
        Column("break", pa.string(), "why it cannot be compared with the snapshot before; null: it can"),
        Column("complete", pa.bool_(), "the collection is complete", False),
    )
    rows: list[dict[str, Any]] = [
        {"snapshot": r.snapshot, "maker": line.name, f"n_{unit}": line.counts[i], "break": point.break_reason or None}
        | {"low": line.lows[i] if line.lows else None, "high": line.highs[i] if line.highs else None}
        | {"complete": point.is_complete, "simulated": is_simulated(context.study, [r])}
        for line in lines
        for i, (r, point) in enumerate(zip(context.results, points, strict=True))
    ]
    note = "Single makers: the headline’s, and the largest others. "
    note += line_note(points, any(line.lows for line in lines))
    if any(line.name == CORRECTED for line in lines):
        note += f" {CORRECTED}: hosts of all makers as an audit corrects them, with 95% intervals."
    picture = Lines(tuple(points), tuple(lines), frame(context, titles))
    table = chart_table("trend", "a snapshot and maker", *columns)
    return Chart("trend", titles.title, _lines_alt(context, lines), note, picture, table, rows)


def _trend_lines(context: ReportContext) -> list[Line]:
    total = trend(context.study, context.results, context.unit)
    counts, lows, highs = (tuple(getattr(point, name) for point in total) for name in ("count", "low", "high"))
    lines = [Line(ALL, counts, lows, highs) if any(n is not None for n in lows) else Line(ALL, counts)]
    audited = [corrected(context.audits, r.snapshot) for r in context.results]
    if context.unit == "hosts" and any(audited):
        lines.append(Line(CORRECTED, *zip(*(found or (None, None, None) for found in audited), strict=True)))
    for maker in _makers(context)[: MOST - len(lines)]:
        points = trend(context.study, context.results, context.unit, maker, is_public=True)
        lines.append(Line(maker, tuple(point.count for point in points)))
    return lines


def _makers(context: ReportContext) -> list[str]:
    """Return the headline's maker, then all others, the largest first."""
    unit, first = f"n_{context.unit}", context.study.vendors[0]
    shown = published(context.study, context.now).shown("manufacturer")
    found = {maker: units[unit] or 0 for maker, units in shown.items() if maker != UNKNOWN}
    return [first, *sorted(found.keys() - {first}, key=lambda maker: (-found[maker], maker))]


def has_series(context: ReportContext) -> bool:
    """Return whether any snapshot has a count over one instrument."""
    return any(missing_reason(result, "queries") is None for result in context.results)


def instrument_points(context: ReportContext) -> list[SeriesPoint]:
    """Return the points in which another query set is no break: that is what the series is for."""
    kept = []
    for point, result in zip(context.points, context.results, strict=True):
        changed = [part for part in point.changed if part not in ("query set", NOT_OF_TOTALS)]
        reason = point.break_reason
        if reason and (changed or result.manifest.complete):
            reason = wording.listing([CHANGED[part] for part in changed])
        kept.append(replace(point, break_reason=reason, has_unknown_queries=False))
    return kept


def instrument(context: ReportContext) -> Chart:
    """Draw the headline next to what the queries of every snapshot would have returned, and that on common ports."""
    study, results, unit = context.study, context.results, context.unit
    points = instrument_points(context)
    counts = {name: tuple(p.count for p in trend(study, results, unit, series=name)) for name in COMMON_SERIES}
    # The headline leads nowhere where another query set was sent.
    apart = tuple(not point.is_joined for point in context.points)
    lines = [Line(HEADLINE, tuple(p.count for p in trend(study, results, unit)), apart=apart)]
    lines += [Line(SERIES_NAMES[name], n) for name, n in counts.items() if any(one is not None for one in n)]
    titles = Titles(
        "instrument", f"{unit.capitalize()} over one instrument, by snapshot", f"{_where(context)}, all makers."
    )
    columns = (
        SNAPSHOT,
        Column("series", pa.string(), "which banners are counted", False),
        Column("maker", pa.string(), "a maker of the study; all makers: the total", False),
        Column(f"n_{unit}", pa.int64(), f"{unit}; null: see reason, or few make the difference to the headline"),
        Column("headline", pa.int64(), f"{unit} of the headline, on all banners; null: under the study's minimum"),
        Column("reason", pa.string(), "why there is no series; null: there is one"),
    )
    rows = [
        {"snapshot": r.snapshot, "series": name, "maker": maker or ALL, "reason": missing_reason(r, name)}
        | {f"n_{unit}": series_count(study, r, unit, maker, name), "simulated": is_simulated(study, [r])}
        | {"headline": headline_count(study, r, unit, maker, is_public=True)}
        for r in results
        for name in COMMON_SERIES
        for maker in (None, *study.vendors)
    ]
    note = f"{wording.ONE_INSTRUMENT} {line_note(points, has_ranges=False)}".strip()
    picture = Lines(tuple(points), tuple(lines), frame(context, titles))
    table = chart_table("instrument", "a snapshot and series", *columns)
    return Chart("instrument", titles.title, _lines_alt(context, lines), note, picture, table, rows)


def control_counts(result: Result) -> dict[str, int]:
    """Return the free control counts: all that the engine holds, and what is not a camera."""
    counts = result.manifest.collection.controls if result.manifest.collection else {}
    total = {ALL_OF_IT: sum(counts[name] for name in HALVES)} if all(name in counts for name in HALVES) else {}
    return total | {name: counts[name] for name in CONTROLS if name in counts}


def controls(context: ReportContext) -> Chart:
    """Draw counted banners for each match of a control, where the first snapshot that has one is 100."""
    banners = [_banners(context, result) for result in context.results]
    matches = [control_counts(result) for result in context.results]
    names = [name for name in (ALL_OF_IT, *CONTROLS) if any(one.get(name) for one in matches)]
    indexes = {
        name: _indexed([n / one[name] if n is not None and one.get(name) else None
                        for n, one in zip(banners, matches, strict=True)])
        for name in names
    }  # fmt: skip
    title = "Counted banners relative to what else the engine holds, by snapshot"
    titles = Titles("controls", title, "Banners for each match of a control; the first snapshot with one is 100.")
    columns = (
        SNAPSHOT,
        Column("control", pa.string(), "free count; everything: all that the engine holds", False),
        Column("n_matches", pa.int64(), "matches of the control; null: it was not asked"),
        Column("n_banners", pa.int64(), "counted banners: over one instrument if known, else of the headline"),
        Column("index", pa.int64(), "banners for each match, where the first snapshot that has one is 100"),
    )
    rows = [
        {"snapshot": r.snapshot, "control": name, "n_matches": matches[i].get(name), "n_banners": banners[i]}
        | {"index": indexes[name][i], "simulated": is_simulated(context.study, [r])}
        for i, r in enumerate(context.results)
        for name in names
    ]
    lines = tuple(Line(name, tuple(indexes[name])) for name in names[:MOST])
    newest = "; ".join(f"{name} {number(indexes[name][-1])}" for name in names)
    note = "A count that grows as the engine does stays level here; only a change among cameras shows."
    picture = Lines(tuple(instrument_points(context)), lines, frame(context, titles))
    table = chart_table("controls", "a snapshot and control", *columns)
    alt = f"Line chart, index. {context.now.snapshot}: {newest}."
    return Chart("controls", title, alt, note, picture, table, rows)


def _banners(context: ReportContext, result: Result) -> int | None:
    """Banners over one instrument if that is known, else of the headline."""
    row = series_rows(result).get("queries")
    if row and row["n_banners"] is not None:
        return int(row["n_banners"])
    return world_cell(result, context.study, "study")["n_banners"]


def _indexed(ratios: Sequence[float | None]) -> list[int | None]:
    first = next((ratio for ratio in ratios if ratio), None)
    return [None if ratio is None or first is None else round(BASE * ratio / first) for ratio in ratios]


def maker_shares(context: ReportContext) -> Chart:
    """Draw shares of devices, which add up across makers as hosts do not."""
    shown = [published(context.study, r).shown("manufacturer") for r in context.results]
    newest = {maker: units["n_devices"] or 0 for maker, units in shown[-1].items() if maker != UNKNOWN}
    top = sorted(newest, key=lambda maker: (-newest[maker], maker))[:TOP_SHARES]
    counts = {name: [one.get(name, {}).get("n_devices") for one in shown] for name in [*top, UNKNOWN]}
    totals = [world_cell(r, context.study, "study")["n_devices"] or 0 for r in context.results]
    rest = tuple(total - sum(counts[name][i] or 0 for name in counts) for i, total in enumerate(totals))
    parts = [Part(name, tuple(counts[name]), color) for name, color in zip(top, style.PARTS, strict=False)]
    parts.append(Part(OTHERS, rest, style.PARTS[5]))
    parts.append(Part("Maker unknown", tuple(counts[UNKNOWN]), style.GREY, "///"))
    subtitle = f"Percent of inferred devices {_outside(context)}, which add up across makers."
    titles = Titles("vendors_by_year", "Makers' shares of devices by snapshot", subtitle)
    note = f"A maker that is too small to be shown in a snapshot is among “{OTHERS.lower()}” there."
    return stacked_chart(context, titles, parts, note, shares=True)


def decoys(context: ReportContext) -> Chart:
    """Draw hosts that are counted, counted though likely decoys, and left out as certain ones."""
    none, certain, likely = (
        [sensitivity.choices(context.study, r, "hosts")[grade, context.study.min_confidence, "first"].get("")
         for r in context.results]
        for grade in ("none", "certain", "likely")
    )  # fmt: skip
    differences = (
        tuple(None if a is None or b is None else a - b for a, b in zip(one, two, strict=True))
        for one, two in ((certain, likely), (none, certain))
    )
    counted = tuple(a if b is None else b for a, b in zip(certain, likely, strict=True))
    parts = [
        Part("Counted", counted, style.PARTS[1]),
        Part("Counted, but likely decoys", next(differences), style.PARTS[4]),
        Part("Left out: certain decoys", next(differences), style.GREY, "///"),
    ]
    titles = Titles("decoys", "Decoys by snapshot", f"Hosts {_outside(context)}, all makers.")
    note = "Decoys are graded, never silently dropped. The headline leaves out the certain ones."
    return stacked_chart(context, titles, parts, note)


def networks(context: ReportContext) -> Chart:
    """Draw hosts by kind of network, which add up. The world alone: no maker and no network is named."""
    found = [_by_network(result) for result in context.results]
    parts = [
        Part(label, tuple(None if one is None else one.get(kind, 0) for one in found), color, hatch)
        for kind, label, color, hatch in NETWORK_KINDS
    ]
    title = "Kinds of network that hosts are in, by snapshot"
    titles = Titles("networks", title, f"Percent of hosts {_outside(context)}, all makers.")
    note = "The kind is known for well-known operators only, by their number or the engine's tag."
    return stacked_chart(context, titles, parts, note, shares=True)


def _by_network(result: Result) -> dict[str, int] | None:
    """Kind of network to hosts, in the headline's world; None where they were not counted."""
    if result.networks is None:
        return None
    rows = result.networks.to_pylist()
    return {r["network_kind"]: r["n_hosts"] for r in rows if (r["level"], r["scope"]) == ("world", "study")}


def last_seen(context: ReportContext) -> Chart:
    """Draw how long before the window's end the engine last saw what was counted."""
    stages = [r.manifest.stages.get("dedupe") for r in context.results]
    ages = [stage.ages if stage else None for stage in stages]
    parts = [
        Part(f"{days} days", tuple(a.hosts.get(days, 0) if a else None for a in ages), color)
        for days, color in zip(wording.AGES, style.PARTS, strict=False)
    ]
    known = [(r, a) for r, a in zip(context.results, ages, strict=True) if a]
    indexes = [f"{r.snapshot} {a.churn_index:.2f}" for r, a in known if a.churn_index is not None]
    reasons = sorted({a.churn_reason for _, a in known if a.churn_reason})
    note = f"There is no churn index{f' ({wording.listing(reasons)})' if reasons else ''}."
    if indexes:
        note = f"Churn index: {', '.join(indexes)}."
    title = "When hosts were last seen before the end of the window"
    titles = Titles("last_seen", title, "Percent of hosts, everywhere, by days since the engine last saw them.")
    return stacked_chart(context, titles, parts, note, shares=True)


def concentration(context: ReportContext) -> Chart:
    """Draw the shares of hosts in the largest networks, by autonomous system."""
    in_largest = [_in_largest(result) for result in context.results]
    parts, before = [], None
    for (top, name), color in zip(LARGEST, [*style.PARTS[:4], style.PARTS[5]], strict=True):
        counts = [one["asn", top] - (one["asn", before] if before else 0) if one else None for one in in_largest]
        parts.append(Part(name, tuple(counts), color))
        before = top
    totals = [world_cell(r, context.study, "study")["n_hosts"] or 0 for r in context.results]
    unknown = tuple(n - one["asn", None] if one else None for n, one in zip(totals, in_largest, strict=True))
    parts.append(Part("Network not known", unknown, style.GREY, "///"))
    note = "No network is named. A network here is an autonomous system, as the engine gives it."
    if in_largest[-1] and totals[-1]:
        share = 100 * in_largest[-1]["prefix", 100] / totals[-1]
        note += f" The 100 largest /24 networks of {context.now.snapshot} hold {share:.1f}% of its hosts."
    subtitle = f"Percent of hosts {_outside(context)} in the largest autonomous systems, all makers."
    titles = Titles("concentration", "How few networks hold how many hosts, by snapshot", subtitle)
    return stacked_chart(context, titles, parts, note, shares=True)


def _in_largest(result: Result) -> Mapping[tuple[str, int | None], int]:
    """Hosts in the largest networks of a type; empty where they were not counted."""
    rows = result.concentration.to_pylist() if result.concentration is not None else []
    return {(row["network_type"], row["top"]): row["n_hosts"] for row in rows}


def firmware(context: ReportContext) -> Chart:
    """Draw shares of devices by age of firmware, of those whose firmware has a date."""
    ages, least = [_firmware_ages(result) for result in context.results], context.study.publication.min_hosts
    small = [{age for age in AGES if 0 < one.get(age, 0) < least} for one in ages]
    parts = [
        Part(
            "under a year" if age == "0" else f"{age} years",
            tuple(one.get(age) if age not in few else None for one, few in zip(ages, small, strict=True)),
            color,
        )
        for age, color in zip(AGES, reversed(style.PARTS[:6]), strict=True)
    ]
    newest = ages[-1]
    dated, total = sum(newest.get(age, 0) for age in AGES), sum(newest.values())
    note = (
        f"{context.now.snapshot}: {dated:,} of {total:,} devices show a date, {newest.get(UNDATED, 0):,} a version "
        f"only, {newest.get(UNKNOWN, 0):,} nothing. Devices that show a date are not like those that do not."
    )
    if any(small):
        note += f" Ages of fewer than {least} devices are not shown."
    subtitle = f"Percent of devices {_outside(context)} whose firmware has a date, in whole years."
    titles = Titles("firmware_age", "How old firmware is, where it shows its date, by snapshot", subtitle)
    return stacked_chart(context, titles, parts, note, shares=True)


def _firmware_ages(result: Result) -> dict[str, int]:
    rows = result.firmware.to_pylist() if result.firmware is not None else []
    return {row["age"]: row["n_devices"] for row in rows}


def churn(context: ReportContext) -> Chart:
    """Draw the churn index of each snapshot that has one."""
    known = [(r, index) for r in context.results if (index := _churn(r)) is not None]
    bars = tuple(Bar(r.snapshot, r.snapshot, index, style.ACCENT) for r, index in reversed(known))
    title = "How many devices moved between two collections, by snapshot"
    titles = Titles("churn", title, "Percent of serial numbers and MAC addresses on another address.")
    shown = replace(context, results=[r for r, _ in known])
    picture = Bars(bars, frame(shown, titles), empty="Nothing was compared.", number_format="{:.1f}%")
    columns = (
        SNAPSHOT,
        Column("percent", pa.float64(), "percent of identities seen in two collections in a row that moved", False),
        Column("n_identities", pa.int64(), "identities seen in two collections in a row"),
    )
    rows = [
        {"snapshot": r.snapshot, "percent": index, "simulated": is_simulated(context.study, [r])}
        | {"n_identities": stage.churn.n_identities if (stage := r.manifest.stages["dedupe"]).churn else None}
        for r, index in known
    ]
    missing = [r.snapshot for r in context.results if _churn(r) is None]
    note = "The churn index: between the collections of one snapshot, of devices that show an identity."
    note += f" None for {wording.listing(missing)}: it takes several complete collections." if missing else ""
    alt = "Bar chart. " + "; ".join(f"{r.snapshot}: {index:.1f}%" for r, index in known) + "."
    return Chart("churn", title, alt, note, picture, chart_table("churn", "a snapshot", *columns), rows)


def _churn(result: Result) -> float | None:
    """Return the share of identities on another host in the next collection, in percent."""
    stage = result.manifest.stages.get("dedupe")
    found = stage.churn if stage else None
    return None if found is None or found.index is None else round(100 * found.index, 1)


def _outside(context: ReportContext) -> str:
    return wording.outside(context.study.countries_left_out)


def _where(context: ReportContext) -> str:
    return f"{context.unit.capitalize()} {_outside(context)}"


def _lines_alt(context: ReportContext, lines: Sequence[Line]) -> str:
    named = "; ".join(f"{line.name}: {over_snapshots(context, line.counts)}" for line in lines)
    return f"Line chart of {context.unit}. {named}."
