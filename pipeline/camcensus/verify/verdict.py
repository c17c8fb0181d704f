"""The result of a verification: what was read and compared, each problem, and the checksums of files."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from camcensus.core import storage


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

    `notes`: what could not be checked, and which snapshots are partial, with the reasons.
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


@dataclass(frozen=True)
class Expected:
    """SHA-256 of a file, and bytes where they are known. `remedy`: what to do when it differs."""

    sha256: str
    bytes: int | None = None
    remedy: str = "run again with --rehash"


def check_files(files: Mapping[Path, Expected], verdict: Verdict) -> set[Path]:
    """Compare every byte of the files with their checksums; return those that are unchanged."""
    found = {path: expected for path, expected in files.items() if path.is_file()}
    for path in files.keys() - found.keys():
        verdict.wrong(path, f"is missing; {files[path].remedy}")
    sizes = {path: path.stat().st_size for path in found}
    # Largest first, so that no thread has it alone at the end.
    order = sorted(found, key=lambda path: (-sizes[path], path))
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # hashing runs outside Python's lock
        digests = dict(zip(order, threads.map(_digest, order), strict=True))
    verdict.files += len(found)
    verdict.bytes += sum(sizes.values())
    good = set()
    for path, expected in sorted(found.items()):
        verdict.count("checksums")
        if digests[path] == expected.sha256 and expected.bytes in (None, sizes[path]):
            good.add(path)
        else:
            verdict.wrong(path, _difference(sizes[path], digests[path], expected))
    return good


def _digest(path: Path) -> str:
    try:
        return storage.sha256(path)
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _difference(size: int, digest: str, expected: Expected) -> str:
    """Return how a file differs from what was written."""
    if digest.startswith("cannot"):
        return digest
    if expected.bytes is not None and size != expected.bytes:
        return f"has {size:,} bytes, not {expected.bytes:,}; {expected.remedy}"
    return f"has other bytes than were written (SHA-256 {digest[:12]}, not {expected.sha256[:12]}); {expected.remedy}"
