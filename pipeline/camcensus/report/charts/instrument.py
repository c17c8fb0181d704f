"""The trend over one instrument: what every snapshot would have found, and beside the engine's controls."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import pyarrow as pa

from camcensus.core.comparability import CHANGED, NOT_OF_TOTALS
from camcensus.core.config import Study
from camcensus.core.tables import Column
from camcensus.report import formatting, wording
from camcensus.report.charts.chart import SNAPSHOT, Chart, frame, number, table
from camcensus.report.charts.lines import MOST, Line, Lines
from camcensus.report.inputs import Result, simulated, world_cell
from camcensus.report.tables.publish import published
from camcensus.report.tables.small_tables import Grid, grid
from camcensus.report.timeline import Step, line_note, steps

SERIES = {"queries": "Same queries", "ports": "… and ports"}
HEADLINE = "Headline"
MEANING = (
    "“Headline”: all that was counted, whatever was asked; it lies beneath where the two are the same, and its line is "
    "broken where the queries changed. "
    "“Same queries”: only banners that the queries of every snapshot would have returned, all of them "
    "identified with today’s catalogue and counted with today’s rules. “… and ports”: of these, those of ports that "
    "the engine looked at in every snapshot. Snapshots whose queries are not known do not take part."
)
ALL = "All makers"
ALL_OF_IT = "everything"
HALVES = ("half-1", "half-2")
CONTROLS = ("port-80", "port-443", "port-554", "nginx", "openssh")
BASE = 100


def charts_of(study: Study, results: Sequence[Result]) -> list[Chart]:
    """Those that there are data for."""
    found = [instrument(study, results)] if any(counts(study, r, "queries") is not None for r in results) else []
    return [*found, *([controls(study, results)] if _controlled(results) else [])]


def rows_of(result: Result, maker: str | None = None) -> dict[str, dict[str, Any]]:
    """The rows of a snapshot by series; none where they were not made."""
    rows = result.series.to_pylist() if result.series is not None else []
    return {row["series"]: row for row in rows if row["manufacturer"] == maker}


def counts(study: Study, result: Result, series: str, maker: str | None = None) -> int | None:
    """A series' count in the headline's unit; None where there is none, or a maker's may not be shown.

    A maker's is hidden also where what it leaves of the maker's headline is less than may be shown.
    """
    unit = f"n_{study.headline_unit}"
    row = rows_of(result, maker).get(series)
    if row is None and maker is not None and counts(study, result, series) is not None:
        row = {"n_hosts": 0, unit: 0}
    if row is None or row[unit] is None:
        return None
    if maker is None:
        return int(row[unit])
    whole = published(study, result).total("n_hosts", manufacturer=maker)
    least = study.publication.min_hosts
    shown = whole is not None and all(not 0 < n < least for n in (row["n_hosts"], whole - row["n_hosts"]))
    return int(row[unit]) if shown else None


def reasons(results: Sequence[Result]) -> list[str]:
    """Why snapshots have no such count, a sentence for each reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for result in results:
        rows = rows_of(result)
        without = {name: row["reason"] for name in SERIES if (row := rows.get(name)) and row["reason"]}
        for reason in dict.fromkeys(without.values()):
            kind = "series" if len(without) == len(SERIES) else "series on common ports"
            found.setdefault((kind, reason), []).append(result.snapshot)
    return [f"No {kind} for {wording.listing(names)}: {reason}." for (kind, reason), names in found.items()]


def way_of(results: Sequence[Result]) -> list[Step]:
    """The steps, in which another query set is no break: that is what the series is for."""
    kept = []
    for step, result in zip(steps(results), results, strict=True):
        why = [part for part in step.moved if part not in ("query set", NOT_OF_TOTALS)]
        broken = (
            wording.listing([CHANGED[part] for part in why])
            if step.broken and (why or result.manifest.complete)
            else step.broken
        )
        kept.append(replace(step, broken=broken, unsure=False))
    return kept


def instrument(study: Study, results: Sequence[Result]) -> Chart:
    """Both series over the snapshots."""
    unit, way = study.headline_unit, way_of(results)
    lines = [Line(name, tuple(counts(study, r, series) for r in results)) for series, name in SERIES.items()]
    lines = [line for line in lines if any(n is not None for n in line.counts)]
    lines.insert(0, _headline_line(study, results))
    title = f"{unit.capitalize()} on one instrument, by snapshot"
    put = frame(study, results, title, f"{unit.capitalize()} {wording.outside(study.countries_left_out)}, all makers.")
    columns = (
        SNAPSHOT,
        Column("series", pa.string(), "which banners are counted", False),
        Column("maker", pa.string(), "a maker of the study; all makers: the total", False),
        Column(unit, pa.int64(), f"{unit}; null: see reason, or few make the difference to the headline"),
        Column("headline", pa.int64(), f"{unit} of the headline, on all banners; null: under the study's minimum"),
        Column("reason", pa.string(), "why there is no series; null: there is one"),
    )
    rows = [
        {"snapshot": r.snapshot, "series": series, "maker": maker or ALL, unit: counts(study, r, series, maker)}
        | {"headline": _headline(study, r, maker), "simulated": simulated(study, [r])}
        | {"reason": row["reason"] if (row := rows_of(r).get(series)) else "not made"}
        for r in results
        for series in SERIES
        for maker in (None, *study.vendors)
    ]
    told = "; ".join(
        f"{line.name}: " + ", ".join(f"{s.snapshot} {number(n)}" for s, n in zip(way, line.counts, strict=True))
        for line in lines
    )
    note = f"{MEANING} {line_note(way, ranged=False)}".strip()
    picture = Lines(tuple(way), tuple(lines), **asdict(put))
    of = table("instrument", "a snapshot and series", *columns)
    return Chart("instrument", title, f"Line chart of {unit}. {told}.", note, picture, of, rows)


def _headline_line(study: Study, results: Sequence[Result]) -> Line:
    """The headline beside the series: it leads nowhere where another query set was asked."""
    apart = tuple(not step.joined for step in steps(results))
    return Line(HEADLINE, tuple(_headline(study, r, None) for r in results), apart=apart)


def _headline(study: Study, result: Result, maker: str | None) -> int | None:
    """The headline's count; None where a maker's may not be shown."""
    unit = f"n_{study.headline_unit}"
    return (
        published(study, result).total(unit, manufacturer=maker) if maker else world_cell(result, study, "study")[unit]
    )


def instrument_grid(study: Study, results: Sequence[Result]) -> Grid | None:
    """Headline and both series, all makers and the study's first, newest first; None where there is no series."""
    if all(counts(study, result, "queries") is None for result in results):
        return None
    rows = []
    for result in reversed(results):
        for maker in (None, study.vendors[0]):
            cells = [formatting.shown(_headline(study, result, maker))]
            for series in SERIES:
                n = counts(study, result, series, maker)
                known = counts(study, result, series) is not None
                cells.append(formatting.shown(n) if known else formatting.MISSING)
            rows.append([result.snapshot, maker or ALL, *cells])
    head = ["Snapshot", "Maker", HEADLINE, *SERIES.values()]
    return grid(f"{study.headline_unit.capitalize()} on one instrument", head, rows, range(2, 5))


def _controlled(results: Sequence[Result]) -> bool:
    return any(r.manifest.collection and r.manifest.collection.controls for r in results)


def control_counts(result: Result) -> dict[str, int]:
    """The free control counts: all that the engine holds, and what is no camera."""
    held = result.manifest.collection.controls if result.manifest.collection else {}
    whole = {ALL_OF_IT: sum(held[name] for name in HALVES)} if all(name in held for name in HALVES) else {}
    return whole | {name: held[name] for name in CONTROLS if name in held}


def controls(study: Study, results: Sequence[Result]) -> Chart:
    """Counted banners for each match of a control, where the first snapshot that has one is 100."""
    way = way_of(results)
    banners = [_banners(study, r) for r in results]
    held = [control_counts(r) for r in results]
    names = [name for name in (ALL_OF_IT, *CONTROLS) if any(one.get(name) for one in held)]
    ratios = {
        name: [n / one[name] if n is not None and one.get(name) else None for n, one in zip(banners, held, strict=True)]
        for name in names
    }
    indexed = {name: _indexed(found) for name, found in ratios.items()}
    title = "Counted banners against what else the engine holds, by snapshot"
    put = frame(study, results, title, "Banners for each match of a control; first snapshot with one = 100.")
    columns = (
        SNAPSHOT,
        Column("control", pa.string(), "free count; everything: all that the engine holds", False),
        Column("matches", pa.int64(), "matches of the control; null: it was not asked"),
        Column("banners", pa.int64(), "counted banners: on one instrument if known, else of the headline"),
        Column("index", pa.int64(), "banners for each match, where the first snapshot that has one is 100"),
    )
    rows = [
        {"snapshot": r.snapshot, "control": name, "matches": held[i].get(name), "banners": banners[i]}
        | {"index": indexed[name][i], "simulated": simulated(study, [r])}
        for i, r in enumerate(results)
        for name in names
    ]
    lines = tuple(Line(name, tuple(indexed[name])) for name in names[:MOST])
    told = "; ".join(f"{name} {number(indexed[name][-1])}" for name in names)
    note = "What grows as the engine does stays level here; only what moves here moved among cameras."
    of = table("controls", "a snapshot and control", *columns)
    alt = f"Line chart, index. {results[-1].snapshot}: {told}."
    return Chart("controls", title, alt, note, Lines(tuple(way), lines, **asdict(put)), of, rows)


def _banners(study: Study, result: Result) -> int | None:
    """Banners on one instrument if that is known, else of the headline."""
    row = rows_of(result).get("queries")
    return row["n_banners"] if row and row["n_banners"] is not None else world_cell(result, study, "study")["n_banners"]


def _indexed(ratios: Sequence[float | None]) -> list[int | None]:
    first = next((ratio for ratio in ratios if ratio), None)
    return [None if ratio is None or first is None else round(BASE * ratio / first) for ratio in ratios]
