"""Choose how a file is read: as Shodan's own lines, or by a mapping of another engine's export."""

from dataclasses import dataclass
from pathlib import Path

from camcensus.core import storage
from camcensus.core.errors import InputError
from camcensus.core.fingerprints import digest_of
from camcensus.core.resources import MAPPINGS, bundled
from camcensus.readers.lines import CSV_ENDINGS, ENDINGS
from camcensus.readers.mapped_export import MappedFile, MappedLines, MappedRows
from camcensus.readers.mapping import Mapping, load_mapping
from camcensus.readers.record import Reader
from camcensus.readers.shodan import SearchPages, ShodanFile

OWN = ".toml"


# By a format of a mapping: the endings of the names of its files, and their reader.
FORMATS: dict[str, tuple[tuple[str, ...], type[MappedFile]]] = {
    "jsonl": (ENDINGS, MappedLines),
    "csv": (CSV_ENDINGS, MappedRows),
}


@dataclass(frozen=True)
class Source:
    """How files of one source are read. Picklable.

    `name` is in the ledger of imports; for the analyst's own mapping it is the name of its file, which is next to the
    raw files. `checksum` is the mapping's.
    """

    name: str
    engine: str
    mapping: Mapping | None = None
    checksum: str | None = None

    @property
    def endings(self) -> tuple[str, ...]:
        """How the names of its files end."""
        formats = self.mapping.formats if self.mapping else FORMATS
        return tuple(ending for name in formats for ending in FORMATS[name][0])

    def of(self, path: Path) -> "Source":
        """Return the source that a file of this one is read with: Shodan's CSV has a mapping."""
        is_csv = path.name.lower().endswith(CSV_ENDINGS)
        return named_source(SHODAN_CSV, Path()) if self.mapping is None and is_csv else self

    def reader(self, path: Path) -> Reader:
        """Return a reader of a raw file of this source, to be used once; the file's ending decides its format."""
        if self.mapping is None:
            return ShodanFile(path)
        fitting = (FORMATS[name] for name in self.mapping.formats)
        reader = next((kind for endings, kind in fitting if path.name.lower().endswith(endings)), MappedLines)
        return reader(path, self.mapping)

    def check(self, path: Path) -> None:
        """Check a file's name and start. Raises `InputError` when it cannot be of this source."""
        if not path.name.lower().endswith(self.endings):
            endings = ", ".join(self.endings)
            raise InputError(path, f"is of an unknown kind; give files of {self.name} that end in {endings}")
        self.reader(path).check_start()

    def made_from(self, sha256: str) -> str:
        """Return the checksum of all that determines a file's rows: the file, and the mapping if there is one."""
        return digest_of(sha256, self.checksum) if self.checksum else sha256


SHODAN = Source("shodan", "shodan")
SHODAN_CSV = "shodan-csv"


@dataclass(frozen=True)
class RawPart:
    """What a task reads: the file at `path` with its checksum, or collected `pages` below it. Picklable."""

    path: Path
    source: Source
    sha256: str
    pages: tuple[str, ...] = ()

    @property
    def reader(self) -> Reader:
        """A new reader, to be used once."""
        return SearchPages(self.path, self.pages) if self.pages else self.source.reader(self.path)

    @property
    def size(self) -> int:
        """Bytes of the file, or of the pages."""
        return sum(path.stat().st_size for path in map(self.path.joinpath, self.pages or ("",)))

    def require(self) -> None:
        """Check the file. Raises `IntegrityError` when it is not the file that was imported."""
        if not self.pages:  # each page has its checksum inside
            storage.require(self.path, self.sha256, "is not the file that was imported; put a copy of it back")


def shipped() -> list[str]:
    """Return the names of the mappings that come with camcensus."""
    return sorted(path.stem for path in bundled(MAPPINGS).glob(f"*{OWN}"))


def chosen_source(text: str) -> tuple[Source, Path | None]:
    """Return the source that an analyst names, and the mapping file if it is the analyst's own.

    Raises `InputError` for an unknown name, `MappingError` for a mapping that cannot be used.
    """
    if text == SHODAN.name or not text.lower().endswith(OWN):
        return named_source(text, Path()), None
    path = Path(text)
    return _mapped(path.name, path), path


def named_source(name: str, raw: Path) -> Source:
    """Return the source that a ledger names; `raw` is the ledger's folder. Raises as `chosen_source`."""
    if name == SHODAN.name:
        return SHODAN
    if name.lower().endswith(OWN):
        return _mapped(name, raw / name)
    if name not in shipped():
        allowed = ", ".join([SHODAN.name, *shipped()])
        raise InputError(Path(name), f"is not a source; allowed: {allowed}, or your own mapping file ({OWN})")
    return _mapped(name, bundled(f"{MAPPINGS}/{name}{OWN}"))


def _mapped(name: str, path: Path) -> Source:
    mapping = load_mapping(path)
    return Source(name, mapping.engine, mapping, storage.sha256(path))
