"""What a country database is: its edition, build date, checksum and credit, known without loading its ranges."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from camcensus.core import storage
from camcensus.core.errors import GeoDatabaseError, IntegrityError
from camcensus.core.resources import bundled, cache_folder

BUILTIN = "data/reference/dbip-country-2026-06.mmdb.xz"
BUILTIN_CREDIT = "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0"
FREE = frozenset({"dbip-country-lite"})
FORMAT = 5
ENGINE = "engine"  # as a second opinion: the country that the search engine gives


@dataclass(frozen=True)
class Description:
    """A country database. `edition`: its name and date; `credit` must be shown with its results; `path` None: ours."""

    path: Path | None
    edition: str
    built: date
    sha256: str
    credit: str


def describe(path: Path | None = None) -> Description:
    """Describe the database in `path`, or the built-in one. Raises `GeoDatabaseError` if it cannot be used.

    A process reads the file again when its size, time or inode changed.
    """
    source = path or bundled(BUILTIN)
    if not source.is_file():
        raise GeoDatabaseError(source, 'no such geolocation database; give the path of an .mmdb file or "builtin"')
    checksum = _checked(source)
    built, kind = _recorded(checksum) or _record(source, checksum)
    is_free = path is None or kind.lower() in FREE  # its licence requires DB-IP's credit with every result
    return Description(
        path=path,
        edition=f"{'DB-IP Lite country' if is_free else kind} {built}",
        built=date.fromisoformat(built),
        sha256=checksum,
        credit=BUILTIN_CREDIT if is_free else f"Geolocation by the analyst's database {source.name} ({kind})",
    )


def _recorded(checksum: str) -> tuple[str, str] | None:
    """Return what `_record` wrote of the file with this checksum; None if the record is missing or damaged."""
    with suppress(OSError, IntegrityError, KeyError):
        found = storage.read_checksummed(_file(checksum))
        return found["built"], found["kind"]
    return None


def _record(source: Path, checksum: str) -> tuple[str, str]:
    """Return the build date and kind of a database, proved by flattening it, and record them."""
    from camcensus.geolocate.database import flattened  # noqa: PLC0415  numpy: only if there is no record

    flat = flattened(source, checksum)
    built, kind = str(flat["built"]), str(flat["kind"])
    with suppress(OSError):  # a read-only home only costs time
        storage.write_checksummed(_file(checksum), {"built": built, "kind": kind})
    return built, kind


def _file(checksum: str) -> Path:
    return cache_folder() / f"database-{FORMAT}-{checksum}.json"


def _checked(source: Path) -> str:
    """Return the file's checksum. Raises `GeoDatabaseError` when the file `NAME.sha256` next to it has another."""
    state = source.stat()
    checksum = _sha256(source, state.st_size, state.st_mtime_ns, state.st_ino)
    record = source.with_name(f"{source.name}.sha256")
    expected = record.read_text(encoding="utf-8", errors="replace").split()[:1] if record.is_file() else [checksum]
    if expected != [checksum]:
        raise GeoDatabaseError(source, f"does not match {record.name}: fetch both again, or restore copies of them")
    return checksum


@lru_cache(maxsize=16)
def _sha256(source: Path, *_: int) -> str:
    """Return the checksum of a file of a size, time and inode."""
    return storage.sha256(source)
