"""Check a catalogue against its examples and its register, and write its page."""

from pathlib import Path
from typing import Any

from camcensus.core.errors import CatalogueError
from camcensus.core.storage import write_text
from camcensus.identify.catalogue import faults_of, load_catalogue
from camcensus.identify.catalogue_diff import difference, extend_register, meanings, read_register
from camcensus.identify.catalogue_files import REGISTER
from camcensus.identify.catalogue_page import page, read_published
from camcensus.identify.feeding import unfed_faults


def check_catalogue(folder: Path) -> dict[str, Any]:
    """Return version and totals of a catalogue. Raises `CatalogueError` with each fault."""
    catalogue = load_catalogue(folder)
    problems = faults_of(catalogue) + unfed_faults(catalogue.signatures, catalogue.feeding.unfed)
    found = difference(read_register(folder), meanings(catalogue))
    problems += [f"{name}: its meaning has changed; give it a new id" for name in found.changed]
    if found.added:
        problems.append(f"{len(found.added)} ids are not in {REGISTER}; run: camcensus catalogue page {folder}")
    if problems:
        raise CatalogueError(folder, problems)
    return {"version": catalogue.version, "makers": len(catalogue.makers), "signatures": len(catalogue.signatures)}


def write_catalogue_page(folder: Path) -> tuple[Path, list[str]]:
    """Extend the register and write the page; return the page and the new ids."""
    catalogue = load_catalogue(folder)
    if faults := faults_of(catalogue):
        raise CatalogueError(folder, faults)
    found = extend_register(folder, catalogue)
    write_text(folder / "README.md", page(catalogue, read_published(folder)))
    return folder / "README.md", list(found.added)
