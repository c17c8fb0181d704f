"""The parts of a row-wise stage, one for each raw file: which are kept, made and removed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from camcensus.core.stage_record import Output, Part
from camcensus.raw.snapshot import Snapshot


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
