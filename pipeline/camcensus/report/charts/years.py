"""Charts over the snapshots: trend, makers' shares, decoys, last sights; and the flow of the newest one's rows."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from camcensus.core.config import Study
from camcensus.core.tables import UNKNOWN, Column
from camcensus.report import wording
from camcensus.report.charts import style
from camcensus.report.charts.chart import SNAPSHOT, Chart, frame, number, stacked, table
from camcensus.report.charts.lines import MOST, Line, Lines
from camcensus.report.charts.stacks import Part, Stacks
from camcensus.report.inputs import Result, simulated, world_cell
from camcensus.report.tables import facts, sensitivity
from camcensus.report.tables.audits import NO_AUDITS, Audits, corrected
from camcensus.report.tables.publish import published
from camcensus.report.timeline import line_note, steps

ALL = "All makers"
CORRECTED = "By audit, 95 %"
OTHERS = "All others"
TOP_SHARES = 5
NETWORK_KINDS = (
    ("fixed", "Fixed lines", style.PARTS[1], ""),
    ("mobile", "Mobile", style.PARTS[3], ""),
    ("hosting", "Hosting", style.PARTS[4], ""),
    (UNKNOWN, "Kind not known", style.GREY, "///"),
)


def charts_of(study: Study, results: Sequence[Result], held: Audits = NO_AUDITS) -> list[Chart]:
    """Those that there are data for, in the order in which the page shows them."""
    found = [trend(study, results, held), maker_shares(study, results), decoys(study, results)]
    found += [networks(study, results)] if any(r.networks is not None for r in results) else []
    return [*found, last_seen(study, results), flow(study, results[-1])]


def trend(study: Study, results: Sequence[Result], held: Audits) -> Chart:
    """The total, the headline's maker and the largest others, snapshot by snapshot."""
    unit, way = study.headline_unit, steps(results)
    lines = _trend_lines(study, results, held)
    title = f"{unit.capitalize()} by snapshot: all makers, and single ones"
    put = frame(study, results, title, f"{unit.capitalize()} {wording.outside(study.countries_left_out)}.")
    columns = (
        SNAPSHOT,
        Column("maker", pa.string(), "maker; all makers: the headline total", False),
        Column(unit, pa.int64(), f"{unit}, at the headline values; null: under the study's minimum"),
        Column(
            "low",
            pa.int64(),
            "low end of the sensitivity range (by audit: of the 95 % interval); null: none",
        ),
        Column("high", pa.int64(), "high end of the same; null: none"),
        Column("break", pa.string(), "why it cannot be held against the snapshot before; null: it can"),
        Column("whole", pa.bool_(), "the collection is whole", False),
    )
    rows: list[dict[str, Any]] = [
        {"snapshot": r.snapshot, "maker": line.name, unit: line.counts[i], "break": step.broken or None}
        | {"low": line.lows[i] if line.lows else None, "high": line.highs[i] if line.highs else None}
        | {"whole": step.whole, "simulated": simulated(study, [r])}
        for line in lines
        for i, (r, step) in enumerate(zip(results, way, strict=True))
    ]
    told = "; ".join(
        f"{line.name}: " + ", ".join(f"{s.snapshot} {number(n)}" for s, n in zip(way, line.counts, strict=True))
        for line in lines
    )
    picture = Lines(tuple(way), tuple(lines), **asdict(put))
    audited = any(line.name == CORRECTED for line in lines)
    note = f"Single makers: the headline’s, and the largest others. {line_note(way, any(line.lows for line in lines))}"
    note += f" {CORRECTED}: hosts of all makers as an audit corrects them, with 95 % intervals." if audited else ""
    return Chart(
        "trend",
        title,
        f"Line chart of {unit}. {told}.",
        note,
        picture,
        table("trend", "a snapshot and maker", *columns),
        rows,
    )


def _trend_lines(study: Study, results: Sequence[Result], held: Audits) -> list[Line]:
    unit = f"n_{study.headline_unit}"
    spans = [sensitivity.ranges(study, r, study.headline_unit).get("") for r in results]
    total = tuple(world_cell(r, study, "study")[unit] for r in results)
    lows, highs = (tuple(getattr(s, end) if s else None for s in spans) for end in ("low", "high"))
    first = Line(ALL, total, lows, highs) if any(spans) else Line(ALL, total)
    audited = [corrected(held, r.snapshot) for r in results]
    if study.headline_unit == "hosts" and any(audited):
        ends = zip(*(found or (None, None, None) for found in audited), strict=True)
        right = [Line(CORRECTED, *ends)]
    else:
        right = []
    own = [
        Line(maker, tuple(published(study, r).total(unit, manufacturer=maker) for r in results))
        for maker in _makers(study, results[-1])[: MOST - 1 - len(right)]
    ]
    return [first, *right, *own]


def _makers(study: Study, newest: Result) -> list[str]:
    """The headline's maker, then all others, the largest first."""
    unit, first = f"n_{study.headline_unit}", study.vendors[0]
    found = {m: u[unit] or 0 for m, u in published(study, newest).shown("manufacturer").items() if m != UNKNOWN}
    return [first, *sorted(found.keys() - {first}, key=lambda maker: (-found[maker], maker))]


def maker_shares(study: Study, results: Sequence[Result]) -> Chart:
    """Shares of devices, which add up across makers as hosts do not."""
    found = [published(study, r).shown("manufacturer") for r in results]
    newest = {m: u["n_devices"] or 0 for m, u in found[-1].items() if m != UNKNOWN}
    top = sorted(newest, key=lambda m: (-newest[m], m))[:TOP_SHARES]
    totals = [world_cell(r, study, "study")["n_devices"] or 0 for r in results]
    counts = {name: [shown.get(name, {}).get("n_devices") for shown in found] for name in [*top, UNKNOWN]}
    rest = [total - sum(counts[name][i] or 0 for name in counts) for i, total in enumerate(totals)]
    parts = [Part(name, tuple(counts[name]), color) for name, color in zip(top, style.PARTS, strict=False)]
    parts += [
        Part(OTHERS, tuple(rest), style.PARTS[5]),
        Part("Maker unknown", tuple(counts[UNKNOWN]), style.GREY, "///"),
    ]
    title = "Makers' shares of devices by snapshot"
    said = f"Percent of inferred devices {wording.outside(study.countries_left_out)}, which add up across makers."
    note = f"A maker that is too small to be shown in a snapshot is among “{OTHERS.lower()}” there."
    return stacked(study, results, "vendors_by_year", title, said, parts, note, shares=True)


def decoys(study: Study, results: Sequence[Result]) -> Chart:
    """Hosts that are counted, counted though likely decoys, and left out as certain ones."""
    found = {s: [_setting(study, r, s) for r in results] for s in ("none", "certain", "likely")}
    pairs = ((found["none"], found["certain"]), (found["certain"], found["likely"]))
    certain, likely = (
        tuple(None if a is None or b is None else a - b for a, b in zip(one, two, strict=True)) for one, two in pairs
    )
    counted = tuple(a if b is None else b for a, b in zip(found["certain"], found["likely"], strict=True))
    parts = [
        Part("Counted", counted, style.PARTS[1]),
        Part("Counted, but likely decoys", likely, style.PARTS[4]),
        Part("Left out: certain decoys", certain, style.GREY, "///"),
    ]
    said = f"Hosts {wording.outside(study.countries_left_out)}, all makers."
    note = "Decoys are graded, never silently dropped. The headline leaves out the certain ones."
    return stacked(study, results, "decoys", "Decoys by snapshot", said, parts, note)


def _setting(study: Study, result: Result, decoys_left_out: str) -> int | None:
    """The world's hosts with a grade of decoys left out."""
    return sensitivity.choices(study, result, "hosts")[decoys_left_out, study.min_confidence, "first"].get("")


def networks(study: Study, results: Sequence[Result]) -> Chart:
    """Hosts by kind of network, which add up. The world alone: no maker and no network is named."""
    found = [_by_network(r) for r in results]
    parts = [
        Part(label, tuple(None if one is None else one.get(kind, 0) for one in found), color, hatch)
        for kind, label, color, hatch in NETWORK_KINDS
    ]
    title = "Kinds of network that hosts are in, by snapshot"
    said = f"Percent of hosts {wording.outside(study.countries_left_out)}, all makers."
    note = "The kind is known of well-known operators only, by their number or the engine's tag."
    return stacked(study, results, "networks", title, said, parts, note, shares=True)


def _by_network(result: Result) -> dict[str, int] | None:
    """Kind of network to hosts, in the headline's world; None where they were not counted."""
    if result.networks is None:
        return None
    rows = result.networks.to_pylist()
    return {r["network_kind"]: r["n_hosts"] for r in rows if (r["level"], r["scope"]) == ("world", "study")}


def last_seen(study: Study, results: Sequence[Result]) -> Chart:
    """How long before the window's end the engine last saw what was counted."""
    ages = [s.ages if (s := r.manifest.stages.get("dedupe")) else None for r in results]
    parts = [
        Part(f"{days} days", tuple(a.hosts.get(days, 0) if a else None for a in ages), color)
        for days, color in zip(wording.AGES, style.PARTS, strict=False)
    ]
    title = "When hosts were last seen before the end of the window"
    said = "Percent of hosts, everywhere, by days since the engine's latest sight of them."
    indexes = [
        (r.snapshot, a.churn_index) for r, a in zip(results, ages, strict=True) if a and a.churn_index is not None
    ]
    told = ", ".join(f"{snapshot} {index:.2f}" for snapshot, index in indexes)
    reasons = {a.churn_reason for a in ages if a and a.churn_reason}
    why = f" ({wording.listing(sorted(reasons))})" if reasons else ""
    note = f"Churn index: {told}." if told else f"There is no churn index{why}."
    return stacked(study, results, "last_seen", title, said, parts, note, shares=True)


def flow(study: Study, result: Result) -> Chart:
    """Rows that each stage passed on and dropped."""
    flows = facts.flows(result.manifest)
    parts = (
        Part("Passed on", tuple(f.rows_out for f in flows), style.PARTS[1]),
        Part("Dropped, each with a reason", tuple(sum(n for _, n in f.dropped) for f in flows), style.GREY, "///"),
    )
    title = f"From rows to numbers, {result.snapshot}"
    put = frame(study, [result], title, "Rows that each stage was given: all are accounted for.")
    picture = Stacks(tuple(f"{f.stage} ({f.unit})" for f in flows), parts, **asdict(put))
    columns = (
        SNAPSHOT,
        Column("stage", pa.string(), "stage of the pipeline", False),
        Column("unit", pa.string(), "what its rows are", False),
        *(Column(n, pa.int64(), f"rows {m}", False) for n, m in (("rows_in", "given"), ("rows_out", "passed on"))),
    )
    rows = [
        {"snapshot": result.snapshot, "stage": f.stage, "unit": f.unit, "rows_in": f.rows_in, "rows_out": f.rows_out}
        | {"simulated": put.synthetic}
        for f in flows
    ]
    alt = "Bar chart. " + "; ".join(f"{f.stage}: {f.rows_in:,} in, {f.rows_out:,} out" for f in flows) + "."
    return Chart(
        "flow", title, alt, "The table below has the reasons.", picture, table("flow", "a stage", *columns), rows
    )
