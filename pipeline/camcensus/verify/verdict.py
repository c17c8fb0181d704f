"""What verifying comes to: what was read, and each thing that is not as it should be."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One thing that does not hold: the file or folder, and what is wrong with it."""

    path: Path
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


@dataclass
class Verdict:
    """What was read (`files`, `bytes`), what was held against what (`checked`: words to how often), and what does not
    hold. `notes`: what could not be checked, and why."""

    files: int = 0
    bytes: int = 0
    checked: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def count(self, what: str, times: int = 1) -> None:
        """Enters that something was held against something."""
        self.checked[what] = self.checked.get(what, 0) + times

    def wrong(self, path: Path, text: str) -> None:
        """Enters a problem."""
        self.problems.append(Problem(path, text))
