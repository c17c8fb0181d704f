"""Which source a file is from, and so how it is read: Shodan's own lines, or a mapping of another engine's export."""

from dataclasses import dataclass
from pathlib import Path

from camcensus.core import storage
from camcensus.core.errors import InputError
from camcensus.core.fingerprints import digest_of
from camcensus.core.resources import MAPPINGS, bundled
from camcensus.readers.lines import CSV_ENDINGS, ENDINGS
from camcensus.readers.mapped_export import MappedFile
from camcensus.readers.mapping import Mapping, load_mapping
from camcensus.readers.record import Reader
from camcensus.readers.shodan_lines import ShodanLines

OWN = ".toml"


@dataclass(frozen=True)
class Source:
    """How files of one source are read. `name` is what the ledger of imports has; a mapping of the analyst's own has
    the name of its file, which lies beside the raw files. `checksum` is the mapping's. Picklable."""

    name: str
    engine: str
    mapping: Mapping | None = None
    checksum: str | None = None

    @property
    def endings(self) -> tuple[str, ...]:
        """What names of its files may end in."""
        return CSV_ENDINGS if self.mapping and self.mapping.format == "csv" else ENDINGS

    def reader(self, path: Path) -> Reader:
        """A raw file of this source, ready to be read once."""
        return MappedFile(path, self.mapping) if self.mapping else ShodanLines(path)

    def check(self, path: Path) -> None:
        """Looks at a file's name and start. Raises `InputError` when it cannot be of this source."""
        if not path.name.lower().endswith(self.endings):
            raise InputError(
                path, f"is of an unknown kind; give files of {self.name} that end in {', '.join(self.endings)}"
            )
        if self.mapping:
            MappedFile(path, self.mapping).check_header()

    def made_from(self, sha256: str) -> str:
        """The checksum of all that the rows of a file are made from: the file, and the mapping if there is one."""
        return digest_of(sha256, self.checksum) if self.checksum else sha256


SHODAN = Source("shodan", "shodan")


def shipped() -> list[str]:
    """Names of the mappings that come with camcensus."""
    return sorted(path.stem for path in bundled(MAPPINGS).glob(f"*{OWN}"))


def chosen_source(text: str) -> tuple[Source, Path | None]:
    """The source that an analyst names, and the mapping file if it is one of the analyst's own.

    Raises `InputError` for a name that is none, `MappingError` for a mapping that cannot be used.
    """
    if text == SHODAN.name or not text.lower().endswith(OWN):
        return named_source(text, Path()), None
    path = Path(text)
    return _mapped(path.name, path), path


def named_source(name: str, raw: Path) -> Source:
    """The source that a ledger names; `raw` is the folder that the ledger lies in. Raises as `chosen_source`."""
    if name == SHODAN.name:
        return SHODAN
    if name.lower().endswith(OWN):
        return _mapped(name, raw / name)
    if name not in shipped():
        allowed = ", ".join([SHODAN.name, *shipped()])
        raise InputError(Path(name), f"is no source; allowed: {allowed}, or a mapping file of your own ({OWN})")
    return _mapped(name, bundled(f"{MAPPINGS}/{name}{OWN}"))


def _mapped(name: str, path: Path) -> Source:
    mapping = load_mapping(path)
    return Source(name, mapping.engine, mapping, storage.sha256(path))
