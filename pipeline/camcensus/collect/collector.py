"""One collection: who may run it, what it may cost, what it did. Each mode has its own file."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from camcensus.collect.client import Client, Limits
from camcensus.collect.download import MODE as DOWNLOAD
from camcensus.collect.download import Collected, Download
from camcensus.collect.match_counts import CENSUS, TRENDS, census, controls, trends
from camcensus.collect.queries import queries_of
from camcensus.collect.sample import sample
from camcensus.core import storage
from camcensus.core.config import Study
from camcensus.core.errors import CamcensusError
from camcensus.identify.catalogue import load_catalogue
from camcensus.raw.completeness import missing
from camcensus.raw.drawn_blocks import MODE as SAMPLE
from camcensus.raw.imports import raw_files
from camcensus.raw.ledger import Ledger
from camcensus.raw.reply_files import CONTROLS, Replies

MODES = ("census", "download", "sample", "trends")
Log = Callable[[str], None]


@contextmanager
def collecting(study: Study, snapshot: str) -> Iterator[tuple[Path, Ledger]]:
    """Give the snapshot's raw folder and ledger to this collector alone. Raises `BusyError` or `CamcensusError`."""
    raw = study.data / snapshot / "raw"
    if raw.is_dir() and raw_files(raw.parent):
        raise CamcensusError(f"snapshot {snapshot} holds imported files; collect into another snapshot")
    with storage.lock(raw, f"snapshot {snapshot}"):
        storage.remove_leftovers(raw)
        with closing(Ledger(raw)) as ledger:
            ledger.forget_lost()
            yield raw, ledger


def collect_snapshot(study: Study, snapshot: str, mode: str, key: str, allowed: int | None, log: Log) -> Collected:
    """Collect in one of `MODES`, resuming where an earlier run stopped.

    `allowed`: query credits that the snapshot may cost in total, retries included; None: the study's budget.
    """
    queries = queries_of(study, load_catalogue(study.catalogue_path))
    done = Collected(snapshot, mode)
    with collecting(study, snapshot) as (raw, ledger):
        ledger.allowed = study.collect.budget if allowed is None else allowed
        client = Client(key, Limits.of(study.collect), ledger=ledger)
        before = ledger.spent
        # No figure follows from a sample and a download together.
        other = {DOWNLOAD: SAMPLE, SAMPLE: DOWNLOAD}.get(mode)
        if other and ledger.fact(f"queries of {other}"):
            raise CamcensusError(f"snapshot {snapshot} is a {other}; collect a {mode} into another snapshot")
        ledger.set_fact(f"queries of {mode}", json.dumps([query.id for query in queries]))
        try:
            if mode == CENSUS:
                done.failed = census(client, Replies(raw, ledger, CENSUS), queries, log)
            elif mode == TRENDS:
                done.notes, done.failed = trends(client, Replies(raw, ledger, TRENDS), queries)
            else:
                controls(client, Replies(raw, ledger, CONTROLS))
                work = Download(raw, ledger, client, study.collect, log, done)
                if mode == SAMPLE:
                    done.stopped = sample(work, queries)
                else:
                    work.plan(queries)
                    done.stopped = work.run()
                done.again = work.price()
            done.missing = missing(ledger, mode, study.collect)
        except (CamcensusError, OSError) as error:
            failure = error
            if isinstance(error, OSError):
                text = f"{error.filename or raw}: {error.strerror or error}; make room, or check who may write"
                failure = CamcensusError(text)
            pages = f"{done.pages:,} pages were received; the snapshot has cost {ledger.spent:,} query credits so far; "
            kept = "complete files are kept, and the same command resumes from there"
            failure.add_note(f"{pages if ledger.spent else ''}{kept}")
            raise failure from None
        finally:
            done.credits, done.credits_in_all = ledger.spent - before, ledger.spent
    return done
