"""Compare two catalogues, and keep the register of what each id means.

A signature's meaning is what it matches and what it states; examples, notes and sources are not part of it. A new
meaning is a new id: the register `queries/ids.csv` has the meaning of every id that was ever used.
"""

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from camcensus.core import storage
from camcensus.core.errors import CatalogueError
from camcensus.core.text_files import read_text
from camcensus.identify.catalogue import Catalogue, meaning
from camcensus.identify.catalogue_files import REGISTER

_VERSION_LINE = "\nVersion "  # in the page that `catalogue_page` writes


@dataclass(frozen=True)
class Difference:
    """Ids that were added, removed, or changed their meaning."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return one line for each id: `+` added, `-` removed, `~` changed."""
        signs = {"+": self.added, "-": self.removed, "~": self.changed}
        return [f"{sign} {name}" for name, sign in sorted((name, sign) for sign in signs for name in signs[sign])]


def meanings(catalogue: Catalogue) -> dict[str, str]:
    """Return each id of a query, signature or model pattern with a hash of its meaning (16 hex digits)."""
    entries = (*catalogue.written, *catalogue.signatures, *catalogue.models)
    return {entry.id: hashlib.sha256(meaning(entry).encode()).hexdigest()[:16] for entry in entries}


def difference(old: Mapping[str, str], new: Mapping[str, str]) -> Difference:
    """Return what changed from `old` to `new`, both id to meaning."""
    return Difference(
        added=tuple(sorted(set(new) - set(old))),
        removed=tuple(sorted(set(old) - set(new))),
        changed=tuple(sorted(name for name in set(old) & set(new) if old[name] != new[name])),
    )


def read_register(folder: Path) -> dict[str, str]:
    """Return the register in a catalogue's folder: id to meaning, retired ids included; empty if there is none."""
    path = folder / REGISTER
    if not path.is_file():
        return {}
    return {row["id"]: row["meaning"] for row in csv.DictReader(read_text(path).splitlines())}


def require_meanings(folder: Path, catalogue: Catalogue) -> None:
    """Check a catalogue against the register and the page in its folder, where these exist.

    Raises `CatalogueError` when an id changed its meaning, or the page has another version.
    """
    changed = difference(read_register(folder), meanings(catalogue)).changed
    problems = [f"{name}: has another meaning than in {REGISTER}" for name in changed]
    page = folder / "README.md"
    text = page.read_text(encoding="utf-8", errors="replace") if page.is_file() else ""
    if _VERSION_LINE in text and f"{_VERSION_LINE}{catalogue.version}, " not in text:
        problems.append(f"{page.name} describes another version (this is version {catalogue.version})")
    if problems:
        advice = f"restore it; if you changed it on purpose, run: camcensus catalogue page {folder}"
        raise CatalogueError(folder, [*problems, advice])


def extend_register(folder: Path, catalogue: Catalogue) -> Difference:
    """Add new ids to the register.

    Raises `CatalogueError`, and writes nothing, when an id changed its meaning.
    """
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
