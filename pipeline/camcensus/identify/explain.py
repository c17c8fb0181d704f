"""Explain each record of an export for `camcensus identify`: what it is, and by which evidence."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from time import time
from typing import Any

from camcensus.core.console import printable
from camcensus.core.errors import InputError
from camcensus.core.resources import bundled
from camcensus.identify.batches import verdicts
from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.matcher import identifier_of
from camcensus.identify.verdict import Verdict
from camcensus.ingest.fields import A_DAY
from camcensus.ingest.records import Ingested, ValidatedBatch, accept
from camcensus.ingest.telling import count_telling
from camcensus.readers.registry import SHODAN, Source


def explain_records(
    path: Path, format_: str, catalogue: Path | None, source: Source = SHODAN, seen: Ingested | None = None
) -> Iterator[str]:
    """Yield a line for each record, in order: JSON (`jsonl`), or a row for people (`table`).

    A record is accepted or rejected as `run` would. `seen` gets what was accepted, rejected and damaged. Raises
    `InputError` for a file that is missing or of another source.
    """
    seen = Ingested() if seen is None else seen
    if not path.is_file():
        raise InputError(path, "is a folder; name one of its files" if path.is_dir() else "no such file")
    identifier = identifier_of(load_catalogue(catalogue or bundled("queries")))
    makers = {b.name: ", ".join(b.manufacturer) for b in identifier.catalogue.brands if len(b.manufacturer) > 1}
    source = source.of(path)
    source.check(path)
    reader = source.reader(path)
    latest = int(time()) + A_DAY
    for batch in reader.batches():
        rows, reasons = accept(batch, latest)
        seen.add(ValidatedBatch(len(batch.numbers), rows, count_telling(rows), Counter(reasons.values()), []))
        found = dict(zip(rows.column("line").to_pylist(), verdicts(rows, identifier)[0], strict=True))
        for place, number in enumerate(batch.numbers):
            verdict = found.get(number)
            reason = None if verdict else reasons.get(place, "blank")
            if format_ == "jsonl":
                yield _json(number, verdict or Verdict(), reason)
            else:
                yield _row(number, verdict, makers) if verdict else f"{number:>6}  rejected      {reason}"
    seen.damage, seen.unknown, seen.repaired = reader.damage, reader.unknown, +reader.repairs


def _json(number: int, verdict: Verdict, reason: str | None) -> str:
    shown: dict[str, Any] = asdict(verdict)
    return json.dumps({"line": number, **shown} | ({"rejected": reason} if reason else {}))


def _row(number: int, verdict: Verdict, makers_of_brand: Mapping[str, str]) -> str:
    maker = f"{verdict.manufacturer or '?'} ({verdict.manufacturer_confidence or 'no evidence'})"
    kind = f"{verdict.product_type or '?'} ({verdict.type_confidence or 'no evidence'})"
    counted = "counted    " if verdict.counted else "not counted"
    notes = [", ".join(verdict.signatures) or "no signature matched"]
    if verdict.brand:
        makers = makers_of_brand.get(verdict.brand)
        notes.append(f"brand {verdict.brand}" + (f" (makers named: {makers}; unresolved)" if makers else ""))
    if verdict.decoy:
        notes.append(f"decoy: {verdict.decoy}")
    return printable(f"{number:>6}  {counted}  {kind:<22}{maker:<26}{verdict.model or '-':<22}{'; '.join(notes)}")
