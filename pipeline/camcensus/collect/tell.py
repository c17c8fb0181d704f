"""What a run of the collector says when it is done."""

import json
from pathlib import Path

from camcensus.collect.collector import Collected
from camcensus.core.errors import SHOWN


def tell_collected(done: Collected, study: Path, as_json: bool) -> str:
    """What came, what did not, and what to do next; as JSON the same facts."""
    if as_json:
        return json.dumps(done.as_dict(), sort_keys=True)
    paid = f"{done.pages:,} pages for {done.credits:,} query credits, {done.credits_in_all:,} for the snapshot so far"
    lines = [f"{done.snapshot}: {done.mode}: {paid}"]
    faults = [*done.failed, *done.missing]
    lines += [f"not collected: {text}" for text in faults[:SHOWN]]
    lines += [f"and {len(faults) - SHOWN:,} more"] if len(faults) > SHOWN else []
    lines += done.notes
    if done.complete:
        return "\n".join([*lines, f"complete; next: camcensus run --study {study}"])
    why = f": {done.stopped}" if done.stopped else ""
    return "\n".join([*lines, f"PARTIAL{why}", _next(done, study)])


def _next(done: Collected, study: Path) -> str:
    again = "run the same command again to go on; what came is not bought again"
    if done.again:
        again = (
            f"run the same command again to ask for what is missing: about {done.again:,} query credits, "
            f"--max-credits {done.credits_in_all + done.again}"
        )
    elif done.missing and not (done.stopped or done.failed):
        again = "asking again does not help: collect into a new snapshot"
    return f"{again}; or count what is there: camcensus run --study {study} --allow-partial"
