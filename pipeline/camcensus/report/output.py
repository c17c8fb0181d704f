"""The report's folder: files are written atomically, unchanged ones left alone, those of an earlier report removed."""

from pathlib import Path

from camcensus.core import storage

OWN_FOLDERS = ("charts", "countries", "makers")  # they hold nothing but the report's files


class Output:
    """A report's folder, and the files that belong to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written: list[str] = []

    def write(self, name: str, content: bytes | str) -> None:
        """Write a file, unless it exists with the same bytes."""
        path = self.folder / name
        data = content.encode() if isinstance(content, str) else content
        if not (path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data):
            with storage.atomic(path) as file:
                file.write(data)
        self.written.append(name)

    def keep(self, *names: str) -> None:
        """Count files in that somebody else wrote, or that exist from before."""
        self.written += names

    def remove_others(self) -> None:
        """Remove what an earlier report left in the report's own folders."""
        for path in [p for name in OWN_FOLDERS for p in (self.folder / name).glob("*") if p.is_file()]:
            if path.relative_to(self.folder).as_posix() not in self.written:
                path.unlink()
