"""The report's folder: every file whole or not at all, those that are the same left alone, those of an earlier report
removed."""

from collections.abc import Iterable
from pathlib import Path

from camcensus.core import storage

OURS = ("charts", "countries", "makers")  # folders in which nothing but the report's own files stand


class Output:
    """Writes into a report's folder and remembers what belongs to it."""

    def __init__(self, folder: Path) -> None:
        """`folder` need not be there."""
        self.folder = folder
        self.written: list[str] = []

    def write(self, name: str, content: bytes | str) -> None:
        """Writes a file, unless it is there with the same bytes."""
        path = self.folder / name
        data = content.encode() if isinstance(content, str) else content
        if not (path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data):
            with storage.atomic(path) as file:
                file.write(data)
        self.written.append(name)

    def keep(self, *names: str) -> None:
        """Files that somebody else wrote, or that stand from before."""
        self.written += names

    def remove_others(self) -> None:
        """Removes what an earlier report left in the report's own folders."""
        ours = set(self.written)
        for path in self._found():
            if path.relative_to(self.folder).as_posix() not in ours:
                path.unlink()

    def _found(self) -> Iterable[Path]:
        return [p for name in OURS for p in (self.folder / name).glob("*") if p.is_file()]
