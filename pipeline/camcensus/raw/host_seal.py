"""The checksum beside looked-up hosts. Answers are appended as they come, so it stands for what was there when a run of
the collector ended; what came after it, and files that somebody else put there, it cannot vouch for."""

import hashlib
from pathlib import Path

from camcensus.core import storage
from camcensus.core.errors import IntegrityError

FILE = "sealed.json"
_PIECE = 1 << 20


def seal(folder: Path, names: list[str]) -> None:
    """Writes down the checksums of these files as they are; names of files that are not there are passed over."""
    there = [name for name in names if (folder / name).is_file()]
    sizes = {name: (folder / name).stat().st_size for name in there}
    sums = {name: {"bytes": size, "sha256": _begins_with(folder / name, size)} for name, size in sizes.items()}
    storage.write_sealed(folder / FILE, sums)


def check_seal(folder: Path, names: list[str]) -> list[str]:
    """Holds the files against the seal: in words, what it does not vouch for. Raises `IntegrityError` for a file that
    does not begin with what was sealed."""
    path = folder / FILE
    sums = storage.read_sealed(path) if path.is_file() else {}
    open_ends = []
    for name in names:
        file, held = folder / name, sums.get(name)
        if held is None:
            open_ends += [f"{file}: has no checksum, so a bit that flips in it may go unseen"] if file.is_file() else []
        elif not file.is_file() or _begins_with(file, held["bytes"]) != held["sha256"]:
            raise IntegrityError(file, "is not what was answered; move the folder away, and look up anew")
        elif file.stat().st_size > held["bytes"]:
            open_ends.append(f"{file}: was left open, so a bit that flipped in its end may go unseen")
    return open_ends


def _begins_with(path: Path, size: int) -> str:
    """The SHA-256 of the first `size` bytes of a file; of all of them if it is shorter."""
    digest, left = hashlib.sha256(), size
    with path.open("rb") as file:
        while left and (piece := file.read(min(left, _PIECE))):
            digest.update(piece)
            left -= len(piece)
    return digest.hexdigest()
