"""A raw file for a stage's task: an export, or pages of a collection that are read as one."""

from dataclasses import dataclass
from pathlib import Path

from camcensus.core import storage
from camcensus.readers.record import Reader
from camcensus.readers.registry import Source
from camcensus.readers.search_pages import SearchPages


@dataclass(frozen=True)
class RawPart:
    """The file at `path` with its checksum, or the `pages` below it, each with a checksum inside. Picklable."""

    path: Path
    source: Source
    sha256: str
    pages: tuple[str, ...] = ()

    @property
    def reader(self) -> Reader:
        """A new reader, to be used once."""
        return SearchPages(self.path, self.pages) if self.pages else self.source.reader(self.path)

    def require(self) -> None:
        """Check the file. Raises `IntegrityError` when it is not the file that was imported."""
        if not self.pages:
            storage.require(self.path, self.sha256, "is not the file that was imported; put a copy of it back")
