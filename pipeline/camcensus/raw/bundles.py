"""Collected pages in bundles, the parts that ingest works on, in order of receipt.

Single pages would make tens of thousands of small tables, and a query one that no second process could share. Later
pages change only the last bundle.
"""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from camcensus.core.config import Study
from camcensus.core.storage import digest_of_lines
from camcensus.raw.ledger import FILE, Ledger
from camcensus.raw.ledger_rows import Page

PAGES = 500


@dataclass(frozen=True)
class Bundle:
    """Pages of one mode, named such as "download-000001". `sha256` is over the pages' names and checksums."""

    name: str
    pages: tuple[Page, ...]

    @property
    def sha256(self) -> str:
        """Return the checksum over all pages."""
        return digest_of_lines(f"{page.file} {page.sha256}" for page in self.pages)

    @property
    def bytes(self) -> int:
        """Return the bytes of the pages' files."""
        return sum(page.bytes for page in self.pages)

    @property
    def received(self) -> str:
        """Return when the last page was received (UTC, ISO 8601)."""
        return max(page.received for page in self.pages)


def has_ledger(snapshot: Path) -> bool:
    """Return whether a snapshot was collected."""
    return (snapshot / "raw" / FILE).is_file()


def bundles_of(snapshot: Path) -> dict[str, Bundle]:
    """Return the bundles of a snapshot by name; none when nothing was downloaded into it."""
    if not has_ledger(snapshot):
        return {}
    with closing(Ledger(snapshot / "raw", read_only=True)) as ledger:
        modes = {part.id: part.mode for mode in ("download", "sample") for part in ledger.partitions(mode)}
        by_mode: dict[str, list[Page]] = {}
        for page in ledger.pages():
            by_mode.setdefault(modes[page.partition], []).append(page)
    bundles = [
        Bundle(f"{mode}-{n:06}", tuple(pages[start : start + PAGES]))
        for mode, pages in by_mode.items()
        for n, start in enumerate(range(0, len(pages), PAGES), 1)
    ]
    return {bundle.name: bundle for bundle in bundles}


def collected_folders(study: Study) -> list[Path]:
    """Return the raw folders that belong to a collector, which clears them itself."""
    return [study.data / name / "raw" for name in study.snapshot_ids() if has_ledger(study.data / name)]
