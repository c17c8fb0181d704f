"""The files of a catalogue: what a run reads to learn that nothing in them changed."""

import hashlib
from functools import lru_cache
from pathlib import Path

from camcensus.core.text_files import read_bytes

REGISTER = "ids.csv"  # what each id means


def checksum_of(folder: Path) -> str:
    """Return a checksum over the files of a catalogue, comments and examples included.

    A process reads files again when their size, time or inode changed.
    """
    found = [(path, path.stat()) for path in sorted(folder.glob("*.toml"))]
    return _checksum(tuple((path, stat.st_size, stat.st_mtime_ns, stat.st_ino) for path, stat in found))


@lru_cache(maxsize=8)
def _checksum(files: tuple[tuple[Path, int, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, *_ in files:
        digest.update(path.name.encode() + b"\0" + read_bytes(path) + b"\0")
    return digest.hexdigest()
