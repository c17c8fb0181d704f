"""The content of a collected snapshot, read from its ledger.

Ingest works on pages in bundles: single pages would make tens of thousands of small tables, and a query one that no
second process could share. Later pages change only the last bundle.
"""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camcensus.core import storage
from camcensus.core.config import Collect, Study
from camcensus.core.manifest import Collection, SentQuery
from camcensus.raw.completeness import missing
from camcensus.raw.drawn_blocks import drawn_of
from camcensus.raw.ledger import FILE, Ledger
from camcensus.raw.ledger_rows import FreeReply, Page
from camcensus.raw.reply_files import CONTROLS, Replies

PAGED = ("download", "sample")
COUNTING = ("census", "trends")
PAGES = 500  # in a bundle


@dataclass(frozen=True)
class Bundle:
    """Pages of one mode, named such as "download-000001". `sha256` is over the pages' names and checksums."""

    name: str
    pages: tuple[Page, ...]

    @property
    def sha256(self) -> str:
        """Return the checksum over all pages."""
        return storage.digest_of_lines(f"{page.file} {page.sha256}" for page in self.pages)

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


def collection_of(snapshot: Path, settings: Collect) -> Collection | None:
    """Return how a snapshot was collected; None for one that was not."""
    if not has_ledger(snapshot):
        return None
    with closing(Ledger(snapshot / "raw", read_only=True)) as ledger:
        modes = [mode for mode in (*PAGED, *COUNTING) if ledger.fact(f"queries of {mode}")]
        parts = [part for mode in PAGED for part in ledger.partitions(mode)]
        controls = {reply.query: value for reply, value in Replies(snapshot / "raw", ledger, CONTROLS).all()}
        drawn = drawn_of(ledger)
        return Collection(
            modes=modes,
            queries={name: SentQuery(**query) for name, query in ledger.queries().items()},
            parts=len(parts),
            announced=sum(part.announced for part in parts),
            found=sum(part.found for part in parts),
            credits=ledger.spent,
            threshold=settings.threshold,
            missing=[line for mode in modes for line in missing(ledger, mode, settings)],
            controls={name: value["total"] for name, value in controls.items() if name != "ports"},
            ports=sorted(controls.get("ports", [])),
            sample=drawn.described() if drawn else None,
            whole_banners=ledger.fact("fields") == "all",
        )


def replies_of(snapshot: Path, mode: str) -> list[tuple[FreeReply, Any]]:
    """Return the replies of a counting mode. Raises `IntegrityError` when one differs from its checksum."""
    with closing(Ledger(snapshot / "raw", read_only=True)) as ledger:
        for reply in ledger.replies(mode):
            reason = "is not the reply that was received; put it back, or collect again"
            storage.require(snapshot / "raw" / reply.file, reply.sha256, reason)
        return list(Replies(snapshot / "raw", ledger, mode).all())
