"""The version of a study's catalogue, remembered: loading a catalogue to learn that nothing changed takes a second."""

from pathlib import Path
from typing import TYPE_CHECKING

from camcensus.core import storage
from camcensus.core.config import Study, check_vendors
from camcensus.core.errors import IntegrityError
from camcensus.core.fingerprints import digest_of
from camcensus.core.text_files import read_bytes
from camcensus.identify.catalogue_files import REGISTER, checksum_of

if TYPE_CHECKING:
    from camcensus.identify.catalogue import Catalogue

RECORD = ".catalogue.json"  # in a study's data folder; without it the catalogue is loaded


def study_catalogue(study: Study) -> "Catalogue":
    """Return a study's catalogue. Raises `CatalogueError`, or `StudyError` for makers that it does not have."""
    from camcensus.identify.catalogue import load_catalogue
    from camcensus.identify.catalogue_diff import require_meanings

    catalogue = load_catalogue(study.catalogue_path)
    require_meanings(study.catalogue_path, catalogue)
    check_vendors(study, list(catalogue.makers))
    return catalogue


def catalogue_version(study: Study) -> str:
    """Return the version of a study's catalogue: the recorded one, if what it was made from is unchanged.

    Raises like `study_catalogue`, which is recorded only if it raised nothing.
    """
    record = _record(study)
    return record["version"] if record.get("made_from") == _made_from(study) else study_catalogue(study).version


def remember_version(study: Study, version: str) -> None:
    """Record the version for the next run. The caller holds the study's lock."""
    record = {"made_from": _made_from(study), "version": version}
    if record != _record(study):
        storage.write_checksummed(study.data / RECORD, record)


def _record(study: Study) -> dict[str, str]:
    try:
        return storage.read_checksummed(study.data / RECORD)
    except (OSError, IntegrityError):
        return {}


def _made_from(study: Study) -> str:
    """Return a digest of all that a version, and the checks before it, depend on: files, makers of the study, code."""
    folder = study.catalogue_path
    code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    others = [read_bytes(path) for path in (folder / REGISTER, folder / "README.md") if path.is_file()]
    return digest_of([checksum_of(folder), *others, study.vendors, *code])
