"""The content of a collected snapshot, read from its ledger."""

from contextlib import closing
from pathlib import Path
from typing import Any

from camcensus.core import storage
from camcensus.core.config import Collect
from camcensus.core.manifest import Collection, SentQuery
from camcensus.raw.bundles import has_ledger
from camcensus.raw.completeness import missing
from camcensus.raw.drawn_blocks import drawn_of
from camcensus.raw.ledger import Ledger
from camcensus.raw.ledger_rows import FreeReply
from camcensus.raw.saved_replies import CONTROLS, Replies

PAGED = ("download", "sample")
COUNTING = ("census", "trends")


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
