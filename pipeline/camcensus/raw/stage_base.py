"""What a stage is, what it is given, and what it returns. Each package declares its own in `stage.py`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from camcensus.core.config import Study
from camcensus.core.console import Reporter
from camcensus.core.fingerprints import digest_of
from camcensus.core.manifest import Manifest
from camcensus.core.stage_record import Flow, Output, Part
from camcensus.engines.engine import Engine
from camcensus.raw.snapshot import Snapshot

T = TypeVar("T")


@dataclass
class RunContext:
    """What the stages of every snapshot share. `counted`: all counted snapshots, for the stages that compare them."""

    study: Study
    reporter: Reporter
    engine: Engine
    counted: tuple[Snapshot, ...] = ()
    _loaded: dict[Any, Any] = field(default_factory=dict)

    def load(self, loader: Callable[[Study], T]) -> T:
        """Return what `loader` makes of the study, loaded once a run."""
        if loader not in self._loaded:
            self._loaded[loader] = loader(self.study)
        found: T = self._loaded[loader]
        return found


@dataclass
class Parts:
    """The parts that a stage has and needs.

    `sources`: name of each part and checksum of what it is made from; `files_of`: the files of a part; `depends_on`:
    all that the parts depend on except their sources, of which the entry `parts_of` is a digest. Parts with equal
    dependencies and sources are kept, and the others made.
    """

    snapshot: Snapshot
    stage: str
    depends_on: Mapping[str, str]
    parts_of: str
    sources: Mapping[str, str]
    files_of: Callable[[str], tuple[str, ...]]
    parts: dict[str, Part] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)
    obsolete: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Find out which parts are kept."""
        before = self.snapshot.manifest.stages.get(self.stage)
        if before and self._shared(before.depends_on) == self._shared(self.depends_on):
            self.parts, self.outputs = dict(before.parts), dict(before.outputs)
        kept = {name for name, part in self.parts.items() if part.made_from == self.sources.get(name)}
        self.stale = [n for n in self.sources if n not in kept or not all(map(self._holds, self.files_of(n)))]
        self.obsolete = sorted(set(self.parts) - set(self.sources))

    def _shared(self, depends_on: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in depends_on.items() if name != self.parts_of}

    def made(self, name: str, tally: dict[str, int], rows: int) -> None:
        """Record a part just made; `rows` are those of its first file, the table."""
        self.parts[name] = Part(made_from=self.sources[name], tally=tally)
        table, *others = self.files_of(name)
        self.outputs[table] = self.snapshot.output(table, rows)
        self.outputs |= {other: self.snapshot.output(other) for other in others}

    def remove_gone(self) -> None:
        """Remove the parts of raw files that are no longer there."""
        for name in self.obsolete:
            del self.parts[name]
            for output in self.files_of(name):
                self.outputs.pop(output, None)
                self.snapshot.path(output).unlink(missing_ok=True)

    def total(self) -> dict[str, int]:
        """Return the tallies of all parts, summed, in order of name."""
        names = sorted({name for part in self.parts.values() for name in part.tally})
        return {name: sum(part.tally.get(name, 0) for part in self.parts.values()) for name in names}

    def _holds(self, file: str) -> bool:
        return file in self.outputs and self.snapshot.holds(file, self.outputs[file])


@dataclass
class StageResult:
    """What a stage did. The run writes it into the manifest, and nothing else does.

    `files`: what it wrote, with the rows of tables; a row-wise stage has `parts` instead. `details`: fields of the
    stage's record. `facts`: fields of the manifest. `is_count`: it made counts, so the snapshot has a new run id.
    """

    flow: Flow
    files: Mapping[str, int | None] = field(default_factory=dict)
    parts: Parts | None = None
    notes: list[str] = field(default_factory=list)
    details: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_count: bool = False


@dataclass(frozen=True)
class Stage:
    """A step of the pipeline.

    `reads`: tables of other stages (file names), and other inputs by the names that `inputs` gives their versions
    under. `settings`: keys of the study that its result depends on. `version`: raised whenever the same inputs give
    another result. `is_private`: what it writes holds addresses, and purge removes it. `inputs`: versions of what it
    reads besides tables. `applies`: whether a kind of snapshot has it; `is_needed`: whether this one needs it now.
    `parts_of`: the input that it processes part by part, so that new parts leave old ones as they are. `follows`: the
    stage whose rows it is given. `rows`: the side of its flow that the rows of its first table are. `compares`: it
    needs all snapshots counted first.
    """

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    settings: tuple[str, ...]
    version: int
    is_private: bool
    run: Callable[[Snapshot, RunContext], StageResult]
    inputs: Callable[[Snapshot, RunContext], dict[str, str]] = lambda _, __: {}
    applies: Callable[[Manifest], bool] = lambda _: True
    is_needed: Callable[[Snapshot, RunContext], bool] = lambda _, __: True
    warnings: Callable[[Snapshot, RunContext], list[str]] = lambda _, __: []
    parts_of: str | None = None
    follows: "Stage | None" = None
    rows: Literal["rows_in", "rows_out"] | None = None
    compares: bool = False

    @property
    def chain(self) -> tuple["Stage", ...]:
        """The stages whose rows it is given, from the first, and itself."""
        return (*self.follows.chain, self) if self.follows else (self,)

    def depends_on(self, snapshot: Snapshot, context: RunContext) -> dict[str, str]:
        """Return what its result depends on: name to version, value or checksum. Equal to the record's: up to date."""
        tables = {name: snapshot.manifest.digest_of_table(name) for name in self.reads if name.endswith(".parquet")}
        settings = {f"setting {name}": _setting(context.study, name, snapshot.id) for name in self.settings}
        return {"version": str(self.version), **settings, **tables, **self.inputs(snapshot, context)}


def _setting(study: Study, name: str, snapshot: str) -> str:
    """Return a key of the study as JSON; `date` is that of the snapshot."""
    if name == "date":
        return str(study.snapshots[snapshot].date) if snapshot in study.snapshots else ""
    return json.dumps(study.model_dump(mode="json", include={name})[name], sort_keys=True)


def checksum(*values: object) -> str:
    """Return a short hash over values, as records of what a stage depends on hold them."""
    return digest_of(*values)[:16]


def changes(recorded: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the names of what is not as a stage's record has it."""
    return sorted(name for name in recorded.keys() | now.keys() if recorded.get(name) != now.get(name))
