"""Charts over the snapshots: trends, makers' shares, decoys, networks, firmware, last seen, churn."""

from collections.abc import Sequence
from dataclasses import replace

from camcensus.aggregate.details import AGES, UNDATED
from camcensus.core.stage_record import Churn, StageRecord
from camcensus.core.tables import UNKNOWN, Column
from camcensus.report import wording
from camcensus.report.charts import style
from camcensus.report.charts.bars import Bar, Bars, Part
from camcensus.report.charts.chart import SNAPSHOT, Chart, frame, number, stacked_chart
from camcensus.report.charts.lines import MOST, Line, Lines
from camcensus.report.context import ReportContext
from camcensus.report.inputs import Result, world_cell
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
CONTROLS = ("port-80", "port-443", "port-554", "nginx", "openssh")


def charts_of(context: ReportContext) -> list[Chart]:
    """Return those that there are data for."""
    results = context.results
    wanted = {
        trend_chart: True,
        instrument: any(missing_reason(r, "queries") is None for r in results),
        controls: any(control_counts(r) for r in results),
        maker_shares: True,
        decoys: True,
        networks: any(r.networks is not None for r in results),
        last_seen: True,
        concentration: any(r.concentration is not None for r in results),
        firmware: any(ages.get(age) for ages in map(_firmware_ages, results) for age in AGES),
        churn: any(_churn(r) is not None for r in results),
    }
    return [draw(context) for draw, has_data in wanted.items() if has_data]


def trend_chart(context: ReportContext) -> Chart:
    """Draw the total, the headline's maker and the largest others, snapshot by snapshot."""
    unit, points, lines = context.unit, context.points, _trend_lines(context)
    title = f"{unit.capitalize()} by snapshot: all makers, and single ones"
    picture = Lines(tuple(points), tuple(lines), frame(context, title, f"{unit.capitalize()} {context.where}."))
    columns = (
        SNAPSHOT,
        Column("maker", "string", "maker; all makers: the headline total", False),
        Column(f"n_{unit}", "int64", f"{unit}, at the headline values; null: under the study's minimum"),
        Column("low", "int64", "low end of the sensitivity range (by audit: of the 95% interval); null: none"),
        Column("high", "int64", "high end of the same; null: none"),
        Column("break", "string", "why it cannot be compared with the snapshot before; null: it can"),
        Column("complete", "bool", "the collection is complete", False),
    )
    rows = [
        {"maker": line.name, f"n_{unit}": line.counts[i], "low": line.lows[i] if line.lows else None}
        | {"high": line.highs[i] if line.highs else None, "break": points[i].break_reason or None}
        | {"complete": points[i].is_complete} | mark
        for line in lines for i, mark in enumerate(context.marks)
    ]  # fmt: skip
    note = "Single makers: the headline’s, and the largest others. "
    note += line_note(points, any(line.lows for line in lines))
    if any(line.name == CORRECTED for line in lines):
        note += f" {CORRECTED}: hosts of all makers as an audit corrects them, with 95% intervals."
    return Chart("trend", picture, _lines_alt(context, lines), note, "a snapshot and maker", columns, rows)


def _trend_lines(context: ReportContext) -> list[Line]:
    study, results, unit = context.study, context.results, context.unit
    total = trend(study, results, unit)
    counts, lows, highs = (tuple(getattr(point, name) for point in total) for name in ("count", "low", "high"))
    lines = [Line(ALL, counts, lows, highs) if any(n is not None for n in lows) else Line(ALL, counts)]
    audited = [corrected(context.audits, r.snapshot) for r in results]
    if unit == "hosts" and any(audited):
        lines.append(Line(CORRECTED, *zip(*(found or (None, None, None) for found in audited), strict=True)))
    # The headline's maker, then all others, the largest first.
    found = published(study, context.now).ordered("manufacturer", f"n_{unit}")
    others = [maker for maker, _ in found if maker not in (study.vendors[0], UNKNOWN)]
    shown = [study.vendors[0], *others][: MOST - len(lines)]
    return lines + [
        Line(maker, tuple(headline_count(study, r, unit, maker, is_public=True) for r in results)) for maker in shown
    ]


def instrument_points(context: ReportContext) -> list[SeriesPoint]:
    """Return the points in which another query set is no break: that is what the series is for."""
    kept = []
    for point, result in zip(context.points, context.results, strict=True):
        reason = point.break_reason
        if reason and (point.series_break or result.manifest.complete):
            reason = point.series_break
        kept.append(replace(point, break_reason=reason, has_unknown_queries=False))
    return kept


def instrument(context: ReportContext) -> Chart:
    """Draw the headline next to what the queries of every snapshot would have returned, and that on common ports."""
    study, results, unit, points = context.study, context.results, context.unit, instrument_points(context)
    # The headline leads nowhere where another query set was sent.
    apart = tuple(not point.is_joined for point in context.points)
    lines = [Line("Headline", tuple(p.count for p in trend(study, results, unit)), apart=apart)]
    counts = {name: tuple(series_count(study, r, unit, None, name) for r in results) for name in COMMON_SERIES}
    lines += [Line(SERIES_NAMES[name], n) for name, n in counts.items() if any(one is not None for one in n)]
    subtitle = f"{unit.capitalize()} {context.where}, all makers."
    words = frame(context, f"{unit.capitalize()} over one instrument, by snapshot", subtitle)
    columns = (
        SNAPSHOT,
        Column("series", "string", "which banners are counted", False),
        Column("maker", "string", "a maker of the study; all makers: the total", False),
        Column(f"n_{unit}", "int64", f"{unit}; null: see reason, or few make the difference to the headline"),
        Column("headline", "int64", f"{unit} of the headline, on all banners; null: under the study's minimum"),
        Column("reason", "string", "why there is no series; null: there is one"),
    )
    rows = [
        {"series": name, "maker": maker or ALL, f"n_{unit}": series_count(study, r, unit, maker, name)}
        | {"headline": headline_count(study, r, unit, maker, is_public=True), "reason": missing_reason(r, name)} | mark
        for r, mark in zip(results, context.marks, strict=True)
        for name in COMMON_SERIES for maker in (None, *study.vendors)
    ]  # fmt: skip
    note = f"{wording.ONE_INSTRUMENT} {line_note(points, has_ranges=False)}".strip()
    picture = Lines(tuple(points), tuple(lines), words)
    return Chart("instrument", picture, _lines_alt(context, lines), note, "a snapshot and series", columns, rows)


def control_counts(result: Result) -> dict[str, int]:
    """Return the free control counts: all that the engine holds (the sum of two halves), and what is not a camera."""
    counts = dict(result.manifest.collection.controls) if result.manifest.collection else {}
    if "half-1" in counts and "half-2" in counts:
        counts[ALL_OF_IT] = counts["half-1"] + counts["half-2"]
    return {name: counts[name] for name in (ALL_OF_IT, *CONTROLS) if name in counts}


def controls(context: ReportContext) -> Chart:
    """Draw counted banners for each match of a control, where the first snapshot that has one is 100."""
    banners = [_banners(context, result) for result in context.results]
    matches = [control_counts(result) for result in context.results]
    names = [name for name in (ALL_OF_IT, *CONTROLS) if any(one.get(name) for one in matches)]
    indexes = {name: _indexed(banners, [one.get(name) for one in matches]) for name in names}
    title = "Counted banners relative to what else the engine holds, by snapshot"
    words = frame(context, title, "Banners for each match of a control; the first snapshot with one is 100.")
    columns = (
        SNAPSHOT,
        Column("control", "string", "free count; everything: all that the engine holds", False),
        Column("n_matches", "int64", "matches of the control; null: it was not asked"),
        Column("n_banners", "int64", "counted banners: over one instrument if known, else of the headline"),
        Column("index", "int64", "banners for each match, where the first snapshot that has one is 100"),
    )
    rows = [
        {"control": name, "n_matches": matches[i].get(name), "n_banners": banners[i], "index": indexes[name][i]} | mark
        for i, mark in enumerate(context.marks)
        for name in names
    ]
    newest = "; ".join(f"{name} {number(indexes[name][-1])}" for name in names)
    alt = f"Line chart, index. {context.now.snapshot}: {newest}."
    note = "A count that grows as the engine does stays level here; only a change among cameras shows."
    picture = Lines(tuple(instrument_points(context)), tuple(Line(n, indexes[n]) for n in names[:MOST]), words)
    return Chart("controls", picture, alt, note, "a snapshot and control", columns, rows)


def _banners(context: ReportContext, result: Result) -> int | None:
    """Banners over one instrument if that is known, else of the headline."""
    row = series_rows(result).get("queries")
    if row and row["n_banners"] is not None:
        return int(row["n_banners"])
    return world_cell(result, context.study, "study")["n_banners"]


def _indexed(banners: Sequence[int | None], matches: Sequence[int | None]) -> tuple[int | None, ...]:
    ratios = [n / of if n is not None and of else None for n, of in zip(banners, matches, strict=True)]
    first = next((ratio for ratio in ratios if ratio), None)
    return tuple(None if ratio is None or first is None else round(100 * ratio / first) for ratio in ratios)


def maker_shares(context: ReportContext) -> Chart:
    """Draw shares of devices, which add up across makers as hosts do not."""
    given = [published(context.study, r) for r in context.results]
    top = [maker for maker, _ in given[-1].ordered("manufacturer", "n_devices") if maker != UNKNOWN][:TOP_SHARES]
    shown = [one.shown("manufacturer") for one in given]
    counts = {name: tuple(one.get(name, {}).get("n_devices") for one in shown) for name in [*top, UNKNOWN]}
    totals = [world_cell(r, context.study, "study")["n_devices"] or 0 for r in context.results]
    rest = tuple(total - sum(own[i] or 0 for own in counts.values()) for i, total in enumerate(totals))
    parts = [Part(name, counts[name], color) for name, color in zip(top, style.PARTS, strict=False)]
    parts.append(Part(OTHERS, rest, style.PARTS[5]))
    parts.append(Part("Maker unknown", counts[UNKNOWN], style.GREY, "///"))
    subtitle = f"Percent of inferred devices {context.where}, which add up across makers."
    note = f"A maker that is too small to be shown in a snapshot is among “{OTHERS.lower()}” there."
    words = frame(context, "Makers' shares of devices by snapshot", subtitle)
    return stacked_chart(context, "vendors_by_year", words, parts, note, shares=True)


def decoys(context: ReportContext) -> Chart:
    """Draw hosts that are counted, counted though likely decoys, and left out as certain ones."""
    choices = [sensitivity.choices(context.study, r, "hosts") for r in context.results]
    none, certain, likely = (
        [one[grade, context.study.min_confidence, "first"].get("") for one in choices] for grade in sensitivity.DECOYS
    )
    counted = tuple(a if b is None else b for a, b in zip(certain, likely, strict=True))
    parts = [
        Part("Counted", counted, style.PARTS[1]),
        Part("Counted, but likely decoys", _minus(certain, likely), style.PARTS[4]),
        Part("Left out: certain decoys", _minus(none, certain), style.GREY, "///"),
    ]
    words = frame(context, "Decoys by snapshot", f"Hosts {context.where}, all makers.")
    note = "Decoys are graded, never silently dropped. The headline leaves out the certain ones."
    return stacked_chart(context, "decoys", words, parts, note)


def _minus(more: Sequence[int | None], less: Sequence[int | None]) -> tuple[int | None, ...]:
    return tuple(None if a is None or b is None else a - b for a, b in zip(more, less, strict=True))


def networks(context: ReportContext) -> Chart:
    """Draw hosts by kind of network, which add up. The world alone: no maker and no network is named."""
    found = [r.networks.to_pylist() if r.networks is not None else None for r in context.results]
    by_kind = [
        {row["network_kind"]: row["n_hosts"] for row in rows if (row["level"], row["scope"]) == ("world", "study")}
        if rows is not None else None for rows in found
    ]  # fmt: skip
    parts = [
        Part(label, tuple(None if one is None else one.get(kind, 0) for one in by_kind), color, hatch)
        for kind, label, color, hatch in NETWORK_KINDS
    ]
    subtitle = f"Percent of hosts {context.where}, all makers."
    words = frame(context, "Kinds of network that hosts are in, by snapshot", subtitle)
    note = "The kind is known for well-known operators only, by their number or the engine's tag."
    return stacked_chart(context, "networks", words, parts, note, shares=True)


def last_seen(context: ReportContext) -> Chart:
    """Draw how long before the window's end the engine last saw what was counted."""
    ages = [stage.ages if (stage := _dedupe(r)) else None for r in context.results]
    parts = [
        Part(f"{days} days", tuple(a.hosts.get(days, 0) if a else None for a in ages), color)
        for days, color in zip(wording.AGES, style.PARTS, strict=False)
    ]
    known = [(r, a) for r, a in zip(context.results, ages, strict=True) if a]
    reasons = sorted({a.churn_reason for _, a in known if a.churn_reason})
    note = f"There is no churn index{f' ({wording.listing(reasons)})' if reasons else ''}."
    if indexes := [f"{r.snapshot} {a.churn_index:.2f}" for r, a in known if a.churn_index is not None]:
        note = f"Churn index: {', '.join(indexes)}."
    subtitle = "Percent of hosts, everywhere, by days since the engine last saw them."
    words = frame(context, "When hosts were last seen before the end of the window", subtitle)
    return stacked_chart(context, "last_seen", words, parts, note, shares=True)


def concentration(context: ReportContext) -> Chart:
    """Draw the shares of hosts in the largest networks, by autonomous system."""
    tables = [r.concentration.to_pylist() if r.concentration is not None else [] for r in context.results]
    in_largest = [{(row["network_type"], row["top"]): row["n_hosts"] for row in rows} for rows in tables]
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
    subtitle = f"Percent of hosts {context.where} in the largest autonomous systems, all makers."
    words = frame(context, "How few networks hold how many hosts, by snapshot", subtitle)
    return stacked_chart(context, "concentration", words, parts, note, shares=True)


def firmware(context: ReportContext) -> Chart:
    """Draw shares of devices by age of firmware, of those whose firmware has a date."""
    ages, least = [_firmware_ages(result) for result in context.results], context.study.publication.min_hosts
    shown = [{age: n for age, n in one.items() if not 0 < n < least} for one in ages]
    parts = [
        Part("under a year" if age == "0" else f"{age} years", tuple(one.get(age) for one in shown), color)
        for age, color in zip(AGES, reversed(style.PARTS[:6]), strict=True)
    ]
    newest = ages[-1]
    dated, total = sum(newest.get(age, 0) for age in AGES), sum(newest.values())
    note = (
        f"{context.now.snapshot}: {dated:,} of {total:,} devices show a date, {newest.get(UNDATED, 0):,} a version "
        f"only, {newest.get(UNKNOWN, 0):,} nothing. Devices that show a date are not like those that do not."
    )
    if any(0 < one.get(age, 0) < least for one in ages for age in AGES):
        note += f" Ages of fewer than {least} devices are not shown."
    subtitle = f"Percent of devices {context.where} whose firmware has a date, in whole years."
    words = frame(context, "How old firmware is, where it shows its date, by snapshot", subtitle)
    return stacked_chart(context, "firmware_age", words, parts, note, shares=True)


def _firmware_ages(result: Result) -> dict[str, int]:
    rows = result.firmware.to_pylist() if result.firmware is not None else []
    return {row["age"]: row["n_devices"] for row in rows}


def churn(context: ReportContext) -> Chart:
    """Draw the churn index of each snapshot that has one."""
    indexes = [_churn(r) for r in context.results]
    known = [(r, n) for r, n in zip(context.results, indexes, strict=True) if n is not None]
    bars = tuple(Bar(r.snapshot, r.snapshot, n, style.ACCENT) for r, n in reversed(known))
    shown = replace(context, results=[r for r, _ in known])
    title = "How many devices moved between two collections, by snapshot"
    words = frame(shown, title, "Percent of serial numbers and MAC addresses on another address.")
    columns = (
        SNAPSHOT,
        Column("percent", "double", "percent of identities seen in two collections in a row that moved", False),
        Column("n_identities", "int64", "identities seen in two collections in a row"),
    )
    rows = [
        mark | {"percent": n, "n_identities": found.n_identities if (found := _collected(r)) else None}
        for (r, n), mark in zip(known, shown.marks, strict=True)
    ]
    missing = [r.snapshot for r, n in zip(context.results, indexes, strict=True) if n is None]
    note = "The churn index: between the collections of one snapshot, of devices that show an identity."
    note += f" None for {wording.listing(missing)}: it takes several complete collections." if missing else ""
    alt = "Bar chart. " + "; ".join(f"{r.snapshot}: {n:.1f}%" for r, n in known) + "."
    picture = Bars(bars, words, empty="Nothing was compared.", number_format="{:.1f}%")
    return Chart("churn", picture, alt, note, "a snapshot", columns, rows)


def _churn(result: Result) -> float | None:
    """Return the share of identities on another host in the next collection, in percent."""
    found = _collected(result)
    return None if found is None or found.index is None else round(100 * found.index, 1)


def _collected(result: Result) -> Churn | None:
    return stage.churn if (stage := _dedupe(result)) else None


def _dedupe(result: Result) -> StageRecord | None:
    return result.manifest.stages.get("dedupe")


def _lines_alt(context: ReportContext, lines: Sequence[Line]) -> str:
    """Return each line's snapshots with their counts: 2025 1,234, 2026 not shown."""
    named = []
    for line in lines:
        counts = [f"{r.snapshot} {number(n)}" for r, n in zip(context.results, line.counts, strict=True)]
        named.append(f"{line.name}: {', '.join(counts)}")
    return f"Line chart of {context.unit}. {'; '.join(named)}."
