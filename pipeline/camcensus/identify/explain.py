"""What `camcensus identify` says of each record of an export: what it is, and by which evidence."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from camcensus.core.console import printable
from camcensus.core.errors import InputError
from camcensus.core.resources import bundled
from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.matcher import Identifier, Verdict, identifier_of
from camcensus.ingest.evidence import evidence_of
from camcensus.readers.banner import Banner, Rejected
from camcensus.readers.record import records
from camcensus.readers.registry import SHODAN, Source

# What a verdict holds besides the fixed format.
ASIDE = ("model_raw", "family")


def explain_records(path: Path, form: str, catalogue: Path | None, source: Source = SHODAN) -> Iterator[str]:
    """One text for each record, in order: JSON (format in the design), or a row for people.

    Raises `InputError` for a file that is not there and, after its last whole line, for one that breaks off.
    """
    if not path.is_file():
        raise InputError(path, "is a folder; name one of its files" if path.is_dir() else "no such file")
    identifier = identifier_of(load_catalogue(catalogue or bundled("queries")))
    disputed = {b.name: ", ".join(b.manufacturer) for b in identifier.catalogue.brands if len(b.manufacturer) > 1}
    source.check(path)
    reader = source.reader(path)
    for record in records(reader):
        verdict, reason = _verdict(record.found, identifier)
        made = _json(record.number, verdict, reason) if form == "jsonl" else None
        yield made or _row(record.number, verdict, reason, disputed)
    if reader.damage:
        raise InputError(path, f"{reader.damage}; what came before it was explained")


def _verdict(found: Banner | Rejected | None, identifier: Identifier) -> tuple[Verdict, str | None]:
    """The verdict, or the one that knows nothing and why there is no banner."""
    if isinstance(found, Banner):
        return identifier.identify(evidence_of(found)), None
    return Verdict(), found.reason if found else "blank"


def _json(number: int, verdict: Verdict, reason: str | None) -> str:
    found: dict[str, Any] = {"line": number, **asdict(verdict)}
    for name in ASIDE:
        found.pop(name, None)
    return json.dumps(found | ({"rejected": reason} if reason else {}))


def _row(number: int, verdict: Verdict, reason: str | None, disputed: Mapping[str, str]) -> str:
    if reason:
        return f"{number:>6}  rejected      {reason}"
    maker = f"{verdict.manufacturer or '?'} ({verdict.manufacturer_confidence or 'no evidence'})"
    kind = f"{verdict.product_type or '?'} ({verdict.type_confidence or 'no evidence'})"
    counted = "counted    " if verdict.counted else "not counted"
    notes = [", ".join(verdict.signatures) or "no signature matched"]
    if verdict.brand:
        makers = disputed.get(verdict.brand)
        notes.append(f"brand {verdict.brand}" + (f" (makers named: {makers}; unresolved)" if makers else ""))
    if verdict.decoy:
        notes.append(f"decoy: {verdict.decoy}")
    return printable(f"{number:>6}  {counted}  {kind:<22}{maker:<26}{verdict.model or '-':<22}{'; '.join(notes)}")
