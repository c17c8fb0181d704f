"""What the accuracy report's goals come to in other worlds: the same measures over several seeds, and what they take.

One world is one draw; how far its figures hang on the seed shows beside it. No intervals here: those are over hundreds
of small worlds in the report itself (`make accuracy`). These are the software's errors in simulated worlds, never the
error of a published count.

    python benchmarks/accuracy.py [DEVICES [SEEDS]]      default: 60,000 devices, 5 seeds

Writes benchmarks/results/accuracy-<date>.json.
"""

import json
import os
import platform
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from camcensus.core.console import Reporter
from camcensus.validation.accuracy import recognised
from camcensus.validation.accuracy.counted import Counted, count_world
from camcensus.validation.accuracy.countries import country_errors, summary, true_counts
from camcensus.validation.accuracy.joined import joins
from camcensus.validation.simulate.world import Plan
from camcensus.validation.simulate.write import simulate

RESULTS = Path(__file__).parent / "results"


def one(devices: int, seed: int) -> dict[str, Any]:
    """The goals' figures of one world."""
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "world"
        simulate(out, Plan(devices, 1, seed), Reporter(quiet=True))
        (last,) = count_world(out)
        world = Counted(out, last)
        hosts = summary(country_errors(world.by_country(), true_counts(world, "evidence"))).set_index("unit")
        makers = recognised.makers(world).set_index("name").loc["all"]
        joined = joins(world)
        evidence = recognised.counted_at_all(world)["recall of what carries any evidence"]
        found: dict[str, Any] = {
            "hosts_median": hosts.loc["n_hosts", "median"], "hosts_p90": hosts.loc["n_hosts", "p90"],
            "maker_precision": makers["precision"], "maker_recall": makers["recall"], "evidence_recall": evidence,
            "merges": joined.merges, "merges_told": joined.merges_told, "splits": joined.splits,
            "splits_told": joined.splits_here + joined.splits_shown,
        }  # fmt: skip
    rounded = {name: round(float(value), 4) for name, value in found.items()}
    return {"seed": seed, **rounded, "cpu_seconds": round(time.process_time() - began, 1)}


def main() -> None:
    """Runs every seed; prints and writes the figures, with the median and the range of each."""
    given = [int(text) for text in sys.argv[1:]]
    devices, seeds = given[0] if given else 60_000, given[1] if len(given) > 1 else 5
    runs = []
    for seed in range(1, seeds + 1):
        runs.append(one(devices, seed))
        print(runs[-1], flush=True)
    names = [name for name in runs[0] if name != "seed"]
    spread = {
        name: {
            "median": statistics.median(run[name] for run in runs), "least": min(run[name] for run in runs),
            "most": max(run[name] for run in runs),
        }
        for name in names
    }  # fmt: skip
    date = datetime.now(UTC).date().isoformat()
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    result = {"date": date, "machine": machine, "devices": devices, "spread": spread, "runs": runs}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"accuracy-{date}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
