"""Charts of what stands beside the cube: how few networks hold how much, how old firmware is, churn."""

from collections.abc import Sequence
from dataclasses import asdict

import pyarrow as pa

from camcensus.aggregate.details import AGES, UNDATED, UNKNOWN
from camcensus.core.config import Study
from camcensus.core.tables import Column
from camcensus.report import wording
from camcensus.report.charts import style
from camcensus.report.charts.bars import Bar, Bars
from camcensus.report.charts.chart import SNAPSHOT, Chart, frame, stacked, table
from camcensus.report.charts.stacks import Part
from camcensus.report.inputs import Result, simulated, world_cell

TOPS = (
    (1, "The largest"),
    (10, "2nd to 10th"),
    (100, "11th to 100th"),
    (1000, "101st to 1,000th"),
    (None, "All others"),
)
Held = dict[tuple[str, int | None], int]


def charts_of(study: Study, results: Sequence[Result]) -> list[Chart]:
    """Those that there are data for."""
    found = []
    if any(r.concentration is not None for r in results):
        found.append(concentration(study, results))
    if any(sum(ages.get(age, 0) for age in AGES) for ages in map(_ages, results)):
        found.append(firmware(study, results))
    if any(_churn(r) is not None for r in results):
        found.append(churn(study, results))
    return found


def concentration(study: Study, results: Sequence[Result]) -> Chart:
    """Shares of hosts in the largest networks, by autonomous system."""
    held = [_held(r) for r in results]
    colors = [*style.PARTS[:4], style.PARTS[5]]
    parts = []
    for (top, name), before, color in zip(TOPS, (0, *(top for top, _ in TOPS)), colors, strict=False):
        found = [one["asn", top] - (one["asn", before] if before else 0) if one else None for one in held]
        parts.append(Part(name, tuple(found), color))
    whole = [world_cell(r, study, "study")["n_hosts"] or 0 for r in results]
    unknown = tuple(n - one["asn", None] if one else None for n, one in zip(whole, held, strict=True))
    parts.append(Part("Network not known", unknown, style.GREY, "///"))
    title = "How few networks hold how many hosts, by snapshot"
    said = (
        f"Percent of hosts {wording.outside(study.countries_left_out)} in the largest autonomous systems, all makers."
    )
    now, total = held[-1], whole[-1]
    note = "No network is named. A network here is an autonomous system, as the engine gives it."
    if now and total:
        share = 100 * now["prefix", TOPS[2][0]] / total
        note += f" The {TOPS[2][0]} largest /24 networks of {results[-1].snapshot} hold {share:.1f} % of its hosts."
    return stacked(study, results, "concentration", title, said, parts, note, shares=True)


def _held(result: Result) -> Held:
    """Hosts in the largest networks of a type; empty where they were not counted."""
    rows = result.concentration.to_pylist() if result.concentration is not None else []
    return {(row["network_type"], row["top"]): row["n_hosts"] for row in rows}


def firmware(study: Study, results: Sequence[Result]) -> Chart:
    """Shares of devices by age of firmware, of those whose firmware has a day."""
    ages = [_ages(r) for r in results]
    least = study.publication.min_hosts
    small = [{age for age in AGES if 0 < one.get(age, 0) < least} for one in ages]
    parts = [
        Part(
            "under a year" if age == "0" else f"{age} years",
            tuple(one.get(age) if age not in few else None for one, few in zip(ages, small, strict=True)),
            color,
        )
        for age, color in zip(AGES, reversed(style.PARTS[:6]), strict=True)
    ]
    title = "How old firmware is, where it says so, by snapshot"
    said = f"Percent of devices {wording.outside(study.countries_left_out)} whose firmware has a date, in whole years."
    newest = ages[-1]
    dated, whole = sum(newest.get(age, 0) for age in AGES), sum(newest.values())
    note = (
        f"{results[-1].snapshot}: {dated:,} of {whole:,} devices have a date, {newest.get(UNDATED, 0):,} name a "
        f"version alone, {newest.get(UNKNOWN, 0):,} nothing. Devices that tell are not like those that do not."
    )
    if any(small):
        note += f" Ages of fewer than {least} devices are not shown."
    return stacked(study, results, "firmware_age", title, said, parts, note, shares=True)


def _ages(result: Result) -> dict[str, int]:
    rows = result.firmware.to_pylist() if result.firmware is not None else []
    return {row["age"]: row["n_devices"] for row in rows}


def _churn(result: Result) -> float | None:
    """The share of identities on another host in the next collection, in percent."""
    stage = result.manifest.stages.get("dedupe")
    found = stage.churn if stage else None
    return None if found is None or found.index is None else round(100 * found.index, 1)


def churn(study: Study, results: Sequence[Result]) -> Chart:
    """The churn index of each snapshot that has one."""
    known = [(r, index) for r in results if (index := _churn(r)) is not None]
    bars = tuple(Bar(r.snapshot, r.snapshot, index, style.ACCENT) for r, index in reversed(known))
    title = "How many devices moved between two collections, by snapshot"
    put = frame(study, [r for r, _ in known], title, "Percent of serial numbers and MAC addresses on another address.")
    picture = Bars(bars, **asdict(put), empty="Nothing was compared.", form="{:.1f} %")
    columns = (
        SNAPSHOT,
        Column("percent", pa.float64(), "percent of identities seen in two collections in a row that moved", False),
        Column("identities", pa.int64(), "identities seen in two collections in a row"),
    )
    rows = [
        {"snapshot": r.snapshot, "percent": index, "simulated": simulated(study, [r])}
        | {"identities": stage.churn.n_identities if (stage := r.manifest.stages["dedupe"]).churn else None}
        for r, index in known
    ]
    missing = [r.snapshot for r in results if _churn(r) is None]
    note = "The churn index: between the collections of one snapshot, of devices that show an identity."
    note += f" None for {wording.listing(missing)}: it takes several whole collections." if missing else ""
    alt = "Bar chart. " + "; ".join(f"{r.snapshot}: {index:.1f} %" for r, index in known) + "."
    return Chart("churn", title, alt, note, picture, table("churn", "a snapshot", *columns), rows)
