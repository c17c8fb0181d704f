"""One collection: who may do it, what it may cost, what it did. What each mode asks stands in a file of its own."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from camcensus.collect.budget import Budget
from camcensus.collect.census import MODE as CENSUS
from camcensus.collect.census import census, controls
from camcensus.collect.client import Client, Limits
from camcensus.collect.download import MODE as DOWNLOAD
from camcensus.collect.download import Download
from camcensus.collect.queries import queries_of
from camcensus.collect.sample import sample
from camcensus.collect.trends import MODE as TRENDS
from camcensus.collect.trends import trends
from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.errors import CamcensusError
from camcensus.identify.catalogue import Query, load_catalogue
from camcensus.raw.completeness import missing
from camcensus.raw.drawn_blocks import MODE as SAMPLE
from camcensus.raw.imports import raw_files
from camcensus.raw.ledger import Ledger
from camcensus.raw.saved_replies import CONTROLS, Replies

MODES = ("census", "download", "sample", "trends")
Log = Callable[[str], None]


@dataclass
class Collected:
    """What a run of the collector did: pages and query credits of this run, credits of the snapshot in all; why it
    `stopped` before the end ("": it did not), requests that `failed`, and what is `missing`, in words; what it costs to
    ask for that `again`; `notes`: what else is to be said."""

    snapshot: str
    mode: str
    pages: int = 0
    credits: int = 0
    credits_in_all: int = 0
    again: int = 0
    stopped: str = ""
    failed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not (self.stopped or self.failed or self.missing)

    def as_dict(self) -> dict[str, Any]:
        """The same, for a program."""
        return {**asdict(self), "complete": self.complete}


@contextmanager
def collecting(study: Study, snapshot: str) -> Iterator[tuple[Path, Ledger]]:
    """The snapshot's raw folder and ledger, for this collector alone. Raises `BusyError` when another one is at it,
    `CamcensusError` when the snapshot holds imported files."""
    raw = study.data / snapshot / "raw"
    if raw.is_dir() and raw_files(raw.parent):
        raise CamcensusError(f"snapshot {snapshot} holds imported files; collect into one of another name")
    with storage.lock(raw, f"snapshot {snapshot}"):
        storage.remove_leftovers(raw)
        with closing(Ledger(raw)) as ledger:
            ledger.forget_lost()
            yield raw, ledger


def _keep_apart(snapshot: str, ledger: Ledger, mode: str) -> None:
    """Raises `CamcensusError` where a sample and a download would come into one snapshot: no figure could be made of
    the two together."""
    other = {DOWNLOAD: SAMPLE, SAMPLE: DOWNLOAD}.get(mode)
    if other and ledger.fact(f"queries of {other}"):
        raise CamcensusError(f"snapshot {snapshot} is a {other}; collect a {mode} into one of another name")


def collect_snapshot(study: Study, snapshot: str, mode: str, key: str, allowed: int | None, log: Log) -> Collected:
    """Collects in one of `MODES`, going on where an earlier run stopped. `allowed`: query credits that the snapshot may
    cost in all; None: the study's budget. Raises a `CamcensusError` for what nothing can be done about here."""
    queries = queries_of(study, load_catalogue(study.catalogue_path))
    done = Collected(snapshot, mode)
    with collecting(study, snapshot) as (raw, ledger):
        book = Budget(ledger, study.collect.budget if allowed is None else allowed)
        client = Client(key, Limits.of(study.collect), book=book)
        before = ledger.spent
        _keep_apart(snapshot, ledger, mode)
        ledger.set_fact(f"queries of {mode}", json.dumps([query.id for query in queries]))
        try:
            _collect(study, raw, ledger, client, book, queries, done, log)
            done.missing = missing(ledger, mode, study.collect)
        except CamcensusError as error:
            error.add_note(_kept(done.pages, ledger.spent))
            raise
        except OSError as error:
            told = CamcensusError(
                f"{error.filename or raw}: {error.strerror or error}; make room, or see who may write"
            )
            told.add_note(_kept(done.pages, ledger.spent))
            raise told from None
        finally:
            done.credits, done.credits_in_all = ledger.spent - before, ledger.spent
    return done


def _collect(
    study: Study, raw: Path, ledger: Ledger, client: Client, book: Budget, queries: Sequence[Query],
    done: Collected, log: Log,
) -> None:  # fmt: skip
    """Asks for what is not there yet, and enters in `done` how that went."""
    if done.mode == CENSUS:
        done.failed = census(client, ledger, Replies(raw, ledger, CENSUS), queries, log)
        return
    if done.mode == TRENDS:
        done.notes, done.failed = trends(client, ledger, Replies(raw, ledger, TRENDS), queries)
        return
    controls(client, Replies(raw, ledger, CONTROLS))
    work = Download(raw, ledger, client, study.collect, book.allowed, log, done.mode)
    try:
        if done.mode == SAMPLE:
            done.stopped, done.notes = sample(work, queries)
        else:
            work.plan(queries)
            done.stopped = work.run()
        done.again = sum(pages for _, pages in work.prices())
        done.notes += work.notes
    finally:
        done.pages, done.failed = work.bought, work.failed


def _kept(pages: int, spent: int) -> str:
    """What an error leaves behind."""
    came = f"{pages:,} pages came, and the snapshot has cost {spent:,} query credits so far; " if spent else ""
    return f"{came}what is whole stays, and the same command goes on from there"
