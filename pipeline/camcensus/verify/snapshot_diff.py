"""The difference of two counts: of two snapshots, or of two runs of one."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from camcensus.aggregate.earlier_runs import folder_of
from camcensus.core import parquet, storage
from camcensus.core.comparability import PARTS
from camcensus.core.config import Study
from camcensus.core.countries import load_countries
from camcensus.core.errors import CamcensusError
from camcensus.core.manifest import Manifest, load_manifest
from camcensus.core.tables import COUNTS
from camcensus.verify.status import method_of

LEVELS = ("world", "country", "manufacturer", "country+manufacturer")
SHOWN = 20


@dataclass(frozen=True)
class Side:
    """One of the two counts: its name as given, its manifest, its table."""

    name: str
    manifest: Manifest
    counts: pa.Table


@dataclass(frozen=True)
class Change:
    """One cell: hosts and devices before and after; 0 where it was missing."""

    country: str | None
    manufacturer: str | None
    hosts: tuple[int, int]
    devices: tuple[int, int]


@dataclass
class Difference:
    """Changes of instrument and input (name to before and after), and of cells by level."""

    before: str
    after: str
    instrument: dict[str, tuple[str, str]] = field(default_factory=dict)
    cells: dict[str, list[Change]] = field(default_factory=dict)


def open_side(name: str, study: Study) -> Side:
    """Return the count of `ID`, or of `ID@RUN`, this or an earlier run. Raises `CamcensusError` when it is missing."""
    snapshot, _, run = name.partition("@")
    folder = study.data / snapshot
    manifest = load_manifest(folder) if snapshot in study.snapshot_ids() else None
    if manifest and run and run != manifest.run:
        folder = folder_of(folder, run)
        manifest = load_manifest(folder)
    stage = manifest.stages.get("aggregate") if manifest else None
    if manifest is None or stage is None or "counts.parquet" not in stage.outputs:
        raise CamcensusError(f"{name}: no count of that name in {study.data}; give an id, or ID@RUN (camcensus status)")
    path = folder / "counts.parquet"
    storage.require(path, stage.outputs["counts.parquet"].sha256, "is not what was counted; run again with --rehash")
    return Side(name, manifest, parquet.read_table(path, COUNTS))


def difference(one: Side, two: Side, min_confidence: str) -> Difference:
    """Return what changed from `one` to `two`, at the headline values, in all countries."""
    found = Difference(one.name, two.name)
    facts = _facts(one.manifest), _facts(two.manifest)
    found.instrument = {name: (facts[0][name], facts[1][name]) for name in facts[0] if facts[0][name] != facts[1][name]}
    for level in LEVELS:
        cells = [_cells(side.counts, level, min_confidence) for side in (one, two)]
        changes = [_change(key, cells[0].get(key), cells[1].get(key)) for key in cells[0].keys() | cells[1].keys()]
        moved = [change for change in changes if len({*change.hosts}) + len({*change.devices}) > 2]
        found.cells[level] = sorted(
            moved, key=lambda c: (-abs(c.hosts[1] - c.hosts[0]), c.country or "", c.manufacturer or "")
        )
    return found


def _facts(manifest: Manifest) -> dict[str, str]:
    """Return what a count depends on."""
    instrument = manifest.instrument.model_dump() if manifest.instrument else {}
    raw = sorted(item.sha256 for item in manifest.inputs.values())
    build = manifest.build
    return {
        **{name: str(instrument.get(name, "")) for name in PARTS},
        "engine": manifest.engine,
        "raw files": f"{len(raw)} ({storage.digest_of_lines(raw)[:12]})",
        "method": method_of(manifest),
        "study": build.study if build else "",
    }


def _cells(counts: pa.Table, level: str, min_confidence: str) -> dict[tuple[str | None, str | None], dict[str, Any]]:
    wanted = {"level": level, "scope": "all", "ip_version": "4", "decoys_left_out": "certain"}
    wanted["min_confidence"] = min_confidence
    keep = reduce(pc.and_, [pc.equal(counts[name], value) for name, value in wanted.items()])
    return {(row["country"], row["manufacturer"]): row for row in counts.filter(keep).to_pylist()}


def _change(key: tuple[str | None, str | None], one: Mapping[str, Any] | None, two: Mapping[str, Any] | None) -> Change:
    hosts, devices = ([int((row or {}).get(unit) or 0) for row in (one, two)] for unit in ("n_hosts", "n_devices"))
    return Change(*key, (hosts[0], hosts[1]), (devices[0], devices[1]))


def difference_text(found: Difference, as_json: bool) -> str:
    """Return the largest changes by level, or all of them as JSON."""
    if as_json:
        return json.dumps(asdict(found), sort_keys=True)
    lines = [f"{found.before} -> {found.after}, IPv4, certain decoys left out"]
    lines += [f"{name}: {one or '-'} -> {two or '-'}" for name, (one, two) in found.instrument.items()]
    lines += [] if found.instrument else ["same instrument, same raw files"]
    for level, changes in found.cells.items():
        lines.append(f"{level}: {len(changes):,} changed" if changes else f"{level}: nothing changed")
        lines += [f"  {_name(c)}: hosts {_moved(c.hosts)}, devices {_moved(c.devices)}" for c in changes[:SHOWN]]
        lines += [f"  and {len(changes) - SHOWN:,} more"] if len(changes) > SHOWN else []
    return "\n".join(lines)


def _moved(pair: tuple[int, int]) -> str:
    return f"{pair[0]:,} -> {pair[1]:,} ({pair[1] - pair[0]:+,})"


def _name(change: Change) -> str:
    country = load_countries().get(change.country or "")
    names = [country.name if country else change.country, change.manufacturer]
    return ", ".join(name for name in names if name) or "World"
