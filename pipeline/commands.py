"""What the commands say: pure text from studies, manifests and verdicts."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.banner import Rejected, decode
from pipeline.catalogue import load_catalogue
from pipeline.collect.exports import raw_files
from pipeline.errors import CamcensusError, InputError
from pipeline.evidence import evidence_of
from pipeline.identify import Identifier, Verdict
from pipeline.lines import Line, RawFile
from pipeline.manifest import STAGES, Manifest, load_manifest
from pipeline.progress import printable
from pipeline.resources import bundled
from pipeline.run import Outcome
from pipeline.study import Study

STUDY = "study.toml"


def make_study(folder: Path) -> str:
    """Writes a study from the template into a new or empty folder; what to do next."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CamcensusError(f"{folder}: is there already and is not an empty folder; choose another")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STUDY).write_text(bundled("studies/template.toml").read_text(encoding="utf-8"), encoding="utf-8")
    study = folder / STUDY
    return (
        f"{study}: a study to start from; its comments say what each key does. Next:\n"
        f"  camcensus import YOUR-EXPORTS/*.json.gz --study {study} --snapshot 2026\n"
        f"  camcensus run --study {study}\n"
        f"  camcensus status --study {study}"
    )


def tell_outcome(outcome: Outcome, as_json: bool) -> str:
    """What a run did, and where the page is."""
    if as_json:
        found = {**asdict(outcome), "page": str(outcome.page) if outcome.page else None}
        return json.dumps(found, sort_keys=True)
    lines = [] if outcome.done else ["Everything is up to date; nothing was done."]
    lines += [f"PARTIAL: {name} is not a whole collection, and every page says so" for name in outcome.partial]
    lines += [str(outcome.page)] if outcome.page else []
    return printable("\n".join(lines))


def tell_status(study: Study, as_json: bool) -> str:
    """A table of snapshots; as JSON a list of objects with the same facts."""
    rows = [_facts(study, name) for name in study.snapshot_ids()]
    if as_json:
        return json.dumps(rows, sort_keys=True)
    if not rows:
        return f"{study.data} holds no snapshot yet; bring one in with camcensus import"
    heads = {"snapshot": "SNAPSHOT", "files": "FILES", "bytes": "BYTES", "banners": "BANNERS", "hosts": "CAMERA BANNERS",
             "complete": "COMPLETE", "state": "STATE"}  # fmt: skip
    cells = [heads, *({key: _cell(row[key]) for key in heads} for row in rows)]
    widths = {key: max(len(row[key]) for row in cells) for key in heads}
    return "\n".join("  ".join(row[key].ljust(widths[key]) for key in heads).rstrip() for row in cells)


def explain_lines(path: Path, form: str, catalogue: Path | None) -> Iterator[str]:
    """One text for each line of an export, in order: JSON (format in the design), or a row for people."""
    if not path.is_file():
        raise InputError(path, "no such file")
    identifier = Identifier(load_catalogue(catalogue or bundled("queries")))
    for line in RawFile(path).lines():
        verdict, reason = _verdict(line, identifier)
        if form == "jsonl":
            found: dict[str, Any] = {"line": line.number, **asdict(verdict)}
            del found["model_raw"]
            if reason:
                found["rejected"] = reason
            yield json.dumps(found, ensure_ascii=False)
        else:
            yield _row(line.number, verdict, reason)


def _verdict(line: Line, identifier: Identifier) -> tuple[Verdict, str | None]:
    """The verdict, or the one that knows nothing and why the line was rejected."""
    if line.too_long or not line.data.strip():
        return Verdict(), "too_long" if line.too_long else "blank"
    try:
        return identifier.identify(evidence_of(decode(line.data))), None
    except Rejected as rejected:
        return Verdict(), rejected.reason


def _row(number: int, verdict: Verdict, reason: str | None) -> str:
    if reason:
        return f"{number:>6}  rejected      {reason}"
    maker = f"{verdict.manufacturer or '?'} ({verdict.manufacturer_confidence or 'no evidence'})"
    kind = f"{verdict.product_type or '?'} ({verdict.type_confidence or 'no evidence'})"
    counted = "counted    " if verdict.counted else "not counted"
    decoy = f"  decoy: {verdict.decoy}" if verdict.decoy else ""
    evidence = ", ".join(verdict.signatures) or "no signature matched"
    return printable(f"{number:>6}  {counted}  {kind:<22}{maker:<26}{verdict.model or '-':<22}{evidence}{decoy}")


def _facts(study: Study, name: str) -> dict[str, Any]:
    manifest = load_manifest(study.data / name)
    files = raw_files(study.data / name)
    ingested = manifest.stages.get("ingest") if manifest else None
    identified = manifest.stages.get("identify") if manifest else None
    return {
        "snapshot": name,
        "files": len(files),
        "bytes": sum(p.stat().st_size for p in files),
        "banners": ingested.flow.rows_out if ingested else None,
        "hosts": identified.flow.rows_out if identified else None,
        "complete": manifest.complete if manifest else None,
        "state": _state(manifest, {p.name for p in files}),
    }


def _state(manifest: Manifest | None, files: set[str]) -> str:
    """How far the snapshot has come, by its manifest and the names of its raw files."""
    if manifest is None:
        return "imported; run to count"
    if missing := [stage for stage in STAGES if stage not in manifest.stages]:
        return f"stopped before {missing[0]}; run to go on"
    if set(manifest.stages["ingest"].parts) != files:
        return "stale: raw files have changed; run to count again"
    return "counted"


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else printable(str(value))
