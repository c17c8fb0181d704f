"""Lineage: from a published or private table back to the raw files that it was made from, by the records alone."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from camcensus.core import storage
from camcensus.core.config import Study
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
    """Return the lineage of a file of a report, or of a snapshot's folder. Raises `InputError`.

    A report names the counts it was made from; with their study the lineage continues to the raw files.
    """
    path = file.resolve()
    if not path.is_file():
        raise InputError(file, "no such file")
    for folder in path.parents:
        if (folder / "raw").is_dir() and (manifest := load_manifest(folder)):
            return _of_snapshot(folder, manifest, path.relative_to(folder).as_posix())
        if (folder / RECORD).is_file():
            return _of_report(folder, load_report(folder), path.relative_to(folder).as_posix(), study)
    raise InputError(file, "is in no report and no snapshot of camcensus")


def _of_report(folder: Path, record: Report, name: str, study: Study | None) -> Node:
    output = record.outputs.get(name)
    if output is None:
        raise InputError(folder / name, "is in the report's folder, but not in its record")
    facts = {**_facts(output), "unchanged": _unchanged(folder / name, output), **_build(record.build)}
    node = Node(f"report/{name}", facts)
    for snapshot, published in record.snapshots.items():
        for table, used in published.inputs.items():
            child = Node(f"{snapshot}/{table}", {**_facts(used), "run": published.run})
            if study is not None:
                child.made_from = _sources(study.data / snapshot, table, used)
            node.made_from.append(child)
    return node


def _unchanged(path: Path, output: Output) -> str:
    return "yes" if storage.sha256(path) == output.sha256 else "NO: its bytes have changed"


def _sources(folder: Path, table: str, used: Output) -> list[Node]:
    """Return what a table of a snapshot was made from, if the snapshot still has the same table."""
    manifest = load_manifest(folder)
    stage = _stage_of(manifest, table) if manifest else None
    if manifest is None or stage is None or manifest.stages[stage].outputs[table].sha256 != used.sha256:
        return [Node(str(folder.name), {"missing": "the data folder has another run of this snapshot, or none"})]
    return _made_from(folder, manifest, stage)


def _of_snapshot(folder: Path, manifest: Manifest, name: str) -> Node:
    stage = _stage_of(manifest, name)
    if stage is None:
        raise InputError(folder / name, "is not a table that a stage of this snapshot made")
    output = manifest.stages[stage].outputs[name]
    facts = {**_facts(output), "unchanged": _unchanged(folder / name, output)}
    part = name.split("/", 1)[1].removesuffix(".parquet") if "/" in name else None
    run = {"run": manifest.run, **_build(manifest.build)}
    return Node(f"{manifest.snapshot}/{name}", {**facts, **run}, _made_from(folder, manifest, stage, part))


def _made_from(folder: Path, manifest: Manifest, stage: str, part: str | None = None) -> list[Node]:
    """Return the tables and raw files that a stage reads. `part`: of one raw file only."""
    nodes = []
    for read in _READS.get(stage, ()):
        if read == "raw":
            wanted = [part] if part in manifest.inputs else sorted(manifest.inputs)
            nodes += [_raw(folder, name, manifest.inputs[name]) for name in wanted if name is not None]
        for name, output in manifest.outputs_of(read).items():
            own = name.split("/", 1)[1].removesuffix(".parquet") if "/" in name else None
            if part is None or own in (None, part):
                sources = _made_from(folder, manifest, _stage_of(manifest, name) or "", own or part)
                nodes.append(Node(f"{manifest.snapshot}/{name}", _facts(output), sources))
    return _once(nodes)


def _stage_of(manifest: Manifest, name: str) -> str | None:
    """Return the stage that made a file."""
    return next((stage for stage, record in manifest.stages.items() if name in record.outputs), None)


def _once(nodes: list[Node]) -> list[Node]:
    """Return the nodes, with common sources under the first only."""
    seen: set[str] = set()
    for node in nodes:
        node.made_from = [child for child in node.made_from if child.name not in seen]
        seen |= {child.name for child in node.made_from}
    return nodes


def _raw(folder: Path, name: str, item: Input) -> Node:
    entry = read_ledger(folder).get(name, {})
    facts: dict[str, str | int | None] = {"source": item.source, "bytes": item.bytes, "rows": item.rows}
    facts |= {"pages": item.pages} if item.pages is not None else {}
    facts |= {"received": entry["received"]} if entry else {}
    path = folder / "raw" / name
    found = "a bundle of pages in ledger.sqlite" if item.pages is not None else "yes" if path.is_file() else "no"
    return Node(f"{folder.name}/raw/{name}", {**facts, "sha256": item.sha256, "on disk": found})


def _facts(output: Output) -> dict[str, str | int | None]:
    facts = {"bytes": output.bytes, "rows": output.rows, "table": output.table, "sha256": output.sha256}
    return {name: value for name, value in facts.items() if value is not None}


def _build(build: BuildInfo | None) -> dict[str, str | int | None]:
    if build is None:
        return {}
    return {"by": f"{build.command} {build.version}", "commit": build.commit, "study": build.study}


def lineage_text(node: Node, as_json: bool) -> str:
    """Return the lineage as a tree, or as JSON."""
    return json.dumps(asdict(node), sort_keys=True) if as_json else "\n".join(_lines(node, 0))


def _lines(node: Node, depth: int) -> list[str]:
    facts = ", ".join(
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}"
        for name, value in node.facts.items()
        if value is not None
    )
    lines = [f"{'  ' * depth}{node.name}: {facts}"]
    for child in node.made_from:
        lines += _lines(child, depth + 1)
    return lines
