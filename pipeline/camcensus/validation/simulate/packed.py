"""A compressed file of lines: no name or time inside, so that the same lines give the same bytes."""

import hashlib
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from isal import igzip

LEVEL = 1
PIECE = 1 << 20  # bytes given to the compressor at a time, so that its output does not hang on who calls how often


class Packed:
    """A .gz file to which lines are appended. A file that got no line is not kept."""

    def __init__(self, path: Path, source: str = "shodan") -> None:
        self.path = path
        self.source = source
        self.lines = 0
        self._waiting = bytearray()

    def __enter__(self) -> Self:
        self._file = self.path.open("wb")
        packer: Any = igzip.IGzipFile  # it ships no types
        self._packer = packer(filename="", mode="wb", compresslevel=LEVEL, fileobj=self._file, mtime=0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._packer.write(bytes(self._waiting))
        self._packer.close()
        self._file.close()
        if not self.lines:
            self.path.unlink()

    def write(self, lines: list[str]) -> None:
        """Appends lines, each with its end."""
        if not lines:
            return
        self.lines += len(lines)
        self._waiting += ("\n".join(lines) + "\n").encode()
        whole = len(self._waiting) // PIECE * PIECE
        for start in range(0, whole, PIECE):
            self._packer.write(bytes(self._waiting[start : start + PIECE]))
        del self._waiting[:whole]

    def entry(self, received: str) -> dict[str, Any]:
        """The file as the ledger of imports has it, and its lines."""
        with self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {
            "file": self.path.name, "source": self.source, "bytes": self.path.stat().st_size, "sha256": digest,
            "received": received, "lines": self.lines,
        }  # fmt: skip
