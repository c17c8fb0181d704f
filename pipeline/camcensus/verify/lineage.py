"""Lineage: from a published or private table back to the raw files that it was made from, by the records alone."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.console import printable
from camcensus.core.errors import InputError
from camcensus.core.manifest import BuildInfo, Input, Manifest, load_manifest
from camcensus.core.stage_record import Output
from camcensus.raw.imports import read_ledger
from camcensus.report.report_manifest import RECORD, Report, load_report
from camcensus.stages import STAGES

_READS = {stage.name: stage.reads for stage in STAGES}


@dataclass
class Node:
    """A file, what is known of it, and what it was made from."""

    name: str
    facts: dict[str, str | int | None]
    made_from: list["Node"] = field(default_factory=list)


def lineage_of(file: Path, study: Study | None) -> Node:
    """The way back from a file of a report, or of a snapshot's folder. A report names the counts it was drawn from;
    with the study whose data they are, the way goes on to the raw files. Raises `InputError`."""
    path = file.resolve()
    if not path.is_file():
        raise InputError(file, "no such file")
    for folder in path.parents:
        if (folder / "raw").is_dir() and (manifest := load_manifest(folder)):
            return _of_snapshot(folder, manifest, path.relative_to(folder).as_posix())
        if (folder / RECORD).is_file():
            return _of_report(folder, load_report(folder), path.relative_to(folder).as_posix(), study)
    raise InputError(file, "is in no report and no snapshot that camcensus made")


def _of_report(folder: Path, record: Report, name: str, study: Study | None) -> Node:
    output = record.outputs.get(name)
    if output is None:
        raise InputError(folder / name, "is not of the report it stands in")
    whole = storage.sha256(folder / name) == output.sha256
    facts = {**_facts(output), "as drawn": "yes" if whole else "NO: its bytes are others now", **_build(record.build)}
    node = Node(f"report/{name}", facts)
    for snapshot, drawn in record.snapshots.items():
        for table, held in drawn.inputs.items():
            below = Node(f"{snapshot}/{table}", {**_facts(held), "run": drawn.run})
            if study is not None:
                below.made_from = _below(study.data / snapshot, table, held)
            node.made_from.append(below)
    return node


def _below(folder: Path, table: str, held: Output) -> list[Node]:
    """What a table of a snapshot was made from, if the snapshot still has that very table."""
    manifest = load_manifest(folder)
    stage = next((name for name, s in manifest.stages.items() if table in s.outputs), None) if manifest else None
    if manifest is None or stage is None or manifest.stages[stage].outputs[table].sha256 != held.sha256:
        return [Node(str(folder.name), {"gone": "the data folder holds another run of this snapshot, or none"})]
    return _made_from(folder, manifest, stage)


def _of_snapshot(folder: Path, manifest: Manifest, name: str) -> Node:
    stage = next((stage for stage, found in manifest.stages.items() if name in found.outputs), None)
    if stage is None:
        raise InputError(folder / name, "is no table that a stage of this snapshot made")
    output = manifest.stages[stage].outputs[name]
    whole = storage.sha256(folder / name) == output.sha256
    facts = {**_facts(output), "as made": "yes" if whole else "NO: its bytes are others now"}
    part = name.split("/", 1)[1].removesuffix(".parquet") if "/" in name else None
    run = {"run": manifest.run, **_build(manifest.build)}
    return Node(f"{manifest.snapshot}/{name}", {**facts, **run}, _made_from(folder, manifest, stage, part))


def _made_from(folder: Path, manifest: Manifest, stage: str, part: str | None = None) -> list[Node]:
    """The tables and raw files that a stage reads. `part`: of one raw file alone."""
    nodes = []
    for read in _READS.get(stage, ()):
        if read == "raw":
            wanted = [part] if part in manifest.inputs else sorted(manifest.inputs)
            nodes += [_raw(folder, name, manifest.inputs[name]) for name in wanted if name is not None]
        for name, output in manifest.outputs_of(read).items():
            own = name.split("/", 1)[1].removesuffix(".parquet") if "/" in name else None
            if part is None or own in (None, part):
                nodes.append(_table(folder, manifest, name, output, own or part))
    return _once(nodes)


def _table(folder: Path, manifest: Manifest, name: str, output: Output, part: str | None) -> Node:
    stage = next(stage for stage, record in manifest.stages.items() if name in record.outputs)
    return Node(f"{manifest.snapshot}/{name}", _facts(output), _made_from(folder, manifest, stage, part))


def _once(nodes: list[Node]) -> list[Node]:
    """The nodes, with what several of them are made from under the first alone."""
    seen: set[str] = set()
    for node in nodes:
        node.made_from = [below for below in node.made_from if below.name not in seen]
        seen |= {below.name for below in node.made_from}
    return nodes


def _raw(folder: Path, name: str, item: Input) -> Node:
    entry = read_ledger(folder).get(name, {})
    facts: dict[str, str | int | None] = {"source": item.source, "bytes": item.bytes, "rows": item.rows}
    facts |= {"pages": item.pages} if item.pages is not None else {}
    facts |= {"received": entry["received"]} if entry else {}
    path = folder / "raw" / name
    there = "a bundle of pages in ledger.sqlite" if item.pages is not None else "yes" if path.is_file() else "no: gone"
    return Node(f"{folder.name}/raw/{name}", {**facts, "sha256": item.sha256, "there": there})


def _facts(output: Output) -> dict[str, str | int | None]:
    held = {"bytes": output.bytes, "rows": output.rows, "table": output.table, "sha256": output.sha256}
    return {name: value for name, value in held.items() if value is not None}


def _build(build: BuildInfo | None) -> dict[str, str | int | None]:
    if build is None:
        return {}
    return {"by": f"{build.command} {build.version}", "commit": build.commit, "study": build.study}


def tell_lineage(node: Node, as_json: bool) -> str:
    """The way back as a tree, or as JSON."""
    return json.dumps(asdict(node), sort_keys=True) if as_json else printable("\n".join(_lines(node, 0)))


def _lines(node: Node, depth: int) -> list[str]:
    told = ", ".join(f"{name} {_shown(value)}" for name, value in node.facts.items() if value is not None)
    lines = [f"{'  ' * depth}{node.name}: {told}"]
    for below in node.made_from:
        lines += _lines(below, depth + 1)
    return lines


def _shown(value: str | int | None) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
