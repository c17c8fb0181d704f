"""What changed between two catalogues, and the register that keeps the meaning of an id for ever.

A signature's meaning is what it is held against and what it says; examples, notes and sources are not part of it. A
new meaning is a new id: `queries/ids.csv` holds the meaning of each id that ever was, and a test holds the catalogue
to it.
"""

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from camcensus.core import storage
from camcensus.core.errors import CatalogueError
from camcensus.identify.catalogue import Catalogue, meaning

REGISTER = "ids.csv"
TELLS = "\nVersion "  # where the page (`catalogue_page`) tells the version


@dataclass(frozen=True)
class Difference:
    """Ids that were added, removed, or mean something else now."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    def lines(self) -> list[str]:
        """One line an id: `+` added, `-` removed, `~` changed."""
        marked = [*(("+", i) for i in self.added), *(("-", i) for i in self.removed), *(("~", i) for i in self.changed)]
        return [f"{mark} {name}" for mark, name in sorted(marked, key=lambda m: m[1])]


def meanings(catalogue: Catalogue) -> dict[str, str]:
    """Each id of a query, signature or model pattern, and a hash of what it means (16 hex digits)."""
    entries = (*catalogue.queries, *catalogue.signatures, *catalogue.models)
    return {entry.id: hashlib.sha256(meaning(entry).encode()).hexdigest()[:16] for entry in entries}


def difference(old: Mapping[str, str], new: Mapping[str, str]) -> Difference:
    """What changed from `old` to `new`, both id to meaning."""
    return Difference(
        added=tuple(sorted(set(new) - set(old))),
        removed=tuple(sorted(set(old) - set(new))),
        changed=tuple(sorted(name for name in set(old) & set(new) if old[name] != new[name])),
    )


def read_register(folder: Path) -> dict[str, str]:
    """The register beside a catalogue: id to meaning, retired ids among them; empty when there is none."""
    path = folder / REGISTER
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["meaning"] for row in csv.DictReader(file)}


def require_meanings(folder: Path, catalogue: Catalogue) -> None:
    """Raises `CatalogueError` when an id means something else than the register says, or the version is not the one
    that the page beside it tells, where there are such: either was changed in passing, or is damaged."""
    changed = difference(read_register(folder), meanings(catalogue)).changed
    problems = [f"{name}: means something else than it did" for name in changed]
    page = folder / "README.md"
    told = page.read_text(encoding="utf-8", errors="replace") if page.is_file() else ""
    if TELLS in told and f"{TELLS}{catalogue.version}, " not in told:
        problems.append(f"is not the catalogue that {page.name} tells of (this is version {catalogue.version})")
    if problems:
        advice = f"put it back; if it was changed on purpose, run: camcensus catalogue page {folder}"
        raise CatalogueError(folder, [*problems, advice])


def extend_register(folder: Path, catalogue: Catalogue) -> Difference:
    """Enters new ids. Raises `CatalogueError`, and writes nothing, when an id means something else than it did."""
    before = read_register(folder)
    found = difference(before, meanings(catalogue))
    if found.changed:
        reason = "the meaning of an id never changes; give the new meaning a new id"
        raise CatalogueError(folder / REGISTER, [f"{name}: {reason}" for name in found.changed])
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["id", "meaning"])
    rows.writerows(sorted({**before, **meanings(catalogue)}.items()))
    storage.write_text(folder / REGISTER, text.getvalue())
    return found
