"""Files: atomic writes, checksums, the identity key and the lock. Tables are in `parquet`."""

import hashlib
import json
import os
import re
import secrets
import socket
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import filelock

from camcensus.core.errors import BusyError, InputError, IntegrityError

BLOCK = 1 << 20
# The umask can only be read by setting it.
_UMASK = os.umask(0o077)
os.umask(_UMASK)
PART = ".part"
LOCK = ".lock"
CHECKSUM = "sha256"
PUBLIC_KEY = hashlib.sha256(b"camcensus: the public key of made-up data").digest()


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of_lines(lines: Iterable[str]) -> str:
    """Return the SHA-256 over lines of text, as hex."""
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def require(path: Path, digest: str, reason: str) -> None:
    """Raise `IntegrityError` with the reason when a file is missing or does not have this checksum."""
    if not path.is_file() or sha256(path) != digest:
        raise IntegrityError(path, reason)


@contextmanager
def atomic(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write that appears under `path` completely, or not at all. Survives a power cut (fsync)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=PART)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~_UMASK)
        Path(name).replace(path)
        _sync_folder(path.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def sync_files(paths: Iterable[Path]) -> None:
    """Force files and their folder entries to the disk; missing files are ignored."""
    folders = set()
    for path in paths:
        with suppress(FileNotFoundError), path.open("rb") as file:
            os.fsync(file.fileno())
        folders |= {path.parent, path.parent.parent}
    for folder in filter(Path.is_dir, folders):
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a small file, atomically."""
    with atomic(path) as file:
        file.write(data)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write JSON with sorted keys, atomically; the same value gives the same bytes."""
    write_text(path, _as_json(value))


def _as_json(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def require_inside(path: Path, names: Iterable[str]) -> None:
    """Raise `IntegrityError` when the record in `path` names a file outside its folder."""
    for name in names:
        if not name or "\\" in name or name.startswith("/") or ".." in name.split("/"):
            raise IntegrityError(path, f"names a file outside its folder: {name!r}")


def write_checksummed(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON object with its own checksum under `CHECKSUM`, so that every flipped bit is noticed."""
    write_json(path, {**value, CHECKSUM: hashlib.sha256(_as_json(value).encode()).hexdigest()})


def read_checksummed(path: Path, required: bool = True) -> dict[str, Any]:
    """Return what `write_checksummed` wrote, without the checksum; unless `required`, a person's file may have none.

    Raises `IntegrityError` when it was changed.
    """
    data = path.read_bytes()
    value = _parsed(path, data)
    if not isinstance(value, dict):
        raise IntegrityError(path, "is damaged: it is not an object")
    if CHECKSUM not in value and not required:
        return value
    is_sorted = list(value) == sorted(value)  # so the checksum, which is not part of what it is over, is in its place
    checksum = value.pop(CHECKSUM, None)
    if not is_sorted or checksum != hashlib.sha256(_without(data, checksum)).hexdigest():
        raise IntegrityError(path, "is damaged: it is not what was written")
    return value


def _without(data: bytes, checksum: object) -> bytes:
    """Return the bytes that `write_checksummed` took the checksum over: those of the file without the checksum's line.

    They are not made from the value again: that took most of the time of a run with nothing to do.
    """
    # A line with this indentation is on the top level, since no JSON string holds a line break.
    line = f'\n {json.dumps(CHECKSUM)}: "{checksum}"'.encode("utf-8", "surrogatepass")
    whole = next((part for part in (line + b",", b"," + line, line + b"\n") if part in data), b"")
    return data.replace(whole, b"", 1)


def read_json(path: Path) -> Any:
    """Return the value in a JSON file. Raises `IntegrityError` when it is not JSON."""
    return _parsed(path, path.read_bytes())


def _parsed(path: Path, data: bytes) -> Any:
    try:
        return json.loads(data.decode())
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise IntegrityError(path, f"is damaged: {error}") from None


def remove_leftovers(folder: Path, but: Sequence[Path] = ()) -> None:
    """Remove the unfinished files of killed runs, except below `but`. Call it under the lock."""
    for path in folder.rglob(f".*{PART}"):
        if not any(path.is_relative_to(kept) for kept in but):
            path.unlink(missing_ok=True)


@contextmanager
def lock(folder: Path, what: str = "the study") -> Iterator[None]:
    """Lock the folder of a study or a snapshot for this process. Raises `BusyError` naming the holder."""
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / ".lock-holder"
    file_lock = filelock.FileLock(folder / LOCK, timeout=0)
    try:
        file_lock.acquire()
    except filelock.Timeout:
        name = holder.read_text() if holder.is_file() else "another process"
        raise BusyError(folder / LOCK, name, what) from None
    try:
        holder.write_text(f"process {os.getpid()} on {socket.gethostname()}")
        yield
    finally:
        holder.unlink(missing_ok=True)
        file_lock.release()


def is_locked(folder: Path) -> bool:
    """Return whether a process holds `lock` on the folder now."""
    if not (folder / LOCK).is_file():
        return False
    try:
        with filelock.FileLock(folder / LOCK, timeout=0):
            return False
    except filelock.Timeout:
        return True


def identity_key(path: Path, simulated: bool) -> bytes:
    """Return the key of hashed identities: created at first use, readable by its owner only; simulated data: public."""
    if simulated:
        return PUBLIC_KEY
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
    if path.stat().st_mode & 0o077:
        raise InputError(path, f"can be read by others; run: chmod 600 {path}")
    text = path.read_bytes().strip()
    if not re.fullmatch(rb"[0-9a-f]{64}", text):
        raise InputError(path, "is not a key of camcensus; move it away and a new one is created")
    return bytes.fromhex(text.decode())


def key_id(key: bytes) -> str:
    """Return an id of a key that does not reveal it: tables with different keys must not be matched."""
    return hashlib.sha256(b"camcensus key id" + key).hexdigest()[:12]
