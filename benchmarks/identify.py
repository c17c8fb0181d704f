"""Banners per second of the batch path of identify on one core: with realistic repetition, and with all distinct.

The evidence is that of the demo's banners. "Distinct" gives every banner of every round a title, realm, page and
certificate of its own, so that no value was matched before; its first round, in which RE2 builds its automata, is a
figure of its own. Usage: python benchmarks/identify.py [--rounds 5] [--makers 0.5]
"""

import argparse
import gc
import json
import os
import platform
import random
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa

from camcensus.core.resources import bundled
from camcensus.engines.processes import OBJECTS
from camcensus.identify.batches import verdicts
from camcensus.identify.catalogue import Catalogue, load_catalogue
from camcensus.identify.matcher import Identifier
from camcensus.ingest.observe import batch_of, observe
from camcensus.readers.banner import Rejected, decode
from camcensus.readers.lines import RawFile

ROOT = Path(__file__).parent.parent
REPEATED, DISTINCT = 200_000, 20_000
OWN = ("http_title", "http_realm", "http_html", "cert_subject", "rtsp_realm", "product", "http_server")


def main() -> None:
    """Prints the medians as JSON, and keeps them in benchmarks/results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--makers", type=float, default=1.0, help="share of the makers to match with")
    options = parser.parse_args()
    catalogue = with_makers(load_catalogue(bundled("queries")), options.makers)
    rows, identifier = demo_rows(), Identifier(catalogue)
    gc.freeze()  # as a worker process does
    gc.set_threshold(OBJECTS)
    first, *later = rates(identifier, lambda number: distinct(rows, number * DISTINCT), options.rounds + 1)
    again = rates(identifier, lambda number: repeated(rows, number), options.rounds)
    result = {
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores (one used), Python {platform.python_version()}",
        "rounds": options.rounds,
        "makers": len(catalogue.about),
        "signatures": len(catalogue.signatures),
        "model_patterns": len(catalogue.models),
        "repeated_per_second": round(statistics.median(again)),
        "distinct_per_second": round(statistics.median(later)),
        "distinct_at_first_per_second": round(first),
    }
    text = json.dumps(result, indent=1)
    if options.makers == 1:
        (ROOT / "benchmarks/results" / f"identify-{result['date']}.json").write_text(text + "\n")
    print(text)


def with_makers(catalogue: Catalogue, share: float) -> Catalogue:
    """Return the catalogue of a share of the makers, spread over the alphabet."""
    kept = {name for n, name in enumerate(catalogue.makers) if int((n + 1) * share) > int(n * share)} | {None}
    return replace(
        catalogue,
        about=tuple(maker for maker in catalogue.about if maker.manufacturer in kept),
        signatures=tuple(signature for signature in catalogue.signatures if signature.file_maker in kept),
        models=tuple(model for model in catalogue.models if model.manufacturer in kept),
    )


def rates(identifier: Identifier, made: Callable[[int], list[pa.RecordBatch]], rounds: int) -> list[float]:
    """Banners a second of processor time, in each round with the batches made for it."""
    found = []
    for number in range(rounds):
        batches = made(number)
        began = time.process_time()
        for batch in batches:
            verdicts(batch, identifier)
        found.append(sum(batch.num_rows for batch in batches) / (time.process_time() - began))
    return found


def demo_rows() -> pa.RecordBatch:
    """Observations of the demo."""
    banners = []
    for path in sorted((ROOT / "data/demo/raw").rglob("SYNTHETIC-*")):
        for line in RawFile(path).lines():
            with suppress(Rejected):
                banners.append(decode(line.data))
    seen = observe(banners)
    rows = len(seen.accepted)
    return batch_of({**seen.columns, "file": ["demo"] * rows, "line": list(range(rows))}, rows)


def repeated(rows: pa.RecordBatch, seed: int) -> list[pa.RecordBatch]:
    """Batches of 50,000 drawn from the rows."""
    chance = random.Random(seed)
    return [rows.take(pa.array(chance.choices(range(rows.num_rows), k=50_000))) for _ in range(REPEATED // 50_000)]


def distinct(rows: pa.RecordBatch, first: int) -> list[pa.RecordBatch]:
    """Batches of 10,000 in which no two banners share a value of the columns in `OWN`; values end in numbers."""
    chance = random.Random(first)
    said = rows.to_pylist()
    own = []
    for number in range(first, first + DISTINCT):
        row = dict(chance.choice(said))
        row |= {name: f"{row[name]} {number}" for name in OWN if row.get(name)}
        own.append(row)
    return [pa.RecordBatch.from_pylist(own[n : n + 10_000], rows.schema) for n in range(0, DISTINCT, 10_000)]


if __name__ == "__main__":
    main()
