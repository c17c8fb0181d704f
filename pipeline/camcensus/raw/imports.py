"""The import of existing exports into a snapshot: copied byte for byte, with checksums in a ledger."""

import glob
import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from camcensus.core import storage
from camcensus.core.errors import InputError, IntegrityError
from camcensus.readers.acceptance import require_accepted
from camcensus.readers.lines import ENDINGS
from camcensus.readers.registry import SHODAN, SHODAN_CSV, Source, named_source

LEDGER = "imports.json"
LONGEST_NAME = 200  # bytes of a raw file's name
_ENTRY = {"file", "source", "bytes", "sha256", "received"}


@dataclass(frozen=True)
class Imported:
    """One file of a snapshot: its name under raw/, its source, and when it was received (UTC, ISO 8601).

    `already`: it was imported before; `before`: as a file of another source. `collection`: the one it belongs to.
    """

    file: str
    source: str
    bytes: int
    sha256: str
    received: str
    already: bool = False
    before: str | None = None
    collection: str | None = None


def import_files(
    names: list[str],
    snapshot: Path,
    chosen: tuple[Source, Path | None] = (SHODAN, None),
    link: bool = False,
    replace: bool = False,
    collection: str | None = None,
) -> list[Imported]:
    """Import files (or globs) into `<snapshot>/raw`; `chosen`: their source, and the analyst's own mapping file.

    A file of the same content is not copied again; one of the same name but other content is kept as well, or with
    `replace` replaces it. `collection` names their collection, if the snapshot has several. Raises `InputError` before
    anything is copied when a file is missing, unreadable or not of the source, or when the snapshot holds files of
    another engine. The ledger is written once, before the files appear under their names.
    """
    paths = expand(names)
    raw = snapshot / "raw"
    source, mapping = chosen
    source = changed(source, name=_safe(source.name))
    ledger = read_ledger(snapshot)
    _same_engine(snapshot, ledger, source)
    for path in paths:
        _require_short_name(path)
        require_accepted(source.of(path), path)
    known = {entry["sha256"]: entry for entry in ledger.values() if (raw / entry["file"]).is_file()}
    done: list[Imported] = []
    arrived: dict[Path, Path] = {}
    raw.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(paths):
        # The ending marks it as unfinished: what a kill leaves behind is removed at the next start.
        incoming = raw / f".incoming-{number}{storage.PART}"
        try:
            digest, size = _copy(path, incoming, link)
        except InputError:
            _remove(arrived, raw)
            raise
        entry, before, read_by = known.get(digest), None, source.of(path).name
        is_known = entry is not None
        if entry:
            # From now on it is read as this source, and of the collection if one is named.
            incoming.unlink()
            before = None if entry["source"] == read_by else entry["source"]
            entry["source"] = read_by
        else:
            name = _safe(path.name) if replace else _free_name(path.name, digest, raw, ledger)
            arrived[incoming] = raw / name
            entry = known[digest] = ledger[name] = _entry(name, read_by, size, digest)
        entry |= {"collection": collection} if collection else {}
        fields = {name: entry[name] for name in _ENTRY}
        done.append(Imported(**fields, already=is_known, before=before, collection=entry.get("collection")))
    if mapping:
        storage.write_bytes(raw / source.name, mapping.read_bytes())
    # A kill after this leaves names without files, which `run` reports and the same import repairs.
    write_ledger(snapshot, ledger)
    for incoming, file in arrived.items():
        incoming.replace(file)
    return done


def _require_short_name(path: Path) -> None:
    """Raise `InputError` when the files made of one could not have its name in theirs."""
    if (size := len(os.fsencode(_safe(path.name)))) > LONGEST_NAME:
        raise InputError(path, f"has a name of {size} bytes; rename it: at most {LONGEST_NAME} are allowed")


def _remove(arrived: Iterable[Path], raw: Path) -> None:
    """Remove what an import that failed has copied, and the folders that it leaves empty."""
    for incoming in arrived:
        incoming.unlink(missing_ok=True)
    with suppress(OSError):  # not empty: the snapshot has other files
        raw.rmdir()
        raw.parent.rmdir()


def _same_engine(snapshot: Path, ledger: dict[str, dict[str, Any]], source: Source) -> None:
    """Raise `InputError` when the snapshot holds a file of another engine: their counts must not be summed."""
    raw = snapshot / "raw"
    files = raw_files(snapshot) if raw.is_dir() else []
    # Files read with a mapping of this name will be read with this one.
    names = {ledger[path.name]["source"] if path.name in ledger else SHODAN.name for path in files} - {source.name}
    for name in sorted(names):
        engine = named_source(name, raw).engine
        if engine != source.engine:
            raise InputError(
                snapshot,
                f"holds files of {engine}, and these are of {source.engine}; a snapshot has one engine. Import them "
                "into another snapshot",
            )


def with_dropped_files(snapshot: Path, sha256_of: Callable[[Path], str]) -> dict[str, dict[str, Any]]:
    """Return the ledger with an entry for each raw file that was put there, or replaced, by hand; nothing is written.

    Such a file was received when it is first seen, and is of the source that the imported files are of, if they are of
    one. What was imported never gets a new entry.
    """
    ledger = read_ledger(snapshot)
    sources = {entry["source"] for entry in ledger.values()} - {SHODAN_CSV}
    source = sources.pop() if len(sources) == 1 else SHODAN.name
    for path in raw_files(snapshot):
        known = ledger.get(path.name)
        digest = sha256_of(path)
        if known is None or (known.get("by_hand") and known["sha256"] != digest):
            ledger[path.name] = {**_entry(path.name, source, path.stat().st_size, digest), "by_hand": True}
    return ledger


def write_ledger(snapshot: Path, ledger: dict[str, dict[str, Any]]) -> None:
    """Write the ledger of imports, if it has changed."""
    if ledger != read_ledger(snapshot):
        storage.write_checksummed(snapshot / "raw" / LEDGER, ledger)


def _entry(file: str, source: str, size: int, digest: str) -> dict[str, Any]:
    """Return the entry of a file received now."""
    received = datetime.now(UTC).isoformat(timespec="seconds")
    return {"file": file, "source": source, "bytes": size, "sha256": digest, "received": received}


def expand(names: list[str]) -> list[Path]:
    """Return the files of names and globs, in order, each once. Raises `InputError` for unreadable ones."""
    paths: dict[Path, None] = {}
    for name in names:
        # Not Path.glob: the pattern may be absolute.
        found = sorted(glob.glob(name)) if glob.has_magic(name) and not Path(name).exists() else [name]  # noqa: PTH207
        if not found:
            raise InputError(Path(name), "matches no file")
        paths.update(dict.fromkeys(Path(f) for f in found))
    for path in paths:
        if path.is_dir():
            raise InputError(path, f"is a folder; name its files, such as '{path}/*.json.gz'")
        if not path.is_file():
            raise InputError(path, "no such file")
        if not os.access(path, os.R_OK):
            raise InputError(path, "cannot be read; check its permissions")
    return list(paths)


def read_ledger(snapshot: Path) -> dict[str, dict[str, Any]]:
    """Return the ledger of imports: name under raw/ to entry; empty when nothing was imported."""
    path = snapshot / "raw" / LEDGER
    found: dict[str, dict[str, Any]] = storage.read_checksummed(path, required=False) if path.is_file() else {}
    if not all(isinstance(e, dict) and e.keys() >= _ENTRY for e in found.values()):
        raise IntegrityError(path, "is not a ledger of imports; move it away if it is one of your exports")
    storage.require_inside(path, found)
    return found


def raw_files(snapshot: Path) -> list[Path]:
    """Return the raw files of a snapshot in order of name: imported, and JSON files added by hand."""
    ledger = read_ledger(snapshot)
    return sorted(
        p
        for p in (snapshot / "raw").iterdir()
        if (p.name in ledger or p.name.lower().endswith(ENDINGS))
        and p.name != LEDGER
        and p.name[0] != "."
        and p.is_file()
    )


def _copy(path: Path, incoming: Path, link: bool) -> tuple[str, int]:
    """Copy (or hard-link, where the disk allows it) one file; return its SHA-256 and its bytes."""
    try:
        incoming.unlink(missing_ok=True)
        if link:
            with suppress(OSError):
                os.link(path.resolve(), incoming)
        if not incoming.exists():
            shutil.copyfile(path, incoming)
        storage.sync_files([incoming])
        return storage.sha256(incoming), incoming.stat().st_size
    except OSError as error:
        incoming.unlink(missing_ok=True)
        raise InputError(path, f"cannot be copied: {error.strerror or error}") from None


def _free_name(name: str, digest: str, raw: Path, ledger: dict[str, dict[str, Any]]) -> str:
    """Return the file's name, with part of its checksum in front when another file has that name."""
    safe = _safe(name)
    in_the_way = (raw / safe).is_file() and storage.sha256(raw / safe) != digest
    is_taken = ledger[safe]["sha256"] != digest if safe in ledger else in_the_way
    return f"{digest[:8]}-{safe}" if is_taken else safe


def _safe(name: str) -> str:
    """Return a file's name without characters that a shell or a path interprets."""
    safe = "".join(c if c.isalnum() or c in "._-" else "_" for c in name)
    return f"_{safe}" if safe.startswith(".") or safe == LEDGER else safe


def free_bytes(folder: Path) -> int:
    """Return the free space on the disk that holds `folder`, in bytes."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
