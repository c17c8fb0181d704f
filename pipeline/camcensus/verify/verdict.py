"""The result of a verification: what was read and compared, and each problem."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """A file or folder, and what is wrong with it."""

    path: Path
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


@dataclass
class Verdict:
    """What was read (`files`, `bytes`), how many of each check were made (`checked`), and the problems.

    `notes`: what could not be checked, and why.
    """

    files: int = 0
    bytes: int = 0
    checked: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Return whether nothing is wrong."""
        return not self.problems

    def count(self, what: str, times: int = 1) -> None:
        """Count checks of one kind."""
        self.checked[what] = self.checked.get(what, 0) + times

    def wrong(self, path: Path, text: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(path, text))

    def wrong_all(self, path: Path, faults: list[str], shown: int = 5) -> None:
        """Add the first of many problems of one kind, and how many more there are."""
        more = [f"and {len(faults) - shown:,} more of this kind"] if len(faults) > shown else []
        for fault in [*faults[:shown], *more]:
            self.wrong(path, fault)
