"""The content of a collected snapshot, read from its ledger."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from camcensus.core import storage
from camcensus.core.config import Collect
from camcensus.core.errors import IntegrityError
from camcensus.core.manifest import Collection, DrawnBlocks, SentQuery
from camcensus.raw.bundles import has_ledger
from camcensus.raw.completeness import missing
from camcensus.raw.drawn_blocks import drawn_of
from camcensus.raw.ledger import Ledger
from camcensus.raw.ledger_rows import FreeReply
from camcensus.raw.saved_replies import CONTROLS, Replies

PAGED = ("download", "sample")
COUNTING = ("census", "trends")


@contextmanager
def _ledger(snapshot: Path) -> Iterator[Ledger]:
    with closing(Ledger(snapshot / "raw", read_only=True)) as ledger:
        yield ledger


def collection_of(snapshot: Path, settings: Collect) -> Collection | None:
    """Return how a snapshot was collected; None for one that was not."""
    if not has_ledger(snapshot):
        return None
    with _ledger(snapshot) as ledger:
        modes = [mode for mode in (*PAGED, *COUNTING) if ledger.fact(f"queries of {mode}")]
        parts = [part for mode in PAGED for part in ledger.partitions(mode)]
        saved = Replies(snapshot / "raw", ledger, CONTROLS)
        controls = {reply.query: value for reply, value in saved.all()}
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
            sample=_sample(ledger),
            whole_banners=ledger.fact("fields") == "all",
        )


def _sample(ledger: Ledger) -> DrawnBlocks | None:
    drawn = drawn_of(ledger)
    if drawn is None:
        return None
    return DrawnBlocks(
        seed=drawn.seed, prefix_length=drawn.prefix_length, blocks=drawn.n_blocks, of=drawn.frame.size
    )  # fmt: skip


def replies_of(snapshot: Path, mode: str) -> list[tuple[FreeReply, Any]]:
    """Return the replies of a counting mode. Raises `IntegrityError` when one differs from its checksum."""
    with _ledger(snapshot) as ledger:
        for reply in ledger.replies(mode):
            path = snapshot / "raw" / reply.file
            if not path.is_file() or storage.sha256(path) != reply.sha256:
                raise IntegrityError(path, "is not the reply that was received; put it back, or collect again")
        return list(Replies(snapshot / "raw", ledger, mode).all())
