"""Banners per second of the batch path of identify on one core: with realistic repetition, and with all distinct.

The evidence is that of the demo's banners. "Distinct" gives every banner a title, realm, page and certificate of its
own, so that nothing that was matched before helps. Usage: python benchmarks/identify.py [--rounds 5]
"""

import argparse
import json
import os
import platform
import random
import statistics
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import pyarrow as pa

from camcensus.core.resources import bundled
from camcensus.identify.batches import verdicts
from camcensus.identify.catalogue import load_catalogue
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
    rounds = parser.parse_args().rounds
    catalogue = load_catalogue(bundled("queries"))
    rows = demo_rows()
    result = {
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores (one used), Python {platform.python_version()}",
        "rounds": rounds,
        "signatures": len(catalogue.signatures),
        "model_patterns": len(catalogue.models),
        "repeated_per_second": rate(Identifier(catalogue), repeated(rows), rounds),
        "distinct_per_second": rate(Identifier(catalogue), distinct(rows), rounds),
    }
    text = json.dumps(result, indent=1)
    (ROOT / "benchmarks/results" / f"identify-{result['date']}.json").write_text(text + "\n")
    print(text)


def rate(identifier: Identifier, batches: list[pa.RecordBatch], rounds: int) -> int:
    """Median banners a second."""
    total: int = sum(batch.num_rows for batch in batches)
    seconds: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        for batch in batches:
            verdicts(batch, identifier)
        seconds.append(time.perf_counter() - began)
    return round(total / statistics.median(seconds))


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


def repeated(rows: pa.RecordBatch) -> list[pa.RecordBatch]:
    """Batches of 50,000 drawn from the rows."""
    chance = random.Random(1)
    return [rows.take(pa.array(chance.choices(range(rows.num_rows), k=50_000))) for _ in range(REPEATED // 50_000)]


def distinct(rows: pa.RecordBatch) -> list[pa.RecordBatch]:
    """Batches of 10,000 in which no two banners share a value of the columns in `OWN`."""
    chance = random.Random(2)
    said = rows.to_pylist()
    own = []
    for number in range(DISTINCT):
        row = dict(chance.choice(said))
        row |= {name: f"{row[name]} {number}" for name in OWN if row.get(name)}
        own.append(row)
    return [pa.RecordBatch.from_pylist(own[n : n + 10_000], rows.schema) for n in range(0, DISTINCT, 10_000)]


if __name__ == "__main__":
    main()
