"""Consistency gates: conditions on the counts before a report is written from them.

Each gate is a pure function from a `Checked` snapshot to findings: none when it passes. A finding is fatal (the report
is not changed) or a warning (logged, and on the page). A total that changed too much is fatal, for a broken collection
or many decoys look like that; fields that the engine did not send before are a warning.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from camcensus.aggregate.headline import of_headline
from camcensus.aggregate.stage import STAGE as AGGREGATE
from camcensus.core.comparability import incomparable
from camcensus.core.config import Study
from camcensus.core.countries import load_countries
from camcensus.core.errors import GateError
from camcensus.core.manifest import Manifest
from camcensus.core.stage_record import Fields
from camcensus.core.tables import GROUPS, UNITS, UNKNOWN_COUNTRY
from camcensus.core.units import adds_up
from camcensus.ingest.sent_fields import describe_changes, lost_fields
from camcensus.quality import assertions

MAX_DEVIATION = 1e-6  # percent, of sums of rounded fractions
SHOWN = 5
_NEXT = "Find the cause and explain it; if the change is real, adjust {} under [gates] in the study."
Cell = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """A gate that fails: its id, the snapshot, the numbers, and what to do. `fatal`: nothing is published."""

    gate: str
    snapshot: str
    text: str
    fatal: bool

    def __str__(self) -> str:
        return f"{self.snapshot}: gate {self.gate}: {self.text}"


@dataclass(frozen=True)
class Checked:
    """A snapshot's counts and manifest, and those of the one before, where the two are comparable."""

    study: Study
    manifest: Manifest
    counts: pa.Table
    before: "Checked | None" = None

    @cached_property
    def cells(self) -> dict[tuple[str, str], list[Cell]]:
        """Return the headline cells by level and scope."""
        found: dict[tuple[str, str], list[Cell]] = defaultdict(list)
        columns = [*GROUPS, "level", "scope", "n_banners", "n_hosts", "n_devices", "n_prefixes"]
        for row in of_headline(self.counts, self.study.min_confidence).select(columns).to_pylist():
            found[row["level"], row["scope"]].append(row)
        return found

    def world(self, scope: str = "study") -> Cell | None:
        """Return the world's cell; None when it was not counted."""
        return next(iter(self.cells.get(("world", scope), [])), None)

    def of_makers(self) -> dict[str, int]:
        """Return maker to hosts, in the headline's countries."""
        return {row["manufacturer"]: row["n_hosts"] or 0 for row in self.cells.get(("manufacturer", "study"), [])}


def check_gates(study: Study, snapshots: Iterable[tuple[Manifest, pa.Table]]) -> list[Finding]:
    """Return all findings for the snapshots (oldest first), each compared with the one before it."""
    found: list[Finding] = []
    before: Checked | None = None
    for manifest, counts in snapshots:
        earlier = before if before and not incomparable(before.manifest, manifest) else None
        now = Checked(study, manifest, counts, earlier)
        found += [Finding(name, manifest.snapshot, *each) for name, gate in GATES.items() for each in gate(now)]
        # Without its predecessor: a Checked must not keep all earlier snapshots in memory.
        before = Checked(study, manifest, counts)
    return found


def stop_at_fatal(findings: list[Finding]) -> list[Finding]:
    """Return the findings when all are warnings. Raises `GateError` when one is fatal."""
    if fatal := [str(f) for f in findings if f.fatal]:
        raise GateError(fatal)
    return findings


Outcome = list[tuple[str, bool]]


def shares(now: Checked) -> Outcome:
    """Check that the countries' shares of the headline sum to 100%."""
    world = now.world()
    unit = f"n_{now.study.headline_unit}"
    total = world[unit] if world else 0
    if not total:
        return []
    percent = sum(100 * (row[unit] or 0) / total for row in now.cells.get(("country", "study"), []))
    if abs(percent - 100) <= MAX_DEVIATION:
        return []
    return [(f"the countries' shares of {total:,} {unit[2:]} sum to {percent:.4f}%, not 100%", True)]


def parts_within_wholes(now: Checked) -> Outcome:
    """Check that no cell has more of a unit than the cell it is part of."""
    units = ("n_hosts", *(unit for unit in UNITS if unit != "n_hosts"))
    return _first(
        f"{_name(row)} has {row[unit]:,} {unit[2:]}, {_name(whole)} has {whole.get(unit) or 0:,}"
        for split in _splits(now)
        for row, unit in product(split.rows, units)
        if (row[unit] or 0) > ((whole := split.wholes.get(split.key(row), {})).get(unit) or 0)
    )


def additive_units(now: Checked) -> Outcome:
    """Check that devices and banners add up across every column, hosts across countries."""
    found = []
    for split in _splits(now):
        for unit in (unit for unit in UNITS if adds_up(unit, split.column)):
            sums: Counter[tuple[Any, ...]] = Counter()
            for row in split.rows:
                sums[split.key(row)] += row[unit] or 0
            found += [
                f"{split.level}: {unit[2:]} of {_name(whole)} add up to {sums[key]:,}, not {whole[unit] or 0:,}"
                for key, whole in split.wholes.items()
                if sums[key] != (whole[unit] or 0)
            ]
    return _first(found)


def known_countries(now: Checked) -> Outcome:
    """Check that every country is in the reference table, or ZZ."""
    codes = pc.unique(now.counts["country"]).drop_null().to_pylist()
    unknown = sorted(set(codes) - set(load_countries()) - {UNKNOWN_COUNTRY})
    if not unknown:
        return []
    return [(f"unknown country codes: {', '.join(unknown[:SHOWN])}; use a location database with ISO codes", True)]


def reconciliation(now: Checked) -> Outcome:
    """Each stage accounts for every row, hands all to the next, and the last ends at the headline."""
    records = now.manifest.stages
    found = []
    for name, record in records.items():
        for of, flow in record.flows.items():
            if missing := flow.rows_in - flow.rows_out - sum(flow.dropped.values()):
                found.append(f"{of or name}: {missing:,} of {flow.rows_in:,} {flow.unit} are not accounted for")
    flows = {stage.name: records[stage.name].flow for stage in AGGREGATE.chain if stage.name in records}
    for one, two in pairwise(flows):
        if flows[one].rows_out != flows[two].rows_in:
            found.append(f"{one} gave {flows[one].rows_out:,} rows, {two} took {flows[two].rows_in:,}")
    world = now.world()
    if world and "aggregate" in flows and flows["aggregate"].rows_out != world["n_banners"]:
        found.append(f"the flow ends at {flows['aggregate'].rows_out:,} banners, the headline {world['n_banners']:,}")
    return _first(found)


def world_total(now: Checked) -> Outcome:
    """Check the change of the headline's hosts since the snapshot before."""
    if now.before is None or not (one := now.before.world()) or not (two := now.world()):
        return []
    return _moved(now, "all makers", one["n_hosts"] or 0, two["n_hosts"] or 0)


def vendor_totals(now: Checked) -> Outcome:
    """Check the change of each of the study's makers since the snapshot before."""
    if now.before is None:
        return []
    one, two = now.before.of_makers(), now.of_makers()
    return [
        each for vendor in now.study.vendors for each in _moved(now, vendor, one.get(vendor, 0), two.get(vendor, 0))
    ]


def vendor_mix(now: Checked) -> Outcome:
    """Check the change of the makers' shares since the snapshot before."""
    if now.before is None:
        return []
    one, two = now.before.of_makers(), now.of_makers()
    if min(sum(one.values()), sum(two.values())) < max(1, now.study.gates.min_hosts):
        return []
    share_of = [{m: n / sum(hosts.values()) for m, n in hosts.items()} for hosts in (one, two)]
    moves = {m: share_of[1].get(m, 0.0) - share_of[0].get(m, 0.0) for m in one | two}
    moved = sum(abs(move) for move in moves.values()) / 2
    if moved <= now.study.gates.max_mix:
        return []
    most = max(moves, key=lambda m: (abs(moves[m]), m))
    text = f"the shares of makers changed by {100 * moved:.0f}% since {now.before.manifest.snapshot}"
    then, later = (f"{hosts.get(most, 0):,} of {sum(hosts.values()):,}" for hosts in (one, two))
    bound = f"the limit is {100 * now.study.gates.max_mix:.0f}%. {_NEXT.format('max_mix')}"
    return [(f"{text} (most: {most}, {then} then, {later} now); {bound}", True)]


def fields(now: Checked) -> Outcome:
    """Check that no field that is read is missing from too many rows; other changes of fields are warnings."""
    if now.before is None:
        return []
    one, two = (_sent(c.manifest) for c in (now.before, now))
    if one is None or two is None or min(one.rows, two.rows) < now.study.gates.min_hosts:
        return []
    bound, earlier = now.study.gates.max_field_loss, now.before.manifest.snapshot
    found: Outcome = []
    for name, (share, left) in lost_fields(one.read, one.rows, two.read, two.rows).items():
        if round(share - left, 9) >= bound:
            text = f"{name}: in {100 * share:.0f}% of rows in {earlier}, in {100 * left:.0f}% now"
            found.append((f"{text}; the limit is a loss of {100 * bound:.0f}%. {_NEXT.format('max_field_loss')}", True))
    moved = describe_changes(one.raw, one.sampled, two.raw, two.sampled)
    more = f"; and {len(moved) - SHOWN:,} more" if len(moved) > SHOWN else ""
    if moved:
        found.append((f"the engine's fields differ from {earlier}: {'; '.join(moved[:SHOWN])}{more}", False))
    return found


def expectations(now: Checked) -> Outcome:
    """Check the study's assertions."""
    expected = now.study.assertions
    levels = {name: now.cells.get((name, "study"), []) for name in ("country", *assertions.KNOWN)}
    found = assertions.check(expected, now.world(), levels, _sent(now.manifest))
    if now.before is not None:
        before = now.before.cells.get(("country", "study"), [])
        found += assertions.country_changes(expected, before, levels["country"], now.study.gates.min_hosts)
    return found


def _sent(manifest: Manifest) -> Fields | None:
    return manifest.stages["ingest"].fields if "ingest" in manifest.stages else None


def _moved(now: Checked, name: str, one: int, two: int) -> Outcome:
    """Check hosts that fell or rose too much; tiny totals are not checked."""
    bounds = now.study.gates
    if now.before is None or max(one, two) < bounds.min_hosts:
        return []
    text = f"{name}: {one:,} hosts in {now.before.manifest.snapshot}, {two:,} now"
    if two < one * (1 - bounds.max_fall):
        way, limit, key = "fewer", bounds.max_fall, "max_fall"
    # From zero, or nearly zero, any rise is unbounded and says nothing.
    elif one >= bounds.min_hosts and two > one * (1 + bounds.max_rise):
        way, limit, key = "more", bounds.max_rise, "max_rise"
    else:
        return []
    moved = f"{text}, {100 * abs(two - one) / one:.0f}% {way}; the limit is {100 * limit:.0f}%"
    return [(f"{moved}. {_NEXT.format(key)}", True)]


@dataclass(frozen=True)
class _Split:
    """Cells of a level, and the coarser cells that they are parts of without `column`, by the columns of the `rest`."""

    level: str
    column: str
    rest: tuple[str, ...]
    rows: list[Cell]
    wholes: dict[tuple[Any, ...], Cell]

    def key(self, row: Cell) -> tuple[Any, ...]:
        """Return the key of the coarser cell that a cell is part of."""
        return tuple(row[c] for c in self.rest)


def _splits(now: Checked) -> Iterator[_Split]:
    """Yield every level without each of its columns in turn, where the coarser level was counted too."""
    for (level, scope), rows in now.cells.items():
        columns = () if level == "world" else tuple(level.split("+"))
        for column in columns:
            rest = tuple(c for c in columns if c != column)
            if coarser := now.cells.get(("+".join(rest) or "world", scope)):
                yield _Split(level, column, rest, rows, {tuple(row[c] for c in rest): row for row in coarser})


def _name(cell: Cell) -> str:
    return "+".join(str(cell[g]) for g in GROUPS if cell.get(g) is not None) or "the world"


def _first(faults: Iterable[str]) -> Outcome:
    """Return one fatal finding with the first few of many faults; nothing when there is none."""
    found = list(faults)
    if not found:
        return []
    more = f"; and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    return [(f"{'; '.join(found[:SHOWN])}{more}. Count again: camcensus run --rehash", True)]


GATES: dict[str, Callable[[Checked], Outcome]] = {
    "shares": shares,
    "parts": parts_within_wholes,
    "sums": additive_units,
    "countries": known_countries,
    "reconciliation": reconciliation,
    "world-total": world_total,
    "vendor-total": vendor_totals,
    "vendor-mix": vendor_mix,
    "fields": fields,
    "assertions": expectations,
}
