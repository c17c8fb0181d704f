"""Banners a second of the batch path of identify on one core: with realistic repetition, and with all distinct.

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
from datetime import date
from pathlib import Path

import pyarrow as pa

from pipeline.banner import Rejected, decode
from pipeline.catalogue import load_catalogue
from pipeline.identify import Identifier
from pipeline.ingest import observe, to_batch
from pipeline.label import verdicts
from pipeline.lines import RawFile
from pipeline.resources import bundled

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
    total = sum(batch.num_rows for batch in batches)
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        for batch in batches:
            verdicts(batch, identifier)
        seconds.append(time.perf_counter() - began)
    return round(total / statistics.median(seconds))


def demo_rows() -> list[dict[str, object]]:
    """Observations of the demo."""
    rows = []
    for path in sorted((ROOT / "data/demo/raw").rglob("SYNTHETIC-*")):
        for line in RawFile(path).lines():
            try:
                rows.append({**observe(decode(line.data)), "file": path.name, "line": line.number})
            except Rejected:
                continue
    return rows


def repeated(rows: list[dict[str, object]]) -> list[pa.RecordBatch]:
    """Batches of 50,000 drawn from the rows."""
    chance = random.Random(1)
    return [to_batch(chance.choices(rows, k=50_000)) for _ in range(REPEATED // 50_000)]


def distinct(rows: list[dict[str, object]]) -> list[pa.RecordBatch]:
    """Batches of 10,000 in which no two banners share a value of the columns in `OWN`."""
    chance = random.Random(2)
    own = []
    for number in range(DISTINCT):
        row = dict(chance.choice(rows))
        row |= {name: f"{row[name]} {number}" for name in OWN if row.get(name)}
        own.append(row)
    return [to_batch(own[start : start + 10_000]) for start in range(0, DISTINCT, 10_000)]


if __name__ == "__main__":
    main()
